"""Pages, counts and high-water marks of entities whose row names its store view."""

from synqd.entities.base import Page, Source
from synqd.models.shop import StoreView


async def read_page(
    source: Source, table: str, key: str, store: StoreView, after: int, limit: int, until: int
) -> Page:
    """The next ids of a store view, in key order, as InnoDB keeps them in the index on ``store_id``."""
    rows = await source.fetch(
        f"SELECT {key} FROM {{{table}}} WHERE store_id = %s AND {key} > %s AND {key} <= %s"
        f" ORDER BY {key} LIMIT %s",
        (store.store_id, after, until, limit),
    )
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
    rows = await source.fetch(f"SELECT COUNT(*) FROM {{{table}}} WHERE store_id = %s", (store.store_id,))
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
        await source.fetch(f"SELECT {key}, store_id FROM {{{table}}} WHERE {key} IN %s", (ids,))
        if ids
        else ()
    )
    return {entity_id: frozenset({store_id} if store_id else ()) for entity_id, store_id in rows}
