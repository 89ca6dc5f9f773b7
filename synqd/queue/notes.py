"""Notes of requests that leave, for the case that nobody ever learns whether they arrived (S24).

A note is one row for a request. It names the entities, and what of each the ledger does not know: the keys,
if they are not all that it has, other field names, the identity of an event, a newer withdrawal.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import orjson

from synqd.models.item import Leased, LedgerEntry
from synqd.models.names import Model, Stream
from synqd.models.person import PEOPLE
from synqd.models.wire import Parcel, WireItem
from synqd.queue import ledger
from synqd.queue.database import Database
from synqd.queue.rows import field_sets, listed, plain
from synqd.queue.statements import load

SQL = load("notes")

_NO_NAMES: frozenset[str] = frozenset()


class Flight(Protocol):
    """One leased item that leaves with a request."""

    @property
    def item(self) -> Leased:
        """The item."""

    @property
    def parcel(self) -> Parcel:
        """All that is sent for it."""

    @property
    def settled(self) -> int:
        """How many of the parcel's wire items have arrived before this request, which carries the next."""


class Trace(NamedTuple):
    """What may have arrived of one entity.

    Attributes:
        keys: keys that may be alive.
        fields: names of fields that may have a value.
        event, withdrawn_at: as in ``LedgerEntry``.
        as_known: it left under the key that the ledger has.
    """

    entity_id: int
    keys: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    event: bytes = b""
    withdrawn_at: int | None = None
    as_known: bool = False


class Note(NamedTuple):
    """A request about to leave: items of one stream, for one workspace.

    ``settled`` is that of the flights of several wire items, by row, as it is when the request leaves.
    """

    number: int
    stream: Stream
    workspace: str
    flights: Sequence[Flight]
    settled: Mapping[int, int]

    def trace(self, flight: Flight, *, doubtful: bool) -> Trace:
        """What may have arrived of an item; if this request is not ``doubtful``, what arrived before it."""
        settled = self.settled.get(flight.item.row_id, 0)
        entity_id, parcel = flight.item.key.entity_id, flight.parcel
        if not doubtful:
            return Trace(entity_id, _ledger_keys(parcel, settled))
        keys = _ledger_keys(parcel, settled + 1)
        if settled + 1 < len(parcel.items):
            return Trace(entity_id, keys)
        return Trace(entity_id, keys, parcel.fields, parcel.event, parcel.withdrawn_at)


class Found(NamedTuple):
    """A note that a process left behind; ``at`` in milliseconds since the epoch."""

    stream: Stream
    workspace: str
    at: int
    traces: list[Trace]


def write(
    db: Database, notes: Iterable[Note], now: int, concerned: Callable[[Flight], bool] | None = None
) -> None:
    """Note requests before they leave, but for those ``concerned``: forgotten, so held back yet."""
    told = [(note, _entries(note, concerned)) for note in notes]
    sets = {entry[2] for _, entries in told for entry in entries if isinstance(entry, list)}
    numbers = ledger.field_numbers(db, sets - {_NO_NAMES}) | {_NO_NAMES: None}
    for note, entries in told:
        for entry in entries:
            if isinstance(entry, list):
                entry[2] = numbers[entry[2]]
        args = (note.number, *plain(note.stream), note.workspace, now, orjson.dumps(entries))
        db.execute(SQL["write"], args)


def remove(db: Database, numbers: Sequence[int]) -> None:
    """Requests are settled."""
    if numbers:
        db.execute(SQL["remove"], (listed(numbers),))


def leave_out(db: Database, settled: Mapping[int, Collection[int]]) -> None:
    """Some items of requests are settled, others are to leave again: entities by number of the note."""
    for number, entities in settled.items():
        for (what,) in db.execute(SQL["what"], (number,)).fetchall():
            kept = [entry for entry in orjson.loads(what) if _entity(entry) not in entities]
            db.execute(SQL["rewrite"], (number, orjson.dumps(kept)))


def take(db: Database) -> list[Found]:
    """Take all notes of items that were not settled: their process has ended."""
    rows = db.execute(SQL["all"]).fetchall()
    remove(db, [number for number, *_ in rows])
    return [_found(db, row) for row in rows]


def erase(db: Database, concerns: Callable[[Model, int], bool], is_theirs: Callable[[str], bool]) -> None:
    """Leave entities out of all notes, and their addresses out of what is noted of other people."""
    for number, model, *_, what in db.execute(SQL["all"]).fetchall():
        entries = orjson.loads(what)
        kept = [entry for entry in entries if not concerns(Model(model), _entity(entry))]
        if model in PEOPLE:
            kept = [_without_keys(entry, is_theirs) for entry in kept]
        if kept != entries:
            db.execute(SQL["rewrite"], (number, orjson.dumps(kept)))


