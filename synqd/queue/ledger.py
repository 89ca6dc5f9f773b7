"""What was last sent: the ledger (S6, Q9)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Model, Stream
from synqd.models.person import folded
from synqd.queue import counters
from synqd.queue.bulk_insert import Sheet
from synqd.queue.database import Database
from synqd.queue.rows import address, entries, gathered, listed, plain
from synqd.queue.statements import load

SQL = load("ledger")
_RECORD = Sheet(SQL["record"]), Sheet(SQL["record_all"])
_REFRESH = Sheet(SQL["refresh"]), Sheet(SQL["refresh_all"])
"""Statements for rows of which nothing else is remembered, which are most, and for all."""

_PLAIN = 12
_NOTHING = (None, None, None, None, None)
"""Columns of a row before, and without, what is remembered of events, consent, doubt and guests."""

Entry = tuple[Key, LedgerEntry]


def record(
    db: Database,
    stream: Stream,
    new: Sequence[Entry],
    refreshed: Sequence[Entry],
    former: Mapping[int, int],
) -> None:
    """Write what was sent of a stream; the caller counts the living.

    ``refreshed`` are those whose items were sent before to the same workspace under the same key. ``former``
    counts the living items among all by the number of the settings they were sent with before.
    """
    both = [entry for _, entry in (*new, *refreshed)]
    fields = field_numbers(db, {entry.fields for entry in both})
    living = Counter([entry.settings for entry in both if entry.alive])
    settings = _interned(db, "fingerprints", {entry.settings for entry in both})
    for (plainly, wholly), sent in ((_RECORD, new), (_REFRESH, refreshed)):
        rows = _rows(stream, sent, fields, settings)
        plainly.write(db, [row[:_PLAIN] for row in rows if row[_PLAIN:] == _NOTHING])
        wholly.write(db, [row for row in rows if row[_PLAIN:] != _NOTHING])
    change = Counter({settings[printed]: number for printed, number in living.items()})
    change.subtract(former)
    counters.add_by_settings(db, stream, change)


def repeat(db: Database, stream: Stream, entities: Mapping[tuple[int, int | None], Sequence[int]]) -> None:
    """Note when, and with which status, items were sent again exactly as before."""
    model, store_id = plain(stream)
    for (last_at, status), repeated in entities.items():
        db.execute(SQL["repeat"], (model, listed(repeated), store_id, last_at, status))


def _rows(
    stream: Stream, sent: Sequence[Entry], fields: Mapping[frozenset[str], int], settings: Mapping[str, int]
) -> list[tuple[object, ...]]:
    """Rows for the statements."""
    model, store_id = plain(stream)
    return [
        (
            *(model, key.entity_id, store_id, workspace, wire_key),
            *(fields[names], digest, settings[printed], +alive, first_at, last_at, status, event or None),
            *(agreed_at, withdrawn_at, None if doubt is None else listed(doubt), guest or None),
        )
        for key, (
            workspace,
            wire_key,
            names,
            digest,
            printed,
            alive,
            first_at,
            last_at,
            status,
            event,
            agreed_at,
            withdrawn_at,
            doubt,
            guest,
        ) in sent
    ]


def confirm(db: Database, stream: Stream, items: Sequence[tuple[int, int, str]]) -> None:
    """Note that living items are up to date under other settings than they were sent with.

    ``items``: entity, number of the settings it was sent with, fingerprint of those it is up to date with.
    """
    change: Counter[int] = Counter()
    numbers = _interned(db, "fingerprints", {settings for *_, settings in items})
    moved: defaultdict[int, list[int]] = defaultdict(list)
    for entity_id, former, settings in items:
        number = numbers[settings]
        if number != former:
            moved[number].append(entity_id)
            change[former] -= 1
            change[number] += 1
    model, store_id = plain(stream)
    for number, entities in moved.items():
        db.execute(SQL["confirm"], (model, listed(entities), store_id, number))
    counters.add_by_settings(db, stream, change)


def stamp(db: Database, stream: Stream, now: int) -> None:
    """Note when the last ack of a stream was recorded."""
    db.execute(SQL["stamp"], (*plain(stream), now))


def known(db: Database, keys: Sequence[Key]) -> dict[Key, LedgerEntry]:
    """Entries of those items that have one."""
    rows = ((key, db.execute(SQL["entry"], address(key)).fetchone()) for key in keys)
    return dict(_built(db, [(key, row) for key, row in rows if row]))


def withdrawn(db: Database, workspace: str, emails: Collection[str]) -> dict[str, int]:
    """When the last withdrawal was said that was sent for addresses, whatever the case of A to Z."""
    found: dict[str, int] = {}
    for email, at in gathered(db, SQL["withdrawn"], (workspace, listed(list(emails)))):
        found[email] = max(at, found.get(email, at))
    return found


def holding(db: Database, workspace: str, emails: Collection[str]) -> list[Entry]:
    """Entries of customers and subscribers by the address that they were sent with last."""
    asked = listed(sorted(set(map(folded, emails))))
    rows = db.execute(SQL["holding"], (workspace, asked)).fetchall()
    return _built(db, [(Key(Model(row[0]), row[2], row[1]), row[3:]) for row in rows])


def newest_guests(db: Database, workspace: str, marks: Collection[str]) -> dict[str, int]:
    """The newest order whose names were sent for each of these guests, if any were."""
    rows = gathered(db, SQL["newest_guests"], (workspace, listed(list(marks))))
    return dict(sorted(rows))


def page(
    db: Database, model: Model, after: tuple[int, int], limit: int, store_id: int | None
) -> list[tuple[Key, LedgerEntry]]:
    """Entries after (entity, store view)."""
    rows = db.execute(SQL["page"], (model, *after, limit, store_id)).fetchall()
    return _built(db, [(Key(model, row[1], row[0]), row[2:]) for row in rows])


def _built(db: Database, rows: Sequence[tuple[Key, Sequence[Any]]]) -> list[Entry]:
    built = entries(db, [row for _, row in rows])
    return [(key, entry) for (key, _), entry in zip(rows, built, strict=True) if entry]


def void_page(db: Database, stream: Stream, after: int, rows: int) -> tuple[int, int | None]:
    """Forget a range of entities after ``after``; returns how many, and where to go on (None: the end)."""
    step = db.execute(SQL["step"], (stream.model, after, rows)).fetchone()
    last = step[0] if step else (1 << 63) - 1
    gone = db.execute(SQL["void"], (*stream, after, last)).fetchall()
    counters.add(db, "alive", stream, -sum(alive for alive, _ in gone))
    voided = Counter(print_id for alive, print_id in gone if alive)
    counters.add_by_settings(db, stream, {print_id: -number for print_id, number in voided.items()})
    return len(gone), last if step else None


def field_numbers(db: Database, sets: Iterable[frozenset[str]]) -> dict[frozenset[str], int]:
    """Numbers of sets of field names; what is new gets one."""
    names = {fields: "\n".join(sorted(fields)) for fields in sets}
    numbers = _interned(db, "field_sets", names.values()) if names else {}
    return {fields: numbers[text] for fields, text in names.items()}


def by_number(db: Database, settings: Mapping[str, int]) -> dict[int, int]:
    """Something by settings, by the numbers of these."""
    numbers = _interned(db, "fingerprints", settings)
    return {numbers[printed]: number for printed, number in settings.items()}


def _interned(db: Database, kind: str, texts: Collection[str]) -> dict[str, int]:
    """Numbers by text; what is new gets one.

    Looked up anew in each transaction: a number kept in memory would outlive a rollback.
    """
    found: dict[str, int] = dict(gathered(db, SQL[kind], (listed(list(texts)),)))
    for text in texts:
        if text not in found:
            ((found[text],),) = db.execute(SQL[f"add_to_{kind}"], (text,)).fetchall()
    return found
