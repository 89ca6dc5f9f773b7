"""Pages, counts and high-water marks of entities whose row names its store view, or its customer.

A row without a store view (0, or NULL after that was deleted) that belongs to a customer is at home where the
customer is (S11, S32).
"""

from synqd.entities.base import Page, Source
from synqd.models.shop import StoreView

_HOME = """(
    SELECT COALESCE(NULLIF(c.store_id, 0), NULLIF(g.default_store_id, 0)) FROM {{customer_entity}} c
      LEFT JOIN {{store_website}} w ON w.website_id = c.website_id
      LEFT JOIN {{store_group}} g ON g.group_id = w.default_group_id
     WHERE c.entity_id = {row}.customer_id)"""
_HOMELESS = "({row}.store_id IS NULL OR {row}.store_id = 0)"


def home(row: str) -> str:
    """SQL: the store view of a row that may have none of its own; NULL if it belongs nowhere."""
    return f"IF({row}.store_id > 0, {row}.store_id, {_HOME.format(row=row)})"


def unplaced(table: str) -> str:
    """SQL: how many rows belong to no store view."""
    homeless = f"{_HOMELESS} AND {_HOME} IS NULL".format(row="t")
    return f"SELECT COUNT(*) FROM {{{table}}} t WHERE {homeless}"


_THERE = ("t.store_id = %s", f"{_HOMELESS} AND {_HOME} = %s".format(row="t"))
"""Rows of a store view, and those without one that are at home there: each is read by an index."""


async def read_page(
    source: Source, table: str, key: str, store: StoreView, after: int, limit: int, until: int
) -> Page:
    """The next ids of a store view, in key order, as InnoDB keeps them in the index on ``store_id``."""
    part = (
        f"(SELECT t.{key} AS id FROM {{{table}}} t WHERE %s AND t.{key} > %%s AND t.{key} <= %%s"
        f" ORDER BY t.{key} LIMIT %%s)"
    )
    sql = " UNION ALL ".join(part % there for there in _THERE)
    bounds = (store.store_id, after, until, limit)
    rows = await source.fetch(f"{sql} ORDER BY id LIMIT %s", (*bounds, *bounds, limit))
    return Page([row[0] for row in rows])


async def read_range(source: Source, table: str, key: str, ids: str, after: int, limit: int) -> list[int]:
    """The next ids of a range ``FIRST-LAST``, whatever their store view."""
    first, _, last = ids.partition("-")
    rows = await source.fetch(
        f"SELECT {key} FROM {{{table}}} WHERE {key} BETWEEN %s AND %s AND {key} > %s ORDER BY {key} LIMIT %s",
        (first, last, after, limit),
    )
    return [row[0] for row in rows]


async def read_count(source: Source, table: str, store: StoreView) -> int:
    """How many rows a store view has."""
    parts = [f"SELECT COUNT(*) AS n FROM {{{table}}} t WHERE {there}" for there in _THERE]
    rows = await source.fetch(
        f"SELECT SUM(n) FROM ({' UNION ALL '.join(parts)}) parts", (store.store_id, store.store_id)
    )
    return int(rows[0][0])


async def read_high(source: Source, table: str, key: str) -> int:
    """The highest key; 0 for none."""
    rows = await source.fetch(f"SELECT COALESCE(MAX({key}), 0) FROM {{{table}}}")
    return int(rows[0][0])


async def read_store_views(
    source: Source, table: str, key: str, ids: tuple[int, ...]
) -> dict[int, frozenset[int]]:
    """The store view of each row; an empty set where that is gone, nothing where the row is."""
    rows = (
        await source.fetch(f"SELECT t.{key}, {home('t')} FROM {{{table}}} t WHERE t.{key} IN %s", (ids,))
        if ids
        else ()
    )
    return {entity_id: frozenset({store_id} if store_id else ()) for entity_id, store_id in rows}
