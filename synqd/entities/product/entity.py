"""The entity of products: from a chunk of leased items to what shall be sent."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from synqd.entities.base import Context, Page, Source, at_one_version
from synqd.entities.cleared import known_here
from synqd.entities.product import relations
from synqd.entities.product.chunk import Chunk
from synqd.entities.product.compose import parcel
from synqd.entities.product.dependents import Dependents
from synqd.entities.product.explain import Case, explain
from synqd.entities.product.identity import former_keys, living_keys, owns
from synqd.entities.product.loading import load_chunk
from synqd.entities.product.offers import Offers
from synqd.entities.product.planning import Plans
from synqd.entities.product.watches import WATCHES
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Heir, Parcel, Skip

_WEBSITES = """
    SELECT product.entity_id, shown.website_id FROM {catalog_product_entity} product
      LEFT JOIN {catalog_product_website} shown ON shown.product_id = product.entity_id
     WHERE product.entity_id IN %s"""

_PAGE = """
    SELECT product_id FROM {catalog_product_website}
     WHERE website_id = %s AND product_id > %s AND product_id <= %s ORDER BY product_id LIMIT %s"""

_COUNT = "SELECT COUNT(*) FROM {catalog_product_website} WHERE website_id = %s"

UNPLACED = """
    SELECT COUNT(*) FROM {catalog_product_entity} product
      LEFT JOIN {catalog_product_website} shown ON shown.product_id = product.entity_id
     WHERE shown.product_id IS NULL"""
"""How many products belong to no website."""

_HIGH = "SELECT COALESCE(MAX(entity_id), 0) FROM {catalog_product_entity}"


class ProductEntity:
    """Products; see the package."""

    model = Model.PRODUCT
    watches = WATCHES
    wide = relations.WIDE

    def __init__(self) -> None:
        self._plans = Plans()
        self._kinship = Dependents()

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """Store views of the websites that products are linked with."""
        if not ids:
            return {}
        stores: dict[int, set[int]] = defaultdict(set)
        for entity_id, website_id in await source.fetch(_WEBSITES, [list(ids)]):
            stores[entity_id].update(store.store_id for store in shop.stores_of_website(website_id or 0))
        return {entity_id: frozenset(found) for entity_id, found in stores.items()}

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Products behind SKUs, categories, options, sources, pictures and rows of versions."""
        if via in relations.WIDE:
            self.refresh()
        return await relations.resolve(source, via, keys)

    async def reach(self, source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
        """Products behind categories, options, attributes, sources, days, versions, and ranges of ids."""
        return await relations.reach(source, via, key, after, limit)

    async def related(self, source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """Other products whose payload depends on these: parents and variants, also of deleted ones.

        Whoever turns changes into wishes asks for all products of a page at once and adds the answers.
        """
        return await self._kinship.related(source, ids)

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
        _, parcels = await self._compose(await at_one_version(source), context, items)
        return parcels

    async def explain(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Mapping[str, str] | None]:
        """For each product's item, field by field, where its value comes from; None where none is sent."""
        source = await at_one_version(source)
        case, parcels = await self._compose(source, context, items)
        return await explain(source, case, parcels)

    async def _compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> tuple[Case, Sequence[Parcel | Skip]]:
        plan = await self._plans.get(source, context)
        days = plan.market.days(context.now)
        chunk = await load_chunk(source, plan, [item.key.entity_id for item in items], days.rule)
        offers = Offers(plan, chunk, days)
        known = [known_here(item, context.workspace) for item in items]
        website_id = context.store.website_id
        disputed = {key for item in items for key in _disputed(chunk, item)}
        owners = await living_keys(source, website_id, disputed)
        former = [
            former_keys(entry, item.hint, _own_sku(chunk, item, owners))
            for entry, item in zip(known, items, strict=True)
        ]
        left = {key for keys in former for key in keys} - owners.keys()
        living = {**owners, **await living_keys(source, website_id, left)}
        return Case(plan, chunk, offers, days), [
            _with_heirs(
                parcel(plan, chunk, offers, item, entry, [key for key in keys if key not in living], owners),
                [Heir(item.key._replace(entity_id=living[key]), key) for key in keys if key in living],
            )
            for item, entry, keys in zip(items, known, former, strict=True)
        ]

    def refresh(self) -> None:
        """Forgets metadata: attributes, options, categories, taxes, rates, stocks."""
        self._plans.clear()


def _with_heirs(outcome: Parcel | Skip, heirs: Sequence[Heir]) -> Parcel | Skip:
    return outcome._replace(heirs=tuple(heirs)) if heirs else outcome


def _disputed(chunk: Chunk, item: Leased) -> Iterator[str]:
    """The SKU of a product that another one may have, too."""
    product = chunk.products.get(item.key.entity_id)
    if product and product.listed and product.rivalled and product.sku:
        yield product.sku


def _own_sku(chunk: Chunk, item: Leased, owners: Mapping[str, int]) -> str | None:
    """The key that a living product has, unless it is another one's."""
    product = chunk.products.get(item.key.entity_id)
    if product is None or not product.listed or not owns(product, owners):
        return None
    return product.sku
