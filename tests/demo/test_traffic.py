"""Scripted traffic: what it writes is what Magento writes, and what it reports is what changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from synqd_demo.shop import traffic
from synqd_demo.shop.data.scopes import HOME_DE, HOME_EN, TRADE_EN, TRADE_PL
from synqd_demo.shop.traffic import Change, Session, TrafficError
from tests.support.database import Database, MakeShop

ASSAM, SENCHA_100, SENCHA = 114, 102, 104


@pytest.fixture
async def session(shop: Database) -> AsyncIterator[Session]:
    async with shop.connect() as connection:
        yield Session(connection)


async def logged(session: Session, log: str) -> list[int]:
    return [
        row["entity_id"] for row in await session.rows(f"SELECT entity_id FROM {log}_cl ORDER BY version_id")
    ]


async def test_default_value_is_seen_where_no_view_has_its_own(session: Session) -> None:
    changes = await traffic.save_product(session, "TEA/ASSAM 2", name="Assam, autumn", price=Decimal("10.20"))
    # Name has own rows in the German and Polish views, price in both views of the trade website.
    assert changes[0] == Change("product", (ASSAM,), (HOME_EN, HOME_DE, TRADE_EN))
    assert set(await logged(session, "catalogsearch_fulltext")) == {ASSAM}
    assert await logged(session, "cataloginventory_stock") == []


async def test_price_of_a_part_concerns_its_composites(session: Session) -> None:
    changes = await traffic.save_product(session, "SENCHA-100", price=Decimal("13.00"))
    assert changes == [
        Change("product", (SENCHA_100,), (HOME_EN, HOME_DE)),
        Change("product", (SENCHA,), (HOME_EN, HOME_DE), related=True),
    ]


async def test_website_value_is_written_for_every_view_of_the_website(session: Session) -> None:
    changes = await traffic.save_product(session, "CUP", "home_de", status=2)
    assert changes[0].stores == (HOME_EN, HOME_DE)
    rows = await session.rows(
        "SELECT v.store_id FROM catalog_product_entity_int AS v JOIN eav_attribute USING (attribute_id)"
        " WHERE attribute_code = 'status' AND entity_id = 122 ORDER BY 1"
    )
    assert [row["store_id"] for row in rows] == [0, HOME_EN, HOME_DE, 7]


async def test_stock_of_another_source_is_logged_by_source_item_only(session: Session) -> None:
    changes = await traffic.change_stock(session, "CUP", 3, "wh_poznan")
    assert changes[0] == Change("product", (122,), (TRADE_PL, TRADE_EN))
    [item] = await session.rows(
        "SELECT source_item_id AS id FROM inventory_source_item"
        " WHERE sku = 'CUP' AND source_code = 'wh_poznan'"
    )
    assert await logged(session, "inventory") == [item["id"]]
    assert await logged(session, "cataloginventory_stock") == []
    await traffic.change_stock(session, "CUP", 0)
    assert await logged(session, "cataloginventory_stock") == [122]


async def test_order_takes_a_reservation_and_touches_no_product_log(session: Session) -> None:
    changes = await traffic.place_order(
        session, "home_de", "clara@post.example", {"SENCHA-100": 2, "WORKSHOP": 1}
    )
    [order_id] = changes[0].entity_ids
    assert changes[1] == Change("product", (SENCHA_100, 128), (HOME_EN, HOME_DE))
    [order] = await session.rows("SELECT * FROM sales_order WHERE entity_id = %s", order_id)
    assert (order["customer_id"], order["customer_is_guest"], order["store_id"]) == (304, 0, HOME_DE)
    items = await session.rows(
        "SELECT * FROM sales_order_item WHERE order_id = %s ORDER BY item_id", order_id
    )
    assert [(item["product_type"], item["sku"]) for item in items] == [
        ("configurable", "SENCHA-100"),
        ("simple", "SENCHA-100"),
        ("virtual", "WORKSHOP"),
    ]
    assert items[1]["parent_item_id"] == items[0]["item_id"]
    assert sum(item["row_total"] for item in items) == order["subtotal"]
    held = await session.rows(
        "SELECT * FROM inventory_reservation WHERE metadata LIKE %s", f"%{order['increment_id']}%"
    )
    assert [(row["sku"], row["quantity"], row["stock_id"]) for row in held] == [
        ("SENCHA-100", -2, 1),
        ("WORKSHOP", -1, 1),
    ]
    for log in ("catalogsearch_fulltext", "catalog_product_price", "cataloginventory_stock", "inventory"):
        assert await logged(session, log) == []


@pytest.mark.parametrize(("status", "due", "sources"), [("complete", 0, 1), ("canceled", None, 0)])
async def test_order_status_gives_back_or_ships(
    session: Session, status: str, due: int | None, sources: int
) -> None:
    [placed, _] = await traffic.place_order(session, "trade_pl", "guest@mail.example", {"CUP": 2})
    [order] = await session.rows("SELECT * FROM sales_order WHERE entity_id = %s", placed.entity_ids[0])
    assert order["customer_is_guest"] == 1
    assert await traffic.change_order_status(session, order["increment_id"], status) == [placed]
    [after] = await session.rows("SELECT * FROM sales_order WHERE entity_id = %s", placed.entity_ids[0])
    assert after["status"] == status
    assert after["total_due"] == (order["grand_total"] if due is None else due)
    [held] = await session.rows(
        "SELECT SUM(quantity) AS held FROM inventory_reservation WHERE metadata LIKE %s",
        f"%{order['increment_id']}%",
    )
    assert held["held"] == 0
    assert len(await logged(session, "inventory")) == sources


async def test_customer_registers_moves_and_leaves(session: Session) -> None:
    [registered] = await traffic.register_customer(session, "home_en", "new@mail.example", "New", "Comer")
    assert registered.stores == (HOME_EN,)
    before = await session.rows("SELECT * FROM customer_entity WHERE entity_id = 303")
    # Made in the back office: belongs to the default view of the website.
    assert await traffic.change_address(session, 303, city="Potsdam") == [
        Change("customer", (303,), (HOME_EN,))
    ]
    assert await session.rows("SELECT * FROM customer_entity WHERE entity_id = 303") == before
    gone = await traffic.delete_customer(session, 301)
    assert gone == [
        Change("customer", (301,), (HOME_EN,), gone=True),
        Change("subscriber", (601,), (HOME_EN,), gone=True),
    ]
    assert await session.rows("SELECT * FROM customer_address_entity WHERE parent_id = 301") == []
    orders = await session.rows(
        "SELECT customer_id FROM sales_order WHERE customer_email = 'ada.moss@mail.example' AND store_id = 1"
    )
    assert {row["customer_id"] for row in orders} == {None}


async def test_subscriber_keeps_one_row_per_website(session: Session) -> None:
    [first] = await traffic.subscribe(session, "home_en", "Somebody@Mail.example")
    [second] = await traffic.unsubscribe(session, "home_de", "Somebody@Mail.example")
    [third] = await traffic.subscribe(session, "home_de", "Somebody@Mail.example")
    assert first.entity_ids == second.entity_ids == third.entity_ids
    assert third.stores == (HOME_DE,)
    [with_account] = await traffic.subscribe(session, "home_en", "kim@mail.example")
    [row] = await session.rows(
        "SELECT * FROM newsletter_subscriber WHERE subscriber_id = %s", with_account.entity_ids[0]
    )
    assert row["customer_id"] == 312


async def test_deleted_product_vanishes_by_foreign_keys(session: Session) -> None:
    changes = await traffic.delete_product(session, "SENCHA-100")
    assert changes[0] == Change("product", (SENCHA_100,), (HOME_EN, HOME_DE, TRADE_PL, TRADE_EN), gone=True)
    assert [(change.entity_ids, change.related) for change in changes[1:]] == [((SENCHA,), True)]
    for table in ("catalog_product_entity_int", "cataloginventory_stock_item"):
        column = "entity_id" if table.endswith("int") else "product_id"
        assert await session.rows(f"SELECT * FROM {table} WHERE {column} = %s", SENCHA_100) == []
    assert await logged(session, "catalogsearch_fulltext") == [SENCHA_100]
    assert await logged(session, "catalog_product_attribute") == []


async def test_renamed_sku_leaves_rows_of_the_old_one_behind(session: Session) -> None:
    assert (await traffic.rename_sku(session, "CUP", "CUP-2"))[0].entity_ids == (122,)
    rows = await session.rows(
        "SELECT sku FROM inventory_source_item WHERE sku LIKE 'CUP%%' ORDER BY sku, source_code"
    )
    assert [row["sku"] for row in rows] == ["CUP", "CUP", "CUP-2", "CUP-2"]


async def test_failed_save_changes_nothing(session: Session) -> None:
    before = await session.rows("SELECT * FROM catalog_product_entity_varchar")
    with pytest.raises(TrafficError, match="no product attribute no_such"):
        await traffic.save_product(session, "CUP", name="Renamed", no_such=1)
    assert await session.rows("SELECT * FROM catalog_product_entity_varchar") == before
    with pytest.raises(TrafficError, match="no product NONE"):
        await traffic.delete_product(session, "NONE")


async def test_prefix_is_respected_by_every_action(make_shop: MakeShop) -> None:
    shop = make_shop(prefix="m2_")
    async with shop.connect() as connection:
        session = Session(connection, "m2_")
        await traffic.save_product(session, "CUP", "trade_pl", name="Kubek")
        await traffic.change_stock(session, "CUP", 1)
        [order, _] = await traffic.place_order(session, "home_en", "a@b.example", {"MUG-SAGE": 1})
        [row] = await session.rows(
            "SELECT increment_id FROM {p}sales_order WHERE entity_id = %s", *order.entity_ids
        )
        await traffic.change_order_status(session, row["increment_id"], "complete")
        [customer] = await traffic.register_customer(session, "home_en", "a@b.example", "A", "B")
        await traffic.change_address(session, 304, city="Bonn")
        await traffic.subscribe(session, "home_en", "a@b.example")
        await traffic.unsubscribe(session, "home_en", "a@b.example")
        await traffic.rename_sku(session, "CUP", "CUP-2")
        await traffic.delete_product(session, "CUP-2")
        await traffic.delete_customer(session, *customer.entity_ids)


async def test_product_actions_fit_a_real_magento(magento_copy: Database) -> None:
    async with magento_copy.connect() as connection:
        session = Session(connection)
        before = len(await logged(session, "catalog_product_price"))
        [price] = await traffic.save_product(session, "24-MB03", price=Decimal("41.5"))
        assert price == Change("product", (3,), (1, 2, 3, 4))
        assert (await logged(session, "catalog_product_price"))[before:] == [3]
        [renamed, *_] = await traffic.rename_sku(session, "24-UG06", "24-UG06-NEW")
        [deleted, *_] = await traffic.delete_product(session, "24-UG06-NEW")
        assert renamed.entity_ids == deleted.entity_ids == (15,)
