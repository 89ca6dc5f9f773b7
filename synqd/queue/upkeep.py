"""The quieter verbs of the place: flags, numbers for people and metrics, and care of the file."""

import sqlite3
from dataclasses import replace

from synqd.models.change import Claim, Installation
from synqd.models.names import Lane, Stream
from synqd.queue import batches, counters, dead_letters, flags, jobs, journal, maintenance, verifications
from synqd.queue.connection import Connection
from synqd.queue.persons import Persons
from synqd.queue.records import BreakerState, Counts, Flag, Line, LogFilter, LogLine, Pruned, Sizes
from synqd.queue.store import ASIDE
from synqd.runtime.clock import milliseconds


class Upkeep(Persons):
    """What every long-lived file needs besides its work."""

    async def flags(self) -> dict[str, Flag]:
        """All flags by name."""
        return await self._writer.run(flags.flags)

    async def set_flag(self, name: str, value: str, by: str) -> None:
        """Set a flag."""
        await self._write(flags.set_flag, name, value, by, self._now())

    async def clear_flag(self, name: str) -> bool:
        """Remove a flag; False if it was not set."""
        return await self._write(flags.clear_flag, name)

    async def breakers(self) -> dict[str, BreakerState]:
        """Saved circuit breakers by name."""
        return await self._writer.run(flags.breakers)

    async def save_breaker(self, name: str, state: str) -> None:
        """Save a circuit breaker's state (JSON text)."""
        await self._write(lambda db: flags.save_breaker(db, name, self._blotting.text(state), self._now()))

    async def meta(self, name: str) -> str | None:
        """A fact about this file."""
        return await self._writer.run(flags.meta, name)

    async def set_meta(self, name: str, value: str) -> None:
        """Note a fact about this file."""
        await self._write(flags.set_meta, name, value)

    async def installation(self) -> Installation | None:
        """Whose changes this file holds (S3), or None for a new file."""
        return await self._writer.run(flags.installation)

    async def adopt(self, installation: Installation) -> None:
        """From now on this file belongs to that installation (S3)."""
        await self._write(flags.adopt, installation)

    async def claim(self) -> Claim | None:
        """This file's last claim of the change log (S3); None if its owner's log was never claimed."""
        return await self._writer.run(flags.claim)

    async def note_claim(self, claimed: Claim) -> None:
        """Note a claim before it is made. On a full disk it frees the reserve: sending hangs on it.

        Raises: StorageUnavailable also if the file was taken away: what is put back may lack it.
        """

        def note(db: sqlite3.Connection) -> None:
            maintenance.make_sure_of(self._path, self._inode)
            flags.note_claim(db, claimed)

        await self._write_surely(note)

    # Numbers and upkeep

    async def counts(self) -> Counts:
        """Exact depths and totals, at a cost that does not grow with them."""
        return await self._read(counters.counts)

    async def oldest(self) -> dict[tuple[Stream, Lane], int]:
        """When the oldest row of each stream and lane was first wanted (milliseconds, within 5 s)."""
        return await self._read(counters.oldest)

    async def sizes(self) -> Sizes:
        """Bytes on disk."""
        return await self._read(maintenance.sizes, self._path, self._reserve.held())

    async def probe(self) -> None:
        """A round trip through the writing connection, for the watchdog (S21).

        Raises: Removed if the file was taken away; it was put back, and has to be opened again.
        """
        await self._writer.run(maintenance.probe, self._path, self._inode)

    async def check(self, *, thorough: bool = False) -> None:
        """Verify the file beside the running work, table by table, so that its log can shrink in between.

        Raises:
            Corrupt: it is broken; names file and remedy.
            StorageUnavailable: it gave way to what has to be written; worth another try later.
        """
        checker = Connection(self._path, self._settings.cache_bytes // ASIDE, writing=False)
        await checker.start()
        try:
            for table in await checker.run(maintenance.tables):
                await checker.run(maintenance.check_table, self._path, table, thorough=thorough)
        finally:
            await checker.finish()

    async def prune(self, job_retention: float, log_retention: float | None = None) -> Pruned:
        """Remove what is old, each kind up to a page.

        Args:
            job_retention: seconds for which jobs and comparisons are kept after their end.
            log_retention: seconds for which log lines are kept; as long as jobs by default.
        """

        def prune(db: sqlite3.Connection) -> Pruned:
            now, limit = self._now(), self._settings.page
            verifications.prune(db, now - milliseconds(job_retention))
            return Pruned(
                jobs.prune(db, now, job_retention, limit),
                batches.prune(db, limit),
                journal.prune(db, now, log_retention or job_retention, limit),
            )

        return await self._write(prune)

    async def bound_payloads(self) -> int:
        """Drop payloads of dead letters that are too old or, together, too large, up to a page of either.

        Returns how many went.
        """

        def bound(db: sqlite3.Connection) -> int:
            before = self._now() - milliseconds(self._settings.payload_life)
            old = dead_letters.expire_payloads(db, before, self._settings.page)
            return old + dead_letters.bound_payloads(db, self._settings.payload_bytes)

        return await self._write(bound)

    # The synchronization log

    async def note(self, line: Line) -> None:
        """Write a line into the synchronization log: something an operator did, or a mover met."""

        def note(db: sqlite3.Connection) -> None:
            journal.append(db, [replace(line, text=self._blotting.text(line.text))], self._now())
            journal.trim(db, self._settings.log_lines)

        await self._write(note)

    async def log(self, which: LogFilter, limit: int = 50, after: int | None = None) -> list[LogLine]:
        """The newest lines, or those after line ``after``, in the order in which they were written."""
        if after is None:
            return await self._read(journal.newest, which, limit)
        return await self._read(journal.after, which, limit, after)

    async def shrink(self, pages: int = 2000) -> None:
        """Give up to ``pages`` free pages back to the file system and empty the write-ahead log."""
        await self._writer.run(maintenance.shrink, pages)
