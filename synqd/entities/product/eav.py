"""Attribute values of many products at once, with Magento's fallback from store view to default.

A row of the store view wins over the row of store 0 even when its value is NULL: somebody emptied it there.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from synqd.entities.base import Row, Source
from synqd.entities.product.attributes import Attribute
from synqd.entities.valid import NUL, without_nul

# Two statements for the five value tables. Numbers and dates as the text that is stored: "0.500000", option
# ids as text, and no trouble with dates such as 0000-00-00.
_TEXTS = {"text": "value", "varchar": "value"}
_NUMBERS = dict.fromkeys(("datetime", "decimal", "int"), "CAST(value AS CHAR)")

# "+ 0" keeps the optimizer from multiplying products x attributes x stores to thousands of ranges (beyond a
# limit it would scan the table instead); the index is entered by product and filtered by the rest.
_SELECT = """
    SELECT entity_id, attribute_id, store_id, {column} FROM {{catalog_product_entity_{backend}}}
     WHERE entity_id IN %s AND attribute_id + 0 IN %s AND store_id + 0 IN %s"""

# Static attributes that a module has added: columns of the product itself, the same in all store views.
_COLUMNS = "SELECT entity_id, {columns} FROM {{catalog_product_entity}} WHERE entity_id IN %s"

Values = dict[int, dict[int, str | None]]
"""Values by entity id and attribute id; without a row there is no key."""


class Demand:
    """Which attributes are asked for which products, by value table."""

    def __init__(self) -> None:
        self._parts: dict[str, list[tuple[Sequence[int], Sequence[int]]]] = {}
        self._columns: list[tuple[Sequence[int], dict[int, str]]] = []

    def add(self, attributes: Iterable[Attribute], entity_ids: Sequence[int]) -> None:
        """Asks for values of ``attributes`` of the products ``entity_ids``."""
        by_type: dict[str, list[int]] = {}
        columns = {}
        for attribute in attributes:
            if attribute.column:
                columns[attribute.attribute_id] = attribute.code
            by_type.setdefault(attribute.backend, []).append(attribute.attribute_id)
        if entity_ids:
            for backend, attribute_ids in by_type.items():
                self._parts.setdefault(backend, []).append((entity_ids, attribute_ids))
            if columns:
                self._columns.append((entity_ids, columns))

    async def load(self, source: Source, store_id: int) -> Values:
        """The values in a store view."""
        values: Values = defaultdict(dict)
        for columns in (_TEXTS, _NUMBERS):
            selects, args = [], []
            for backend, column in columns.items():
                for entity_ids, attribute_ids in self._parts.get(backend, ()):
                    selects.append(_SELECT.format(column=column, backend=backend))
                    args += [list(entity_ids), list(attribute_ids), [0, store_id]]
            if selects:
                _lay(values, await source.fetch(" UNION ALL ".join(selects), args))
        for entity_ids, wanted in self._columns:
            texts = ", ".join(f"CAST(`{code}` AS CHAR)" for code in wanted.values())
            for entity_id, *found in await source.fetch(_COLUMNS.format(columns=texts), [list(entity_ids)]):
                stored = [without_nul(each) if each else each for each in found]
                values[entity_id].update(zip(wanted, stored, strict=True))
        return values


def _lay(values: Values, rows: Iterable[Row]) -> None:
    """Adds rows to a dict that makes what is missing."""
    for entity_id, attribute_id, store_id, value in rows:
        held = values[entity_id]
        if store_id or attribute_id not in held:
            held[attribute_id] = without_nul(value) if value and NUL in value else value
