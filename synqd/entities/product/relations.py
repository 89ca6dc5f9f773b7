"""From rows that name something else to products, and from products to those that depend on them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from synqd.entities.base import Row, Source

GROUPED = 3
"""Link type of the products associated with a grouped product (a constant of Magento's)."""

_BY_SKU = "SELECT sku, entity_id FROM {catalog_product_entity} WHERE sku IN %s"

_BY_SOURCE = """
    SELECT item.source_code, product.entity_id
      FROM {inventory_source_item} item
      JOIN {catalog_product_entity} product ON product.sku = item.sku
     WHERE item.source_code IN %s"""

_BY_PICTURE = """
    SELECT value_id, entity_id FROM {catalog_product_entity_media_gallery_value_to_entity}
     WHERE value_id IN %s"""

_BY_CATEGORY = """
    SELECT DISTINCT changed.entity_id, assigned.product_id
      FROM {catalog_category_entity} changed
      JOIN {catalog_category_entity} below
        ON below.path = changed.path OR below.path LIKE CONCAT(changed.path, '/%%')
      JOIN {catalog_category_product} assigned ON assigned.category_id = below.entity_id
     WHERE changed.entity_id IN %s"""

_BY_OPTION = """
    SELECT choice.option_id, held.entity_id
      FROM {eav_attribute_option} choice
      JOIN {catalog_product_entity_int} held
        ON held.attribute_id = choice.attribute_id AND held.value = choice.option_id
     WHERE choice.option_id IN %s
    UNION SELECT choice.option_id, held.entity_id
      FROM {eav_attribute_option} choice
      JOIN {catalog_product_entity_varchar} held
        ON held.attribute_id = choice.attribute_id AND FIND_IN_SET(choice.option_id, held.value)
     WHERE choice.option_id IN %s
    UNION SELECT choice.option_id, held.entity_id
      FROM {eav_attribute_option} choice
      JOIN {catalog_product_entity_text} held
        ON held.attribute_id = choice.attribute_id AND FIND_IN_SET(choice.option_id, held.value)
     WHERE choice.option_id IN %s"""

_QUERIES: Mapping[str, str] = {
    "sku": _BY_SKU,
    "source": _BY_SOURCE,
    "picture": _BY_PICTURE,
    "category": _BY_CATEGORY,
    "option": _BY_OPTION,
}

# A child shapes its parents (prices, salability, lists), a configurable its variants (parentId, productUrl).
_NEIGHBOURS: Mapping[str, Sequence[str]] = {
    "catalog_product_super_link": (
        "SELECT product_id, parent_id FROM {catalog_product_super_link} WHERE product_id IN %s",
        "SELECT parent_id, product_id FROM {catalog_product_super_link} WHERE parent_id IN %s",
    ),
    "catalog_product_link": (
        "SELECT linked_product_id, product_id FROM {catalog_product_link}"  # noqa: ISC004  # one statement
        f" WHERE link_type_id = {GROUPED} AND linked_product_id IN %s",
    ),
    "catalog_product_bundle_selection": (
        "SELECT product_id, parent_product_id FROM {catalog_product_bundle_selection} WHERE product_id IN %s",
    ),
}


async def resolve(source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """Product ids behind change-log rows that name something else (``Entity.resolve``).

    SKUs are matched as the database's collation does, so a key may come back for another spelling of it.

    Raises:
        ValueError: ``via`` is none of ours; a watch and this table are out of step.
    """
    if via not in _QUERIES:
        raise ValueError(f"products are not found by {via!r}")
    if not keys:
        return {}
    query = _QUERIES[via]
    rows = await source.fetch(query, [list(keys)] * query.count("%s"))
    return _by_key(keys, rows, fold=via in {"sku", "source"})


def _by_key(keys: Sequence[str], rows: Iterable[Row], *, fold: bool) -> Mapping[str, Sequence[int]]:
    spelled: dict[str, list[str]] = defaultdict(list)
    for key in dict.fromkeys(keys):
        spelled[key.casefold() if fold else key].append(key)
    found: dict[str, list[int]] = defaultdict(list)
    for name, entity_id in rows:
        text = str(name).casefold() if fold else str(name)
        for key in spelled.get(text, ()):
            found[key].append(entity_id)
    return dict(found)


async def related(source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
    """Products whose payload depends on others: by id, its parents of all types and its variants.

    Ids that nothing depends on are left out. One step is enough: composites do not nest in Magento, and a
    variant's payload takes nothing from its siblings.
    """
    if not ids:
        return {}
    present = [queries for table, queries in _NEIGHBOURS.items() if await source.has_table(table)]
    queries = [query for each in present for query in each]
    union = " UNION ".join(queries)
    found: dict[int, set[int]] = defaultdict(set)
    for entity_id, neighbour in await source.fetch(union, [list(ids)] * len(queries)):
        found[entity_id].add(neighbour)
    return {entity_id: frozenset(others) for entity_id, others in found.items()}
