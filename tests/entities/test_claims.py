"""Whose profile an address is: one account of several, and none that nobody has confirmed (S29, S30, S33)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synqd.entities.accounts import WAITS, YIELDS
from synqd.entities.customer import CustomerEntity
from synqd.entities.order import OrderEntity
from synqd.models.item import LedgerEntry, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.models.shop import Shop
from synqd.models.wire import Endpoint, Parcel, Skip
from synqd.queue import Queue, QueueSettings
from tests.support.database import Database
from tests.support.entities import (
    CountingSource,
    Shopkeeper,
    body,
    one_workspace,
    parcel,
    put,
    reason,
    remembered,
    settings_of,
)

CONFIRM = "customer/create_account/confirm"
CODE = "c0ffee5eedc0ffee"


def requiring(shop: Shop, path: str = CONFIRM, website_id: int = 2) -> Shop:
    """The shop, where accounts of a website have to be confirmed."""
    values = {**shop.config.values, (path, "websites", website_id): "1"}
    return replace(shop, config=replace(shop.config, values=values))


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0)) as opened:
        yield opened


@pytest.fixture
def keeper(scratch_source: CountingSource, scratch_shop: Shop) -> Shopkeeper:
    """Customers of two websites in one workspace; those of the second have to be confirmed."""
    return Shopkeeper(CustomerEntity(), scratch_source, requiring(scratch_shop), one_workspace())


async def told(queue: Queue, key: Key, sent: LedgerEntry) -> None:
    """Records that something was sent."""
    await queue.outbox.intake([Wish(key, quiet=9)])
    (item,) = await queue.outbox.lease(Stream(key.model, key.store_id), Lane.LIVE, 1, 60)
    await queue.outbox.settle([Ack(item, sent)])
    assert (await queue.ledger.known([key]))[key] == sent


async def add(database: Database, entity_id: int, email: str, website: int = 1, **columns: Any) -> None:
    """An account of a website's first store view (1 or 3)."""
    where = {"entity_id": entity_id, "website_id": website, "store_id": 2 * website - 1}
    await put(database, "customer_entity", **where, email=email, firstname=f"No {entity_id}", **columns)


async def test_of_two_accounts_with_one_address_the_later_one_has_the_profile(
    scratch: Database, keeper: Shopkeeper, queue: Queue
) -> None:
    await add(scratch, 61_001, "Two.Of@mail.example")
    before = remembered(await keeper.one(1, 61_001))
    await add(scratch, 61_002, "two.of@mail.example", 2)
    assert body(await keeper.one(3, 61_002))["customId"] == "61002"
    assert await keeper.one(1, 61_001) == Skip(YIELDS)
    assert await keeper.one(1, 61_001, known=before) == Skip(YIELDS), "it is what Synerise has"
    keeper.ledger = queue.ledger
    await told(queue, Key(Model.CUSTOMER, 1, 61_001), before)
    assert await keeper.one(1, 61_001, known=before) == Skip(YIELDS)
    after = remembered(await keeper.one(3, 61_002))
    await told(queue, Key(Model.CUSTOMER, 3, 61_002), after._replace(last_at=2))
    assert await keeper.one(1, 61_001, known=before) == Skip(YIELDS, moved=True)


async def test_a_profile_that_synerise_would_not_give_over_is_still_the_other_accounts(
    scratch: Database, keeper: Shopkeeper, queue: Queue
) -> None:
    keeper.ledger = queue.ledger
    await add(scratch, 61_005, "held@mail.example")
    held = remembered(await keeper.one(1, 61_005))
    await told(queue, Key(Model.CUSTOMER, 1, 61_005), held)
    await add(scratch, 61_006, "else@mail.example", 2)
    before = remembered(await keeper.one(3, 61_006))
    await told(queue, Key(Model.CUSTOMER, 3, 61_006), before)
    await scratch.sql("UPDATE customer_entity SET email = 'Held@mail.example' WHERE entity_id = 61006")
    assert reason(await keeper.one(1, 61_005, known=held)) == YIELDS
    assert "belongs to another profile" in reason(await keeper.one(3, 61_006, known=before))


async def test_accounts_of_other_workspaces_and_other_addresses_have_no_say(
    scratch: Database, keeper: Shopkeeper, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 61_011, "apart@mail.example")
    await add(scratch, 61_012, "apart@mail.example", 2)
    apart = Shopkeeper(CustomerEntity(), scratch_source, scratch_shop, settings_of())
    assert body(await apart.one(1, 61_011))["customId"] == "61011"
    await add(scratch, 61_012, "ápart@mail.example", 2)
    assert body(await keeper.one(1, 61_011))["email"] == "apart@mail.example"


