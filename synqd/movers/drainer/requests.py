"""From what a chunk of entities needs to the requests that carry it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.person import folded
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

WireKey = tuple[Endpoint, str | None, str]
"""(endpoint, catalog, key): of each, at most one version is in flight in a workspace (S8)."""
Overtaken = defaultdict[Model, set[WireKey]]
"""Versions, by the model of their entities, that left while others were being read."""
_EXACT = frozenset({Endpoint.CATALOG, Endpoint.TRANSACTIONS})
"""Endpoints whose keys differ if their spelling does."""


@dataclass(slots=True)
class Shipment:
    """One leased item on its way: its parcel, and how many of the parcel's items are settled."""

    item: Leased
    parcel: Parcel
    settled: int = 0
    keys: tuple[WireKey, ...] = field(init=False)
    """The wire keys that must not be in flight elsewhere meanwhile."""

    def __post_init__(self) -> None:
        self.keys = tuple(map(wire_key, self.parcel.items))

    @property
    def complete(self) -> bool:
        """Whether every wire item has arrived."""
        return self.settled == len(self.parcel.items)

    def next_item(self) -> WireItem:
        """The wire item whose turn it is."""
        return self.parcel.items[self.settled]

    def stale(self, overtaken: Overtaken) -> bool:
        """Whether what was read may be older than what has left under the same key since.

        Another model's version says other things about the key; only a tombstone takes those away, too.
        """
        model = self.item.key.model
        return any(
            key in left
            for key, item in zip(self.keys, self.parcel.items, strict=True)
            for other, left in overtaken.items()
            if item.tombstone or other is model
        )


def wire_key(item: WireItem) -> WireKey:
    """What a wire item is known by in its workspace; the case of A to Z makes no other address (S33)."""
    endpoint, key, catalog = item.endpoint, item.key, item.catalog
    return endpoint, catalog, key if endpoint in _EXACT else folded(key)


def standing_key(item: Leased, result: Parcel | Skip) -> WireKey:
    """The key that Synerise is said to have an item under as it is now; agreements are skipped for that."""
    if isinstance(result, Parcel):
        return wire_key(result.items[-1])
    return Endpoint.CLIENTS, None, folded(item.known.wire_key) if item.known else ""


@dataclass(slots=True)
class Request:
    """Shipments whose next wire item shares one request."""

    endpoint: Endpoint
    catalog: str | None
    shipments: list[Shipment] = field(default_factory=list)

    def items(self) -> list[WireItem]:
        """The wire items, in order."""
        return [shipment.next_item() for shipment in self.shipments]


def pack(shipments: Iterable[Shipment], limit: int) -> Iterator[Request]:
    """Requests for the next wire item of each shipment: one call each, at most ``limit`` items, in order.

    Deletions have no batch call: each is a request of its own, recorded as soon as it is answered.
    """
    open_requests: dict[tuple[Endpoint, str | None], Request] = {}
    for shipment in shipments:
        item = shipment.next_item()
        group = (item.endpoint, item.catalog)
        request = open_requests.get(group)
        if request is None:
            request = open_requests[group] = Request(item.endpoint, item.catalog)
        request.shipments.append(shipment)
        if len(request.shipments) >= limit or item.endpoint is Endpoint.CLIENT_DELETE:
            yield open_requests.pop(group)
    yield from open_requests.values()


def without_clashes(
    shipments: Sequence[Shipment], busy: set[WireKey], overtaken: Overtaken
) -> tuple[list[Shipment], list[Shipment]]:
    """Splits shipments into those that may leave and those that have to be read again a little later.

    These are the ones whose wire key is in flight already, or was while they were read: an old version must
    never arrive after a newer one. The keys of those that may leave are added to ``busy``.
    """
    free: list[Shipment] = []
    waiting: list[Shipment] = []
    for shipment in shipments:
        keys = shipment.keys
        if busy.isdisjoint(keys) and not (overtaken and shipment.stale(overtaken)):
            busy.update(keys)
            free.append(shipment)
        else:
            waiting.append(shipment)
    return free, waiting
