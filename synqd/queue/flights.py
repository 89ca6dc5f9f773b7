"""Which requests are under way, and in which note each item stands (S24)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from synqd.models.item import Flight
from synqd.models.names import Stream
from synqd.models.settle import Settlement
from synqd.queue.notes import Note
from synqd.queue.rows import make

Lease = tuple[int, int]
"""Row and token of a leased item."""


class Flights:
    """The flights of leased items, in memory: they end with the process, as leases do.

    A note ends with the settlement of its last item, or when that leaves again with another request.
    """

    def __init__(self) -> None:
        self._numbers = count(1)  # the file has none when it is opened
        self._noted: dict[Lease, int] = {}
        self._open: Counter[int] = Counter()
        self._over: set[int] = set()
        self.by_lease: dict[Lease, Flight] = {}

    def begin(self, flights: Sequence[Flight]) -> Note:
        """A request is about to leave, with items of one stream for one workspace: what has to be noted."""
        number = next(self._numbers)
        for flight in flights:
            lease = flight.item.row_id, flight.item.token
            if lease in self._noted:
                self._leave(self._noted[lease])
            self._noted[lease] = number
            self.by_lease[lease] = flight
        self._open[number] = len(flights)
        first = flights[0]
        return Note(number, make(Stream, first.item.key[:2]), first.workspace, flights)

    def ending(self, settlements: Iterable[Settlement]) -> list[int]:
        """Numbers of the notes that end when these are settled."""
        left = Counter(self._noted[lease] for lease in self._under_way(settlements))
        return [*self._over, *[number for number, items in left.items() if items == self._open[number]]]

    def end(self, settlements: Iterable[Settlement], removed: Iterable[int]) -> None:
        """These are settled, and those notes were removed."""
        for lease in self._under_way(settlements):
            self._leave(self._noted.pop(lease))
            del self.by_lease[lease]
        self._over.difference_update(removed)

    def _under_way(self, settlements: Iterable[Settlement]) -> set[Lease]:
        leases = {(settlement.item.row_id, settlement.item.token) for settlement in settlements}
        return leases & self._noted.keys()

    def _leave(self, number: int) -> None:
        self._open[number] -= 1
        if not self._open[number]:
            del self._open[number]
            self._over.add(number)


NONE: Mapping[Lease, Flight] = {}
"""Nothing is under way."""
