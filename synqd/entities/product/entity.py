"""The entity of products: from a chunk of leased items to what shall be sent."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from synqd.entities.base import Context, Page, Source, gone
from synqd.entities.payload import digest, filled
from synqd.entities.product import relations
from synqd.entities.product.attributes import load_attributes, selected
from synqd.entities.product.eav import Demand
from synqd.entities.product.identity import former_keys, living_keys
from synqd.entities.product.watches import WATCHES
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

_WEBSITES = """
    SELECT product.entity_id, shown.website_id FROM {catalog_product_entity} product
      LEFT JOIN {catalog_product_website} shown ON shown.product_id = product.entity_id
     WHERE product.entity_id IN %s"""

_PAGE = """
    SELECT product_id FROM {catalog_product_website}
     WHERE website_id = %s AND product_id > %s AND product_id <= %s ORDER BY product_id LIMIT %s"""

_COUNT = "SELECT COUNT(*) FROM {catalog_product_website} WHERE website_id = %s"

_HIGH = "SELECT COALESCE(MAX(entity_id), 0) FROM {catalog_product_entity}"

_PRODUCTS = """
    SELECT product.entity_id, product.sku, CAST(product.created_at AS CHAR), CAST(product.updated_at AS CHAR)
      FROM {catalog_product_entity} product
      JOIN {catalog_product_website} shown ON shown.product_id = product.entity_id AND shown.website_id = %s
     WHERE product.entity_id IN %s"""


class ProductEntity:
    """Products; see the package."""

    model = Model.PRODUCT
    watches = WATCHES

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """Store views of the websites that products are linked with."""
        if not ids:
            return {}
        stores: dict[int, set[int]] = defaultdict(set)
        for entity_id, website_id in await source.fetch(_WEBSITES, [list(ids)]):
            stores[entity_id].update(store.store_id for store in shop.stores_of_website(website_id or 0))
        return {entity_id: frozenset(found) for entity_id, found in stores.items()}

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Products behind SKUs, categories, options, sources and pictures."""
        return await relations.resolve(source, via, keys)

    async def related(self, source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """Other products whose payload depends on these: parents and variants."""
        return await relations.related(source, ids)

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next products of the store view's website, whatever their status and visibility."""
        rows = await source.fetch(_PAGE, [store.website_id, after, until, limit])
        return Page([entity_id for (entity_id,) in rows])

    async def count(self, source: Source, store: StoreView) -> int:
        """How many products the store view's website has."""
        ((count,),) = await source.fetch(_COUNT, [store.website_id])
        return int(count)

    async def high(self, source: Source) -> int:
        """The highest product id."""
        ((high,),) = await source.fetch(_HIGH)
        return int(high)

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """Items, tombstones and renames of a chunk."""
        settings = context.settings.product.at(context.store)
        attributes = await load_attributes(source)
        codes = selected(settings.attributes, attributes, include_filterable=settings.include_filterable)
        ids = [item.key.entity_id for item in items]
        rows = {row[0]: row for row in await source.fetch(_PRODUCTS, [context.store.website_id, ids])}
        demand = Demand()
        demand.add((attributes[code] for code in codes if code in attributes), list(rows))
        values = await demand.load(source, context.store.store_id)
        former = [former_keys(item, rows.get(item.key.entity_id, (0, None))[1]) for item in items]
        living = await living_keys(source, context.store.website_id, {key for keys in former for key in keys})
        results: list[Parcel | Skip] = []
        for item, keys in zip(items, former, strict=True):
            row = rows.get(item.key.entity_id)
            buried = [self._tombstone(context, item, key) for key in keys if key not in living]
            if row is None:
                results.append(_burial(item, buried))
                continue
            held = values.get(row[0], {})
            body = {
                "itemId": row[1],
                "deleted": 0,
                "storeId": context.store.store_id,
                **{code: held.get(attributes[code].attribute_id) for code in codes if code in attributes},
                "entity_id": str(row[0]),
                "sku": row[1],
                "lastUpdateType": item.lane.update_type,
            }
            body = {name: value for name, value in body.items() if value is not None}
            keyed = {"itemKey": row[1], "value": body}
            wire = WireItem(Endpoint.CATALOG, row[1], keyed, _catalog(context.store))
            results.append(
                Parcel((*buried, wire), row[1], alive=True, fields=filled(body), digest=digest([body]))
            )
        return results

    def refresh(self) -> None:
        """Forgets metadata."""

    def _tombstone(self, context: Context, item: Leased, key: str) -> WireItem:
        value = {
            "itemId": key,
            "sku": key,
            "deleted": 1,
            "storeId": context.store.store_id,
            "lastUpdateType": item.lane.update_type,
        }
        return WireItem(
            Endpoint.CATALOG, key, {"itemKey": key, "value": value}, _catalog(context.store), tombstone=True
        )


def _catalog(store: StoreView) -> str:
    return f"store-{store.store_id}"


def _burial(item: Leased, buried: Sequence[WireItem]) -> Parcel | Skip:
    if not buried:
        return gone(item)
    return Parcel(tuple(buried), buried[0].key, alive=False, digest=digest([wire.body for wire in buried]))
