"""From change-log rows that name something else to the products behind it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from synqd.entities.base import Row, Source, at_one_version, version_of
from synqd.entities.product.watches import EAV_TYPES
from synqd.entities.watch import CATEGORY_LOG, CATEGORY_ROW, EVERYTHING, RANGE, ROW, VERSION

_BY_SKU = "SELECT sku, entity_id FROM {catalog_product_entity} WHERE sku IN %s"

_BY_PICTURE = """
    SELECT value_id, entity_id FROM {catalog_product_entity_media_gallery_value_to_entity}
     WHERE value_id IN %s"""

_BY_ROW = "SELECT row_id, entity_id FROM {catalog_product_entity} WHERE row_id IN %s"

_QUERIES: Mapping[str, str] = {"sku": _BY_SKU, "picture": _BY_PICTURE, ROW: _BY_ROW}

# Each takes (key, after, limit) as often as it has parts.
_IN_CATEGORY = """
    (SELECT DISTINCT assigned.product_id
      FROM {catalog_category_entity} changed
      JOIN {catalog_category_entity} below
        ON below.path = changed.path OR below.path LIKE CONCAT(changed.path, '/%%')
      JOIN {catalog_category_product} assigned ON assigned.category_id = below.entity_id
     WHERE changed.entity_id = %s AND assigned.product_id > %s ORDER BY 1 LIMIT %s)"""

_IN_CATEGORY_ROW = _IN_CATEGORY.replace("changed.entity_id", "changed.row_id")

_IN_SOURCE = """
    (SELECT DISTINCT product.entity_id
      FROM {inventory_source_item} item
      JOIN {catalog_product_entity} product ON product.sku = item.sku
     WHERE item.source_code = %s AND product.entity_id > %s ORDER BY 1 LIMIT %s)"""

_WITH_OPTION = """
    (SELECT DISTINCT held.entity_id
      FROM {{eav_attribute_option}} choice
      JOIN {{catalog_product_entity_{kind}}} held ON held.attribute_id = choice.attribute_id AND {holds}
     WHERE choice.option_id = %s AND held.entity_id > %s ORDER BY 1 LIMIT %s)"""

_WITH_ATTRIBUTE = """
    (SELECT DISTINCT entity_id FROM {{catalog_product_entity_{kind}}}
     WHERE attribute_id = %s AND entity_id > %s ORDER BY 1 LIMIT %s)"""

# A subquery rather than a join: joined, MariaDB reads all dates of all attributes instead of one attribute's.
_DATED = """
    (SELECT DISTINCT entity_id FROM {{catalog_product_entity_datetime}}
     WHERE attribute_id = (
           SELECT attribute_id FROM {{eav_attribute}} JOIN {{eav_entity_type}} USING (entity_type_id)
            WHERE entity_type_code = 'catalog_product' AND attribute_code = '{code}')
       AND {window} AND entity_id > %s ORDER BY 1 LIMIT %s)"""

# The key is FIRST/LAST: prices that start after the first day, up to the last; prices whose last day passed.
_BEGINNING = _DATED.format(
    code="special_from_date",
    window="value >= SUBSTRING_INDEX(%s, '/', 1) + INTERVAL 1 DAY"
    " AND value < SUBSTRING_INDEX(%s, '/', -1) + INTERVAL 1 DAY",
)
_ENDING = _DATED.format(
    code="special_to_date",
    window="value >= SUBSTRING_INDEX(%s, '/', 1) AND value < SUBSTRING_INDEX(%s, '/', -1)",
)

# The key is FIRST-LAST: all products whose id lies there.
_RANGE = """
    (SELECT entity_id FROM {catalog_product_entity}
     WHERE entity_id BETWEEN SUBSTRING_INDEX(%s, '-', 1) AND SUBSTRING_INDEX(%s, '-', -1)
       AND entity_id > %s ORDER BY 1 LIMIT %s)"""

# The key is FROM-TO: what was current at FROM ended, or what is current at TO began, after the one and up to
# the other. Of all versions, since what has ended may have no successor.
_AT_BOUND = """
    (SELECT DISTINCT entity_id FROM {{catalog_product_entity*}}
     WHERE {bound} > SUBSTRING_INDEX(%s, '-', 1) + 0 AND {bound} <= SUBSTRING_INDEX(%s, '-', -1) + 0
       AND entity_id > %s ORDER BY 1 LIMIT %s)"""

_CATEGORIES_AT_BOUND = " UNION ".join(
    f"SELECT entity_id FROM {{catalog_category_entity*}} WHERE {bound} > %s AND {bound} <= %s"
    for bound in ("created_in", "updated_in")
)

_IN_LIST = "FIND_IN_SET(choice.option_id, held.value)"

_REACH: Mapping[str, Sequence[str]] = {
    "category": [_IN_CATEGORY],
    "source": [_IN_SOURCE],
    "option": [
        _WITH_OPTION.format(kind="int", holds="held.value = choice.option_id"),
        _WITH_OPTION.format(kind="varchar", holds=_IN_LIST),
        _WITH_OPTION.format(kind="text", holds=_IN_LIST),
    ],
    "attribute": [_WITH_ATTRIBUTE.format(kind=kind) for kind in EAV_TYPES],
    "day": [_BEGINNING, _ENDING],
    RANGE: [_RANGE],
    CATEGORY_ROW: [_IN_CATEGORY_ROW],
    VERSION: [_AT_BOUND.format(bound=bound) for bound in ("created_in", "updated_in")],
}

WIDE = frozenset({*_REACH, CATEGORY_LOG, EVERYTHING})
"""What may lead to very many products."""

_OF_VERSIONS = frozenset({ROW, CATEGORY_ROW, VERSION})
"""What leads to nobody in a shop that had content staging and has it no more."""

_PAGE = 10_000


async def reach(source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
    """The next products behind something wide (``Entity.reach``).

    For ``EVERYTHING`` it does not know any, and ``CATEGORY_LOG`` has to be compared with what is remembered
    first.

    Raises:
        ValueError: ``via`` is none of ours.
    """
    if via in {EVERYTHING, CATEGORY_LOG}:
        return []
    if via not in _REACH:
        raise ValueError(f"products are not reached by {via!r}")
    if via in _OF_VERSIONS and not await _has_versions(source):
        return []
    parts = _REACH[via]
    args: list[object] = []
    for part in parts:
        args += [key] * (part.count("%s") - 2) + [after, limit]
    sql = " UNION ".join(parts) + " ORDER BY 1 LIMIT %s"
    return [entity_id for (entity_id,) in await source.fetch(sql, [*args, limit])]


async def resolve(source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """Product ids behind change-log rows that name something else (``Entity.resolve``).

    SKUs are matched as the database's collation does, so a key may come back for another spelling of it.

    Raises:
        ValueError: ``via`` is none of ours; a watch and this table are out of step.
    """
    if via in WIDE:
        reached = {key: await _all(source, via, key) for key in dict.fromkeys(keys)}
        return {key: ids for key, ids in reached.items() if ids}
    if via not in _QUERIES:
        raise ValueError(f"products are not found by {via!r}")
    if not keys or (via in _OF_VERSIONS and not await _has_versions(source)):
        return {}
    query = _QUERIES[via]
    rows = await source.fetch(query, [list(keys)] * query.count("%s"))
    return _by_key(keys, rows, fold=via == "sku")


async def _has_versions(source: Source) -> bool:
    return bool(version_of(await at_one_version(source)))


async def changed_categories(source: Source, before: int, now: int) -> list[int]:
    """Categories of which another version is current ``now`` than ``before``; in a shop with versions."""
    rows = await source.fetch(_CATEGORIES_AT_BOUND, sorted((before, now)) * 2)
    return [entity_id for (entity_id,) in rows]


async def _all(source: Source, via: str, key: str) -> Sequence[int]:
    ids: list[int] = []
    while page := await reach(source, via, key, ids[-1] if ids else 0, _PAGE):
        ids += page
    return ids


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
