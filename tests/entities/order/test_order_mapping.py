"""Identity, oddities and stability of transactions."""

from __future__ import annotations

from typing import Any

import pytest

from synqd.entities.identity import profile_uuid
from synqd.entities.order import OrderEntity
from synqd.models.names import Lane
from synqd.models.shop import Shop
from synqd.models.wire import Endpoint
from tests.support.database import Database
from tests.support.entities import (
    CountingSource,
    Shopkeeper,
    body,
    doubted,
    leased,
    parcel,
    reason,
    remembered,
    settings_of,
)


def keeper(source: CountingSource, shop: Shop, **sections: Any) -> Shopkeeper:
    return Shopkeeper(OrderEntity(), source, shop, settings_of(**sections))


@pytest.fixture
def shop(scratch_source: CountingSource, scratch_shop: Shop) -> Shopkeeper:
    return keeper(scratch_source, scratch_shop)


async def add(database: Database, entity_id: int, **columns: Any) -> None:
    """An order of store view 1 without anything beside its own row."""
    values = {"entity_id": entity_id, "store_id": 1, "increment_id": f"T{entity_id}", "status": "pending"}
    values |= {"customer_email": "buyer@shop.example", "order_currency_code": "USD", "customer_is_guest": 1}
    values |= {"subtotal": 10, "subtotal_incl_tax": 12, "discount_amount": 0, "shipping_amount": 0}
    values |= {"created_at": "2026-03-01 10:00:00", **columns}
    await insert(database, "sales_order", values)


async def add_line(database: Database, item_id: int, order_id: int, **columns: Any) -> None:
    values = {"item_id": item_id, "order_id": order_id, "store_id": 1, "product_type": "simple", "sku": "S"}
    values |= {"name": "Thing", "qty_ordered": 2, "price": 5, "price_incl_tax": 6, "original_price": 5}
    values |= {"row_total": 10, "tax_amount": 2, "tax_percent": 20, "discount_amount": 0, **columns}
    await insert(database, "sales_order_item", values)


async def insert(database: Database, table: str, values: dict[str, Any]) -> None:
    marks = ", ".join(["%s"] * len(values))
    await database.sql(f"REPLACE INTO {table} ({', '.join(values)}) VALUES ({marks})", *values.values())


async def test_customer_id_goes_along_with_the_present_email_only(
    scratch: Database, shop: Shopkeeper
) -> None:
    email = "Customer008@mail.example"
    await add(scratch, 40_001, customer_id=9, customer_is_guest=0, customer_email=email)
    await add_line(scratch, 40_001, 40_001)
    assert body(await shop.one(1, 40_001))["client"]["customId"] == "9"
    await scratch.sql("UPDATE sales_order SET customer_email = 'former@mail.example' WHERE entity_id = 40001")
    client = body(await shop.one(1, 40_001))["client"]
    assert client["email"] == "former@mail.example"
    assert "customId" not in client


@pytest.mark.parametrize(
    "change",
    ["customer_email = 'anon@gdpr.invalid'", "created_at = '2026-03-01 10:00:01'", "customer_email = NULL"],
    ids=["e-mail", "time", "no e-mail"],
)
@pytest.mark.parametrize("is_in_doubt", [False, True], ids=["sent", "in doubt"])
async def test_an_order_whose_email_or_time_changed_is_never_a_second_event(
    scratch: Database, shop: Shopkeeper, change: str, *, is_in_doubt: bool
) -> None:
    await add(scratch, 40_020)
    await add_line(scratch, 40_020, 40_020)
    sent = remembered(await shop.one(1, 40_020))
    before = doubted(sent) if is_in_doubt else sent
    await scratch.sql("UPDATE sales_order SET status = 'complete' WHERE entity_id = 40020")
    assert body(await shop.one(1, 40_020, known=before))["metadata"]["orderStatus"] == "complete"
    await scratch.sql(f"UPDATE sales_order SET {change} WHERE entity_id = 40020")
    if "NULL" in change:
        assert "Synerise does not accept its e-mail" in reason(await shop.one(1, 40_020, known=before))
        return
    assert reason(await shop.one(1, 40_020, known=before)) == "its e-mail / time changed after it was sent"
    # What another workspace was sent, or an older synqd sent, says nothing of it.
    assert parcel(await shop.one(1, 40_020, known=before._replace(workspace="other")))
    assert parcel(await shop.one(1, 40_020, known=before._replace(event=b"")))


