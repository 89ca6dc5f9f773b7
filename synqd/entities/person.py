"""Who a person is in Magento, and whom a parcel is about (semantics S20)."""

from collections.abc import Collection, Iterator, Mapping

from synqd.entities.base import Source
from synqd.entities.identity import profile_uuid
from synqd.entities.paging import read_high
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.person import being_mark, email_mark
from synqd.models.wire import Endpoint, Parcel

RANGE = 200_000
"""Orders that are looked through at a time: their e-mails have no index."""


async def read_customers(source: Source, emails: Collection[str], ids: Collection[int]) -> Mapping[int, str]:
    """E-mails, as stored, of the customers with one of these addresses or ids."""
    found: dict[int, str] = {}
    for column, values in (("email", emails), ("entity_id", ids)):
        if values:
            sql = f"SELECT entity_id, email FROM {{customer_entity}} WHERE {column} IN %s"
            found |= {
                entity_id: email or "" for entity_id, email in await source.fetch(sql, (tuple(values),))
            }
    return found


async def read_subscribers(
    source: Source, emails: Collection[str], customers: Collection[int]
) -> Mapping[int, str]:
    """E-mails, as stored, of the subscribers with one of these addresses or customer ids."""
    found: dict[int, str] = {}
    for column, values in (("subscriber_email", emails), ("customer_id", customers)):
        if values:
            sql = (
                f"SELECT subscriber_id, subscriber_email FROM {{newsletter_subscriber}} WHERE {column} IN %s"
            )
            found |= {number: email or "" for number, email in await source.fetch(sql, (tuple(values),))}
    return found


async def read_orders(source: Source, emails: Collection[str], customers: Collection[int]) -> set[int]:
    """Orders with one of these addresses, or of these customers."""
    found: set[int] = set()
    if customers:
        sql = "SELECT entity_id FROM {sales_order} WHERE customer_id IN %s"
        found.update(number for (number,) in await source.fetch(sql, (tuple(customers),)))
    high = await read_high(source, "sales_order", "entity_id") if emails else 0
    sql = (
        "SELECT entity_id FROM {sales_order}"
        " WHERE entity_id > %s AND entity_id <= %s AND customer_email IN %s"
    )
    for after in range(0, high, RANGE):
        rows = await source.fetch(sql, (after, after + RANGE, tuple(emails)))
        found.update(number for (number,) in rows)
    return found


def names_of(emails: Collection[str]) -> frozenset[str]:
    """Texts made from addresses as stored, by which their owners are known to Synerise."""
    return frozenset(emails) | {profile_uuid(email) for email in emails}


def marks_of(item: Leased, parcel: Parcel) -> Iterator[str]:
    """Marks of everybody whom a parcel is about."""
    yield being_mark(item.key.model, item.key.entity_id)
    for wire in parcel.items:
        client = wire.body.get("client", wire.body)
        if email := client.get("email"):
            yield email_mark(str(email))
        customer = wire.key if wire.endpoint is Endpoint.CLIENT_DELETE else client.get("customId")
        if customer:
            yield f"{Model.CUSTOMER} {customer}"
