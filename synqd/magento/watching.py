"""For how long skipped ids have been waited for, by the clock that nobody sets (Q7).

A gap's ``since`` is a time of day, so that it outlives the process; whoever sets the clock forward makes all
gaps old at once. So a gap of this process has to be waited for its whole life, and one that an earlier
process left for an hour, or it would never end in a daemon that is restarted each day.
"""

from synqd.magento.cursor import life
from synqd.models.change import Cursor, Gap
from synqd.runtime.clock import Clock, milliseconds

INHERITED = 60 * 60 * 1000
"""Milliseconds that a gap of an earlier process is waited for at least."""


class Watching:
    """When each gap was seen first, by (source, ``since``): parts of a gap keep its age."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, dict[int, tuple[int, bool]]] = {}

    def look(self, cursor: Cursor, now: int | None = None) -> None:
        """Takes note of a cursor's gaps, and forgets those that it has no more.

        ``now``: the time of day of gaps that were found just now; all others are inherited.
        """
        before = self._seen.get(cursor.source, {})
        if cursor.gaps or before:
            present = milliseconds(self._clock.monotonic())
            self._seen[cursor.source] = {
                gap.since: before.get(gap.since, (present, gap.since != now)) for gap in cursor.gaps
            }

    def milliseconds(self, source: str, gap: Gap, step: int) -> int:
        """For how long a gap was waited for; ``step`` as for ``cursor.expire``."""
        first, inherited = self._seen.get(source, {}).get(gap.since, (None, False))
        if first is None:
            return 0
        waited = milliseconds(self._clock.monotonic()) - first
        return waited + max(0, life(gap, step) - INHERITED) if inherited else waited
