"""Whether writes of the shop hang on the change log: somebody holds a lock that its triggers need.

No handler in a trigger can catch a lock wait that lasted too long, so a write that waits fails in the end.
Nothing of synqd's holds such a lock, but a statement that somebody runs by hand may, a tool that copies
tables under locks, or whoever has got hold of an account that may read them.
"""

from synqd.movers.sweeper.deps import SweepDeps
from synqd.runtime.logs import get_logger

NOTICE = "held up"
"""Name of the notice that is there while writes wait."""
LOOK_EVERY = 10.0
"""Seconds between two looks."""
LONG = 40.0
"""Seconds for which every look has to find writes waiting: a busy shop waits for locks now and then."""

log = get_logger("sweeper")


class HeldUp:
    """Tells operators of writes that wait, while they do."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps
        self._since: float | None = None

    async def run(self) -> float:
        """Looks whether writes wait now."""
        now = self._deps.clock.monotonic()
        if not await self._deps.magento.life.holds_up():
            self._since = None
        elif self._since is None:
            self._since = now
        self._tell(now - self._since if self._since is not None else 0.0)
        return LOOK_EVERY

    def _tell(self, seconds: float) -> None:
        self._deps.metrics.writes_wait(seconds)
        if seconds < LONG:
            self._deps.notices.pop(NOTICE, None)
            return
        if NOTICE not in self._deps.notices:
            log.warning("changelog.writes_wait", seconds=round(seconds))
        self._deps.notices[NOTICE] = (
            f"writes of the shop to tables with triggers of synqd's have waited for a lock for {seconds:.0f}"
            " seconds, and fail after innodb_lock_wait_timeout; the query that tells who holds it is in"
            " docs/runbook.md, SynqdWritesWait"
        )
