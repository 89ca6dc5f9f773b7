"""The statements of the customer entity, each for a whole chunk."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from synqd.entities.accounts import Homes
from synqd.entities.base import Row, Source
from synqd.entities.customer.plan import Field, Plan
from synqd.models.person import folded
from synqd.models.shop import Shop, StoreView

_SUBSCRIBERS = (
    "SELECT subscriber_email FROM {newsletter_subscriber} WHERE subscriber_email IN %s AND store_id IN %s"
)
_HOMES = "SELECT entity_id, store_id, website_id FROM {customer_entity} WHERE entity_id IN %s"
# A join and a condition that select a store view's customers by their own store view ...
_OWN = ("", "c.store_id = %s")
# ... and the back office's ones of the website whose default store view it is (S11).
_BACK_OFFICE = (
    " JOIN {store_group} g JOIN {store_website} w ON w.default_group_id = g.group_id",
    "g.default_store_id = %s AND c.website_id = w.website_id AND (c.store_id = 0 OR c.store_id IS NULL)",
)

UNPLACED = """
SELECT COUNT(*) FROM {customer_entity} c
 WHERE (c.store_id IS NULL OR c.store_id = 0) AND NOT EXISTS (
       SELECT 1 FROM {store_website} w JOIN {store_group} g ON g.group_id = w.default_group_id
        WHERE w.website_id = c.website_id AND g.default_store_id > 0)"""
"""How many customers are at home in no store view."""


async def read_rows(source: Source, plan: Plan, homes: Homes, ids: tuple[int, ...]) -> Mapping[int, Row]:
    """One row per living customer."""
    return {row[0]: row for row in await source.fetch(plan.rows_sql, (*homes, ids))}


async def read_values(
    source: Source, plan: Plan, ids: tuple[int, ...]
) -> Mapping[int, Sequence[tuple[Field, str]]]:
    """Each customer's selected attributes that are no columns: field and stored value."""
    values: dict[int, list[tuple[Field, str]]] = defaultdict(list)
    fields = plan.fields
    for entity_id, attribute_id, value in (
        await source.fetch(plan.values_sql, plan.values_args(ids)) if plan.values_sql else ()
    ):
        values[entity_id].append((fields[attribute_id], value))
    return values


async def read_homes(source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
    """The store view of each living customer."""
    rows = await source.fetch(_HOMES, (tuple(ids),)) if ids else ()
    return {
        entity_id: frozenset({home} if (home := shop.home_store(store_id, website_id)) else ())
        for entity_id, store_id, website_id in rows
    }


async def read_subscribed(source: Source, emails: Collection[str], stores: Collection[int]) -> frozenset[str]:
    """Addresses (``folded``) like these that have a newsletter row in the store views."""
    if not emails:
        return frozenset()
    rows = await source.fetch(_SUBSCRIBERS, (tuple(emails), tuple(stores)))
    return frozenset(folded(row[0]) for row in rows)


async def read_page(source: Source, store: StoreView, after: int, limit: int, until: int) -> list[int]:
    """The next customer ids of a store view; each condition is read in its own index's order."""
    part = (
        "(SELECT c.entity_id AS id FROM {customer_entity} c%s WHERE %s"
        " AND c.entity_id > %%s AND c.entity_id <= %%s ORDER BY c.entity_id LIMIT %%s)"
    )
    sql = " UNION ALL ".join(part % condition for condition in (_OWN, _BACK_OFFICE))
    place = (after, until, limit)
    rows = await source.fetch(
        f"{sql} ORDER BY id LIMIT %s", (store.store_id, *place, store.store_id, *place, limit)
    )
    return [row[0] for row in rows]


async def count(source: Source, store: StoreView) -> int:
    """How many customers belong to a store view."""
    part = "SELECT COUNT(*) AS n FROM {customer_entity} c%s WHERE %s"
    sql = " UNION ALL ".join(part % condition for condition in (_OWN, _BACK_OFFICE))
    rows = await source.fetch(f"SELECT SUM(n) FROM ({sql}) parts", (store.store_id, store.store_id))
    return int(rows[0][0])
