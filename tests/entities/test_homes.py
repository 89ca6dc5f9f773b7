"""Rows without a store view: at home where their customer is, else counted beside them (S11, S32)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from synqd.entities import DECLARED
from synqd.entities.order import OrderEntity
from synqd.entities.subscriber import SubscriberEntity
from synqd.models.names import Model
from synqd.models.shop import Shop
from tests.entities.order.test_order_mapping import add as add_order
from tests.entities.order.test_order_mapping import add_line
from tests.support.database import Database
from tests.support.entities import CountingSource, Shopkeeper, body, put, reason

CUSTOMER, BACK_OFFICE = 2, 90_201  # at home in store view 1; in that of website 2
SUBSCRIBERS = {90_211: (0, CUSTOMER), 90_212: (None, BACK_OFFICE), 90_213: (0, 0), 90_214: (None, 999_999)}
HOMES = {90_211: {1}, 90_212: {3}, 90_213: set(), 90_214: set()}


@pytest.fixture
async def subscribers(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> AsyncIterator[Shopkeeper]:
    customer: dict[str, Any] = {"website_id": 2, "store_id": 0, "email": "office@homes.example"}
    await put(scratch, "customer_entity", entity_id=BACK_OFFICE, firstname="A", lastname="B", **customer)
    for number, (store_id, customer_id) in SUBSCRIBERS.items():
        row: dict[str, Any] = {"store_id": store_id, "customer_id": customer_id, "subscriber_status": 1}
        row |= {"subscriber_email": f"s{number}@homes.example", "change_status_at": "2026-11-01 10:00:00"}
        await put(scratch, "newsletter_subscriber", subscriber_id=number, **row)
    yield Shopkeeper(SubscriberEntity(), scratch_source, scratch_shop)
    await scratch.sql("DELETE FROM newsletter_subscriber WHERE subscriber_id BETWEEN 90211 AND 90214")
    await scratch.sql("DELETE FROM customer_entity WHERE entity_id = %s", BACK_OFFICE)


async def test_a_subscription_is_at_home_where_its_account_is(subscribers: Shopkeeper) -> None:
    entity, source, shop = subscribers.entity, subscribers.source, subscribers.shop
    assert await entity.locate(source, shop, list(HOMES)) == HOMES
    for store_id in shop.stores:
        page = await entity.page(source, shop.stores[store_id], 90_200, 10, 90_300)
        assert set(page.ids) == {number for number, homes in HOMES.items() if store_id in homes}
    assert body(await subscribers.one(1, 90_211))["agreements"] == {"email": True}
    assert body(await subscribers.one(3, 90_212))["agreements"] == {"email": True}
    assert reason(await subscribers.one(1, 90_213)) == "belongs to another store view"


async def test_what_is_nowhere_is_counted_and_counts_add_up(
    scratch: Database, subscribers: Shopkeeper
) -> None:
    await add_order(scratch, 90_221, store_id=None, customer_id=CUSTOMER, customer_is_guest=0)
    await add_order(scratch, 90_222, store_id=None)
    source, shop = subscribers.source, subscribers.shop
    for model, table in (
        (Model.SUBSCRIBER, "newsletter_subscriber"),
        (Model.ORDER, "sales_order"),
        (Model.CUSTOMER, "customer_entity"),
    ):
        entity = DECLARED[model].create()
        placed = [await entity.count(source, store) for store in shop.stores.values()]
        ((unplaced,),) = await source.fetch(DECLARED[model].unplaced)
        ((rows,),) = await source.fetch(f"SELECT COUNT(*) FROM {{{table}}}")
        assert sum(placed) + unplaced == rows
        assert unplaced >= {Model.SUBSCRIBER: 2, Model.ORDER: 1, Model.CUSTOMER: 0}[model]
    await scratch.sql("DELETE FROM catalog_product_website WHERE product_id = 2070")
    ((products,),) = await source.fetch(DECLARED[Model.PRODUCT].unplaced)
    assert products >= 1
    await put(scratch, "catalog_product_website", product_id=2070, website_id=1)


async def test_an_order_of_a_lost_store_view_goes_where_its_account_is_at_home(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add_order(scratch, 90_221, store_id=None, customer_id=CUSTOMER, customer_is_guest=0)
    await add_line(scratch, 902_211, 90_221, store_id=None)
    await add_order(scratch, 90_222, store_id=None)
    keeper = Shopkeeper(OrderEntity(), scratch_source, scratch_shop)
    homes = await keeper.entity.locate(scratch_source, scratch_shop, [90_221, 90_222])
    assert homes == {90_221: {1}, 90_222: set()}
    sent = body(await keeper.one(1, 90_221))
    assert sent["metadata"]["storeId"] == "1"
    assert sent["products"][0]["storeId"] == 1
    assert reason(await keeper.one(1, 90_222)) == "its store view is gone"
