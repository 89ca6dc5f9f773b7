"""Customers, addresses and subscribers: registering, moving house, changing one's mind, leaving."""

from __future__ import annotations

from typing import Any

from synqd_demo.shop.traffic.session import Change, Session

SUBSCRIBED, UNSUBSCRIBED = 1, 3


async def register_customer(
    session: Session, store: str, email: str, firstname: str, lastname: str
) -> list[Change]:
    """Open an account. Magento saves it twice: the account, then the hash of its password."""
    view = await _view(session, store)
    async with session.transaction():
        customer_id = await session.insert(
            "customer_entity",
            {
                "website_id": view["website_id"],
                "email": email,
                "group_id": 1,
                "store_id": view["store_id"],
                "created_in": view["name"],
                "firstname": firstname,
                "lastname": lastname,
                "is_active": 1,
            },
        )
    await session.run(
        "UPDATE {p}customer_entity SET password_hash = 'not-a-hash', rp_token = NULL WHERE entity_id = %s",
        customer_id,
    )
    return [Change("customer", (customer_id,), (view["store_id"],))]


async def change_address(session: Session, customer_id: int, **columns: Any) -> list[Change]:
    """Save the default billing address: the customer's own row, and its ``updated_at``, stay as they are."""
    customer = await _customer(session, customer_id)
    assignments = ", ".join(f"`{column}` = %s" for column in columns)
    await session.run(
        f"UPDATE {{p}}customer_address_entity SET {assignments}, updated_at = UTC_TIMESTAMP()"
        " WHERE entity_id = %s",
        *columns.values(),
        customer["default_billing"],
    )
    return [Change("customer", (customer_id,), await _stores_of(session, customer))]


async def delete_customer(session: Session, customer_id: int) -> list[Change]:
    """Delete an account; addresses and values go by foreign keys, orders keep e-mail and lose the id."""
    customer = await _customer(session, customer_id)
    stores = await _stores_of(session, customer)
    subscriptions = await session.rows(
        "SELECT subscriber_id, store_id FROM {p}newsletter_subscriber WHERE customer_id = %s", customer_id
    )
    async with session.transaction():
        await session.run("DELETE FROM {p}customer_entity WHERE entity_id = %s", customer_id)
    # In Magento too only after the customer is gone for good.
    await session.run("DELETE FROM {p}newsletter_subscriber WHERE customer_id = %s", customer_id)
    return [
        Change("customer", (customer_id,), stores, gone=True),
        *(
            Change("subscriber", (row["subscriber_id"],), (row["store_id"],), gone=True)
            for row in subscriptions
        ),
    ]


async def subscribe(session: Session, store: str, email: str) -> list[Change]:
    """Subscribe an e-mail; one that has an account or a row in this website gets no second row."""
    view = await _view(session, store)
    known = await session.rows(
        "SELECT n.subscriber_id FROM {p}newsletter_subscriber AS n JOIN {p}store AS s USING (store_id)"
        " WHERE n.subscriber_email = %s AND s.website_id = %s",
        email,
        view["website_id"],
    )
    for row in known:
        return await _set_status(session, row["subscriber_id"], SUBSCRIBED, view["store_id"])
    customers = await session.rows(
        "SELECT entity_id FROM {p}customer_entity WHERE email = %s AND website_id = %s",
        email,
        view["website_id"],
    )
    subscriber_id = await session.run(
        "INSERT INTO {p}newsletter_subscriber (store_id, change_status_at, customer_id, subscriber_email,"
        " subscriber_status, subscriber_confirm_code) VALUES (%s, UTC_TIMESTAMP(), %s, %s, %s, %s)",
        view["store_id"],
        customers[0]["entity_id"] if customers else 0,
        email,
        SUBSCRIBED,
        "5ub5cr1be5ub5cr1be5ub5cr1be5ub5c",
    )
    return [Change("subscriber", (subscriber_id,), (view["store_id"],))]


async def unsubscribe(session: Session, store: str, email: str) -> list[Change]:
    """Unsubscribe an e-mail in the website of a store view."""
    view = await _view(session, store)
    row = await session.row(
        f"subscriber {email} in the website of {store}",
        "SELECT n.subscriber_id, n.store_id FROM {p}newsletter_subscriber AS n"
        " JOIN {p}store AS s USING (store_id) WHERE n.subscriber_email = %s AND s.website_id = %s",
        email,
        view["website_id"],
    )
    return await _set_status(session, row["subscriber_id"], UNSUBSCRIBED, row["store_id"])


async def _set_status(session: Session, subscriber_id: int, status: int, store_id: int) -> list[Change]:
    await session.run(
        "UPDATE {p}newsletter_subscriber SET subscriber_status = %s,"
        " change_status_at = UTC_TIMESTAMP(), store_id = %s WHERE subscriber_id = %s",
        status,
        store_id,
        subscriber_id,
    )
    return [Change("subscriber", (subscriber_id,), (store_id,))]


async def _view(session: Session, code: str) -> dict[str, Any]:
    return await session.row(f"store view {code}", "SELECT * FROM {p}store WHERE code = %s", code)


async def _customer(session: Session, customer_id: int) -> dict[str, Any]:
    return await session.row(
        f"customer {customer_id}", "SELECT * FROM {p}customer_entity WHERE entity_id = %s", customer_id
    )


async def _stores_of(session: Session, customer: dict[str, Any]) -> tuple[int, ...]:
    """The customer's store view; for one made in the back office the default one of the website."""
    if customer["store_id"]:
        return (customer["store_id"],)
    group = await session.row(
        f"website {customer['website_id']}",
        "SELECT g.default_store_id FROM {p}store_website AS w JOIN {p}store_group AS g"
        " ON g.group_id = w.default_group_id WHERE w.website_id = %s",
        customer["website_id"],
    )
    return (group["default_store_id"],)
