"""Products as order lines show them, for many ids in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from synqd.entities.base import Context, Source
from synqd.entities.catalogue.addresses import link_url, media_url, pages_are_secure, uses_store_code
from synqd.entities.catalogue.categories import Assigned, Tree, load_tree
from synqd.models.shop import StoreView

MAX_AGE = timedelta(minutes=5)
"""Category tree and attribute ids are read again at the latest after this."""

CODES = ("status", "visibility", "tax_class_id", "image", "url_key")
ENABLED = 1
INVISIBLE = 1
NO_PICTURE = frozenset({None, "", "no_selection"})

_ATTRIBUTES = """
SELECT a.attribute_code, a.attribute_id
  FROM {eav_attribute} a JOIN {eav_entity_type} t ON t.entity_type_id = a.entity_type_id
 WHERE t.entity_type_code = 'catalog_product' AND a.attribute_code IN %s"""
_DEFAULT_STORE = """
SELECT g.default_store_id FROM {store_website} w
  JOIN {store_group} g ON g.group_id = w.default_group_id WHERE w.is_default = 1"""
_PRODUCTS = "SELECT entity_id, sku, type_id FROM {catalog_product_entity} WHERE entity_id IN %s"
_VALUES = """
SELECT entity_id, attribute_id, store_id, CAST(value AS CHAR) FROM {catalog_product_entity_int}
 WHERE entity_id IN %s AND attribute_id IN %s AND store_id IN %s
UNION ALL
SELECT entity_id, attribute_id, store_id, value FROM {catalog_product_entity_varchar}
 WHERE entity_id IN %s AND attribute_id IN %s AND store_id IN %s
 ORDER BY store_id"""
_PATHS = """
SELECT entity_id, request_path FROM {url_rewrite}
 WHERE entity_type = 'product' AND redirect_type = 0 AND metadata IS NULL AND store_id = %s
   AND entity_id IN %s
 ORDER BY url_rewrite_id DESC"""
_ASSIGNED = """
SELECT product_id, category_id, position FROM {catalog_category_product}
 WHERE product_id IN %s ORDER BY entity_id"""
_PARENTS = """
SELECT product_id, parent_id FROM {catalog_product_super_link} WHERE product_id IN %s ORDER BY link_id"""
_CHILD_PICTURES = """
SELECT l.parent_id, IF(own.value_id IS NULL, base.value, own.value)
  FROM {catalog_product_super_link} l
  LEFT JOIN {catalog_product_entity_varchar} own
    ON own.entity_id = l.product_id AND own.attribute_id = %s AND own.store_id = %s
  LEFT JOIN {catalog_product_entity_varchar} base
    ON base.entity_id = l.product_id AND base.attribute_id = %s AND base.store_id = 0
  LEFT JOIN {catalog_product_entity_int} off
    ON off.entity_id = l.product_id AND off.attribute_id = %s AND off.store_id = %s
  LEFT JOIN {catalog_product_entity_int} off_base
    ON off_base.entity_id = l.product_id AND off_base.attribute_id = %s AND off_base.store_id = 0
 WHERE l.parent_id IN %s AND IF(off.value_id IS NULL, off_base.value, off.value) = 1
 ORDER BY l.parent_id, l.product_id DESC"""


class Good(NamedTuple):
    """A product that still exists; ``tax_class`` 0 is none."""

    sku: str
    type_id: str
    tax_class: int
    url: str | None
    categories: tuple[str, ...]
    image: str | None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What does not depend on the products: attribute ids, the tree, the shop's default store view."""

    attributes: Mapping[str, int]
    tree: Tree
    default_store: StoreView


class _Facts(NamedTuple):
    """Rows of the products asked for and of the parents that show them."""

    products: Mapping[int, tuple[str, str]]
    values: Mapping[int, Mapping[str, str | None]]
    paths: Mapping[int, str]
    parents: Mapping[int, Sequence[int]]
    assigned: Mapping[int, Sequence[Assigned]]
    child_pictures: Mapping[int, str]


class Goods:
    """Reads goods of one shop; keeps trees and attribute ids for a bounded time."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], Metadata] = {}
        self._since: datetime | None = None

    def forget(self) -> None:
        """Attributes or categories changed."""
        self._since = None

    async def read(self, source: Source, context: Context, ids: Collection[int]) -> Mapping[int, Good]:
        """Goods of the products that exist, in the words and addresses of the context's store view."""
        if not ids:
            return {}
        metadata = await self._metadata(source, context)
        facts = await _read(source, context, metadata, tuple(ids))
        make = _as_module if context.settings.sync.mapping == "module" else _as_shown
        return {
            product_id: make(context, metadata, facts, product_id)
            for product_id in ids
            if product_id in facts.products
        }

    async def _metadata(self, source: Source, context: Context) -> Metadata:
        if self._since is None or not timedelta(0) <= context.now - self._since <= MAX_AGE:
            self._kept = {}
            self._since = context.now
        mapping = context.settings.sync.mapping
        key = (context.store.store_id, mapping)
        if key not in self._kept:
            attributes: dict[str, int] = dict(await source.fetch(_ATTRIBUTES, (CODES,)))
            rows = await source.fetch(_DEFAULT_STORE)
            default = context.shop.stores.get(rows[0][0] if rows else 0, context.store)
            words_of = default if mapping == "module" else context.store
            self._kept[key] = Metadata(attributes, await load_tree(source, words_of.store_id), default)
        return self._kept[key]


