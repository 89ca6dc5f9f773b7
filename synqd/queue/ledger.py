"""What was last sent: the ledger (S6, Q9)."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Model, Stream
from synqd.queue import counters
from synqd.queue.rows import Entries, address, plain
from synqd.queue.statements import load

SQL = load("ledger")


def record(
    db: sqlite3.Connection,
    stream: Stream,
    entries: Iterable[tuple[Key, LedgerEntry]],
    former: Mapping[int, int],
) -> None:
    """Write what was sent of a stream; the caller counts the living.

    ``former`` counts the living items among them by the number of the settings they were sent with before.
    """
    change = Counter({number: -count for number, count in former.items()})
    sets: dict[frozenset[str], int] = {}
    prints: dict[str, int] = {}
    model, store_id = plain(stream)
    rows = []
    for key, (workspace, wire_key, fields, digest, settings, alive, *rest) in entries:
        if fields not in sets:
            sets[fields] = _intern(db, "field_set", "\n".join(sorted(fields)))
        if settings not in prints:
            prints[settings] = _intern(db, "fingerprint", settings)
        sent = (workspace, wire_key, sets[fields], digest, prints[settings], int(alive))
        rows.append((model, key.entity_id, store_id, *sent, *rest))
        change[prints[settings]] += alive
    db.executemany(SQL["record"], rows)
    counters.add_by_settings(db, stream, change)


def confirm(db: sqlite3.Connection, stream: Stream, entries: Iterable[tuple[Key, int, str]]) -> None:
    """Note that living items are up to date under other settings than they were sent with.

    ``entries``: item, number of the settings it was sent with, fingerprint of those it is up to date with.
    """
    change: Counter[int] = Counter()
    rows = []
    numbers: dict[str, int] = {}
    for key, former, settings in entries:
        if settings not in numbers:
            numbers[settings] = _intern(db, "fingerprint", settings)
        if numbers[settings] != former:
            rows.append((*address(key), numbers[settings]))
            change[former] -= 1
            change[numbers[settings]] += 1
    db.executemany(SQL["confirm"], rows)
    counters.add_by_settings(db, stream, change)


def stamp(db: sqlite3.Connection, stream: Stream, now: int) -> None:
    """Note when the last ack of a stream was recorded."""
    db.execute(SQL["stamp"], (*plain(stream), now))


def known(db: sqlite3.Connection, keys: Sequence[Key]) -> dict[Key, LedgerEntry]:
    """Entries of those items that have one."""
    entries = Entries()
    found = {}
    for key in keys:
        row = db.execute(SQL["entry"], address(key)).fetchone()
        entry = entries.entry(row) if row else None
        if entry:
            found[key] = entry
    return found


def owners(
    db: sqlite3.Connection, workspace: str, model: Model, wire_keys: Sequence[str]
) -> dict[str, list[Key]]:
    """Living items by wire key."""
    found: dict[str, list[Key]] = {}
    rows = db.execute(SQL["owners"], (workspace, model, json.dumps(sorted(set(wire_keys)))))
    for wire_key, store_id, entity_id in rows:
        found.setdefault(wire_key, []).append(Key(model, store_id, entity_id))
    return found


def page(
    db: sqlite3.Connection, model: Model, after: tuple[int, int], limit: int, store_id: int | None
) -> list[tuple[Key, LedgerEntry]]:
    """Entries after (entity, store view)."""
    entries = Entries()
    rows = db.execute(SQL["page"], (model, *after, limit, store_id))
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
    # Looked up anew in each transaction: a number kept in memory would outlive a rollback.
    db.execute(SQL[f"add_{kind}"], (text,))
    (number,) = db.execute(SQL[kind], (text,)).fetchone()
    return int(number)
