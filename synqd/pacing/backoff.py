"""How long to wait before the next attempt: exponential with full jitter. Pure; chance is passed in.

Full jitter (a delay anywhere between nothing and the ceiling) keeps many items that failed together from
coming back together. The number of attempts is the only state, and the queue keeps it.
"""

from dataclasses import dataclass

DOUBLINGS = 62
"""More doublings than this exceed every cap; bounds the arithmetic for absurd counts."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Bounds of the delays, in seconds: ``base`` after the first failure, doubling up to ``cap``."""

    base: float = 1.0
    cap: float = 300.0

    def ceiling(self, attempts: int) -> float:
        """The longest delay after that many failures in a row (1 = the first)."""
        return min(self.cap, self.base * 2.0 ** min(max(attempts - 1, 0), DOUBLINGS))

    def delay(self, attempts: int, chance: float, retry_after: float | None = None) -> float:
        """Seconds to wait.

        Args:
            attempts: failures in a row, the one just seen included.
            chance: a fresh random number, ``0 <= chance < 1``.
            retry_after: seconds that the other side asked for; never undercut, and spread a little
                upwards so that all who were told the same do not come back at the same moment.
        """
        jittered = chance * self.ceiling(attempts)
        if retry_after is None:
            return jittered
        return max(jittered, retry_after + chance * self.base)
