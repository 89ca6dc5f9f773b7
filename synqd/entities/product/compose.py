"""From a mapped product to the parcel that leaves: tombstones, cleared values, digest."""

from collections.abc import Sequence
from typing import Any

from synqd.entities.base import gone
from synqd.entities.payload import digest, filled
from synqd.entities.product.chunk import Chunk, Product
from synqd.entities.product.module_mapping import module_item
from synqd.entities.product.offers import Offers
from synqd.entities.product.plan import Plan
from synqd.entities.product.store_mapping import store_item
from synqd.models.item import Leased
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem


def parcel(plan: Plan, chunk: Chunk, offers: Offers, item: Leased, dead_keys: Sequence[str]) -> Parcel | Skip:
    """What is sent for one leased item.

    ``dead_keys`` are those that Synerise may hold for it and that no living product has.
    """
    buried = tuple(_tombstone(plan, item, key) for key in dead_keys)
    product = chunk.products.get(item.key.entity_id)
    if product is None or not product.listed:
        return _burial(item, product, buried)
    body = (module_item if plan.module else store_item)(plan, chunk, offers, product)
    hidden = plan.settings.disabled == "delete" and not offers.enabled(product.entity_id)
    if hidden:
        body["deleted"] = 1
    body["lastUpdateType"] = item.lane.update_type
    print_digest, names = digest((body,)), filled(body)
    _clear(body, item)
    wire = WireItem(
        Endpoint.CATALOG,
        product.sku,
        {"itemKey": product.sku, "value": body},
        catalog_name(plan),
        tombstone=hidden,
        notes=plan.notes,
    )
    return Parcel((*buried, wire), product.sku, alive=not hidden, fields=names, digest=print_digest)


def catalog_name(plan: Plan) -> str:
    """Name of the store view's catalog, as the official module names it."""
    return f"store-{plan.store.store_id}"


def _clear(body: dict[str, Any], item: Leased) -> None:
    """Fields that were sent with a value under this key and are empty now become null once (S7)."""
    known = item.known
    if known is not None and known.alive and known.wire_key == body["sku"]:
        for name in known.fields:
            body.setdefault(name, None)


def _tombstone(plan: Plan, item: Leased, key: str) -> WireItem:
    value = {
        "itemId": key,
        "sku": key,
        "deleted": 1,
        "storeId": plan.store.store_id,
        "lastUpdateType": item.lane.update_type,
    }
    return WireItem(
        Endpoint.CATALOG, key, {"itemKey": key, "value": value}, catalog_name(plan), tombstone=True
    )


def _burial(item: Leased, product: Product | None, buried: tuple[WireItem, ...]) -> Parcel | Skip:
    """The product is not in this catalog (any more)."""
    if buried:
        return Parcel(buried, buried[0].key, alive=False, digest=digest(wire.body for wire in buried))
    return gone(item) if product is None else Skip("not in the store view's website")
