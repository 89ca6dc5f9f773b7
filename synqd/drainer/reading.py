"""What a model that cannot be read from Magento means for its next chunks: pauses, and smaller ones. Pure."""

from dataclasses import dataclass, field

from synqd.backoff import Backoff
from synqd.models.errors import Denied, Transient
from synqd.models.names import Model

PAUSES = Backoff(base=0.5, cap=15.0)


@dataclass
class Trouble:
    """One model's failures in a row; ``until`` in seconds since the epoch."""

    error: Transient | Denied
    failures: int
    until: float


@dataclass
class Readings:
    """Keeps a Magento that cannot be read from being asked for one chunk after the other, model by model.

    A locked table keeps one model waiting; the others go on.
    """

    troubles: dict[Model, Trouble] = field(default_factory=dict)

    def failed(self, model: Model, error: Transient | Denied, now: float) -> None:
        """A chunk could not be read."""
        before = self.troubles.get(model)
        failures = before.failures + 1 if before else 1
        self.troubles[model] = Trouble(error, failures, now + PAUSES.ceiling(failures))

    def passed(self, model: Model) -> None:
        """A chunk was read."""
        self.troubles.pop(model, None)

    def pause(self, model: Model, now: float) -> float:
        """Seconds for which nothing of the model should be read; a clock that is set back ends it."""
        trouble = self.troubles.get(model)
        left = trouble.until - now if trouble else 0.0
        return left if 0 < left <= PAUSES.cap else 0.0

    def chunk(self, model: Model, most: int) -> int:
        """Items that the next chunk may have: half after each failure, should its size be the cause."""
        trouble = self.troubles.get(model)
        return max(1, most >> min(trouble.failures, 30)) if trouble else most

    @property
    def worst(self) -> Transient | Denied | None:
        """What to tell operators: the longest trouble."""
        if not self.troubles:
            return None
        return max(self.troubles.values(), key=lambda trouble: trouble.failures).error
