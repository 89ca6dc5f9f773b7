"""What shapes very many payloads at once: settings of the shop, attributes, categories, rule prices.

None of it belongs to one entity, and changes of most of it leave no row in a change log. So it is summed up
by checksums that the database works out, and a change shows as another sum.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from synqd.entities.accounts import CONFIRMATION
from synqd.entities.base import Source
from synqd.models.names import Model
from synqd.models.shop import Shop

BUCKET = 64
"""Product ids that share a checksum of their rule prices."""

Sums = Mapping[str, int]
"""Checksums by what they sum up."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of setting: what it is called, whom it concerns, and where it stands.

    Attributes:
        name: for people.
        models: the models whose payloads depend on it.
        tables: tables with the columns that count.
        paths: beginnings of paths in ``core_config_data``.
    """

    name: str
    models: frozenset[Model]
    tables: tuple[tuple[str, tuple[str, ...]], ...] = ()
    paths: tuple[str, ...] = ()


_PRODUCTS = frozenset({Model.PRODUCT})

SUBJECTS: Sequence[Subject] = (
    Subject(
        "base URLs",
        frozenset({Model.PRODUCT, Model.ORDER}),
        paths=("web/unsecure/base", "web/secure/", "web/url/use_store", "web/seo/", "catalog/seo/"),
    ),
    Subject("currencies", _PRODUCTS, paths=("currency/options/", "catalog/price/scope")),
    Subject(
        "currency rates",
        _PRODUCTS,
        tables=(("directory_currency_rate", ("currency_from", "currency_to", "rate")),),
    ),
    Subject(
        "taxes",
        _PRODUCTS,
        tables=(
            (
                "tax_calculation",
                (
                    "tax_calculation_rate_id",
                    "tax_calculation_rule_id",
                    "customer_tax_class_id",
                    "product_tax_class_id",
                ),
            ),
            ("tax_calculation_rule", ("tax_calculation_rule_id", "priority", "calculate_subtotal")),
            (
                "tax_calculation_rate",
                (
                    "tax_calculation_rate_id",
                    "tax_country_id",
                    "tax_region_id",
                    "tax_postcode",
                    "rate",
                    "zip_from",
                    "zip_to",
                ),
            ),
            ("tax_class", ("class_id", "class_name")),
            ("customer_group", ("customer_group_id", "tax_class_id")),
        ),
        paths=("tax/", "shipping/origin/", "customer/create_account/default_group"),
    ),
    Subject(
        "stocks",
        _PRODUCTS,
        tables=(
            ("inventory_stock_sales_channel", ("type", "code", "stock_id")),
            ("inventory_source_stock_link", ("stock_id", "source_code")),
        ),
        paths=("cataloginventory/",),
    ),
    Subject("time zones", _PRODUCTS, paths=("general/locale/timezone",)),
    Subject("root categories", _PRODUCTS),
    Subject(
        "customer groups",
        frozenset({Model.CUSTOMER}),
        tables=(("customer_group", ("customer_group_id", "customer_group_code")),),
    ),
    Subject("confirmation of accounts", frozenset({Model.CUSTOMER}), paths=CONFIRMATION),
)
"""Settings of the shop whose change is for ``[sync] on_config_change`` to answer."""

_ATTRIBUTES = """
    SELECT kind.entity_type_code, attribute.attribute_id,
           CRC32(CONCAT_WS('|', attribute.attribute_code, attribute.backend_type, attribute.frontend_input,
                 attribute.source_model, catalog.is_searchable, catalog.is_visible_in_advanced_search,
                 catalog.is_filterable, catalog.is_filterable_in_search, catalog.used_for_sort_by))
      FROM {eav_attribute} attribute
      JOIN {eav_entity_type} kind ON kind.entity_type_id = attribute.entity_type_id
      LEFT JOIN {catalog_eav_attribute} catalog ON catalog.attribute_id = attribute.attribute_id
     WHERE kind.entity_type_code IN ('catalog_product', 'customer')"""

_CATEGORY_PATHS = "SELECT entity_id, CRC32(path) FROM {catalog_category_entity}"
_CATEGORY_VALUES = """
    SELECT held.entity_id, SUM(CRC32(CONCAT_WS('|', held.attribute_id, held.store_id, held.value)))
      FROM {{catalog_category_entity_{kind}}} held
      JOIN {{eav_attribute}} USING (attribute_id)
     WHERE attribute_code IN ('name', 'is_active') GROUP BY held.entity_id"""

_OPTIONS = """
    SELECT choice.attribute_id, SUM(CRC32(CONCAT_WS('|', choice.option_id, choice.sort_order,
           word.store_id, word.value)))
      FROM {eav_attribute_option} choice
      LEFT JOIN {eav_attribute_option_value} word ON word.option_id = choice.option_id
     GROUP BY choice.attribute_id"""

_RULE_PRICES = f"""
    SELECT product_id DIV {BUCKET}, SUM(CRC32(CONCAT(product_id, ':', rule_price)))
      FROM {{catalogrule_product_price}}
     WHERE rule_date = %s AND website_id = %s AND customer_group_id = 0
     GROUP BY product_id DIV {BUCKET}"""

_PICTURES = f"""
    SELECT held.entity_id DIV {BUCKET},
           SUM(CRC32(CONCAT_WS('|', held.entity_id, held.value_id, picture.value, picture.disabled)))
      FROM {{catalog_product_entity_media_gallery_value_to_entity}} held
      JOIN {{catalog_product_entity_media_gallery}} picture ON picture.value_id = held.value_id
     GROUP BY held.entity_id DIV {BUCKET}"""
_PICTURES_OF_STORES = f"""
    SELECT entity_id DIV {BUCKET},
           SUM(CRC32(CONCAT_WS('|', entity_id, value_id, store_id, COALESCE(position, ''), disabled)))
      FROM {{catalog_product_entity_media_gallery_value}}
     GROUP BY entity_id DIV {BUCKET}"""

_LINKS: Mapping[str, tuple[str, str, str]] = {
    "catalog_product_super_link": ("parent_id", "product_id", "1"),
    "catalog_product_link": ("product_id", "linked_product_id", "link_type_id = 3"),
    "catalog_product_bundle_selection": ("parent_product_id", "product_id", "1"),
}
"""Tables of links: the composite, the product it is made of, and which rows count (3: of grouped
products)."""

_INDEX_RUNS = """
    SELECT view_id, status, CAST(updated AS CHAR), version_id FROM {mview_state}
     WHERE view_id LIKE 'catalogrule%%'
    UNION ALL SELECT indexer_id, status, CAST(updated AS CHAR), 0 FROM {indexer_state}
     WHERE indexer_id LIKE 'catalogrule%%'
    ORDER BY 1, 3"""


async def settings_sums(source: Source, shop: Shop) -> Sums:
    """A checksum for each of ``SUBJECTS``."""
    sums: dict[str, int] = {}
    tables = await _table_sums(source)
    for subject in SUBJECTS:
        parts: list[Any] = [tables.get(f"{subject.name} {table}") for table, _ in subject.tables]
        if subject.paths:
            values = shop.config.values.items()
            parts += sorted(str(row) for row in values if row[0][0].startswith(subject.paths))
        if subject.name == "root categories":
            parts = sorted((store.store_id, store.root_category_id) for store in shop.stores.values())
        sums[subject.name] = zlib.crc32(repr(parts).encode())
    return sums


async def _table_sums(source: Source) -> Mapping[str, list[int]]:
    """Number of rows and checksum of each subject's tables that there are; all in one statement."""
    tables = [(subject.name, *table) for subject in SUBJECTS for table in subject.tables]
    sums = [_table_sum(*each) for each in tables if await source.has_table(each[1])]
    rows = await source.fetch(" UNION ALL ".join(sums)) if sums else ()
    return {name: [int(count), int(total or 0)] for name, count, total in rows}