@pytest.mark.parametrize("required", [True, False], ids=["required", "not required"])
async def test_an_unconfirmed_claim_never_takes_the_profile_of_a_confirmed_account(
    scratch: Database, keeper: Shopkeeper, scratch_shop: Shop, *, required: bool
) -> None:
    keeper.shop = requiring(scratch_shop) if required else scratch_shop
    await add(scratch, 61_021, "anna@mail.example")
    await add(scratch, 61_022, "anna@mail.example", 2, confirmation=CODE)
    assert body(await keeper.one(1, 61_021))["customId"] == "61021"
    assert reason(await keeper.one(3, 61_022)) == (WAITS if required else YIELDS)
    await add(scratch, 61_022, "anna@mail.example", 2)  # confirmed
    assert body(await keeper.one(3, 61_022))["customId"] == "61022"


@pytest.mark.parametrize(
    ("path", "website", "confirmation", "waits"),
    [
        (CONFIRM, 2, CODE, True),
        ("customer/account_information/confirm", 2, CODE, True),
        (CONFIRM, 1, CODE, False),
        (CONFIRM, 2, "", False),
        (CONFIRM, 2, "0", False),
        (CONFIRM, 2, None, False),
    ],
    ids=["to register", "to change the e-mail", "elsewhere", "empty", "zero", "confirmed"],
)
async def test_an_account_waits_as_long_as_magento_lets_nobody_into_it(
    scratch: Database,
    keeper: Shopkeeper,
    scratch_shop: Shop,
    path: str,
    website: int,
    confirmation: str | None,
    *,
    waits: bool,
) -> None:
    keeper.shop = requiring(scratch_shop, path, website)
    await add(scratch, 61_031, "emil@mail.example", 2, confirmation=confirmation)
    outcome = await keeper.one(3, 61_031)
    assert outcome == Skip(WAITS) if waits else isinstance(outcome, Parcel)


@pytest.mark.parametrize("went", ["deleted", "renamed", "unconfirmed", "away", "unfit"])
async def test_who_gives_an_address_up_has_the_next_account_sent(
    scratch: Database, keeper: Shopkeeper, went: str
) -> None:
    await add(scratch, 61_041, "next@mail.example")
    await add(scratch, 61_042, "next@mail.example", 2)
    before = remembered(await keeper.one(3, 61_042))
    await keeper.one(3, 61_042, known=before)
    assert not keeper.woken
    changes = {
        "deleted": "DELETE FROM customer_entity WHERE entity_id = 61042",
        "renamed": "UPDATE customer_entity SET email = 'other@mail.example' WHERE entity_id = 61042",
        "unconfirmed": f"UPDATE customer_entity SET confirmation = '{CODE}' WHERE entity_id = 61042",
        "away": "UPDATE customer_entity SET store_id = 5 WHERE entity_id = 61042",
        "unfit": "UPDATE customer_entity SET email = 'ne\u200bxt@mail.example' WHERE entity_id = 61042",
    }
    keeper.settings = one_workspace(sync={"stores": ["default", "de", "b2b_en", "b2b_pl"]})
    await scratch.sql(changes[went])
    await keeper.one(3, 61_042, known=before)
    assert keeper.woken == {Key(Model.CUSTOMER, 1, 61_041)}
    assert body(await keeper.one(1, 61_041))["customId"] == "61041"


async def test_the_deletion_of_an_account_spares_who_has_the_address_now(
    scratch: Database, keeper: Shopkeeper
) -> None:
    await add(scratch, 61_051, "spared@mail.example")
    gone = await keeper.one(3, 61_052, hint="Spared@mail.example")
    assert reason(gone) == "deleted; another customer has the e-mail now"
    gone = await keeper.one(3, 61_052, hint="spáred@mail.example")
    assert parcel(gone).items[0].endpoint is Endpoint.EVENTS, "that is somebody else"
    await add(scratch, 61_051, "spared@mail.example", 2, confirmation=CODE)
    assert parcel(await keeper.one(1, 61_052, hint="spared@mail.example")).items


