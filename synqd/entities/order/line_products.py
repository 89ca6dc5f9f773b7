"""Products as order lines show them, for many ids in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from synqd.entities.base import Source
from synqd.entities.order.metadata import Backdrop
from synqd.entities.product.attributes import Attribute
from synqd.entities.product.categories import Assignment, shown_categories
from synqd.entities.product.eav import Demand, Values
from synqd.entities.product.market import remember
from synqd.entities.product.urls import NO_PICTURE, fallback_path
from synqd.models.shop import StoreView

CONFIGURABLE = "configurable"
ENABLED = "1"
INVISIBLE = "1"
URL_KEY = "url_key"

_PRODUCTS = "SELECT entity_id, sku, type_id FROM {catalog_product_entity} WHERE entity_id IN %s"
_PARENTS = (
    "SELECT product_id, parent_id FROM {catalog_product_super_link} WHERE product_id IN %s ORDER BY link_id"
)
_CHILDREN = (
    "SELECT parent_id, product_id FROM {catalog_product_super_link} WHERE parent_id IN %s ORDER BY 1, 2"
)
# Magento's own storage asks for the same: not a product's place in a category, whatever the metadata say.
_PATHS = """
SELECT address.entity_id, address.request_path FROM {url_rewrite} address
  LEFT JOIN {catalog_url_rewrite_product_category} place ON place.url_rewrite_id = address.url_rewrite_id
 WHERE address.entity_type = 'product' AND address.redirect_type = 0 AND place.category_id IS NULL
   AND address.store_id = %s AND address.entity_id IN %s
 ORDER BY address.url_rewrite_id DESC"""
_ASSIGNED = (
    "SELECT product_id, category_id, position FROM {catalog_category_product}"
    " WHERE product_id IN %s ORDER BY entity_id"
)


class Good(NamedTuple):
    """A product that still exists; ``tax_class`` is its id as text, None for none."""

    sku: str
    tax_class: str | None
    url: str | None
    categories: tuple[str, ...]
    image: str | None


class Facts:
    """Rows of the products asked for, of the parents that show them and the children that lend a picture."""

    def __init__(self, attributes: Mapping[str, Attribute]) -> None:
        self.products: dict[int, tuple[str, str]] = {}
        self.values: Values = {}
        self.paths: dict[int, str] = {}
        self.parents: dict[int, list[int]] = defaultdict(list)
        self.children: dict[int, list[int]] = defaultdict(list)
        self.assigned: dict[int, list[Assignment]] = defaultdict(list)
        self._numbers = {code: each.attribute_id for code, each in attributes.items()}

    def value(self, product_id: int, code: str) -> str | None:
        """An attribute's value in the store view."""
        held = self.values.get(product_id)
        return held.get(self._numbers.get(code, 0)) if held else None

    def opens(self, product_id: int) -> bool:
        """Whether a product's page opens for shoppers."""
        visible = self.value(product_id, "visibility") != INVISIBLE
        return visible and self.value(product_id, "status") == ENABLED

    def page(self, product_id: int) -> int | None:
        """The product whose page shows this one: itself, else the first of its parents that opens."""
        if self.value(product_id, "status") != ENABLED:
            return None
        if self.value(product_id, "visibility") != INVISIBLE:
            return product_id
        return next((each for each in self.parents.get(product_id, ()) if self.opens(each)), None)


async def read_goods(
    source: Source, backdrop: Backdrop, store: StoreView, ids: Collection[int]
) -> Mapping[int, Good]:
    """Goods of those products that exist, in the words and addresses of a store view."""
    if not ids:
        return {}
    facts = await _read(source, backdrop, store, tuple(ids))
    make = _as_module if backdrop.module else _as_shown
    return {product_id: make(backdrop, facts, product_id) for product_id in facts.products}


