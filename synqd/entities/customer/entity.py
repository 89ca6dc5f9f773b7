"""The entity of customers: tables, store views, pages, chunks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from synqd.entities.base import Context, Page, Row, Source
from synqd.entities.cleared import clear, cleared, known_here
from synqd.entities.customer import reading
from synqd.entities.customer.departure import agreement_off, deleted, former_email, renamed
from synqd.entities.customer.plan import Plan
from synqd.entities.customer.plans import Plans
from synqd.entities.customer.profile import profile, sent_names
from synqd.entities.identity import IDENTITY, WorkspaceStores, clean_id
from synqd.entities.payload import digest, digest_of
from synqd.entities.valid import is_email
from synqd.entities.watch import Watch
from synqd.models.item import Leased, LedgerEntry
from synqd.models.names import Model
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
        rows: living customers; ``values``: their selected attributes.
        owned: addresses (case-folded) of living customers, of those that deleted or renamed ones leave.
        subscribed: addresses (case-folded) with a newsletter row, of those that renamed ones had or have.
    """

    context: Context
    plan: Plan
    rows: Mapping[int, Row]
    values: Mapping[int, Sequence[tuple[int, str]]]
    owned: frozenset[str] = frozenset()
    subscribed: frozenset[str] = field(default_factory=frozenset)


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
        ),
        *(
            Watch(f"customer_entity_{kind}", "{row}.entity_id")
            for kind in ("datetime", "decimal", "int", "text", "varchar")
        ),
        Watch("customer_address_entity", "{row}.parent_id"),
    )

    def __init__(self) -> None:
        self._plans = Plans()
        self._stores = WorkspaceStores()

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """A customer belongs to its own store view, a back-office one to its website's default (S11)."""
        return await reading.read_homes(source, shop, ids)

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Customers have no indirect rows."""
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next customers of a store view."""
        return Page(await reading.read_page(source, store, after, limit, until))

    async def count(self, source: Source, store: StoreView) -> int:
        """How many customers a store view has."""
        return await reading.count(source, store)

    async def high(self, source: Source) -> int:
        """The highest customer id."""
        rows = await source.fetch("SELECT COALESCE(MAX(entity_id), 0) FROM {customer_entity}")
        return int(rows[0][0])

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
            else deleted(context, item, _former(context, item), chunk.owned)
            for item in items
        ]

    def refresh(self) -> None:
        """Attributes or options changed."""
        self._plans.forget()

    async def _read(self, source: Source, context: Context, items: Sequence[Leased]) -> Chunk:
        plan = await self._plans.of(source, context)
        ids = tuple(item.key.entity_id for item in items)
        rows = await reading.read_rows(source, plan, ids)
        values = await reading.read_values(source, plan, ids)
        left, present = _left_addresses(context, items, rows)
        if not left:
            return Chunk(context, plan, rows, values)
        stores = self._stores.of(context)
        websites = {context.shop.stores[store_id].website_id for store_id in stores}
        owned = await reading.read_owners(source, left, websites)
        newsletter = Model.SUBSCRIBER in context.settings.sync.models and bool(present)
        subscribed = (
            await reading.read_subscribed(source, left | present, stores) if newsletter else frozenset[str]()
        )
        return Chunk(context, plan, rows, values, owned, subscribed)


def _former(context: Context, item: Leased) -> str | None:
    known = known_here(item, context.workspace)
    return former_email(item, known.wire_key if known else None)


def _left_addresses(
    context: Context, items: Sequence[Leased], rows: Mapping[int, Row]
) -> tuple[set[str], set[str]]:
    """Addresses that deleted or renamed customers left, and the present ones of the renamed."""
    left: set[str] = set()
    present: set[str] = set()
    for item in items:
        old = _former(context, item)
        row = rows.get(item.key.entity_id)
        if old and row is None:
            left.add(old)
        elif old and row is not None and renamed(old, row[3] or ""):
            left.add(old)
            present.add(row[3] or "")
    return left, present


def _living(chunk: Chunk, item: Leased, row: Row) -> Parcel | Skip:
    context = chunk.context
    entity_id, store_id, website_id, stored_email = row[:4]
    email = clean_id(stored_email or "")
    if context.shop.home_store(store_id, website_id) != item.key.store_id:
        return Skip("belongs to another store view")
    if not is_email(email):
        return Skip("its e-mail is none that Synerise takes")
    section = context.settings.customer.at(context.store)
    custom_id = str(entity_id) if section.custom_id == "entity_id" else None
    body, notes = profile(chunk.plan, row, chunk.values.get(entity_id, ()), email, custom_id)
    known = known_here(item, context.workspace)
    names = sent_names(body)
    printed = digest([body]) if "updated_at" in body["attributes"] else digest_of(body)
    if chunk.plan.mapping != "module":
        clear(body, cleared(known, names, IDENTITY))
    body["attributes"]["lastUpdateType"] = item.lane.update_type
    wire = WireItem(Endpoint.CLIENTS, email, body, notes=tuple(notes))
    return Parcel((*_old_address(chunk, item, known, email), wire), email, True, names, printed)


def _old_address(chunk: Chunk, item: Leased, known: LedgerEntry | None, email: str) -> tuple[WireItem, ...]:
    """The agreement of a left address goes off, if the newsletter moved with the customer (S8)."""
    old = former_email(item, known.wire_key if known else None)
    if old is None or not renamed(old, email):
        return ()
    moved = email.casefold() in chunk.subscribed and old.casefold() not in chunk.subscribed
    if not moved or old.casefold() in chunk.owned or not is_email(old):
        return ()
    return (agreement_off(old, module=chunk.plan.mapping == "module"),)