@pytest.mark.parametrize("old", ["strasse.r@mail.example", "anné@mail.example"])
async def test_an_address_that_is_another_one_was_left(
    scratch: Database, keeper: Shopkeeper, old: str
) -> None:
    new = old.replace("ss", "ß").replace("é", "e")
    await add(scratch, 61_061, old)
    before = remembered(await keeper.one(1, 61_061))
    await add(scratch, 61_061, new)
    row = {"subscriber_id": 61_061, "store_id": 1, "customer_id": 61_061}
    await put(scratch, "newsletter_subscriber", **row, subscriber_email=new, subscriber_status=1)
    off, profile = parcel(await keeper.one(1, 61_061, known=before)).items
    assert (off.key, off.body["agreements"], profile.key) == (old, {"email": False}, new)


# Orders


@pytest.fixture
def orders(scratch_source: CountingSource, scratch_shop: Shop, queue: Queue) -> Shopkeeper:
    """Orders of both websites in one workspace, with profiles of guests."""
    settings = one_workspace(order={"guest_profiles": True})
    return Shopkeeper(OrderEntity(), scratch_source, requiring(scratch_shop), settings, queue.ledger)


async def order(database: Database, entity_id: int, email: str, **columns: Any) -> None:
    """An order of store view 1 with one line; a guest's unless a customer is named."""
    row = {"entity_id": entity_id, "store_id": 1, "increment_id": f"C{entity_id}", "status": "pending"}
    row |= {"order_currency_code": "USD", "created_at": "2026-03-01 10:00:00", "customer_email": email}
    row |= {
        "customer_firstname": f"Guest {entity_id}",
        "customer_is_guest": int("customer_id" not in columns),
    }
    await put(database, "sales_order", **{**row, **columns})
    await put(database, "sales_order_item", item_id=entity_id, order_id=entity_id, sku="S", qty_ordered=1)


async def test_only_the_account_that_has_the_profile_gives_orders_its_id(
    scratch: Database, orders: Shopkeeper
) -> None:
    await add(scratch, 62_001, "shared@mail.example")
    await order(scratch, 62_001, "shared@mail.example", customer_id=62_001)
    assert body(await orders.one(1, 62_001))["client"]["customId"] == "62001"
    await add(scratch, 62_002, "shared@mail.example", 2, confirmation=CODE)
    assert body(await orders.one(1, 62_001))["client"]["customId"] == "62001"
    await order(scratch, 62_002, "shared@mail.example", customer_id=62_002)
    assert "customId" not in body(await orders.one(1, 62_002))["client"], "nobody may log in to it yet"
    await scratch.sql("UPDATE customer_entity SET confirmation = NULL WHERE entity_id = 62002")
    assert "customId" not in body(await orders.one(1, 62_001))["client"]
    assert body(await orders.one(1, 62_002))["client"]["customId"] == "62002"


async def test_a_guest_never_overwrites_the_profile_of_an_account(
    scratch: Database, orders: Shopkeeper
) -> None:
    await order(scratch, 62_011, "Ivy.G@mail.example")
    alone = parcel(await orders.one(1, 62_011))
    assert alone.items[0].body["firstName"] == "Guest 62011"
    await add(scratch, 62_011, "ívy.g@mail.example")  # somebody else, whatever the database says
    assert parcel(await orders.one(1, 62_011)) == alone
    await add(scratch, 62_012, "ivy.g@mail.example", 2, confirmation=CODE)
    assert parcel(await orders.one(1, 62_011)) == alone, "it has no profile before it is confirmed"
    await add(scratch, 62_012, "ivy.g@mail.example", 2)
    owned = parcel(await orders.one(1, 62_011))
    assert [wire.endpoint for wire in owned.items] == [Endpoint.TRANSACTIONS]
    assert owned.digest == alone.digest, "or it would be sent, and billed, once more"


async def test_among_guests_the_names_of_the_newest_order_count(
    scratch: Database, orders: Shopkeeper, queue: Queue
) -> None:
    await order(scratch, 62_021, "gu.est@mail.example")
    await order(scratch, 62_022, "Gu.Est@mail.example", store_id=3)
    await order(scratch, 62_023, "gu.ést@mail.example")
    older = parcel(await orders.one(1, 62_021))
    assert older.items[0].body["firstName"] == "Guest 62021"
    for entity_id, store_id in ((62_022, 3), (62_023, 1)):
        sent = remembered(await orders.one(store_id, entity_id))
        await told(queue, Key(Model.ORDER, store_id, entity_id), sent)
    again = parcel(await orders.one(1, 62_021))
    assert [wire.endpoint for wire in again.items] == [Endpoint.TRANSACTIONS]
    assert again.digest == older.digest
    newest = parcel(await orders.one(3, 62_022))
    assert newest.items[0].body["firstName"] == "Guest 62022"
