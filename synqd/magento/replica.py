"""How far a replica that is read is behind the server that is written to, told by the claims of the log.

Each renewal of the claim counts in a row there, and the replica shows that count once it has come so far.
That needs no right to ask for the state of the replication, and tells of one that stands still, too.
"""

from collections import deque

MOST = 10_000
"""Renewals that are remembered: two days of them."""


class Replica:
    """The renewals that the replica has not shown yet: their counts, and when they were made.

    >>> replica = Replica()
    >>> replica.note(7, moment=100.0)
    >>> replica.note(8, moment=120.0)
    >>> replica.lag(6, now=121.0), replica.lag(7, now=121.0), replica.lag(8, now=121.0)
    (21.0, 1.0, 0.0)
    """

    def __init__(self) -> None:
        self._unseen: deque[tuple[int, float]] = deque(maxlen=MOST)

    def note(self, count: int, moment: float) -> None:
        """A renewal was written; ``moment``: when, on the monotonic clock."""
        self._unseen.append((count, moment))

    def lag(self, shown: int, now: float) -> float:
        """Seconds by which the replica is behind at least, if it shows that count."""
        while self._unseen and self._unseen[0][0] <= shown:
            self._unseen.popleft()
        return now - self._unseen[0][1] if self._unseen else 0.0
