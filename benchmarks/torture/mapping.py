"""What the things of the pretended shop become at Synerise, by the same rules as Magento's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.torture.edits import Shop, Thing
from synqd.entities import Context, Source
from synqd.entities.base import Row, gone
from synqd.entities.cleared import clear, cleared, known_here
from synqd.entities.identity import IDENTITY
from synqd.entities.payload import digest, filled
from synqd.entities.product.identity import former_keys
from synqd.entities.subscriber import SubscriberEntity
from synqd.entities.subscriber.consent import SUBSCRIBED, UNSUBSCRIBED
from synqd.models.item import Leased, LedgerEntry
from synqd.models.names import Model
from synqd.models.wire import Endpoint, Heir, Parcel, Skip, WireItem
from tests.support.bench import Rows

STORE = 1
CATALOG = f"store-{STORE}"
Body = dict[str, Any]


def stand_ins(shop: Shop, head: Callable[[], int], founded: float) -> dict[Model, Rows]:
    """The three models; ``head``: where the change log ends; ``founded``: in seconds since the epoch."""
    return {
        kind.model: kind(shop=shop, head=head, founded=founded) for kind in (Products, Customers, Subscribers)
    }


def product(entity_id: int, thing: Thing) -> Body:
    """The value of a catalog item."""
    body = {"itemId": thing.key, "sku": thing.key, "productId": entity_id, "name": thing.value}
    return body | ({"note": thing.note} if thing.note else {})


def profile(entity_id: int, thing: Thing) -> Body:
    body: Body = {"email": thing.key, "customId": str(entity_id), "firstName": thing.value}
    return body | ({"lastName": thing.note} if thing.note else {})


@dataclass(kw_only=True)
class Things(Rows):
    """Things of the pretended shop, each time as they are by then."""

    shop: Shop
    head: Callable[[], int]
    founded: float

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        self.shop.advance(self.head())
        return [self.map(context, item, self.living.get(item.key.entity_id)) for item in items]

    @property
    def living(self) -> dict[int, Thing]:
        return self.shop.living(self.model)

    def map(self, context: Context, item: Leased, thing: Thing | None) -> Parcel | Skip:
        raise NotImplementedError


@dataclass(kw_only=True)
class Products(Things):
    """As ``entities.product.compose``."""

    model: Model = Model.PRODUCT

    def map(self, context: Context, item: Leased, thing: Thing | None) -> Parcel | Skip:
        known = known_here(item, context.workspace)
        listed = thing if thing is not None and thing.flag else None
        owners = {one.key: number for number, one in self.living.items() if one.flag}
        former = former_keys(known, item.hint, listed.key if listed else None)
        heirs = [Heir(item.key._replace(entity_id=owners[key]), key) for key in former if key in owners]
        buried = tuple([_tombstone(key) for key in former if key not in owners])
        outcome = self._outcome(item.key.entity_id, listed, known, buried)
        return outcome._replace(heirs=tuple(heirs))

    def _outcome(
        self, entity_id: int, listed: Thing | None, known: LedgerEntry | None, buried: tuple[WireItem, ...]
    ) -> Parcel | Skip:
        if listed is not None:
            body = product(entity_id, listed)
            printed, names = digest([body]), filled(body)
            if known is not None and listed.key in known.held_keys:
                clear(body, cleared(known, names, frozenset()))
            return Parcel((*buried, _item(listed.key, body)), listed.key, True, names, printed)
        if buried:
            return Parcel(buried, buried[0].key, alive=False, digest=digest(one.body for one in buried))
        return Skip("not on the website", moved=known is not None and bool(known.held_keys))


def _tombstone(key: str) -> WireItem:
    return _item(key, {"itemId": key, "sku": key, "deleted": 1})


def _item(key: str, value: Body) -> WireItem:
    tombstone = bool(value.get("deleted"))
    return WireItem(Endpoint.CATALOG, key, {"itemKey": key, "value": value}, CATALOG, tombstone)


@dataclass(kw_only=True)
class Customers(Things):
    """As ``entities.customer.entity``, with ``[customer] delete = "ignore"``."""

    model: Model = Model.CUSTOMER

    def map(self, context: Context, item: Leased, thing: Thing | None) -> Parcel | Skip:
        if thing is None:
            return gone(item)
        body = profile(item.key.entity_id, thing)
        printed, names = digest([body]), filled(body)
        clear(body, cleared(known_here(item, context.workspace), names, IDENTITY))
        wire = WireItem(Endpoint.CLIENTS, thing.key, body)
        return Parcel((wire,), thing.key, True, names, printed)


@dataclass(kw_only=True)
class Subscribers(Things):
    """The real entity over a table of its own."""

    model: Model = Model.SUBSCRIBER
    entity: SubscriberEntity = field(default_factory=SubscriberEntity)

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        self.shop.advance(self.head())
        return await self.entity.compose(Newsletter(self.living, self.founded), context, items)


@dataclass(frozen=True)
class Newsletter:
    """Answers what the entity of subscribers asks Magento's table."""

    living: dict[int, Thing]
    founded: float

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Row]:
        (wanted,) = args
        addresses = {
            self.living[one].key if isinstance(one, int) else one
            for one in wanted
            if one in self.living or isinstance(one, str)
        }
        return [
            self._row(entity_id, thing) for entity_id, thing in self.living.items() if thing.key in addresses
        ]

    async def has_table(self, name: str) -> bool:
        raise AssertionError(name)

    def _row(self, entity_id: int, thing: Thing) -> Row:
        status = SUBSCRIBED if thing.flag else UNSUBSCRIBED
        return entity_id, STORE, thing.key, status, int(self.founded) + thing.said_at // 1000
