"""What a model that cannot be read from Magento means for its next chunks: pauses, and smaller ones. Pure."""

from synqd.models.names import Model
from synqd.runtime.hindrances import PAUSES, Hindrances


class Readings(Hindrances[Model]):
    """Keeps a Magento that cannot be read from being asked for one chunk after the other, model by model.

    A locked table keeps one model waiting; the others go on.
    """

    def pause(self, what: Model, now: float) -> float:
        """Seconds for which nothing of the model should be read; a clock that is set back ends it."""
        left = super().pause(what, now)
        return left if left <= PAUSES.cap else 0.0

    def chunk(self, model: Model, most: int) -> int:
        """Items that the next chunk may have: half after each failure, should its size be the cause."""
        trouble = self.found.get(model)
        return max(1, most >> min(trouble.failures, 30)) if trouble else most