async def test_the_customers_own_new_address_changes_no_event(scratch: Database, shop: Shopkeeper) -> None:
    (customer,) = await scratch.sql("SELECT entity_id, email FROM customer_entity WHERE entity_id = 11")
    values = {"customer_id": customer["entity_id"], "customer_email": customer["email"]}
    await add(scratch, 40_021, customer_is_guest=0, **values)
    await add_line(scratch, 40_021, 40_021)
    first = await shop.one(1, 40_021)
    assert body(first)["client"]["customId"] == "11"
    await scratch.sql("UPDATE customer_entity SET email = 'moved@mail.example' WHERE entity_id = 11")
    again = body(await shop.one(1, 40_021, known=remembered(first)))
    assert again["client"] == {"email": customer["email"], "uuid": profile_uuid(customer["email"])}


async def test_without_customer_ids_orders_carry_none(dump_source: CountingSource, dump_shop: Shop) -> None:
    quiet = keeper(dump_source, dump_shop, customer={"custom_id": "none"})
    assert "customId" in body(await keeper(dump_source, dump_shop).one(1, 1))["client"]
    assert "customId" not in body(await quiet.one(1, 1))["client"]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, "has no items"),
        ({"store_id": None}, "its store view is gone"),
        ({"store_id": 2}, "belongs to another store view"),
        ({"customer_email": None}, "Synerise does not accept its e-mail"),
        ({"customer_email": "a..b@shop.example"}, "Synerise does not accept its e-mail"),
        ({"increment_id": None}, "Synerise does not accept its increment id"),
        ({"order_currency_code": None, "base_currency_code": None}, "has no currency"),
    ],
)
async def test_orders_that_cannot_be_sent_say_why(
    scratch: Database, shop: Shopkeeper, columns: dict[str, Any], expected: str
) -> None:
    await scratch.sql("DELETE FROM sales_order_item WHERE order_id = 40002")
    await add(scratch, 40_002, **columns)
    if columns:
        await add_line(scratch, 40_002, 40_002)
    assert reason(await shop.one(1, 40_002)) == expected


async def test_order_without_time_is_not_sent_for_it_would_double(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 40_003)
    await add_line(scratch, 40_003, 40_003)
    async with scratch.connect(init_command="SET sql_mode = ''") as connection, connection.cursor() as cursor:
        await cursor.execute("UPDATE sales_order SET created_at = '0000-00-00' WHERE entity_id = 40003")
    assert "no creation time" in reason(await shop.one(1, 40_003))


async def test_deleted_order_is_gone(dump_source: CountingSource, dump_shop: Shop) -> None:
    assert reason(await keeper(dump_source, dump_shop).one(1, 999_999)) == "not in Magento, and never sent"


async def test_order_of_a_lost_store_view_belongs_nowhere(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 40_004, store_id=None)
    located = await shop.entity.locate(shop.source, shop.shop, [40_004, 1, 999_999])
    assert located == {40_004: frozenset(), 1: frozenset({1})}


async def test_missing_payment_huge_amounts_and_strange_characters_are_sent(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 40_005, discount_amount=-5)
    name = "Żółw \u9f9c " + "x" * 200
    total = "9999999999999999.9999"
    await add_line(scratch, 40_005, 40_005, name=name, row_total=total, tax_amount=0, qty_ordered=1)
    sent = body(await shop.one(1, 40_005))
    assert sent["paymentInfo"] == {"method": "unknown"}
    assert sent["discountAmount"] == {"amount": 5, "currency": "USD"}
    assert sent["products"][0]["name"] == name
    assert sent["value"]["amount"] == pytest.approx(1e16)


@pytest.mark.parametrize(
    ("discount", "tax", "paid", "told"),
    [(0, 2, 12, None), (10, 0, 0, 10), (12, 0, 0, 12), (2.5, 1.5, 9, 2.5)],
)
@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
async def test_revenue_is_what_was_paid_after_discounts(
    scratch: Database,
    shop: Shopkeeper,
    discount: float,
    tax: float,
    paid: float,
    told: float | None,
    currency: str,
) -> None:
    await add(scratch, 40_051, discount_amount=-discount, order_currency_code=currency, subtotal_incl_tax=12)
    await add_line(scratch, 400_511, 40_051, discount_amount=discount, tax_amount=tax)
    sent = body(await shop.one(1, 40_051))
    assert sent["revenue"] == {"amount": paid, "currency": currency}
    assert sent["products"][0]["finalUnitPrice"] == {"amount": paid / 2, "currency": currency}
    assert sent.get("discountAmount") == (None if told is None else {"amount": told, "currency": currency})
    module = keeper(shop.source, shop.shop, sync={"mapping": "module"})
    assert body(await module.one(1, 40_051))["revenue"]["amount"] == 12


