"""Attribute values of many products at once, with Magento's fallback from store view to default.

A row of the store view wins over the row of store 0 even when its value is NULL: somebody emptied it there.
"""

from collections.abc import Iterable, Mapping, Sequence

from synqd.entities.base import Row, Source
from synqd.entities.product.attributes import Attribute

# All as the text that is stored: "0.500000", option ids as text, no trouble with dates such as 0000-00-00.
_COLUMNS: Mapping[str, str] = {
    "datetime": "CAST(value AS CHAR)",
    "decimal": "CAST(value AS CHAR)",
    "int": "CAST(value AS CHAR)",
    "text": "value",
    "varchar": "value",
}

Values = dict[int, dict[int, str | None]]
"""Values by entity id and attribute id; without a row there is no key."""


class Demand:
    """Which attributes are asked for which products, by value table."""

    def __init__(self) -> None:
        self._parts: dict[str, list[tuple[Sequence[int], Sequence[int]]]] = {}

    def add(self, attributes: Iterable[Attribute], entity_ids: Sequence[int]) -> None:
        """Asks for values of ``attributes`` of the products ``entity_ids``; static ones are no rows."""
        by_type: dict[str, list[int]] = {}
        for attribute in attributes:
            if attribute.backend in _COLUMNS:
                by_type.setdefault(attribute.backend, []).append(attribute.attribute_id)
        if entity_ids:
            for backend, attribute_ids in by_type.items():
                self._parts.setdefault(backend, []).append((entity_ids, attribute_ids))

    async def load(self, source: Source, store_id: int) -> Values:
        """The values in a store view: one query a value table."""
        values: Values = {}
        for backend, parts in self._parts.items():
            select = (
                f"SELECT entity_id, attribute_id, store_id, {_COLUMNS[backend]}"
                f" FROM {{catalog_product_entity_{backend}}}"
                " WHERE entity_id IN %s AND attribute_id IN %s AND store_id IN %s"
            )
            args = [each for ids, codes in parts for each in (list(ids), list(codes), [0, store_id])]
            _lay(values, await source.fetch(" UNION ALL ".join([select] * len(parts)), args))
        return values


def _lay(values: Values, rows: Iterable[Row]) -> None:
    for entity_id, attribute_id, store_id, value in rows:
        held = values.get(entity_id)
        if held is None:
            held = values[entity_id] = {}
        if store_id or attribute_id not in held:
            held[attribute_id] = value
