"""Who holds which rows: in the memory of the writing connection, as no lease outlives its process (Q3, Q7).

Two tables of a database in memory that is attached to the connection, so that statements see them beside
the outbox, and that they share its transactions: what is rolled back was neither taken nor given back. They
are no temporary tables: ``temp_store = MEMORY`` would make VACUUM and CREATE INDEX work in memory, too.
"""

from collections.abc import Sequence

from synqd.models.names import Lane, Stream
from synqd.queue.database import Database
from synqd.queue.rows import listed, plain
from synqd.queue.statements import load

SQL = load("leases")

TABLES = """
ATTACH ':memory:' AS held;

-- Who holds which row until when.
CREATE TABLE held.leases (row_id INTEGER PRIMARY KEY, token INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;

-- Up to where all rows of a stream and lane are leased, in their order: there the next lease begins to look.
-- Without it each would walk over everything that is in flight.
CREATE TABLE held.heads (
    model TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    row_id INTEGER NOT NULL,
    PRIMARY KEY (model, store_id, lane)
) STRICT, WITHOUT ROWID;
"""
"""Nobody holds anything yet: what a writing connection begins with."""

RowOrder = tuple[int, int]
"""Due time and id: where a row stands among those of its stream and lane."""

_BEGINNING: RowOrder = (-1 << 62, 0)


def head(db: Database, stream: Stream, lane: Lane) -> RowOrder:
    """Up to where all rows of a stream and lane are leased."""
    found: RowOrder | None = db.execute(SQL["head"], (*plain(stream), int(lane))).fetchone()
    return found or _BEGINNING


def take(db: Database, row_ids: Sequence[int], token: int, until: int) -> None:
    """Lease rows."""
    db.execute(SQL["take"], (listed(row_ids), token, until))


def set_head(db: Database, stream: Stream, lane: Lane, last: RowOrder) -> None:
    """All rows of the stream and lane up to ``last`` are leased now."""
    db.execute(SQL["set_head"], (*plain(stream), int(lane), *last))


def leave(db: Database, row_ids: Sequence[int]) -> None:
    """Rows have left the outbox; their ids may be given again."""
    db.execute(SQL["give_back"], (listed(row_ids),))


def give_back(db: Database, row_ids: Sequence[int]) -> None:
    """Rows wait again."""
    leave(db, row_ids)
    look_again(db)


def look_again(db: Database) -> None:
    """Rows may have come to stand before leased ones: every writer of due times says so."""
    db.execute(SQL["forget_heads"])


def reap(db: Database, now: int, furthest: int) -> tuple[int, int]:
    """End leases past their deadline, pull back deadlines after ``furthest``; returns how many of each."""
    expired = db.execute(SQL["expire"], (now,)).rowcount
    if expired:
        look_again(db)
    return expired, db.execute(SQL["pull"], (furthest,)).rowcount