def _table_sum(subject: str, table: str, columns: tuple[str, ...]) -> str:
    texts = ", ".join(f"COALESCE({column}, '')" for column in columns)
    return f"SELECT '{subject} {table}', COUNT(*), SUM(CRC32(CONCAT_WS('|', {texts}))) FROM {{{table}}}"


async def attribute_sums(source: Source) -> Mapping[Model, Sums]:
    """For products and customers a checksum for each attribute, by its id."""
    sums: dict[Model, dict[str, int]] = {Model.PRODUCT: {}, Model.CUSTOMER: {}}
    for kind, attribute_id, total in await source.fetch(_ATTRIBUTES):
        model = Model.PRODUCT if kind == "catalog_product" else Model.CUSTOMER
        sums[model][str(attribute_id)] = int(total)
    return sums


async def category_sums(source: Source) -> Sums:
    """For each category a checksum of its place, its names and whether it is active."""
    queries = [_CATEGORY_PATHS, *(_CATEGORY_VALUES.format(kind=kind) for kind in ("int", "varchar"))]
    return _added([row for query in queries for row in await source.fetch(query)])


async def option_sums(source: Source) -> Sums:
    """For each attribute that has options a checksum of their words and order."""
    return _added(await source.fetch(_OPTIONS))


async def rule_price_sums(source: Source, website_id: int, day: date) -> Sums:
    """Checksums of the rule prices of a day that guests see, by id divided by ``BUCKET``.

    The one index table that is read (semantics S23); its rows are compared, since nothing tells of them.
    """
    if not await source.has_table("catalogrule_product_price"):
        return {}
    return _added(await source.fetch(_RULE_PRICES, [day.isoformat(), website_id]))


async def picture_sums(source: Source) -> Sums:
    """Checksums of what the galleries show, by product id divided by ``BUCKET``."""
    return _added([row for query in (_PICTURES, _PICTURES_OF_STORES) for row in await source.fetch(query)])


async def link_sums(source: Source) -> Sums:
    """Checksums of the links between products at both of their ends, by id divided by ``BUCKET``."""
    queries = [
        f"SELECT {end} DIV {BUCKET}, SUM(CRC32(CONCAT_WS('|', '{table}', {one}, {other})))"
        f" FROM {{{table}}} WHERE {counts} GROUP BY {end} DIV {BUCKET}"
        for table, (one, other, counts) in _LINKS.items()
        if await source.has_table(table)
        for end in (one, other)
    ]
    return _added([row for query in queries for row in await source.fetch(query)])


def changed_buckets(known: Sums, sums: Sums) -> set[int]:
    """Buckets whose sum is another one."""
    return {int(key) for key in sums.keys() | known.keys() if sums.get(key) != known.get(key)}


async def index_runs(source: Source) -> str:
    """When the indexers of catalog rules ran last, as one text that differs after a run."""
    return repr(await source.fetch(_INDEX_RUNS))


def _added(rows: Iterable[Sequence[Any]]) -> Sums:
    sums: dict[str, int] = {}
    for key, total in rows:
        sums[str(key)] = sums.get(str(key), 0) + int(total or 0)
    return sums
