"""What was last sent: the ledger (S6, Q9)."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Model, Stream
from synqd.queue import counters
from synqd.queue.rows import Entries, address, listed, plain
from synqd.queue.sheets import Sheet
from synqd.queue.statements import load

SQL = load("ledger")
_RECORD, _REFRESH = Sheet(SQL["record"]), Sheet(SQL["refresh"])


Entry = tuple[Key, LedgerEntry]


def record(
    db: sqlite3.Connection,
    stream: Stream,
    entries: Iterable[Entry],
    refreshed: Iterable[Entry],
    former: Mapping[int, int],
) -> None:
    """Write what was sent of a stream; the caller counts the living.

    ``refreshed`` are those whose items were sent before to the same workspace under the same key. ``former``
    counts the living items among all by the number of the settings they were sent with before.
    """
    change = Counter({number: -count for number, count in former.items()})
    numbers = _Numbers(db)
    _RECORD.write(db, _rows(stream, entries, numbers, change))
    _REFRESH.write(db, _rows(stream, refreshed, numbers, change))
    counters.add_by_settings(db, stream, change)


def repeat(
    db: sqlite3.Connection, stream: Stream, entities: Mapping[tuple[int, int | None], Sequence[int]]
) -> None:
    """Note when, and with which status, items were sent again exactly as before."""
    model, store_id = plain(stream)
    for (last_at, status), repeated in entities.items():
        db.execute(SQL["repeat"], (model, listed(repeated), store_id, last_at, status))


class _Numbers:
    """Numbers of field sets and fingerprints.

    Looked up anew in each transaction: a number kept in memory would outlive a rollback.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._sets: dict[frozenset[str], int] = {}
        self._prints: dict[str, int] = {}

    def of_fields(self, fields: frozenset[str]) -> int:
        number = self._sets.get(fields)
        if number is None:
            number = self._sets[fields] = _intern(self._db, "field_set", "\n".join(sorted(fields)))
        return number

    def of_settings(self, settings: str) -> int:
        number = self._prints.get(settings)
        if number is None:
            number = self._prints[settings] = _intern(self._db, "fingerprint", settings)
        return number


def _rows(
    stream: Stream, entries: Iterable[Entry], numbers: _Numbers, change: Counter[int]
) -> list[tuple[object, ...]]:
    """Rows for the statements; the living are added to ``change`` by the number of their settings."""
    model, store_id = plain(stream)
    rows: list[tuple[object, ...]] = []
    for key, entry in entries:
        workspace, wire_key, fields, digest, settings, alive, first_at, last_at, status = entry
        number, names = numbers.of_settings(settings), numbers.of_fields(fields)
        sent = (workspace, wire_key, names, digest, number, int(alive), first_at, last_at, status)
        rows.append((model, key.entity_id, store_id, *sent))
        change[number] += alive
    return rows


def confirm(db: sqlite3.Connection, stream: Stream, entries: Iterable[tuple[int, int, str]]) -> None:
    """Note that living items are up to date under other settings than they were sent with.

    ``entries``: entity, number of the settings it was sent with, fingerprint of those it is up to date with.
    """
    change: Counter[int] = Counter()
    numbers = _Numbers(db)
    moved: defaultdict[int, list[int]] = defaultdict(list)
    for entity_id, former, settings in entries:
        number = numbers.of_settings(settings)
        if number != former:
            moved[number].append(entity_id)
            change[former] -= 1
            change[number] += 1
    model, store_id = plain(stream)
    for number, entities in moved.items():
        db.execute(SQL["confirm"], (model, listed(entities), store_id, number))
    counters.add_by_settings(db, stream, change)


def stamp(db: sqlite3.Connection, stream: Stream, now: int) -> None:
    """Note when the last ack of a stream was recorded."""
    db.execute(SQL["stamp"], (*plain(stream), now))


def known(db: sqlite3.Connection, keys: Sequence[Key]) -> dict[Key, LedgerEntry]:
    """Entries of those items that have one."""
    entries = Entries(db)
    found = {}
    for key in keys:
        row = db.execute(SQL["entry"], address(key)).fetchone()
        entry = entries.entry(row) if row else None
        if entry:
            found[key] = entry
    return found


def page(
    db: sqlite3.Connection, model: Model, after: tuple[int, int], limit: int, store_id: int | None
) -> list[tuple[Key, LedgerEntry]]:
    """Entries after (entity, store view)."""
    entries = Entries(db)
    rows = db.execute(SQL["page"], (model, *after, limit, store_id)).fetchall()
    built = ((Key(model, row[1], row[0]), entries.entry(row[2:])) for row in rows)
    return [(key, entry) for key, entry in built if entry]


def void_page(db: sqlite3.Connection, stream: Stream, after: int, rows: int) -> tuple[int, int | None]:
    """Forget a range of entities after ``after``; returns how many, and where to go on (None: the end)."""
    step = db.execute(SQL["step"], (stream.model, after, rows)).fetchone()
    last = step[0] if step else (1 << 63) - 1
    gone = db.execute(SQL["void"], (*stream, after, last)).fetchall()
    counters.add(db, "alive", stream, -sum(alive for alive, _ in gone))
    voided = Counter(print_id for alive, print_id in gone if alive)
    counters.add_by_settings(db, stream, {print_id: -number for print_id, number in voided.items()})
    return len(gone), last if step else None


def _intern(db: sqlite3.Connection, kind: str, text: str) -> int:
    db.execute(SQL[f"add_{kind}"], (text,))
    (number,) = db.execute(SQL[kind], (text,)).fetchone()
    return int(number)
