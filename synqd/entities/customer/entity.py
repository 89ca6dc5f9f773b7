"""The entity of customers: tables, store views, pages, chunks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import cast

from synqd.entities.base import Context, Page, Row, Source
from synqd.entities.cleared import clear, cleared, held_keys, known_here
from synqd.entities.customer import reading
from synqd.entities.customer.departure import agreement_off, deleted, renamed
from synqd.entities.customer.explain import explain
from synqd.entities.customer.handover import (
    TAKEN,
    WAIT,
    WAITS,
    Handover,
    Move,
    Way,
    read_handover,
    round_trip,
)
from synqd.entities.customer.plan import Field, Plan
from synqd.entities.customer.plans import Plans
from synqd.entities.customer.profile import Body, profile, sent_names
from synqd.entities.customer.reach import WIDE, reach
from synqd.entities.identity import IDENTITY, WorkspaceStores, clean_id
from synqd.entities.naming import read_named
from synqd.entities.paging import read_high
from synqd.entities.payload import digest_beside
from synqd.entities.valid import is_email
from synqd.entities.watch import On, Watch
from synqd.models.item import Leased
from synqd.models.names import Lane, Model
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

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


@dataclass(frozen=True, slots=True)
class Chunk:
    """Everything that was read for a chunk.

    Attributes:
        context, plan: what it is mapped with.
        custom_ids: customer ids are sent (``[customer] custom_id``).
        rows: living customers; ``values``: their selected attributes.
        left: addresses that customers of the chunk left, by id.
        owned: those of them (case-folded) that living customers have.
        subscribed: addresses (case-folded), left or present, that have a newsletter row.
        stores: store views of the workspace.
        moves: customers whose e-mail and id may lead to two profiles; ``handover``: how they get along.
    """

    context: Context
    plan: Plan
    custom_ids: bool
    rows: Mapping[int, Row]
    values: Mapping[int, Sequence[tuple[Field, str]]]
    left: Mapping[int, tuple[str, ...]]
    owned: frozenset[str] = frozenset()
    subscribed: frozenset[str] = frozenset()
    stores: frozenset[int] = frozenset()
    moves: Mapping[int, Move] = field(default_factory=dict)
    handover: Handover | None = None


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
        return await read_named(source, "customer_entity", "entity_id", "email", keys)

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
        return [
            _living(chunk, item, chunk.rows[item.key.entity_id])
            if item.key.entity_id in chunk.rows
            else deleted(context, item, _last(chunk.left.get(item.key.entity_id, ()), item), chunk.owned)
            for item in items
        ]

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
        rows = await reading.read_rows(source, plan, ids)
        values = await reading.read_values(source, plan, ids)
        left = _left_addresses(context, items, rows)
        custom_ids = context.settings.customer.at(context.store).custom_id == "entity_id"
        stores = self._stores.of(context)
        chunk = Chunk(context, plan, custom_ids, rows, values, left, stores=stores)
        return await self._with_neighbours(source, chunk) if left else chunk

    async def _with_neighbours(self, source: Source, chunk: Chunk) -> Chunk:
        """Adds who else has the left addresses, and which newsletter rows moved along."""
        context = chunk.context
        websites = {context.shop.stores[store_id].website_id for store_id in chunk.stores}
        left = {address for addresses in chunk.left.values() for address in addresses}
        owned = await reading.read_owners(source, left, websites)
        present = {chunk.rows[each][3] for each in chunk.left if each in chunk.rows}
        asked = left | present if Model.SUBSCRIBER in context.settings.sync.models and present else ()
        subscribed = await reading.read_subscribed(source, asked, chunk.stores)
        moves = _moves(chunk)
        handover = await read_handover(source, context, moves, chunk.stores) if moves else None
        return replace(chunk, owned=owned, subscribed=subscribed, moves=moves, handover=handover)


def _left_addresses(
    context: Context, items: Sequence[Leased], rows: Mapping[int, Row]
) -> Mapping[int, tuple[str, ...]]:
    """Addresses that deleted or renamed customers left: the ledger's, else the change log's."""
    left: dict[int, tuple[str, ...]] = {}
    for item in items:
        old = held_keys(known_here(item, context.workspace), item)
        row = rows.get(item.key.entity_id)
        if row is not None and old:
            old = tuple([key for key in old if key != row[3] and renamed(key, row[3] or "")])
        if old:
            left[item.key.entity_id] = old
    return left


def _moves(chunk: Chunk) -> dict[int, Move]:
    """Living customers that are known to Synerise by another e-mail than their present one."""
    if not chunk.custom_ids:
        return {}
    present = {customer: clean_id(row[3] or "") for customer, row in chunk.rows.items()}
    return {
        customer: Move(old, present[customer])
        for customer, old in chunk.left.items()
        if is_email(present.get(customer, ""))
    }


def _last(addresses: Sequence[str], item: Leased) -> str | None:
    """The address that a deleted customer had at the end: the change log's if it may have been sent."""
    if item.hint in addresses:
        return item.hint
    return addresses[-1] if addresses else None