async def _read(source: Source, backdrop: Backdrop, store: StoreView, ids: tuple[int, ...]) -> Facts:
    facts = Facts(backdrop.attributes)
    facts.products = {row[0]: (row[1], row[2]) for row in await source.fetch(_PRODUCTS, (ids,))}
    for product_id, parent_id in await source.fetch(_PARENTS, (ids,)):
        facts.parents[product_id].append(parent_id)
    for product_id, category_id, position in await source.fetch(_ASSIGNED, (ids,)):
        facts.assigned[product_id].append(Assignment(category_id, position or 0))
    pages = [*{*ids, *(parent for found in facts.parents.values() for parent in found)}]
    facts.paths = {row[0]: row[1] for row in await source.fetch(_PATHS, (store.store_id, pages))}
    demand = Demand()
    demand.add([each for code, each in backdrop.attributes.items() if code != URL_KEY], pages)
    if URL_KEY in backdrop.attributes:
        nameless = [each for each in pages if not facts.paths.get(each)]
        demand.add([backdrop.attributes[URL_KEY]], nameless)
    facts.values = await demand.load(source, store.store_id)
    await _borrow_pictures(source, backdrop, facts, store)
    return facts


async def _borrow_pictures(source: Source, backdrop: Backdrop, facts: Facts, store: StoreView) -> None:
    """Reads the pictures of the variants of configurables that have none of their own."""
    bare = [each for each in facts.products if _borrows(facts, each)]
    if not bare:
        return
    for parent_id, product_id in await source.fetch(_CHILDREN, (bare,)):
        facts.children[parent_id].append(product_id)
    lenders = [*{child for found in facts.children.values() for child in found}]
    demand = Demand()
    demand.add(
        [backdrop.attributes[code] for code in ("status", "image") if code in backdrop.attributes], lenders
    )
    for product_id, values in (await demand.load(source, store.store_id)).items():
        facts.values.setdefault(product_id, {}).update(values)


def _borrows(facts: Facts, product_id: int) -> bool:
    none = facts.value(product_id, "image") in (None, "", NO_PICTURE)
    return none and facts.products[product_id][1] == CONFIGURABLE


def _as_shown(backdrop: Backdrop, facts: Facts, product_id: int) -> Good:
    """As a shopper of the store view sees it: its own page, or that of the configurable it belongs to."""
    page = facts.page(product_id)
    return Good(
        facts.products[product_id][0],
        facts.value(product_id, "tax_class_id"),
        None if page is None else backdrop.addresses.page(_path(facts, page)),
        _labels(backdrop, facts.assigned[product_id]) if product_id in facts.assigned else (),
        _picture(backdrop, facts, product_id),
    )


def _labels(backdrop: Backdrop, assigned: Sequence[Assignment]) -> tuple[str, ...]:
    key = tuple(assigned)
    known = backdrop.labels.get(key)
    if known is None:
        labels = tuple([each.label for each in shown_categories(assigned, backdrop.tree)])
        known = remember(backdrop.labels, key, labels)
    return known


def _as_module(backdrop: Backdrop, facts: Facts, product_id: int) -> Good:
    """As the official module has it: its own page, and all its categories, shown or not."""
    found = (backdrop.tree.get(each.category_id) for each in facts.assigned.get(product_id, ()))
    return Good(
        facts.products[product_id][0],
        facts.value(product_id, "tax_class_id"),
        backdrop.addresses.page(_path(facts, product_id)) + backdrop.suffix,
        tuple(category.label for category in found if category is not None),
        _picture(backdrop, facts, product_id),
    )


def _path(facts: Facts, product_id: int) -> str:
    return facts.paths.get(product_id) or fallback_path(product_id, facts.value(product_id, URL_KEY))


def _picture(backdrop: Backdrop, facts: Facts, product_id: int) -> str | None:
    lenders = facts.children.get(product_id)
    if lenders is None:
        return backdrop.media.picture(facts.value(product_id, "image"))
    enabled = (each for each in lenders if backdrop.module or facts.value(each, "status") == ENABLED)
    pictures = (backdrop.media.picture(facts.value(each, "image")) for each in enabled)
    return next((picture for picture in pictures if picture), None)
