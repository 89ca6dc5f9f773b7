"""Which requests are under way, and in which note each item stands (S24)."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import NamedTuple

from synqd.models.item import Leased
from synqd.models.names import Stream
from synqd.models.settle import Settlement
from synqd.queue.notes import Flight, Note, Trace


class UnderWay(NamedTuple):
    """A request under way: its note, and the rows that are not settled."""

    note: Note
    rows: set[int]

    def entities(self, rows: set[int]) -> set[int]:
        """The entities of some rows."""
        items = [flight.item for flight in self.note.flights]
        return {item.key.entity_id for item in items if item.row_id in rows}


class Landing(NamedTuple):
    """What ends with some settlements: rows by the token of their lease, and notes by number.

    ``partly``: notes that go on without some of their entities: the others are to leave again.
    """

    rows: dict[int, set[int]]
    notes: Sequence[int]
    partly: Mapping[int, set[int]]


class Flights:
    """The flights of leased items, in memory: they end with the process, as leases do.

    A note ends with the settlement of its last item, or when that leaves again with another request. They are
    kept by the token of the lease, which all items of a chunk share: what is done for each item costs time.
    """

    def __init__(self) -> None:
        self._numbers = count(1)  # the file has none when it is opened
        self._by_token: dict[int, list[UnderWay]] = {}
        self._over: set[int] = set()

    def begin(self, workspace: str, flights: Sequence[Flight]) -> Note:
        """A request is about to leave, with items of one lease: what has to be noted."""
        first = flights[0].item
        rows = {flight.item.row_id for flight in flights}
        several = {one.item.row_id: one.settled for one in flights if len(one.parcel.items) > 1}
        note = Note(next(self._numbers), Stream(*first.key[:2]), workspace, flights, several)
        self._leave(first.token, rows)
        self._by_token.setdefault(first.token, []).append(UnderWay(note, rows))
        return note

    def of(self, item: Leased, *, doubtful: bool) -> tuple[str, Trace] | None:
        """What may have arrived of an item that has left and is not settled, and in which workspace."""
        for request in self._by_token.get(item.token, ()):
            if item.row_id in request.rows:
                note = request.note
                flight = next(one for one in note.flights if one.item.row_id == item.row_id)
                return note.workspace, note.trace(flight, doubtful=doubtful)
        return None

    def landing(self, settlements: Sequence[Settlement]) -> Landing:
        """What ends when these are settled; nothing changes before ``landed``."""
        rows: dict[int, set[int]] = {token: set() for token in {one.item.token for one in settlements}}
        for token, settled in rows.items():
            settled.update([one.item.row_id for one in settlements if one.item.token == token])
        touched = [
            (request, settled)
            for token, settled in rows.items()
            for request in self._by_token.get(token, ())
            if not request.rows.isdisjoint(settled)
        ]
        ended = [request.note.number for request, settled in touched if request.rows <= settled]
        partly = {
            request.note.number: request.entities(settled)
            for request, settled in touched
            if not request.rows <= settled
        }
        return Landing(rows, [*self._over, *ended], partly)

    def landed(self, landing: Landing) -> None:
        """These are settled, and the notes that ended by it are removed."""
        for token, rows in landing.rows.items():
            self._leave(token, rows)
        self._over.difference_update(landing.notes)

    def _leave(self, token: int, rows: set[int]) -> None:
        requests = self._by_token.get(token, ())
        for request in requests:
            if not request.rows.isdisjoint(rows):
                request.rows.difference_update(rows)
        left = [request for request in requests if request.rows]
        self._over.update(request.note.number for request in requests if not request.rows)
        # In one step: the thread that settles another request of the chunk may be looking.
        if left:
            self._by_token[token] = left
        elif requests:
            del self._by_token[token]
