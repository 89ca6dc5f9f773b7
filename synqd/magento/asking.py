"""What a read asks of the logs, as statements, and what the rows of the answer are. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from synqd.entities.base import Row
from synqd.magento.cursor import runs
from synqd.magento.log_tables import Log
from synqd.magento.records import Lag
from synqd.models.change import AHEAD, Change, Cursor, Gap
from synqd.models.names import Model

PAGE = 5_000
"""Rows of a log that one read takes at most."""

Branch = tuple[str, Sequence[Any]]
"""One query of a UNION, with its parameters."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one read asks of one log: rows from the cursor on, and those of some gaps."""

    log: Log
    cursor: Cursor
    look: list[Gap]
    step: int = 1

    def branches(self) -> list[Branch]:
        """The queries: a page from the cursor's own row on, and that of the gaps if any are looked up."""
        select = f"SELECT {self.log.columns} FROM {{{self.log.source}}} WHERE"
        # From the cursor's own row on: a page and one.
        tail = f"{select} version_id >= %s ORDER BY version_id LIMIT {PAGE + 1}", (self.cursor.high,)
        if not self.look:
            return [tail]
        found = runs(self.look, self.step)
        ranges = " OR ".join(["version_id BETWEEN %s AND %s"] * len(found))
        bounds = [number for run in found for number in (run[0].first, run[-1].last)]
        return [tail, (f"{select} {ranges} ORDER BY version_id LIMIT {PAGE}", bounds)]


@cache
def ends(sources: tuple[tuple[str, str], ...]) -> str:
    """Whether the last row of each log (name, expression of its mark) is the one given, None for none."""
    parts = [
        f"(SELECT CONCAT(version_id, ' ', {mark}) FROM {{{source}}} ORDER BY version_id DESC LIMIT 1) <=> %s"
        for source, mark in sources
    ]
    return f"SELECT {' AND '.join(parts)}"


def end(cursor: Cursor) -> str | None:
    """The last row of a log that was read to its end: number and mark; None of an empty log."""
    return f"{cursor.high} {cursor.mark}" if cursor.high else None


def together(branches: Sequence[Branch]) -> Branch:
    """Queries as one statement; each row begins with the number of its query."""
    selects = [f"({sql.replace('SELECT ', f'SELECT {n}, ', 1)})" for n, (sql, _) in enumerate(branches)]
    return " UNION ALL ".join(selects), [value for _, values in branches for value in values]


def is_the_same(cursor: Cursor, log: Log, tail: Sequence[Row], witness: Row | None) -> bool:
    """Whether a log is the one that was read: the row that the cursor stands on is there, and says the same.

    synqd never deletes that row of its own logs while it reads them. Magento's cleaner may delete it.
    """
    if cursor.high == 0 or cursor.mark == AHEAD:
        return True
    if witness is None:
        return bool(tail) and not log.own
    return not cursor.mark or witness[-1] == cursor.mark


def marked(cursor: Cursor, rows: Iterable[Row]) -> Cursor:
    """The cursor with what the row that it stands on says."""
    mark = next((str(row[-1]) for row in rows if row[0] == cursor.high), cursor.mark)
    return cursor if mark == cursor.mark else replace(cursor, mark=mark)


def change_of(model: Model, row: Row) -> Change:
    """A row of a log, as ``Log.columns`` selects it."""
    version_id, entity_id, store_id, via, key, deleted, age, at, _ = row
    seconds, when = max(0.0, (age or 0) / 1e6), None if at is None else int(at)
    # A UNION of logs with ids of different widths answers with decimals.
    return Change(int(version_id), model, int(entity_id), via, key, store_id, bool(deleted), seconds, when)


def first_unread(log: Log, cursor: Cursor) -> Branch:
    """The query for the highest id and the age of the oldest unread row; no row where all are read."""
    highest = f"(SELECT MAX(version_id) FROM {{{log.source}}})"
    where = "WHERE version_id > %s ORDER BY version_id LIMIT 1"
    return f"SELECT {highest}, {log.age} FROM {{{log.source}}} {where}", (cursor.high,)


def lag_of(log: Log, cursor: Cursor, first_unread: Row | None) -> Lag:
    """How far reading is behind, by the answer to ``first_unread``."""
    if first_unread is None:
        return Lag(0, 0.0 if log.own else None)
    last, age = first_unread
    return Lag(last - cursor.high, max(0.0, age / 1e6) if log.own else None)
