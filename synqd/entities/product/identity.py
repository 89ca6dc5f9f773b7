"""Which catalog keys an entity needs: its own, and tombstones for those it no longer has (semantics S8)."""

from collections.abc import Collection, Mapping

from synqd.entities.base import Source
from synqd.entities.product.chunk import Product
from synqd.models.item import LedgerEntry

_OWNERS = """
    SELECT product.sku, product.entity_id FROM {catalog_product_entity} product
      JOIN {catalog_product_website} shown ON shown.product_id = product.entity_id AND shown.website_id = %s
     WHERE product.sku IN %s"""


def former_keys(known: LedgerEntry | None, hint: str | None, current: str | None) -> tuple[str, ...]:
    """Keys that Synerise may hold for the entity beside ``current``: the ledger's, and the change log's hint.

    While the ledger is in doubt these are several (S24). A key whose tombstone it remembers is not named
    again.
    """
    if known is None and not hint:
        return ()
    keys = [*known.held_keys] if known else []
    if hint and not (known and known.wire_key == hint):
        keys.append(hint)
    return tuple(key for key in dict.fromkeys(keys) if key != current)


def owns(product: Product, owners: Mapping[str, int]) -> bool:
    """Whether a product has its SKU for itself, or before all others of its website (semantics S29)."""
    return owners.get(product.sku, product.entity_id) == product.entity_id


async def living_keys(source: Source, website_id: int, keys: Collection[str]) -> Mapping[str, int]:
    """The website's products, by SKU in their own spelling, that the database takes for one of ``keys``.

    Of several with one SKU, to the byte, it is the lowest id that owns it (semantics S29).
    """
    owners: dict[str, int] = {}
    for sku, entity_id in await source.fetch(_OWNERS, [website_id, list(keys)]) if keys else ():
        owners[sku] = min(entity_id, owners.get(sku, entity_id))
    return owners
