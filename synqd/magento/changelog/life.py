"""A log that nobody reads stays bounded: triggers write only while the day in the meta table lies ahead.

The daemon moves that day once a day. Triggers read the row: with a binary log by statement, open transactions
of the shop share a lock on it. So the daemon takes it only where it is free at once, and lets nobody wait.
"""

from collections.abc import Mapping, Sequence
from enum import Enum

from synqd.config import MagentoSettings
from synqd.magento.changelog.claim import TERM
from synqd.magento.changelog.tables import ALIVE, META
from synqd.magento.pool import Pool
from synqd.magento.purge import purge_old
from synqd.magento.session import Session
from synqd.magento.statements import quote
from synqd.magento.translate import LockWait

_META = f"{{{META}}}"
_HOURS = 24
"""Hours that may pass of the time ahead before the day is moved again."""


class Alive(Enum):
    """What became of a look at the day."""

    AHEAD = "ahead"
    BEHIND = "behind"
    """The triggers have fallen silent: changes are missing."""
    MISSING = "missing"
    """The row is not there: an older change log, whose triggers never fall silent."""


class LogLife:
    """Keeps the triggers of synqd's own logs writing, and the logs short while nothing is read."""

    def __init__(self, pool: Pool, settings: MagentoSettings, logs: Sequence[str]) -> None:
        self._pool = pool
        self._days = settings.retention_days
        self._logs = logs
        self._database = settings.database
        self._names = [settings.table_prefix + log for log in logs]

    async def look(self) -> Alive:
        """Whether triggers write now; raises MagentoUnavailable, Denied."""
        if not self._logs:
            return Alive.AHEAD
        rows = await self._pool.fetch(
            f"SELECT installed_at > CURRENT_TIMESTAMP FROM {_META} WHERE id = {ALIVE}"
        )
        if not rows:
            return Alive.MISSING
        return Alive.AHEAD if rows[0][0] else Alive.BEHIND

    async def extend(self) -> bool:
        """Moves the day on if it is time; False if it has to be tried again since the shop is at work on it.

        Raises:
            MagentoUnavailable, Denied: it could not be moved.
        """
        hours = round(max(1.0, self._days) * _HOURS)
        due = (
            f"SELECT 1 FROM {_META} WHERE id = {ALIVE}"
            f" AND installed_at < CURRENT_TIMESTAMP + INTERVAL {max(1, hours - _HOURS)} HOUR"
        )
        if not self._logs or not await self._pool.fetch(due):
            return True
        async with self._pool.writer() as session:
            try:
                await _move(session, hours)
            except LockWait:
                return False
        return True

    async def holds_up(self) -> bool:
        """Whether a write that notes its changes in the logs waits for a lock on some row just now.

        The lock may be on another table: a statement has all tables of its triggers open while it waits.

        Raises:
            MagentoUnavailable, Denied: nobody can tell.
        """
        waiting = await self._pool.ask_primary("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")
        if not any(int(number) for _, number in waiting):
            return False
        tables = f"SHOW OPEN TABLES FROM {quote(self._database)} WHERE in_use > 0 AND `table` IN %s"
        return bool(await self._pool.ask_primary(tables, (self._names,)))

    async def purge_unread(self) -> Mapping[str, tuple[int, int]]:
        """Deletes a batch of rows older than the retention, read or not, if nobody reads the logs now.

        Returns:
            Of each log the number of rows deleted, and the highest id among them; logs without any are left
            out.

        Raises:
            MagentoUnavailable, Denied: what was deleted so far stays deleted.
        """
        read = await self._pool.ask_primary(
            f"SELECT 1 FROM {_META} WHERE id = 2"
            f" AND TIMESTAMPDIFF(SECOND, installed_at, CURRENT_TIMESTAMP) < {TERM}"
        )
        if read:
            return {}
        async with self._pool.writer() as session:
            found = {log: await purge_old(session, log, self._days * 86_400) for log in self._logs}
        return {log: deleted for log, deleted in found.items() if deleted[0]}


async def _move(session: Session, hours: int) -> None:
    async with session.transaction():
        await session.fetch(f"SELECT 1 FROM {_META} WHERE id = {ALIVE} FOR UPDATE NOWAIT")
        await session.execute(
            f"UPDATE {_META} SET installed_at = CURRENT_TIMESTAMP + INTERVAL {hours} HOUR WHERE id = {ALIVE}"
        )
