"""Short words for what the queue's tests say over and over."""

from synqd.models.item import Leased, LedgerEntry, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack, Bury
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
    return await queue.lease(Stream(Model.PRODUCT, store_id), lane, limit, 60)
