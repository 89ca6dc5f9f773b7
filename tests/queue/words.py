"""Short words for what the queue's tests say over and over."""

from dataclasses import dataclass

from synqd.models.item import Leased, LedgerEntry, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack, Bury
from synqd.models.wire import Endpoint, Parcel, WireItem
from synqd.queue import Queue

PRODUCTS = Stream(Model.PRODUCT, 1)


def key(entity_id: int, store_id: int = 1, model: Model = Model.PRODUCT) -> Key:
    return Key(model, store_id, entity_id)


def live(entity_id: int, store_id: int = 1, *, quiet: float = 60.0, hint: str | None = None) -> Wish:
    """A live wish that has settled already, unless told otherwise."""
    return Wish(key(entity_id, store_id), Lane.LIVE, quiet, hint=hint)


def bulk(entity_id: int, store_id: int = 1, lane: Lane = Lane.FULL, want: Want = Want.FORCE) -> Wish:
    return Wish(key(entity_id, store_id), lane, want=want)


def sent(*, alive: bool = True, wire_key: str = "sku", at: int = 5) -> LedgerEntry:
    return LedgerEntry("main", wire_key, frozenset({"name", "color"}), b"digest", "settings", alive, at, at)


def ack(item: Leased, *, alive: bool = True) -> Ack:
    return Ack(item, sent(alive=alive, wire_key=f"sku{item.key.entity_id}"))


def bury(item: Leased, reason: str = "refused") -> Bury:
    return Bury(item, reason, "no such thing", "main", f"sku{item.key.entity_id}", 400, "{}", None)


async def take(queue: Queue, limit: int = 100, lane: Lane = Lane.LIVE, store_id: int = 1) -> list[Leased]:
    return await queue.outbox.lease(Stream(Model.PRODUCT, store_id), lane, limit, 60)


@dataclass(frozen=True)
class Flight:
    """An item that leaves."""

    item: Leased
    parcel: Parcel
    settled: int = 0


def flight(
    item: Leased,
    *keys: str,
    settled: int = 0,
    fields: frozenset[str] = frozenset(),
    event: bytes = b"",
    withdrawn_at: int | None = None,
) -> Flight:
    """An item that leaves, with a wire item for each key; ``settled`` of them have arrived."""
    wire_keys = keys or (f"sku{item.key.entity_id}",)
    wires = tuple(WireItem(Endpoint.CATALOG, one, {}, "store-1") for one in wire_keys)
    parcel = Parcel(wires, wire_keys[-1], True, fields, b"", 0.0, event, None, withdrawn_at)
    return Flight(item, parcel, settled)
