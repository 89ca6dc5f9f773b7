"""From a mapped product to the parcel that leaves: tombstones, cleared values, digest."""

from collections.abc import Mapping, Sequence

from synqd.entities.base import gone
from synqd.entities.cleared import clear, cleared
from synqd.entities.payload import digest, digest_beside, filled
from synqd.entities.product.chunk import Chunk
from synqd.entities.product.identity import owns
from synqd.entities.product.loading import TWO_VERSIONS
from synqd.entities.product.module_mapping import module_item
from synqd.entities.product.offers import Offers
from synqd.entities.product.plan import Plan
from synqd.entities.product.store_mapping import store_item
from synqd.entities.product.urls import BROKEN
from synqd.models.item import Leased, LedgerEntry
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

YIELDS = "another product of the website has its SKU"
"""Why nothing is sent for a product whose SKU is another one's (semantics S29)."""
_ALWAYS = frozenset({"lastUpdateType"})
"""Never cleared: added after the fields were counted."""


def parcel(
    plan: Plan,
    chunk: Chunk,
    offers: Offers,
    item: Leased,
    known: LedgerEntry | None,
    dead_keys: Sequence[str],
    owners: Mapping[str, int],
) -> Parcel | Skip:
    """What is sent for one leased item.

    ``known`` is what its workspace knows of it; ``dead_keys`` are those that Synerise may hold for it and
    that no living product has. ``owners``: who owns the SKUs that several products may have.
    """
    buried = tuple([_tombstone(plan, item, key) for key in dead_keys])
    product, odd = chunk.products.get(item.key.entity_id), chunk.odd.get(item.key.entity_id)
    if odd == TWO_VERSIONS:
        return Skip(odd)
    if product is None or not product.listed:
        absent = Skip("not in the store view's website") if product else Skip(odd) if odd else gone(item)
        return _burial(absent, buried, taken_over=known is not None and bool(known.held_keys))
    if not product.sku:
        return Skip("it has no SKU")
    if not owns(product, owners):
        return _burial(Skip(YIELDS), buried, taken_over=known is not None and bool(known.held_keys))
    if plan.addresses.is_broken:
        return Skip(BROKEN)  # what waits is not asked for; this is for whoever looks
    body = (module_item if plan.module else store_item)(plan, chunk, offers, product)
    hidden = plan.settings.disabled == "delete" and not offers.enabled(product.entity_id)
    if hidden:
        body["deleted"] = 1
    fingerprint, names = digest_beside(body, body), filled(body)
    body["lastUpdateType"] = item.lane.update_type
    if known is not None and product.sku in known.held_keys:
        clear(body, cleared(known, names, _ALWAYS))
    wire = WireItem(
        Endpoint.CATALOG,
        product.sku,
        {"itemKey": product.sku, "value": body},
        plan.catalog,
        tombstone=hidden,
        notes=plan.notes,
    )
    return Parcel((*buried, wire), product.sku, alive=not hidden, fields=names, digest=fingerprint)


def _tombstone(plan: Plan, item: Leased, key: str) -> WireItem:
    value = {
        "itemId": key,
        "sku": key,
        "deleted": 1,
        "storeId": plan.store.store_id,
        "lastUpdateType": item.lane.update_type,
    }
    return WireItem(Endpoint.CATALOG, key, {"itemKey": key, "value": value}, plan.catalog, tombstone=True)


def _burial(absent: Skip, buried: tuple[WireItem, ...], *, taken_over: bool) -> Parcel | Skip:
    """The product is not in this catalog (any more); if it leaves nothing to bury, its key may live on."""
    if buried:
        return Parcel(buried, buried[0].key, alive=False, digest=digest(wire.body for wire in buried))
    return absent._replace(moved=taken_over)
