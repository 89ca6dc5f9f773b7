"""The entity of orders: tables, store views, pages, chunks."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from synqd.entities.accounts import Claims, Homes, owner, read_claims
from synqd.entities.base import Context, Page, Source, at_one_version, gone
from synqd.entities.cleared import known_here
from synqd.entities.identity import WorkspaceStores
from synqd.entities.naming import read_named
from synqd.entities.order import reading
from synqd.entities.order.explain import explain
from synqd.entities.order.guest import guest_mark, guest_profile, is_guest
from synqd.entities.order.line_products import read_goods
from synqd.entities.order.lines import Mapper
from synqd.entities.order.metadata import Backdrops
from synqd.entities.order.transaction import adorn, event_identity, obstacle, transaction
from synqd.entities.paging import read_count, read_high, read_page, read_range, read_store_views
from synqd.entities.payload import digest_of, name_set
from synqd.entities.product.urls import BROKEN
from synqd.entities.valid import epoch_seconds
from synqd.entities.watch import EVERYTHING, RANGE, SINCE, Watch
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.shop import Shop, StoreView
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

BUNDLE = "bundle"
_TABLE, _KEY = "sales_order", "entity_id"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Everything that was read for a chunk.

    Attributes:
        workspace: where it goes.
        mapper: what all orders share.
        orders, lines: rows by order.
        guests: orders whose guests shall get profiles.
        addresses: of those guests.
        named: newest order whose names were sent for a guest, by ``guest_mark``.
    """

    workspace: str
    mapper: Mapper
    orders: Mapping[int, reading.Order]
    lines: Mapping[int, Sequence[reading.Line]]
    guests: frozenset[int]
    addresses: Mapping[int, reading.Address]
    named: Mapping[str, int]