def _living(chunk: Chunk, item: Leased, row: Row) -> Parcel | Skip:
    context = chunk.context
    entity_id, store_id, website_id, stored_email = row[:4]
    email = clean_id(stored_email or "")
    home = context.shop.home_store(store_id, website_id)
    if home != item.key.store_id:
        return Skip("belongs to another store view", moved=home in chunk.stores)
    if not is_email(email):
        return Skip("its e-mail is none that Synerise takes")
    custom_id = str(entity_id) if chunk.custom_ids else None
    body, notes = profile(chunk.plan, row, chunk.values.get(entity_id, ()), email, custom_id)
    names = sent_names(body)
    attributes = body["attributes"]
    printed = digest_beside(body, attributes)
    if not chunk.plan.module:
        clear(body, cleared(known_here(item, context.workspace), names, IDENTITY))
    attributes["lastUpdateType"] = item.lane.update_type
    wire = WireItem(Endpoint.CLIENTS, email, body, None, False, tuple(notes))
    if entity_id not in chunk.left:
        return Parcel((wire,), email, True, names, printed)
    before = [_old_address(chunk, old, email) for old in chunk.left[entity_id]]
    moved = Parcel((*chain.from_iterable(before), wire), email, True, names, printed)
    return _handed_over(chunk, item, moved)


def _handed_over(chunk: Chunk, item: Leased, moved: Parcel) -> Parcel | Skip:
    """The parcel of a customer whose e-mail changed, as it may leave beside whoever has that e-mail."""
    customer = item.key.entity_id
    if chunk.handover is None or customer not in chunk.moves:
        return moved
    move = chunk.moves[customer]
    way, ring = chunk.handover.way(customer, move)
    if way is Way.WAIT:
        return moved._replace(not_before=chunk.context.now.timestamp() + WAIT, waits=WAITS)
    if way is Way.TAKEN:
        # An operator who names it has merged the profiles.
        return moved if item.lane is Lane.BATCH and item.want.forced else Skip(TAKEN)
    *before, wire = moved.items
    if not chunk.plan.module:
        names = chunk.handover.inherited(customer, move) - moved.fields - IDENTITY
        clear(cast("Body", wire.body), sorted(names))
    steps = round_trip(customer, move, ring) if way is Way.RING else ()
    return moved._replace(items=(*steps, *before, wire))


def _old_address(chunk: Chunk, old: str, email: str) -> tuple[WireItem, ...]:
    """The agreement of a left address goes off, if the newsletter moved with the customer (S8)."""
    moved = email.casefold() in chunk.subscribed and old.casefold() not in chunk.subscribed
    if not moved or old.casefold() in chunk.owned or not is_email(old):
        return ()
    return (agreement_off(old, module=chunk.plan.module),)
