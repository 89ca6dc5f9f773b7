"""Which catalog keys an entity needs: its own, and tombstones for those it no longer has (semantics S8)."""

from collections.abc import Collection, Sequence

from synqd.entities.base import Source
from synqd.models.item import LedgerEntry

_OWNERS = """
    SELECT product.sku FROM {catalog_product_entity} product
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


async def living_keys(source: Source, website_id: int, keys: Collection[str]) -> frozenset[str]:
    """SKUs of the website's products that the database takes for one of ``keys``, in their own spelling."""
    if not keys:
        return frozenset()
    rows: Sequence[tuple[str, ...]] = await source.fetch(_OWNERS, [website_id, list(keys)])
    return frozenset(sku for (sku,) in rows)
