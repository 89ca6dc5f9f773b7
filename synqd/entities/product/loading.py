"""Reading a chunk: all rows that its products need, in a fixed number of queries.

First the products, then whom they are linked with, then everything else for all of them at once. Children
are read as far as prices, salability and lists need them, parents as far as addresses do. A product may
vanish between two queries: whoever follows a link has to look whether its end was read.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from synqd.entities.base import Row, Source, version_of
from synqd.entities.product.categories import Assignment
from synqd.entities.product.chunk import BundleOption, Chunk, Product, Selection
from synqd.entities.product.dependents import GROUPED_LINK
from synqd.entities.product.eav import Demand
from synqd.entities.product.kinds import BUNDLE
from synqd.entities.product.money import ZERO, number_or_zero
from synqd.entities.product.plan import Plan
from synqd.entities.product.price_rows import load_prices, own_prices
from synqd.entities.product.stock import StockItem, Supply

_PRODUCTS = """
    SELECT product.entity_id, product.sku, product.type_id, CAST(product.created_at AS CHAR),
           CAST(product.updated_at AS CHAR), CAST(product.has_options AS CHAR),
           CAST(product.required_options AS CHAR), shown.product_id IS NOT NULL,
           EXISTS (SELECT 1 FROM {catalog_product_entity} rival
                    WHERE rival.sku = product.sku AND rival.entity_id <> product.entity_id)
      FROM {catalog_product_entity} product
      LEFT JOIN {catalog_product_website} shown
        ON shown.product_id = product.entity_id AND shown.website_id = %s
     WHERE product.entity_id IN %s"""

_OF_ANY_VERSION = "SELECT DISTINCT entity_id FROM {catalog_product_entity*} WHERE entity_id IN %s"

TWO_VERSIONS = "two versions of it are current"
NO_VERSION = "no version of it is current"

_LINKS = f"""
    SELECT 'child', link_id, parent_id, product_id FROM {{catalog_product_super_link}} WHERE parent_id IN %s
    UNION ALL
    SELECT 'parent', link_id, product_id, parent_id FROM {{catalog_product_super_link}} WHERE product_id IN %s
    UNION ALL
    SELECT 'associated', link_id, product_id, linked_product_id FROM {{catalog_product_link}}
     WHERE link_type_id = {GROUPED_LINK} AND product_id IN %s
    ORDER BY 2"""

_SUPER_ATTRIBUTES = """
    SELECT product_id, attribute_id FROM {catalog_product_super_attribute} WHERE product_id IN %s
     ORDER BY position, product_super_attribute_id"""

_SELECTIONS = """
    SELECT choice.parent_id, choice.option_id, choice.required, choice.type, held.product_id,
           held.selection_qty, COALESCE(price.selection_price_type, held.selection_price_type),
           COALESCE(price.selection_price_value, held.selection_price_value)
      FROM {catalog_product_bundle_option} choice
      LEFT JOIN {catalog_product_bundle_selection} held
        ON held.option_id = choice.option_id AND held.parent_product_id = choice.parent_id
      LEFT JOIN {catalog_product_bundle_selection_price} price
        ON price.selection_id = held.selection_id AND price.parent_product_id = choice.parent_id
       AND price.website_id = %s
     WHERE choice.parent_id IN %s
     ORDER BY choice.option_id, held.selection_id"""

_REWRITES = """
    SELECT address.entity_id, address.request_path FROM {url_rewrite} address
      LEFT JOIN {catalog_url_rewrite_product_category} place ON place.url_rewrite_id = address.url_rewrite_id
     WHERE address.entity_type = 'product' AND address.entity_id IN %s AND address.store_id = %s
       AND address.redirect_type = 0 AND place.category_id IS NULL
     ORDER BY address.url_rewrite_id DESC"""

_CATEGORIES = """
    SELECT product_id, category_id, position FROM {catalog_category_product}
     WHERE product_id IN %s ORDER BY entity_id"""

_STOCK_ITEMS = """
    SELECT product_id, is_in_stock, IF(use_config_manage_stock, NULL, manage_stock),
           IF(use_config_backorders, NULL, backorders), IF(use_config_min_qty, NULL, min_qty), qty
      FROM {cataloginventory_stock_item} WHERE product_id IN %s ORDER BY stock_id DESC"""

_SUPPLY = """
    SELECT product.entity_id, SUM(IF(item.status = 1, item.quantity, 0)), MAX(item.status = 1)
      FROM {catalog_product_entity} product
      JOIN {inventory_source_item} item ON item.sku = product.sku
     WHERE product.entity_id IN %s AND item.source_code IN %s
     GROUP BY product.entity_id"""

_IN_SOURCES = """
    SELECT product.entity_id, item.source_code, IF(item.status = 1, item.quantity, 0)
      FROM {catalog_product_entity} product
      JOIN {inventory_source_item} item ON item.sku = product.sku
     WHERE product.entity_id IN %s AND item.source_code IN %s
     ORDER BY item.source_code"""

_RESERVED = """
    SELECT product.entity_id, SUM(reservation.quantity), NULL
      FROM {catalog_product_entity} product
      JOIN {inventory_reservation} reservation
        ON reservation.sku = product.sku AND reservation.stock_id = %s
     WHERE product.entity_id IN %s
     GROUP BY product.entity_id"""

# Left alone, MariaDB reads the whole gallery for each chunk: it joins by a buffer rather than by the key, and
# rather by the index of store 0, which holds nearly every row, than by that of the product (hence "+ 0").
_GALLERY = """
    SELECT held.entity_id, picture.value
      FROM {catalog_product_entity_media_gallery_value_to_entity} held
      JOIN {catalog_product_entity_media_gallery} picture FORCE INDEX (PRIMARY)
        ON picture.value_id = held.value_id
      LEFT JOIN {catalog_product_entity_media_gallery_value} here
        ON here.value_id = held.value_id AND here.entity_id = held.entity_id AND here.store_id + 0 = %s
      LEFT JOIN {catalog_product_entity_media_gallery_value} everywhere
        ON everywhere.value_id = held.value_id AND everywhere.entity_id = held.entity_id
       AND everywhere.store_id + 0 = 0
     WHERE held.entity_id IN %s AND picture.disabled = 0
       AND COALESCE(here.disabled, everywhere.disabled, 0) = 0
     ORDER BY COALESCE(here.position, everywhere.position), held.value_id"""


async def load_chunk(source: Source, plan: Plan, ids: Sequence[int], today: date) -> Chunk:
    """Everything about the products ``ids`` and those that shape them; ``today`` is for catalog rules."""
    rows = await _rows(source, plan, ids)
    chunk = Chunk(_products(rows), odd=await _odd(source, ids, rows))
    wanted = [entity_id for entity_id, product in chunk.products.items() if product.listed]
    if not wanted:
        return chunk
    await _load_links(source, plan, chunk, wanted)
    own = set(wanted)
    offered = [*_flat(chunk.children), *_flat(chunk.associated)]
    offered += [each.product_id for _, option in _pairs(chunk.options) for each in option.selections]
    below = sorted(set(offered) - own)
    above = sorted(set(_flat(chunk.parents)) - own)
    if below or above:
        chunk.products |= _products(await _rows(source, plan, sorted({*below, *above})))
    await _load_values(source, plan, chunk, wanted, below, above)
    await load_prices(source, plan, chunk, wanted + below, today)
    await _load_stock(source, plan, chunk, wanted + below)
    await _load_places(source, plan, chunk, wanted, above)
    return chunk


async def _rows(source: Source, plan: Plan, ids: Sequence[int]) -> Sequence[Row]:
    return await source.fetch(_PRODUCTS, [plan.store.website_id, list(ids)])


def _products(rows: Iterable[Row]) -> dict[int, Product]:
    return {row[0]: Product._make(row) for row in rows}


async def _odd(source: Source, ids: Sequence[int], rows: Sequence[Row]) -> Mapping[int, str]:
    """Products of which two versions are current, or none though there are some (content staging)."""
    if not version_of(source):
        return {}
    found = Counter(row[0] for row in rows)
    missing = [entity_id for entity_id in ids if entity_id not in found]
    others = await source.fetch(_OF_ANY_VERSION, [missing]) if missing else ()
    return {entity_id: TWO_VERSIONS for entity_id, number in found.items() if number > 1} | {
        entity_id: NO_VERSION for (entity_id,) in others
    }


async def _load_links(source: Source, plan: Plan, chunk: Chunk, ids: Sequence[int]) -> None:
    links: dict[str, dict[int, list[int]]] = {
        "child": defaultdict(list),
        "parent": defaultdict(list),
        "associated": defaultdict(list),
    }
    for role, _, entity_id, other in await source.fetch(_LINKS, [list(ids)] * 3):
        links[role][entity_id].append(other)
    chunk.children, chunk.parents, chunk.associated = links["child"], links["parent"], links["associated"]
    if chunk.children:
        rows = await source.fetch(_SUPER_ATTRIBUTES, [list(chunk.children)])
        chunk.super_attributes = _lists(rows)
    bundles = [entity_id for entity_id in ids if chunk.products[entity_id].kind == BUNDLE]
    if bundles:
        rows = await source.fetch(_SELECTIONS, [own_prices(plan), bundles])
        chunk.options = _bundle_options(rows)


def _bundle_options(rows: Iterable[Row]) -> Mapping[int, Sequence[BundleOption]]:
    found: dict[int, dict[int, BundleOption]] = defaultdict(dict)
    for parent_id, option_id, required, kind, product_id, qty, price_type, value in rows:
        option = found[parent_id].setdefault(
            option_id, BundleOption(bool(required), kind in {"checkbox", "multi"})
        )
        if product_id is not None:
            one = Selection(product_id, number_or_zero(qty), price_type == 1, number_or_zero(value))
            option.selections.append(one)
    return {parent_id: list(options.values()) for parent_id, options in found.items()}


async def _load_values(
    source: Source,
    plan: Plan,
    chunk: Chunk,
    wanted: Sequence[int],
    below: Sequence[int],
    above: Sequence[int],
) -> None:
    demand = Demand()
    demand.add(plan.asked, wanted)
    supers = {
        attribute_id for attribute_ids in chunk.super_attributes.values() for attribute_id in attribute_ids
    }
    demand.add([*plan.asked_of_children, *plan.by_id(supers)], below)
    demand.add(plan.asked_of_parents, above)
    if supers:
        variants = sorted(set(_flat(chunk.children)) & set(wanted))
        demand.add([each for each in plan.by_id(supers) if each not in plan.asked], variants)
    chunk.values = await demand.load(source, plan.store.store_id)


async def _load_stock(source: Source, plan: Plan, chunk: Chunk, ids: Sequence[int]) -> None:
    chunk.stock_items = {
        entity_id: StockItem(
            bool(in_stock), None if manage is None else bool(manage), backorders, min_qty, qty or ZERO
        )
        for entity_id, in_stock, manage, backorders, min_qty, qty in await source.fetch(
            _STOCK_ITEMS, [list(ids)]
        )
    }
    if plan.stock.sources is None:
        return
    queries, args = [_RESERVED], [plan.stock.stock_id, list(ids)]
    if plan.stock.sources:
        queries.append(_SUPPLY)
        args += [list(ids), list(plan.stock.sources)]
    for entity_id, qty, offered in await source.fetch(" UNION ALL ".join(queries), args):
        if offered is None:
            chunk.reserved[entity_id] = qty
        else:
            chunk.supply[entity_id] = Supply(qty, bool(offered))
    if plan.wants_sources and plan.stock.sources:
        sources: dict[int, dict[str, Decimal]] = defaultdict(dict)
        asked = [list(ids), list(plan.stock.sources)]
        for entity_id, code, qty in await source.fetch(_IN_SOURCES, asked):
            sources[entity_id][code] = qty
        chunk.sources = sources


async def _load_places(
    source: Source, plan: Plan, chunk: Chunk, wanted: Sequence[int], above: Sequence[int]
) -> None:
    rows = await source.fetch(_REWRITES, [[*wanted, *above], plan.store.store_id])
    chunk.rewrites = _map(rows)
    assigned: dict[int, list[Assignment]] = defaultdict(list)
    for entity_id, category_id, position in await source.fetch(_CATEGORIES, [list(wanted)]):
        assigned[entity_id].append(Assignment(category_id, position))
    chunk.categories = assigned
    if plan.wants_gallery:
        chunk.gallery = _lists(await source.fetch(_GALLERY, [plan.store.store_id, list(wanted)]))


def _map(rows: Iterable[Row]) -> dict[int, Any]:
    return {entity_id: value for entity_id, value in rows}  # noqa: C416  # dict() refuses plain tuples of Any


def _lists(rows: Iterable[Row]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for entity_id, value in rows:
        found[entity_id].append(value)
    return found


def _flat(lists: Mapping[int, Sequence[int]]) -> Iterable[int]:
    return (entity_id for ids in lists.values() for entity_id in ids)


def _pairs(options: Mapping[int, Sequence[BundleOption]]) -> Iterable[tuple[int, BundleOption]]:
    return ((entity_id, option) for entity_id, held in options.items() for option in held)
