"""Whose a row of Magento is, and whom a parcel is about (semantics S20, S33).

The database finds candidates by its collation, which takes ``jose`` for ``josé``; whether an address is the
one that was asked for is decided here.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from synqd.entities.base import Row, Source
from synqd.entities.identity import profile_uuid
from synqd.entities.paging import read_high
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.person import EntityRef, being_mark, client_marks, folded
from synqd.models.wire import Endpoint, Parcel

RANGE = 200_000
"""Orders that are looked through at a time: their e-mails have no index."""


class Holder(NamedTuple):
    """A row with an address, as it is stored; ``customer`` is whose account it belongs to, 0 for nobody's."""

    model: Model
    entity_id: int
    customer: int
    email: str

    @property
    def being(self) -> EntityRef:
        """The entity."""
        return self.model, self.entity_id

    @property
    def address(self) -> str:
        """The address, folded."""
        return folded(self.email)


class _Table(NamedTuple):
    model: Model
    name: str
    key: str
    customer: str
    email: str

    async def read(self, source: Source, condition: str, *args: object) -> list[Holder]:
        sql = f"SELECT {self.key}, {self.customer}, {self.email} FROM {{{self.name}}} WHERE {condition}"
        return [self._holder(row) for row in await source.fetch(sql, args)]

    async def by(
        self, source: Source, column: str, values: Collection[int] | Collection[str]
    ) -> list[Holder]:
        return await self.read(source, f"{column} IN %s", tuple(values)) if values else []

    def _holder(self, row: Row) -> Holder:
        entity_id, customer, email = row
        return Holder(self.model, entity_id, customer or 0, email or "")


_CUSTOMERS = _Table(Model.CUSTOMER, "customer_entity", "entity_id", "entity_id", "email")
_SUBSCRIBERS = _Table(
    Model.SUBSCRIBER, "newsletter_subscriber", "subscriber_id", "customer_id", "subscriber_email"
)
_ORDERS = _Table(Model.ORDER, "sales_order", "entity_id", "customer_id", "customer_email")


async def read_holders(source: Source, emails: Collection[str]) -> list[Holder]:
    """Customers and subscribers with one of these addresses (folded)."""
    found = await _CUSTOMERS.by(source, "email", emails)
    found += await _SUBSCRIBERS.by(source, "subscriber_email", emails)
    return [one for one in found if one.address in emails]


async def read_beings(source: Source, beings: Collection[EntityRef]) -> list[Holder]:
    """Those of these customers and subscribers that Magento has, and the subscriptions of these customers."""
    customers = [number for model, number in beings if model is Model.CUSTOMER]
    subscribers = [number for model, number in beings if model is Model.SUBSCRIBER]
    return [
        *await _CUSTOMERS.by(source, "entity_id", customers),
        *await _SUBSCRIBERS.by(source, "customer_id", customers),
        *await _SUBSCRIBERS.by(source, "subscriber_id", subscribers),
    ]


async def read_orders(
    source: Source, emails: Collection[str], customers: Collection[int] = ()
) -> list[Holder]:
    """Orders with one of these addresses (folded), or of these customers."""
    found = {one.entity_id: one for one in await _ORDERS.by(source, "customer_id", customers)}
    high = await read_high(source, "sales_order", "entity_id") if emails else 0
    for after in range(0, high, RANGE):
        condition = "entity_id > %s AND entity_id <= %s AND customer_email IN %s"
        page = await _ORDERS.read(source, condition, after, after + RANGE, tuple(emails))
        found |= {one.entity_id: one for one in page if one.address in emails}
    return list(found.values())


def names_of(emails: Collection[str]) -> frozenset[str]:
    """Texts made from addresses as stored, by which their owners are known to Synerise."""
    return frozenset(emails) | {profile_uuid(email) for email in emails}


def marks_of(item: Leased, parcel: Parcel) -> Iterator[str]:
    """Marks of everybody whom a parcel is about."""
    yield being_mark(item.key.model, item.key.entity_id)
    for wire in parcel.items if item.key.model is not Model.PRODUCT else ():
        yield from client_marks(wire.body)
        if wire.endpoint is Endpoint.CLIENT_DELETE:
            yield f"{Model.CUSTOMER} {wire.key}"