async def test_a_fraction_of_the_least_coin_is_kept_and_nothing_is_below_zero(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 40_052, order_currency_code="KWD")
    await add_line(scratch, 400_521, 40_052, row_total="1.2345", tax_amount=0, qty_ordered=1)
    assert body(await shop.one(1, 40_052))["revenue"]["amount"] == 1.2345
    await add_line(scratch, 400_521, 40_052, row_total=-5, tax_amount=-1)
    sent = body(await shop.one(1, 40_052))
    assert sent["revenue"]["amount"] == sent["value"]["amount"] == 0
    assert sent["products"][0]["finalUnitPrice"]["amount"] == 0


@pytest.mark.parametrize("quantity", [0, None, -1])
async def test_lines_without_a_quantity_cost_nothing_each(
    scratch: Database, shop: Shopkeeper, quantity: int | None
) -> None:
    await add(scratch, 40_006)
    await add_line(scratch, 40_006, 40_006, qty_ordered=quantity)
    (line,) = body(await shop.one(1, 40_006))["products"]
    assert line["finalUnitPrice"] == {"amount": 0, "currency": "USD"}


async def test_product_that_is_gone_is_sent_from_the_order_item(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 40_007)
    await add_line(scratch, 40_007, 40_007, product_id=888_888, sku="LOST-1", name="Lost")
    (line,) = body(await shop.one(1, 40_007))["products"]
    assert (line["sku"], line["name"], line["quantity"]) == ("LOST-1", "Lost", 2)
    assert line["finalUnitPrice"]["amount"] == 6
    assert line["regularPrice"]["amount"] == 6
    assert not {"url", "categories", "image", "skuVariant"} & line.keys()


async def test_cancelled_and_refunded_pieces_keep_their_place_and_are_marked(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 40_008, status="closed", total_refunded=6, total_canceled=3)
    await add_line(scratch, 40_008, 40_008, sku="A", qty_canceled=1)
    await add_line(scratch, 40_009, 40_008, sku="B", qty_refunded=1)
    sent = body(await shop.one(1, 40_008))
    assert [line["sku"] for line in sent["products"]] == ["A", "B"]
    assert sent["products"][0]["quantityCanceled"] == 1
    assert sent["products"][1]["quantityRefunded"] == 1
    assert sent["metadata"]["orderStatus"] == "closed"
    assert sent["metadata"]["refundedAmount"] == {"amount": 6, "currency": "USD"}
    assert sent["metadata"]["canceledAmount"] == {"amount": 3, "currency": "USD"}
    assert sent["revenue"] == {"amount": 24, "currency": "USD"}


async def test_status_changes_the_digest_but_not_what_is_only_looked_up(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 40_010, applied_rule_ids="1")
    await add_line(scratch, 40_010, 40_010, product_id=2)
    before = await shop.one(1, 40_010)
    assert body(before)["metadata"]["promotionRules"] == ["Buy 3 tee shirts and get the 4th free"]
    await scratch.sql("UPDATE salesrule SET name = 'Renamed' WHERE rule_id = 1")
    await scratch.sql(
        "UPDATE url_rewrite SET request_path = CONCAT('x-', request_path)"
        " WHERE entity_type = 'product' AND entity_id = 2"
    )
    after = await shop.one(1, 40_010, lane=Lane.LIVE)
    assert body(after)["metadata"]["promotionRules"] == ["Renamed"]
    assert "/x-" in body(after)["products"][0]["url"]
    assert parcel(after).digest == parcel(before).digest
    await scratch.sql("UPDATE sales_order SET status = 'complete' WHERE entity_id = 40010")
    assert parcel(await shop.one(1, 40_010)).digest != parcel(before).digest


