"""Care of the file itself."""

from synqd.queue import (
    batches,
    dead_letters,
    former_keys,
    jobs,
    journal,
    maintenance,
    verifications,
)
from synqd.queue.connection import Connection
from synqd.queue.database import Database
from synqd.queue.maintenance import Pruned, Sizes
from synqd.queue.settings import QueueSettings
from synqd.queue.store import ASIDE, Store
from synqd.runtime.clock import milliseconds


class FileVerbs:
    """Care of the file itself."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def opened_clean(self) -> bool:
        """Whether the process before closed the file in order (or there was none); if not, ``check`` it."""
        return self._store.opened_clean

    def tune(self, settings: QueueSettings) -> None:
        """From now on with these settings; reserve and caches stay as they were opened."""
        self._store.settings = settings

    async def sizes(self) -> Sizes:
        """Bytes on disk."""
        return await self._store.read(maintenance.sizes, self._store.path, self._store.reserve.held())

    async def probe(self) -> None:
        """A round trip through the writing connection, for the watchdog (S21).

        Raises: Removed if the file was taken away; it was put back, and has to be opened again.
        """
        await self._store.ask(maintenance.probe, self._store.path, self._store.inode)

    async def check(self, *, thorough: bool = False) -> None:
        """Verify the file beside the running work, table by table, so that its log can shrink in between.

        Raises:
            Corrupt: it is broken; names file and remedy.
            StorageUnavailable: it gave way to what has to be written; worth another try later.
        """
        checker = Connection(self._store.path, self._store.settings.cache_bytes // ASIDE, writing=False)
        await checker.start()
        try:
            for table in await checker.run(maintenance.tables):
                await checker.run(maintenance.check_table, self._store.path, table, thorough=thorough)
        finally:
            await checker.finish()

    async def prune(self, job_retention: float, log_retention: float | None = None) -> Pruned:
        """Remove what is old, each kind up to a page.

        Args:
            job_retention: seconds for which jobs and comparisons are kept after their end.
            log_retention: seconds for which log lines and former keys are kept; as long as jobs by default.
        """

        def prune(db: Database) -> Pruned:
            now, limit = self._store.now(), self._store.settings.page
            logged = log_retention or job_retention
            dead_letters.sweep_retried(db)
            former_keys.prune(db, now, logged, limit)
            verifications.prune(db, now - milliseconds(job_retention))
            return Pruned(
                jobs.prune(db, now, job_retention, limit),
                batches.prune(db, limit),
                journal.prune(db, now, logged, limit),
            )

        return await self._store.write(prune)

    async def shrink(self, pages: int = 2000) -> None:
        """Give up to ``pages`` free pages back to the file system and empty the write-ahead log."""
        await self._store.ask(maintenance.shrink, pages)

    @property
    def reserve_freed(self) -> bool:
        """Whether the disk was full and intake is closed until ``renew_reserve`` succeeds (Q8)."""
        return self._store.reserve.freed

    async def free_reserve(self) -> None:
        """Give the reserve's space to acks and close intake (S16)."""
        await self._store.ask(lambda _: self._store.reserve.free())

    async def renew_reserve(self) -> bool:
        """Allocate the reserve again and open intake; False while the disk has no room."""
        return await self._store.ask(lambda _: self._store.reserve.renew())
