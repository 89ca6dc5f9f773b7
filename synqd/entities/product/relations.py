"""From change-log rows that name something else to the products behind it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from synqd.entities.base import Row, Source

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
