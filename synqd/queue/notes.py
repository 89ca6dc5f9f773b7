"""Notes of requests that leave, for the case that nobody ever learns whether they arrived (S24).

A note is one row for a request. It names the entities, and of each only what the ledger does not know: other
keys, other field names, the identity of an event, a newer withdrawal.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from synqd.models.item import Flight, LedgerEntry
from synqd.models.names import Model, Stream
from synqd.queue.rows import listed, plain
from synqd.queue.statements import load

SQL = load("notes")


class Trace(NamedTuple):
    """What may have arrived of one entity, beyond what the ledger knows.

    Attributes:
        keys: keys that may be alive.
        fields: names of fields that may have a value.
        event, withdrawn_at: as in ``LedgerEntry``.
    """

    entity_id: int
    keys: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    event: bytes = b""
    withdrawn_at: int | None = None


class Note(NamedTuple):
    """A request about to leave: items of one stream, for one workspace."""

    number: int
    stream: Stream
    workspace: str
    flights: Sequence[Flight]


class Found(NamedTuple):
    """A note that a process left behind; ``at`` in milliseconds since the epoch."""

    stream: Stream
    workspace: str
    at: int
    traces: list[Trace]


def trace(flight: Flight, *, doubtful: bool) -> Trace:
    """What may have arrived of a flight; if its last request is not ``doubtful``, what did before it."""
    entity_id = flight.item.key.entity_id
    if not doubtful:
        return Trace(entity_id, flight.arrived)
    keys = (*flight.arrived, *flight.keys)
    return Trace(entity_id, keys, flight.fields, flight.event, flight.withdrawn_at)


def write(db: sqlite3.Connection, notes: Iterable[Note], now: int) -> None:
    """Note requests before they leave."""
    for note in notes:
        db.execute(SQL["write"], (note.number, *plain(note.stream), note.workspace, now, _encoded(note)))


def remove(db: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Requests are settled."""
    if numbers:
        db.execute(SQL["remove"], (listed(numbers),))


def take(db: sqlite3.Connection) -> list[Found]:
    """Take all notes of items that were not settled: their process has ended."""
    rows = db.execute(SQL["all"]).fetchall()
    remove(db, [number for number, *_ in rows])
    return [_found(db, row) for row in rows]


def erase(db: sqlite3.Connection, concerns: Callable[[Model, int], bool]) -> None:
    """Leave entities out of all notes."""
    for number, model, *_, what in db.execute(SQL["all"]).fetchall():
        sets, entries = orjson.loads(what)
        kept = [entry for entry in entries if not concerns(Model(model), _entity(entry))]
        if len(kept) < len(entries):
            db.execute(SQL["rewrite"], (number, orjson.dumps([sets, kept])))


def _encoded(note: Note) -> bytes:
    """Sets of field names, then an entry for each entity: its id, or a list if more has to be said of it."""
    sets: dict[frozenset[str], int] = {}
    known_sets: dict[tuple[frozenset[str], frozenset[str]], bool] = {}
    entries = [_entry(flight, note.workspace, sets, known_sets) for flight in note.flights]
    return orjson.dumps([[sorted(names) for names in sets], entries])


def _entry(
    flight: Flight,
    workspace: str,
    sets: dict[frozenset[str], int],
    known_sets: dict[tuple[frozenset[str], frozenset[str]], bool],
) -> int | list[Any]:
    """What has to be said of an item; ``known_sets`` keeps which fields are among others: few sets repeat."""
    item, _, keys, arrived, fields, event, withdrawn_at = flight
    known, entity_id = item.known, item.key.entity_id
    if arrived:
        keys = (*arrived, *keys)
    if known is not None and known.workspace == workspace:
        both = (fields, known.fields)
        if both not in known_sets:
            known_sets[both] = fields <= known.fields
        keys, event = _unheard(keys, known), b"" if known.event else event
        fields = frozenset() if known_sets[both] else fields
        if not (keys or fields or event or withdrawn_at is not None):
            return entity_id
    return [entity_id, keys, sets.setdefault(fields, len(sets)), event.hex(), withdrawn_at]


def _unheard(keys: tuple[str, ...], known: LedgerEntry) -> tuple[str, ...]:
    """Those of the keys that the ledger does not name."""
    if known.doubt is None:
        return () if keys == (known.wire_key,) else tuple([key for key in keys if key != known.wire_key])
    return tuple([key for key in keys if key not in known.held_keys])


def _found(db: sqlite3.Connection, row: Sequence[Any]) -> Found:
    _, model, store_id, workspace, at, what = row
    sets, entries = orjson.loads(what)
    ids = listed([_entity(entry) for entry in entries])
    left = {entity_id for (entity_id,) in db.execute(SQL["unsettled"], (model, store_id, ids))}
    traces = [_trace(entry, sets) for entry in entries if _entity(entry) in left]
    return Found(Stream(Model(model), store_id), workspace, at, traces)


def _trace(entry: int | list[Any], sets: Sequence[Sequence[str]]) -> Trace:
    if isinstance(entry, int):
        return Trace(entry)
    entity_id, keys, number, event, withdrawn_at = entry
    return Trace(entity_id, tuple(keys), frozenset(sets[number]), bytes.fromhex(event), withdrawn_at)


def _entity(entry: int | list[Any]) -> int:
    return entry if isinstance(entry, int) else int(entry[0])