async def _read(source: Source, context: Context, metadata: Metadata, ids: tuple[int, ...]) -> _Facts:
    store_id = context.store.store_id
    products = {row[0]: (row[1], row[2]) for row in await source.fetch(_PRODUCTS, (ids,))}
    parents: dict[int, list[int]] = defaultdict(list)
    for product_id, parent_id in await source.fetch(_PARENTS, (ids,)):
        parents[product_id].append(parent_id)
    every = tuple({*ids, *(parent for found in parents.values() for parent in found)})
    values = await _values(source, metadata, every, store_id)
    paths = {row[0]: row[1] for row in await source.fetch(_PATHS, (store_id, every))}
    assigned: dict[int, list[Assigned]] = defaultdict(list)
    for product_id, category_id, position in await source.fetch(_ASSIGNED, (ids,)):
        assigned[product_id].append(Assigned(category_id, position or 0))
    bare = tuple(
        product_id
        for product_id, (_, type_id) in products.items()
        if type_id == "configurable" and values.get(product_id, {}).get("image") in NO_PICTURE
    )
    pictures = await _child_pictures(source, metadata, bare, store_id) if bare else {}
    return _Facts(products, values, paths, parents, assigned, pictures)


async def _values(
    source: Source, metadata: Metadata, ids: tuple[int, ...], store_id: int
) -> Mapping[int, Mapping[str, str | None]]:
    """Selected attributes by code: a store view's row wins over the default one, even if it is NULL."""
    codes = {number: code for code, number in metadata.attributes.items()}
    part = (ids, tuple(codes) or (0,), (0, store_id))
    values: dict[int, dict[str, str | None]] = defaultdict(dict)
    for product_id, attribute_id, _, value in await source.fetch(_VALUES, (*part, *part)):
        values[product_id][codes[attribute_id]] = value
    return values


async def _child_pictures(
    source: Source, metadata: Metadata, ids: tuple[int, ...], store_id: int
) -> Mapping[int, str]:
    """The picture of the first enabled variant that has one."""
    image = metadata.attributes.get("image", 0)
    status = metadata.attributes.get("status", 0)
    rows = await source.fetch(_CHILD_PICTURES, (image, store_id, image, status, store_id, status, ids))
    return {parent_id: picture for parent_id, picture in rows if picture not in NO_PICTURE}


def _as_shown(context: Context, metadata: Metadata, facts: _Facts, product_id: int) -> Good:
    """As a shopper of the store view sees it."""
    store = context.store
    owner = next((each for each in _showing(facts, product_id) if _opens(facts, each)), None)
    path = _path(facts, owner) if owner is not None else None
    base = link_url(context.shop, store)
    media = media_url(context.shop, store, secure=pages_are_secure(context.shop, store))
    sku, type_id = facts.products[product_id]
    return Good(
        sku,
        type_id,
        _number(facts, product_id, "tax_class_id"),
        base + path if path and base else None,
        tuple(metadata.tree.shown(store.root_category_id, facts.assigned.get(product_id, ()))),
        _picture(facts, product_id, media),
    )


def _as_module(context: Context, metadata: Metadata, facts: _Facts, product_id: int) -> Good:
    """As the official module has it: own URL, all categories, words and media of the default store view."""
    sku, type_id = facts.products[product_id]
    base = link_url(context.shop, context.store)
    scope = "" if uses_store_code(context.shop, context.store) else f"?___store={context.store.code}"
    names = (metadata.tree.names(place.category_id) for place in facts.assigned.get(product_id, ()))
    return Good(
        sku,
        type_id,
        _number(facts, product_id, "tax_class_id"),
        f"{base}{_path(facts, product_id)}{scope}" if base else None,
        tuple(name for name in names if name),
        _picture(facts, product_id, media_url(context.shop, metadata.default_store)),
    )


def _showing(facts: _Facts, product_id: int) -> Sequence[int]:
    """Products whose page shows this one, if it is enabled: itself, then the configurables it belongs to."""
    enabled = _number(facts, product_id, "status") == ENABLED
    return [product_id, *facts.parents.get(product_id, ())] if enabled else []


def _opens(facts: _Facts, product_id: int) -> bool:
    """Whether a product's page opens."""
    visibility = _number(facts, product_id, "visibility")
    return _number(facts, product_id, "status") == ENABLED and visibility > INVISIBLE


def _path(facts: _Facts, product_id: int) -> str:
    """The rewritten path, or the one that Magento falls back to."""
    path = facts.paths.get(product_id)
    if path:
        return path
    key = facts.values.get(product_id, {}).get("url_key")
    return f"catalog/product/view/id/{product_id}/" + (f"s/{key}/" if key else "")


def _picture(facts: _Facts, product_id: int, media: str) -> str | None:
    picture = facts.values.get(product_id, {}).get("image")
    if picture in NO_PICTURE:
        picture = facts.child_pictures.get(product_id)
    return f"{media}catalog/product/{picture.lstrip('/')}" if picture and media else None


def _number(facts: _Facts, product_id: int, code: str) -> int:
    text = facts.values.get(product_id, {}).get(code)
    return int(text) if text and text.isdigit() else 0