def _without_keys(entry: int | list[Any], is_theirs: Callable[[str], bool]) -> int | list[Any]:
    if isinstance(entry, int):
        return entry
    entity_id, keys, *rest = entry
    listed_keys = [keys] if isinstance(keys, str) else keys
    kept = [key for key in listed_keys if not is_theirs(key)]
    return entry if len(kept) == len(listed_keys) else [entity_id, kept, *rest]


def _ledger_keys(parcel: Parcel, sent: int) -> tuple[str, ...]:
    """Keys of the first ``sent`` wire items as the ledger has them.

    Not a guest's profile beside an order, nor what is somebody else's to say from now on.
    """
    if len(parcel.items) == 1:
        return (parcel.wire_key,) if sent and _is_own(parcel, parcel.items[0]) else ()
    endpoint = parcel.items[-1].endpoint
    return tuple(
        [one.key for one in parcel.items[:sent] if one.endpoint is endpoint and _is_own(parcel, one)]
    )


def _is_own(parcel: Parcel, item: WireItem) -> bool:
    return parcel.alive or item.tombstone


_Sets = dict[tuple[frozenset[str], frozenset[str]], bool]
"""Whether field names are among others: a few sets repeat in all items."""


def _entries(note: Note, concerned: Callable[[Flight], bool] | None) -> list[int | list[Any]]:
    """An entry for each entity: its id, or a list if more has to be said of it."""
    among: _Sets = {}
    return [
        flight.item.key.entity_id
        if _is_known(flight.item.known, flight.parcel, note.workspace, among)
        else _entry(note, flight)
        for flight in note.flights
        if concerned is None or not concerned(flight)
    ]


def _is_known(known: LedgerEntry | None, parcel: Parcel, workspace: str, among: _Sets) -> bool:
    """Whether the ledger knows everything of a parcel already."""
    if known is None or known.wire_key != parcel.wire_key or known.workspace != workspace:
        return False
    if not (parcel.alive or parcel.items[0].tombstone):
        return False
    both = (parcel.fields, known.fields)
    if both not in among:
        among[both] = parcel.fields <= known.fields
    is_more = parcel.withdrawn_at is not None or (parcel.event and not known.event)
    return among[both] and not is_more and len(parcel.items) == 1


def _entry(note: Note, flight: Flight) -> list[Any]:
    """Id, key or keys, names; event and withdrawal, if there are: only what the ledger does not know."""
    known, parcel, entity_id = flight.item.known, flight.parcel, flight.item.key.entity_id
    if known is None and parcel.alive and len(parcel.items) == 1:  # most of a first run
        entry = [entity_id, parcel.wire_key, parcel.fields]
        event, withdrawn_at = parcel.event, parcel.withdrawn_at
    else:
        _, keys, names, event, withdrawn_at, _ = note.trace(flight, doubtful=True)
        if known is not None and known.workspace == note.workspace:
            names, event = names - known.fields, b"" if known.event else event
        entry = [entity_id, keys, names]
    if event or withdrawn_at is not None:
        entry += [event.hex(), withdrawn_at]
    return entry


def _found(db: Database, row: Sequence[Any]) -> Found:
    _, model, store_id, workspace, at, what = row
    entries = {_entity(entry): entry for entry in orjson.loads(what)}
    left = db.execute(SQL["unsettled"], (model, store_id, listed(list(entries)))).fetchall()
    found = [entries[entity_id] for (entity_id,) in left]
    sets = field_sets(db, {entry[2] for entry in found if isinstance(entry, list)})
    return Found(Stream(Model(model), store_id), workspace, at, [_trace(entry, sets) for entry in found])


def _trace(entry: int | list[Any], sets: Mapping[int | None, frozenset[str]]) -> Trace:
    if isinstance(entry, int):
        return Trace(entry, as_known=True)
    entity_id, keys, number, *said = entry
    event, withdrawn_at = said or ("", None)
    names = sets.get(number, _NO_NAMES)
    held = (keys,) if isinstance(keys, str) else tuple(keys)
    return Trace(entity_id, held, names, bytes.fromhex(event), withdrawn_at)


def _entity(entry: int | list[Any]) -> int:
    return entry if isinstance(entry, int) else int(entry[0])
