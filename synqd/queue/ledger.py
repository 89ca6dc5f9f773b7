"""What was last sent: the ledger (S6, Q9)."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Model, Stream
from synqd.queue import counters
from synqd.queue.rows import Entries, address
from synqd.queue.statements import load

SQL = load("ledger")


def record(
    db: sqlite3.Connection,
    entries: Iterable[tuple[Key, LedgerEntry]],
    former: Mapping[tuple[Stream, int], int],
) -> None:
    """Write what was sent; the caller counts the living.

    ``former`` counts the living items among them by the number of the settings they were sent with before.
    """
    change = Counter({place: -number for place, number in former.items()})
    sets: dict[frozenset[str], int] = {}
    fingerprints: dict[str, int] = {}
    rows = []
    for key, entry in entries:
        if entry.fields not in sets:
            sets[entry.fields] = _intern(db, "field_set", "\n".join(sorted(entry.fields)))
        if entry.settings not in fingerprints:
            fingerprints[entry.settings] = _intern(db, "fingerprint", entry.settings)
        sent = (entry.workspace, entry.wire_key, sets[entry.fields], entry.digest)
        times = (int(entry.alive), entry.first_at, entry.last_at, entry.status)
        rows.append((*address(key), *sent, fingerprints[entry.settings], *times))
        change[Stream(key.model, key.store_id), fingerprints[entry.settings]] += entry.alive
    db.executemany(SQL["record"], rows)
    counters.add_by_settings(db, change)


def confirm(db: sqlite3.Connection, entries: Iterable[tuple[Key, int, str]]) -> None:
    """Note that living items are up to date under other settings than they were sent with.

    ``entries``: item, number of the settings it was sent with, fingerprint of those it is up to date with.
    """
    change: Counter[tuple[Stream, int]] = Counter()
    rows = []
    numbers: dict[str, int] = {}
    for key, former, settings in entries:
        if settings not in numbers:
            numbers[settings] = _intern(db, "fingerprint", settings)
        if numbers[settings] != former:
            rows.append((*address(key), numbers[settings]))
            change[Stream(key.model, key.store_id), former] -= 1
            change[Stream(key.model, key.store_id), numbers[settings]] += 1
    db.executemany(SQL["confirm"], rows)
    counters.add_by_settings(db, change)


def stamp(db: sqlite3.Connection, streams: Iterable[Stream], now: int) -> None:
    """Note when the last ack of these streams was recorded."""
    db.executemany(SQL["stamp"], [(*stream, now) for stream in streams])


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
    counters.add_by_settings(
        db,
        Counter({(stream, print_id): -n for print_id, n in Counter(p for alive, p in gone if alive).items()}),
    )
    return len(gone), last if step else None


def _intern(db: sqlite3.Connection, kind: str, text: str) -> int:
    # Looked up anew in each transaction: a number kept in memory would outlive a rollback.
    db.execute(SQL[f"add_{kind}"], (text,))
    (number,) = db.execute(SQL[kind], (text,)).fetchone()
    return int(number)
