"""How far each change log was read: cursors and the gaps below them (Q1, S1)."""

from collections.abc import Iterable

from synqd.models.change import Cursor, Gap
from synqd.queue.database import Database
from synqd.queue.statements import load

SQL = load("cursors")


def save(db: Database, cursor: Cursor) -> None:
    """Replace the cursor of a source; only gaps that differ are written."""
    db.execute(SQL["save"], {"source": cursor.source, "high": cursor.high, "mark": cursor.mark})
    old, new = set(_gaps(db, cursor.source)), set(merged(cursor.gaps))
    db.executemany(SQL["drop_gap"], [{"source": cursor.source, "first": gap.first} for gap in old - new])
    db.executemany(SQL["add_gap"], [{"source": cursor.source, **gap._asdict()} for gap in new - old])


def find(db: Database, source: str) -> Cursor | None:
    """The cursor of a source, or None if it was never read."""
    row = db.execute(SQL["find"], {"source": source}).fetchone()
    return Cursor(source, row[0], tuple(_gaps(db, source)), row[1]) if row else None


def every(db: Database) -> list[Cursor]:
    """All cursors by source."""
    sources = [source for (source,) in db.execute(SQL["sources"])]
    return [cursor for source in sources if (cursor := find(db, source))]


def merged(gaps: Iterable[Gap]) -> list[Gap]:
    """Gaps in order and without overlap; neighbours of the same age become one.

    Where two overlap, the one that starts first keeps its age for what they share.
    """
    result: list[Gap] = []
    for gap in sorted(gaps):
        before = result[-1] if result else None
        if before and gap.first <= before.last + 1 and gap.since == before.since:
            result[-1] = Gap(before.first, max(before.last, gap.last), before.since)
        elif not before or gap.first > before.last:
            result.append(gap)
        elif gap.last > before.last:
            result.append(Gap(before.last + 1, gap.last, gap.since))
    return result


def _gaps(db: Database, source: str) -> list[Gap]:
    return [Gap(*row) for row in db.execute(SQL["gaps"], {"source": source})]
