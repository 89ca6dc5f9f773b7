"""The synchronization log."""

from dataclasses import replace

from synqd.queue import (
    journal,
)
from synqd.queue.database import Database
from synqd.queue.journal import Line, LogFilter, LogLine
from synqd.queue.store import Store


class LogVerbs:
    """The synchronization log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, line: Line) -> None:
        """Write a line into the synchronization log: something an operator did, or a mover met."""

        def note(db: Database) -> None:
            journal.append(db, [replace(line, text=self._store.blotting.text(line.text))], self._store.now())
            journal.trim(db, self._store.settings.log_lines)

        await self._store.write(note)

    async def page(
        self, which: LogFilter, limit: int = 50, after: int | None = None, before: int | None = None
    ) -> list[LogLine]:
        """The newest lines (before line ``before``), or those after line ``after``, as they were written."""
        if after is None:
            return await self._store.read(journal.newest, which, limit, before)
        return await self._store.read(journal.after, which, limit, after)