async def test_guests_get_a_profile_only_if_wanted(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add(scratch, 40_011, customer_email="Guest@shop.example")
    await add_line(scratch, 40_011, 40_011)
    address = {"parent_id": 40_011, "firstname": "Gu", "lastname": "Est", "address_type": "shipping"}
    await insert(scratch, "sales_order_address", {"entity_id": 40_011, "telephone": "555 123 456", **address})
    assert len(parcel(await keeper(scratch_source, scratch_shop).one(1, 40_011)).items) == 1
    wanted = keeper(scratch_source, scratch_shop, order={"guest_profiles": True})
    profile, charge = parcel(await wanted.one(1, 40_011)).items
    assert (profile.endpoint, profile.key) == (Endpoint.CLIENTS, "Guest@shop.example")
    assert profile.body == {
        "email": "Guest@shop.example",
        "uuid": charge.body["client"]["uuid"],
        "firstName": "Gu",
        "lastName": "Est",
        "phone": "555 123 456",
    }
    billing = {**address, "entity_id": 40_012, "firstname": "Bill", "address_type": "billing"}
    await insert(scratch, "sales_order_address", {"telephone": "555 999 999", **billing})
    await scratch.sql("UPDATE sales_order SET customer_lastname = 'Own' WHERE entity_id = 40011")
    payer = parcel(await wanted.one(1, 40_011)).items[0].body
    assert (payer["firstName"], payer["lastName"], payer["phone"]) == ("Bill", "Own", "555 999 999")
    (lines,) = await wanted.entity.explain(
        scratch_source, wanted.context(1), [leased(wanted.entity, 1, 40_011)]
    )
    assert lines is not None
    assert payer.keys() <= lines.keys()
    await scratch.sql("UPDATE sales_order SET customer_is_guest = 0 WHERE entity_id = 40011")
    assert len(parcel(await wanted.one(1, 40_011)).items) == 1


@pytest.mark.parametrize(
    ("stored", "mapping", "sent"),
    [
        ("089.123.4567", "store", "089 123 4567"),
        ("089\u00a0123  4567\0", "store", "089 123 4567"),
        ("089.123.4567", "module", None),
        ("089-123-4567", "module", "089-123-4567"),
        ("call me", "store", None),
    ],
)
async def test_a_guests_phone_is_put_right_as_a_customers_is(
    scratch: Database,
    scratch_source: CountingSource,
    scratch_shop: Shop,
    stored: str,
    mapping: str,
    sent: str | None,
) -> None:
    await add(scratch, 9401, customer_email="phone@guests.example")
    await add_line(scratch, 94011, 9401)
    address = {"parent_id": 9401, "address_type": "billing", "firstname": "Gi\0ft", "telephone": stored}
    await insert(scratch, "sales_order_address", {"entity_id": 9401, **address})
    sections: dict[str, Any] = {"order": {"guest_profiles": True}, "sync": {"mapping": mapping}}
    outcome = parcel(await keeper(scratch_source, scratch_shop, **sections).one(1, 9401))
    assert body(outcome, 0).get("phone") == sent
    assert body(outcome, 0)["firstName"] == "Gift"
    assert bool(outcome.items[0].notes) is (sent is None)


async def test_source_is_the_configured_one(dump_source: CountingSource, dump_shop: Shop) -> None:
    assert body(await keeper(dump_source, dump_shop, order={"source": "POS"}).one(1, 1))["source"] == "POS"


@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_number_of_queries_does_not_depend_on_the_chunk(
    dump_source: CountingSource, dump_shop: Shop, mapping: str
) -> None:
    shop = keeper(dump_source, dump_shop, sync={"mapping": mapping}, order={"guest_profiles": True})
    ids = (await shop.entity.page(dump_source, dump_shop.stores[1], 0, 1000, 10**9)).ids
    await shop.compose(1, [leased(shop.entity, 1, each) for each in ids])
    counts = []
    for size in (20, len(ids)):
        dump_source.queries.clear()
        await shop.compose(1, [leased(shop.entity, 1, each) for each in ids[-size:]])
        counts.append(len(dump_source.queries))
    assert counts[0] == counts[1] <= 14


async def test_what_lines_show_of_products_is_never_out_of_date(
    scratch: Database, scratch_source: CountingSource, shop: Shopkeeper
) -> None:
    await add(scratch, 40_020)
    await add_line(scratch, 40_020, 40_020, product_id=1, sku="24-MB01")

    async def shown() -> dict[str, Any]:
        line: dict[str, Any] = body(await shop.one(1, 40_020))["products"][0]
        return line

    assert (await shown())["categories"] == ["Gear > Bags", "Gear"]
    rewrites = await scratch_source.fetch("SELECT * FROM {url_rewrite} WHERE entity_id = 1")
    assigned = await scratch_source.fetch("SELECT * FROM {catalog_category_product} WHERE product_id = 1")
    await scratch.sql("DELETE FROM url_rewrite WHERE entity_id = 1 AND entity_type = 'product'")
    await scratch.sql("DELETE FROM catalog_category_product WHERE product_id = 1 AND category_id = 4")
    try:
        line = await shown()
        assert line["categories"] == ["Gear"]
        assert line["url"].endswith("/catalog/product/view/id/1/s/joust-duffle-bag/")
        await scratch.sql(
            "UPDATE catalog_category_entity_varchar SET value = 'Kit' WHERE BINARY value = 'Gear'"
        )
        shop.entity.refresh()
        assert (await shown())["categories"] == ["Kit"]
    finally:
        await scratch.sql(
            "UPDATE catalog_category_entity_varchar SET value = 'Gear' WHERE BINARY value = 'Kit'"
        )
        for table, rows in (("url_rewrite", rewrites), ("catalog_category_product", assigned)):
            for row in rows:
                marks = ", ".join(["%s"] * len(row))
                await scratch.sql(f"REPLACE INTO {table} VALUES ({marks})", *row)
