"""The demo shop's rows: whole, believable, and different where a synchronization can go wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.support.database import Database, MakeShop

DAY = date(2026, 3, 29)


async def test_every_foreign_key_has_its_row(shop: Database) -> None:
    keys = await shop.sql(
        """SELECT table_name AS t, column_name AS c, referenced_table_name AS rt, referenced_column_name AS rc
           FROM information_schema.key_column_usage
           WHERE constraint_schema = %s AND referenced_table_name IS NOT NULL""",
        shop.name,
    )
    assert len(keys) > 100
    for key in keys:
        orphans = await shop.sql(
            "SELECT {c} FROM {t} WHERE {c} IS NOT NULL AND {c} NOT IN (SELECT {rc} FROM {rt})".format(**key)
        )
        assert orphans == [], key


async def test_it_is_the_same_shop_every_time_and_logs_are_empty(make_shop: MakeShop) -> None:
    first, second = make_shop(day=DAY), make_shop(prefix="m2_", day=DAY)
    tables = await first.sql(
        "SELECT table_name AS t FROM information_schema.tables WHERE table_schema = %s", first.name
    )
    for table in (row["t"] for row in tables if row["t"] != "mview_state"):
        rows = await first.sql(f"SELECT * FROM {table}")
        assert rows == await second.sql(f"SELECT * FROM m2_{table}"), table
        assert not (table.endswith("_cl") and rows)


async def test_it_has_every_kind_of_thing(shop: Database) -> None:
    kinds = await shop.sql("SELECT type_id AS kind, COUNT(*) AS n FROM catalog_product_entity GROUP BY 1")
    assert {row["kind"] for row in kinds} == {
        *("simple", "configurable", "grouped", "bundle", "virtual", "downloadable")
    }
    assert sum(row["n"] for row in kinds) >= 40
    inputs = await shop.sql(
        "SELECT DISTINCT frontend_input AS i FROM eav_attribute WHERE is_user_defined = 1"
    )
    assert {row["i"] for row in inputs} == {
        *("text", "textarea", "date", "datetime", "boolean", "select", "multiselect", "price", "media_image")
    }
    assert len(await shop.sql("SELECT * FROM store WHERE is_active = 1 AND store_id > 0")) == 4
    assert await shop.sql("SELECT * FROM customer_entity WHERE store_id = 0")
    assert await shop.sql("SELECT email FROM customer_entity GROUP BY email HAVING COUNT(*) > 1")


async def test_special_prices_count_from_the_day(make_shop: MakeShop) -> None:
    shop = make_shop(day=DAY)
    [assam] = await shop.sql(
        """SELECT d.value FROM catalog_product_entity_datetime AS d JOIN eav_attribute USING (attribute_id)
           WHERE attribute_code = 'special_to_date' AND entity_id = 114"""
    )
    assert assam["value"].date() == date(2026, 4, 2)
    rule_days = await shop.sql("SELECT DISTINCT rule_date AS d FROM catalogrule_product_price ORDER BY 1")
    assert [row["d"] for row in rule_days] == [date(2026, 3, 28), DAY, date(2026, 3, 30)]


async def test_amounts_of_orders_add_up(shop: Database) -> None:
    for prefix in ("", "base_"):
        orders = await shop.sql(
            f"""SELECT o.entity_id, o.{prefix}subtotal AS subtotal, o.{prefix}grand_total AS total,
                       o.{prefix}tax_amount AS tax, o.{prefix}discount_amount AS discount,
                       o.{prefix}shipping_amount AS shipping, o.{prefix}total_paid AS paid,
                       o.{prefix}total_due AS due, SUM(i.{prefix}row_total) AS rows_total
                FROM sales_order AS o JOIN sales_order_item AS i ON i.order_id = o.entity_id
                WHERE i.parent_item_id IS NULL GROUP BY o.entity_id"""
        )
        assert len(orders) >= 25
        for order in orders:
            parts = order["subtotal"] + order["tax"] + order["discount"] + order["shipping"]
            assert parts == order["total"], order
            assert order["rows_total"] == order["subtotal"], order
            assert order["paid"] + order["due"] == order["total"], order


async def test_open_orders_hold_stock_and_finished_ones_do_not(shop: Database) -> None:
    open_sums = await shop.sql(
        "SELECT stock_id, sku, SUM(quantity) AS held FROM inventory_reservation"
        " GROUP BY 1, 2 HAVING held <> 0"
    )
    held = {(row["stock_id"], row["sku"]): row["held"] for row in open_sums}
    assert held[2, "CUP"] == Decimal(-24)
    assert (1, "TEAPOT") not in held
    assert (1, "WORKSHOP") not in held
