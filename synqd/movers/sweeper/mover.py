"""The mover of what changes without a row in a change log: one sweep after the other, each in its rhythm."""

from collections.abc import Sequence
from typing import Protocol

from synqd.runtime.clock import Clock
from synqd.runtime.hindrances import Hindrances

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
        self.hindrances: Hindrances[Sweep] = Hindrances()

    async def tick(self) -> float:
        """Runs the sweeps that are due; rests until the next. One that cannot look now waits alone.

        Raises:
            StorageUnavailable: what was found cannot be kept.
        """
        for sweep in self.sweeps:
            if self._wait(sweep) <= 0:
                with self.hindrances.attempt(sweep, self._clock):
                    rest = await sweep.run()
                    self._due[sweep] = self._clock.monotonic() + rest
        return min(LONGEST_REST, max(0.05, min(map(self._wait, self.sweeps), default=LONGEST_REST)))

    def _wait(self, sweep: Sweep) -> float:
        """Seconds until a sweep is to look again."""
        now = self._clock.monotonic()
        return max(self._due[sweep] - now, self.hindrances.pause(sweep, now))
