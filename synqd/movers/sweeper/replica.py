"""Whether the replica that is read keeps up with the server that is written to."""

from synqd.movers.sweeper.deps import SweepDeps
from synqd.runtime.logs import get_logger

NOTICE = "replica"
"""Name of the notice that is there while the replica is late."""
LOOK_EVERY = 10.0
"""Seconds between two looks."""
LATE = 60.0
"""Seconds of lag that operators are told of."""

log = get_logger("sweeper")


class ReplicaLag:
    """Measures the lag, and tells operators of a long one, while it lasts."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps

    async def run(self) -> float:
        """Looks how far the replica has come."""
        lag = await self._deps.magento.replica_lag()
        self._deps.metrics.replica_lag(lag)
        self._tell(lag)
        return LOOK_EVERY

    def _tell(self, lag: float) -> None:
        if lag < LATE:
            self._deps.notices.pop(NOTICE, None)
            return
        if NOTICE not in self._deps.notices:
            log.warning("replica.late", seconds=round(lag))
        self._deps.notices[NOTICE] = (
            f"the replica that is read is {lag:.0f} seconds behind [magento] write_host, and changes leave"
            " that much later; nothing is lost; `SHOW REPLICA STATUS` (`SHOW SLAVE STATUS`) there tells why"
        )
