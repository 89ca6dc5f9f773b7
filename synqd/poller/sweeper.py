"""The mover of what changes without a row in a change log: one sweep after the other, each in its rhythm."""

from collections.abc import Sequence
from typing import Protocol

from synqd.clock import Clock
from synqd.models.errors import Denied, Transient

LONGEST_REST = 60.0


class Sweep(Protocol):
    """One look around; whatever it finds is pending before it remembers having looked."""

    async def run(self) -> float:
        """Looks, and returns the seconds until the next look.

        Raises:
            MagentoUnavailable, Denied, StorageUnavailable: nothing was remembered; it looks again.
        """


class Sweeper:
    """The mover of sweeps."""

    name = "sweeper"
    patience = 600.0

    def __init__(self, sweeps: Sequence[Sweep], clock: Clock) -> None:
        self.sweeps = tuple(sweeps)
        self._due = dict.fromkeys(self.sweeps, 0.0)
        self._clock = clock

    async def tick(self) -> float:
        """Runs the sweeps that are due; rests until the next.

        Raises:
            Transient, Denied: of the first sweep that could not be done, after all were tried.
        """
        first: Transient | Denied | None = None
        for sweep, due in self._due.items():
            if self._clock.monotonic() < due:
                continue
            try:
                rest = await sweep.run()
            except (Transient, Denied) as error:
                first = first or error
            else:
                self._due[sweep] = self._clock.monotonic() + rest
        if first:
            raise first
        next_due = min(self._due.values(), default=float("inf"))
        return min(LONGEST_REST, max(0.05, next_due - self._clock.monotonic()))