class OrderEntity:
    """Orders: ``sales_order`` with its items, payment and addresses."""

    model = Model.ORDER
    watches = (
        Watch(
            "sales_order",
            "{row}.entity_id",
            key="{row}.increment_id",
            store="{row}.store_id",
            identity=True,
            ignore=("updated_at", "email_sent", "send_email"),
        ),
        Watch("sales_order_item", "{row}.order_id"),
        Watch("sales_order_address", "{row}.parent_id"),
        Watch("sales_order_payment", "{row}.parent_id", only=("method",)),
    )

    wide = frozenset({RANGE, SINCE, EVERYTHING})

    def __init__(self) -> None:
        self._backdrops = Backdrops()
        self._stores = WorkspaceStores()

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """An order belongs to the store view it was placed in, else where its account is at home."""
        return await read_store_views(source, _TABLE, _KEY, tuple(ids))

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> Mapping[str, Sequence[int]]:
        """Orders by increment id; no row of theirs names them in another way than by their id."""
        if via != "increment_id":
            return {}
        return await read_named(source, _TABLE, _KEY, "increment_id", keys, alike=str)

    async def reach(self, source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
        """The next orders of a range of ids, or of those that changed since a moment."""
        if via == SINCE:
            return await reading.read_changed(source, int(key), after, limit)
        return await read_range(source, _TABLE, _KEY, key, after, limit) if via == RANGE else []

    async def related(self, source: Source, ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
        """No order depends on another one."""
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        """The next orders of a store view."""
        return await read_page(source, _TABLE, _KEY, store, after, limit, until)

    async def count(self, source: Source, store: StoreView) -> int:
        """How many orders a store view has."""
        return await read_count(source, _TABLE, store)

    async def high(self, source: Source) -> int:
        """The highest order id."""
        return await read_high(source, _TABLE, _KEY)

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        """Transactions, each with the increment id as its salt, so that sending again overwrites."""
        if not items:
            return []
        source = await at_one_version(source)
        chunk = await self._read(source, context, tuple(item.key.entity_id for item in items))
        return [
            _parcel(chunk, item, chunk.orders[item.key.entity_id])
            if item.key.entity_id in chunk.orders
            else gone(item)
            for item in items
        ]

    async def explain(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Mapping[str, str] | None]:
        """Where each field comes from, for each item; None where no transaction is sent."""
        source = await at_one_version(source)
        seen = await self._backdrops.of(source, context)
        outcomes = await self.compose(source, context, items)
        return [explain(outcome, module=seen.module, with_tax=seen.with_tax) for outcome in outcomes]

    def refresh(self) -> None:
        """Taxes, categories or product attributes changed."""
        self._backdrops.forget()

    async def _read(self, source: Source, context: Context, ids: tuple[int, ...]) -> Chunk:
        homes = Homes.of(context.shop, self._stores.of(context))
        orders = await reading.read_orders(source, homes, ids)
        lines = await reading.read_lines(source, ids)
        wanted = context.settings.order.at(context.store).guest_profiles
        guests = frozenset(order.entity_id for order in orders.values() if wanted and is_guest(order))
        shared = {order.email for order in orders.values() if order.rivalled or order.entity_id in guests}
        claims = await read_claims(source, context.shop, homes, {email for email in shared if email})
        mapper = await self._mapper(source, context, orders.values(), [*chain(*lines.values())], claims)
        addresses = await reading.read_addresses(source, guests)
        marks = {guest_mark(orders[each]) for each in guests}
        named = await context.ledger.newest_guests(context.workspace, marks) if marks else {}
        return Chunk(context.workspace, mapper, orders, lines, guests, addresses, named)

    async def _mapper(
        self,
        source: Source,
        context: Context,
        orders: Collection[reading.Order],
        lines: Sequence[reading.Line],
        claims: Claims,
    ) -> Mapper:
        settings, store = context.settings, context.store
        backdrop = await self._backdrops.of(source, context)
        products = {line.product_id for line in lines if line.product_id}
        bundles = {line.order_id for line in lines if line.product_type == BUNDLE and not backdrop.module}
        return Mapper(
            store=store,
            backdrop=backdrop,
            custom_ids=settings.customer.at(store).custom_id == "entity_id",
            config=context.shop.config,
            claims=claims,
            source=settings.order.at(store).source,
            goods=await read_goods(source, backdrop, store, products),
            children=await reading.read_children(source, bundles),
            rules=await reading.read_rules(source, _rules(orders, lines)),
        )


def _rules(*groups: Iterable[reading.Order | reading.Line]) -> set[int]:
    texts = {each.rule_ids for group in groups for each in group if each.rule_ids}
    return {number for text in texts for number in reading.rule_numbers(text)}


def _parcel(chunk: Chunk, item: Leased, order: reading.Order) -> Parcel | Skip:
    lines = chunk.lines.get(order.entity_id, ())
    reason = obstacle(order, lines, item) or (BROKEN if chunk.mapper.backdrop.addresses.is_broken else None)
    if reason is not None:
        return Skip(reason)
    event, known = event_identity(order), known_here(item, chunk.workspace)
    if known is not None and known.event and known.event != event:
        return Skip("its e-mail / time changed after it was sent", stands=True)
    mapper = chunk.mapper
    body = transaction(mapper, order, lines)
    guest = _guest(chunk, order)
    # The guest's own data count, sent or not: a newer order's guest makes no change of this order.
    printed = digest_of(body, *[wire.body for wire in guest])
    adorn(mapper, order, lines, body, item.lane.update_type)
    profiles = guest if guest and _counts(chunk, order) else ()
    wire = WireItem(Endpoint.TRANSACTIONS, body["orderId"], body)
    fields, placed = name_set(tuple(body)), epoch_seconds(order.created_at)
    mark = guest_mark(order) if profiles else ""
    return Parcel((*profiles, wire), wire.key, True, fields, printed, placed, event, guest=mark)


def _guest(chunk: Chunk, order: reading.Order) -> tuple[WireItem, ...]:
    """The profile of a guest who shall get one."""
    if order.entity_id not in chunk.guests:
        return ()
    address, repair = chunk.addresses.get(order.entity_id), not chunk.mapper.backdrop.module
    return (guest_profile(order, address, repair=repair),)


def _counts(chunk: Chunk, order: reading.Order) -> bool:
    """Whether a guest's names count: no account has the address, no newer order brought others (S30)."""
    newest = chunk.named.get(guest_mark(order), 0)
    return owner(chunk.mapper.claims, order.email or "") is None and order.entity_id >= newest
