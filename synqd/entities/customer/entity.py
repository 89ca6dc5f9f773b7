"""The entity of customers: tables, store views, pages, chunks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from synqd.entities.accounts import Homes, read_claims
from synqd.entities.base import Context, Page, Source
from synqd.entities.customer import reading
from synqd.entities.customer.deletion import deleted
from synqd.entities.customer.explain import explain
from synqd.entities.customer.handover import Move, read_handover, read_holders
from synqd.entities.customer.living import Chunk, heirs, left_addresses, living, moves, yielding
from synqd.entities.customer.plans import Plans
from synqd.entities.customer.reach import WIDE, reach
from synqd.entities.identity import WorkspaceStores
from synqd.entities.naming import read_named
from synqd.entities.paging import read_high
from synqd.entities.watch import On, Watch
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.person import folded
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Parcel, Skip

_NOT_SENT = (  # a failed login or a new password is no change of the customer
    "updated_at",
    "password_hash",
    "rp_token",
    "rp_token_created_at",
    "failures_num",
    "first_failure",
    "lock_expires",
    "session_cutoff",
)


class CustomerEntity:
    """Customers: ``customer_entity``, its attribute tables and the default billing address."""

    model = Model.CUSTOMER
    watches = (
        Watch(
            "customer_entity",
            "{row}.entity_id",
            key="{row}.email",
            key_changes_matter=True,
            store="NULLIF({row}.store_id, 0)",  # 0: made in the back office, its store view is looked up
            identity=True,
            ignore=_NOT_SENT,
            spelling=("email", "prefix", "firstname", "middlename", "lastname", "suffix", "taxvat"),
        ),
        *(
            Watch(
                f"customer_entity_{kind}",
                "{row}.entity_id",
                only=("entity_id", "attribute_id", "value"),
                spelling=("value",) if kind in {"text", "varchar"} else (),
            )
            for kind in ("datetime", "decimal", "int", "text", "varchar")
        ),
        Watch("customer_address_entity", "{row}.parent_id"),
        Watch("eav_attribute_option", "0", on=On.UPDATE, via="option", key="{row}.option_id"),
        Watch("eav_attribute_option", "0", on=On.DELETE, via="attribute", key="{row}.attribute_id"),
        Watch("eav_attribute_option_value", "0", via="option", key="{row}.option_id"),
        Watch(
            "directory_country_region",
            "0",
            on=On.UPDATE,
            via="region",
            key="{row}.region_id",
            optional=True,
        ),
    )
    wide = WIDE

    def __init__(self) -> None:
        self._plans = Plans()
        self._stores = WorkspaceStores()

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """A customer belongs to its own store view, a back-office one to its website's default (S11)."""
        return await reading.read_homes(source, shop, ids)

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Customers by e-mail; no row of theirs names them in another way than by their id."""
        if via != "email":
            return {}
        return await read_named(source, "customer_entity", "entity_id", "email", keys, alike=folded)

    async def reach(self, source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
        """Customers behind options, attributes and regions."""
        return await reach(source, via, key, after, limit)

    async def related(self, source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """No customer's profile depends on another one's."""
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next customers of a store view."""
        return Page(await reading.read_page(source, store, after, limit, until))

    async def count(self, source: Source, store: StoreView) -> int:
        """How many customers a store view has."""
        return await reading.count(source, store)

    async def high(self, source: Source) -> int:
        """The highest customer id."""
        return await read_high(source, "customer_entity", "entity_id")

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """A profile for each living customer, and for the others what ``[customer] delete`` demands."""
        if not items:
            return []
        chunk = await self._read(source, context, items)
        for key in heirs(chunk):
            context.wake(key)
        return [_outcome(chunk, item) for item in items]

    async def explain(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Mapping[str, str] | None]:
        """Where each field comes from, for each item; None where no profile is sent."""
        plan = await self._plans.of(source, context)
        return [explain(plan, outcome) for outcome in await self.compose(source, context, items)]

    def refresh(self) -> None:
        """Attributes or options changed."""
        self._plans.forget()

    async def _read(self, source: Source, context: Context, items: Sequence[Leased]) -> Chunk:
        plan = await self._plans.of(source, context)
        ids = tuple(item.key.entity_id for item in items)
        stores = self._stores.of(context)
        homes = Homes.of(context.shop, stores)
        rows = await reading.read_rows(source, plan, homes, ids)
        values = await reading.read_values(source, plan, ids)
        custom_ids = context.settings.customer.at(context.store).custom_id == "entity_id"
        chunk = Chunk(context, plan, custom_ids, stores, rows, values)
        left = {
            item.key.entity_id: addresses
            for item in items
            if (addresses := left_addresses(context, stores, item, rows.get(item.key.entity_id)))
        }
        shared = [row[3] for row in rows.values() if row[7]]
        claims = await read_claims(source, context.shop, homes, {*chain(*left.values()), *shared})
        chunk = replace(chunk, left=left, claims=claims)
        chunk = replace(chunk, holders=await read_holders(context, yielding(chunk, items)))
        return await _with_moves(source, chunk, homes, moves(chunk, items)) if left else chunk


async def _with_moves(source: Source, chunk: Chunk, homes: Homes, moving: Mapping[int, Move]) -> Chunk:
    """Adds how e-mails change hands, and which newsletter rows moved along."""
    context = chunk.context
    present = {chunk.rows[each][3] for each in chunk.left if each in chunk.rows} - {None}
    asked = {*chain(*chunk.left.values()), *present}
    wanted = asked if Model.SUBSCRIBER in context.settings.sync.models and present else ()
    subscribed = await reading.read_subscribed(source, wanted, chunk.stores)
    handover = await read_handover(source, context, moving, homes) if moving else None
    return replace(chunk, subscribed=subscribed, moves=moving, handover=handover)


def _outcome(chunk: Chunk, item: Leased) -> Parcel | Skip:
    entity_id = item.key.entity_id
    row = chunk.rows.get(entity_id)
    if row is not None:
        return living(chunk, item, row)
    return deleted(chunk.context, item, chunk.left.get(entity_id, ()), chunk.claims)
