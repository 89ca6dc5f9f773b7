"""Customers behind things that may concern very many of them: options, attributes, regions."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from synqd.entities.base import Row, Source
from synqd.entities.paging import read_range
from synqd.entities.watch import EVERYTHING, RANGE

_ATTRIBUTE = """
    SELECT attribute.attribute_id, attribute.attribute_code, attribute.backend_type
      FROM {eav_attribute} attribute
      JOIN {eav_entity_type} kind ON kind.entity_type_id = attribute.entity_type_id
     WHERE kind.entity_type_code = 'customer' AND attribute.attribute_id = %s"""
_OF_OPTION = "(SELECT attribute_id FROM {eav_attribute_option} WHERE option_id = %s)"

_PAGE = " AND entity_id > %s ORDER BY entity_id LIMIT %s"

# Whose default billing address lies in a region, since only that one is sent.
_IN_REGION = """
    SELECT customer.entity_id FROM {customer_entity} customer
      JOIN {customer_address_entity} address ON address.entity_id = customer.default_billing
     WHERE address.region_id = %s AND customer.entity_id > %s ORDER BY customer.entity_id LIMIT %s"""

_HOLDS: Mapping[str, str] = {
    "int": "value = %s",
    "varchar": "FIND_IN_SET(%s, value)",
    "text": "FIND_IN_SET(%s, value)",
}

WIDE = frozenset({"option", "attribute", "region", RANGE, EVERYTHING})


class _Attribute(NamedTuple):
    attribute_id: int
    code: str
    backend: str


async def reach(source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
    """The next customers behind an option, an attribute, a region or a range of ids (``Entity.reach``)."""
    if via == EVERYTHING:
        return []
    if via == "region":
        rows = await source.fetch(_IN_REGION, [key, after, limit])
    elif via == RANGE:
        return await read_range(source, "customer_entity", "entity_id", key, after, limit)
    else:
        rows = await _with_value(source, via, key, after, limit)
    return [entity_id for (entity_id,) in rows]


async def _with_value(source: Source, via: str, key: str, after: int, limit: int) -> Sequence[Row]:
    asked = _ATTRIBUTE.replace("= %s", f"= {_OF_OPTION}") if via == "option" else _ATTRIBUTE
    found = await source.fetch(asked, [key])
    if not found:
        return []  # another entity type's, or gone
    attribute = _Attribute._make(found[0])
    chosen = [key] if via == "option" else []
    if attribute.backend == "static":
        holds = f"`{attribute.code}` = %s" if chosen else f"`{attribute.code}` IS NOT NULL"
        sql = f"SELECT entity_id FROM {{customer_entity}} WHERE {holds}"
        return await source.fetch(sql + _PAGE, [*chosen, after, limit])
    holds = _HOLDS.get(attribute.backend, "value = %s") if chosen else "value IS NOT NULL"
    table = f"customer_entity_{attribute.backend}"
    sql = f"SELECT entity_id FROM {{{table}}} WHERE attribute_id = %s AND {holds}"
    return await source.fetch(sql + _PAGE, [attribute.attribute_id, *chosen, after, limit])
