"""What keeps parts of a mover's work waiting while the other parts go on.

A table that is locked keeps one model waiting, a workspace that does not answer one store view: each is tried
again after growing pauses of its own, and the mover keeps its rhythm for all the others.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from synqd.models.errors import Denied, StorageUnavailable, Transient
from synqd.pacing.backoff import Backoff
from synqd.runtime.clock import Clock

PAUSES = Backoff(base=0.5, cap=15.0)

K = TypeVar("K")


@dataclass
class Hindrance:
    """Failures in a row of one part; ``until`` in seconds, by the clock that the owner goes by."""

    error: Transient | Denied
    failures: int
    until: float


@dataclass
class Hindrances(Generic[K]):
    """What hinders which part."""

    found: dict[K, Hindrance] = field(default_factory=dict)

    def failed(self, what: K, error: Transient | Denied, now: float, took: float = 0.0) -> None:
        """A part could not be done; ``took``: seconds that it took to fail, which others get at least."""
        before = self.found.get(what)
        failures = before.failures + 1 if before else 1
        self.found[what] = Hindrance(error, failures, now + max(PAUSES.ceiling(failures), took))

    def passed(self, what: K) -> None:
        """A part was done."""
        self.found.pop(what, None)

    def pause(self, what: K, now: float) -> float:
        """Seconds for which a part should not be tried."""
        hindrance = self.found.get(what)
        return max(0.0, hindrance.until - now) if hindrance else 0.0

    @contextmanager
    def attempt(self, what: K, clock: Clock) -> Iterator[None]:
        """Does a part; a failure whose cause lies outside ends here, and is told by ``pause`` and ``worst``.

        Raises:
            StorageUnavailable: that hinders all parts alike.
        """
        begun = clock.monotonic()
        try:
            yield
        except StorageUnavailable:
            raise
        except (Transient, Denied) as error:
            now = clock.monotonic()
            self.failed(what, error, now, now - begun)
        else:
            self.passed(what)

    def retell(self, words: Callable[[str], str]) -> None:
        """Keeps of what answers said only what may be kept by now: somebody was forgotten."""
        for hindrance in self.found.values():
            hindrance.error.retell(words)

    @property
    def worst(self) -> Transient | Denied | None:
        """What to tell operators: the longest trouble."""
        if not self.found:
            return None
        return max(self.found.values(), key=lambda hindrance: hindrance.failures).error
