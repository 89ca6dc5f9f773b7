"""Products whose payload depends on other products.

A child shapes its parents (prices, salability, lists), a configurable its variants (parentId, productUrl).
One step is enough: composites do not nest in Magento, and a variant takes nothing from its siblings.

Deleting a product takes its links away by foreign-key cascade, which no trigger sees and after which the
database cannot tell whose child it was. So all links are remembered from the first question on, in 8 bytes
each, and kept up by the answers; a product that was deleted while the daemon was down is left to ``verify``.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

from synqd.entities.base import Source

GROUPED_LINK = 3
"""Link type of the products associated with a grouped product (a constant of Magento's)."""

PAGE = 20_000
OPTIONAL = ("catalog_product_super_link", "catalog_product_bundle_selection")

# Each as (key column, product, dependent product) by table.
_TABLES: Mapping[str, tuple[str, tuple[tuple[str, str], ...], str]] = {
    "catalog_product_super_link": (
        "link_id",
        (("product_id", "parent_id"), ("parent_id", "product_id")),
        "",
    ),
    "catalog_product_link": (
        "link_id",
        (("linked_product_id", "product_id"),),
        f" AND link_type_id = {GROUPED_LINK}",
    ),
    "catalog_product_bundle_selection": (
        "selection_id",
        (("product_id", "parent_product_id"),),
        "",
    ),
}


class Dependents:
    """Answers which products depend on others, also for products that are gone."""

    def __init__(self) -> None:
        self._ids: array[int] = array("I")
        self._others: array[int] = array("I")
        self._news: dict[int, frozenset[int]] = {}
        self._complete = False

    async def related(self, source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """Products whose payload depends on ``ids``, by id; ids that nothing depends on are left out."""
        if not ids:
            return {}
        tables = [name for name in _TABLES if name not in OPTIONAL or await source.has_table(name)]
        if not self._complete:
            await self._remember_all(source, tables)
        present = await _neighbours(source, tables, ids)
        found: dict[int, frozenset[int]] = {}
        for entity_id in ids:
            others = self._known(entity_id).union(present.get(entity_id, ()))
            if others:
                found[entity_id] = others
        self._news |= {entity_id: frozenset(others) for entity_id, others in present.items()}
        return found

    def _known(self, entity_id: int) -> frozenset[int]:
        """What was known last: the latest answer, else the links as they were at the beginning."""
        if entity_id in self._news:
            return self._news[entity_id]
        begin = bisect_left(self._ids, entity_id)
        end = bisect_left(self._ids, entity_id + 1, begin)
        return frozenset(self._others[begin:end])

    async def _remember_all(self, source: Source, tables: Sequence[str]) -> None:
        pairs: list[int] = []
        for table in tables:
            key, columns, only = _TABLES[table]
            for product, other in columns:
                async for entity_id, dependent in _all(source, table, (key, product, other), only):
                    pairs.append(entity_id << 32 | dependent)
        pairs.sort()
        self._ids = array("I", (pair >> 32 for pair in pairs))
        self._others = array("I", (pair & 0xFFFFFFFF for pair in pairs))
        self._complete = True


async def _neighbours(source: Source, tables: Iterable[str], ids: Sequence[int]) -> Mapping[int, set[int]]:
    queries = list(_queries(tables))
    found: dict[int, set[int]] = defaultdict(set)
    for entity_id, other in await source.fetch(" UNION ".join(queries), [list(ids)] * len(queries)):
        found[entity_id].add(other)
    return found


def _queries(tables: Iterable[str]) -> Iterator[str]:
    for table in tables:
        _, columns, only = _TABLES[table]
        for product, other in columns:
            yield f"SELECT {product}, {other} FROM {{{table}}} WHERE {product} IN %s{only}"


async def _all(
    source: Source, table: str, columns: tuple[str, str, str], only: str
) -> AsyncIterator[tuple[int, int]]:
    key, product, other = columns
    after = 0
    while True:
        rows = await source.fetch(
            f"SELECT {key}, {product}, {other} FROM {{{table}}}"
            f" WHERE {key} > %s{only} ORDER BY {key} LIMIT %s",
            [after, PAGE],
        )
        for _, entity_id, dependent in rows:
            yield entity_id, dependent
        if len(rows) < PAGE:
            return
        after = rows[-1][0]
