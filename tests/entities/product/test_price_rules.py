"""Fixed product taxes, tier prices of bundles, and every setting under ``tax/`` that changes a price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synqd.models.shop import DEFAULT, STORES, WEBSITES, Shop, ShopConfig
from synqd_demo.mariadb import MariaDB
from tests.entities.conftest import copied
from tests.entities.product.shopkeeping import keeper_of
from tests.support.database import Database
from tests.support.entities import CountingSource, body, put

ENGLISH, GERMAN, B2B = 1, 2, 3
TAXED = {("tax/weee/enable", DEFAULT, 0): "1"}
ECO_FEE = 9_001
VAT = 42.84
LAST_INT = 13_231
DYNAMIC, FIXED = 2069, 2070
Settings = Mapping[tuple[str, str, int], str | None]


def configured(shop: Shop, values: Settings) -> Shop:
    return replace(shop, config=ShopConfig({**shop.config.values, **values}))


async def item(
    source: CountingSource,
    shop: Shop,
    store_id: int,
    entity_id: int,
    values: Settings | None = None,
    **product: Any,
) -> dict[str, Any]:
    keeper = keeper_of(source, configured(shop, values or {}), **product)
    value: dict[str, Any] = body(await keeper.one(store_id, entity_id))["value"]
    return value


@pytest.fixture(scope="module")
def scratch(mariadb: MariaDB, conformance_dir: Path) -> Iterator[Database]:
    """A copy of its own: bundles are made of products that other tests change."""
    with copied(mariadb, conformance_dir, "price_rules") as database:
        yield database


@pytest.fixture(autouse=True)
async def as_before(request: pytest.FixtureRequest) -> None:
    """Takes away what other tests have left in the copy."""
    if "scratch_source" in request.fixturenames:
        scratch: Database = request.getfixturevalue("scratch")
        await scratch.sql("DELETE FROM catalog_product_entity_tier_price WHERE value_id > 900")
        await scratch.sql("DELETE FROM weee_tax")
        await scratch.sql("UPDATE catalog_product_bundle_selection SET selection_qty = 1")
        await scratch.sql("DELETE FROM catalog_product_entity_int WHERE value_id > %s", LAST_INT)


@pytest.fixture
async def eco_fee(scratch: Database) -> None:
    columns = {"entity_type_id": 4, "attribute_code": "eco_fee", "backend_type": "static"}
    await put(scratch, "eav_attribute", attribute_id=ECO_FEE, frontend_input="weee", **columns)


async def charge(database: Database, number: int, entity_id: int, amount: str, **columns: Any) -> None:
    """A row of ``weee_tax``."""
    row = {"website_id": 0, "country": "US", "state": 0, "attribute_id": ECO_FEE, **columns}
    await put(database, "weee_tax", value_id=number, entity_id=entity_id, value=amount, **row)


@pytest.mark.usefixtures("eco_fee")
@pytest.mark.parametrize(
    ("settings", "price"),
    [
        ({}, 36),
        (TAXED, 38.5),
        *((TAXED | {("tax/weee/display", DEFAULT, 0): shown}, 38.5) for shown in "012"),
        (TAXED | {("tax/weee/display", DEFAULT, 0): "3"}, 36),
        (TAXED | {("tax/defaults/country", DEFAULT, 0): "DE"}, VAT),
        (TAXED | {("tax/calculation/based_on", DEFAULT, 0): "origin"}, 38.5),
    ],
)
@pytest.mark.parametrize("tax", [True, False])
async def test_fixed_product_taxes_of_the_destination_are_part_of_prices(
    scratch: Database,
    scratch_source: CountingSource,
    scratch_shop: Shop,
    settings: Settings,
    price: float,
    *,
    tax: bool,
) -> None:
    await charge(scratch, 1, 5, "2.50")
    place = {("shipping/origin/country_id", DEFAULT, 0): "US"}
    value = await item(scratch_source, scratch_shop, ENGLISH, 5, {**place, **settings}, calculate_tax=tax)
    assert value["price"] == value["final_price"] == (price if tax or price != VAT else 36)
    usual = await item(scratch_source, scratch_shop, ENGLISH, 5, place, calculate_tax=False)
    assert value["regular_price"] - usual["regular_price"] == pytest.approx(
        price - 36 if price != VAT else tax * 8.55
    )


@pytest.mark.usefixtures("eco_fee")
async def test_fixed_product_taxes_are_taxed_converted_and_those_of_other_places_left_out(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await charge(scratch, 11, 6, "2.50", country="DE")
    await charge(scratch, 12, 6, "0.25", country="DE", website_id=1)
    await charge(scratch, 13, 6, "9", country="DE", website_id=2)
    await charge(scratch, 14, 6, "9", country="DE", state=82)
    await charge(scratch, 15, 6, "9", country="PL")
    plain = await item(scratch_source, scratch_shop, GERMAN, 6)
    rate = 0.92  # USD to EUR
    added = await item(scratch_source, scratch_shop, GERMAN, 6, TAXED)
    assert added["price"] - plain["price"] == pytest.approx(2.75 * rate)
    taxed = await item(
        scratch_source, scratch_shop, GERMAN, 6, TAXED | {("tax/weee/apply_vat", DEFAULT, 0): "1"}
    )
    assert taxed["price"] - plain["price"] == pytest.approx(2.75 * rate * 1.19, abs=0.0051)
    state = TAXED | {("tax/defaults/region", DEFAULT, 0): "82"}
    added = await item(scratch_source, scratch_shop, GERMAN, 6, state)
    assert added["price"] - plain["price"] == pytest.approx(11.75 * rate)


@pytest.mark.usefixtures("eco_fee")
async def test_the_module_knows_no_fixed_product_taxes(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await charge(scratch, 21, 7, "2.50")
    keeper = keeper_of(scratch_source, configured(scratch_shop, TAXED), "module")
    before = body(await keeper_of(scratch_source, scratch_shop, "module").one(ENGLISH, 7))
    assert body(await keeper.one(ENGLISH, 7)) == before


@pytest.mark.usefixtures("eco_fee")
async def test_a_bundle_has_the_fixed_taxes_of_what_it_is_made_of(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    children = await scratch.sql(
        "SELECT product_id FROM catalog_product_bundle_selection WHERE parent_product_id = %s", DYNAMIC
    )
    plain = await item(scratch_source, scratch_shop, ENGLISH, DYNAMIC)
    for number, child in enumerate(each["product_id"] for each in children):
        await charge(scratch, 31 + number, child, "1")
    await charge(scratch, 61, FIXED, "1")
    await charge(scratch, 62, DYNAMIC, "100")  # a dynamic bundle has none of its own
    dynamic = await item(scratch_source, scratch_shop, ENGLISH, DYNAMIC, TAXED)
    assert dynamic["price"] > plain["price"]
    assert dynamic["price"] - plain["price"] < 10
    fixed = await item(scratch_source, scratch_shop, ENGLISH, FIXED, TAXED)
    assert fixed["price"] - (await item(scratch_source, scratch_shop, ENGLISH, FIXED))["price"] == 1


async def tier(database: Database, number: int, entity_id: int, **columns: Any) -> None:
    row = {"all_groups": 1, "customer_group_id": 0, "qty": 1, "value": 0, "website_id": 0, **columns}
    await put(database, "catalog_product_entity_tier_price", value_id=number, entity_id=entity_id, **row)


@pytest.mark.parametrize(
    ("row", "dynamic", "fixed"),
    [
        ({"percentage_value": 20}, 18.4, 66.4),
        ({"percentage_value": 20, "website_id": 1}, 18.4, 66.4),
        ({"percentage_value": 20, "website_id": 2}, 23, 83),
        ({"percentage_value": 20, "all_groups": 0}, 18.4, 66.4),
        ({"percentage_value": 20, "all_groups": 0, "customer_group_id": 1}, 23, 83),
        ({"percentage_value": 20, "qty": 2}, 23, 83),
        ({"value": 5}, 23, 83),
        ({"percentage_value": 100}, 0, 0),
    ],
)
async def test_a_bundles_tier_price_is_a_percentage_off_all_its_parts(
    scratch: Database,
    scratch_source: CountingSource,
    scratch_shop: Shop,
    row: dict[str, Any],
    dynamic: float,
    fixed: float,
) -> None:
    for number, entity_id, expected in ((901, DYNAMIC, dynamic), (902, FIXED, fixed)):
        await tier(scratch, number, entity_id, **row)
        value = await item(scratch_source, scratch_shop, ENGLISH, entity_id)
        assert value["final_price"] == value["price"] == expected


async def test_children_of_a_bundle_cost_what_their_number_costs(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    rows = await scratch.sql(
        "SELECT product_id FROM catalog_product_bundle_selection WHERE parent_product_id = %s",
        DYNAMIC,
    )
    await scratch.sql(
        "UPDATE catalog_product_bundle_selection SET selection_qty = 4 WHERE parent_product_id = %s", DYNAMIC
    )
    for number, child in enumerate(each["product_id"] for each in rows):
        await tier(scratch, 920 + number, child, qty=3, value=1)
        await tier(scratch, 940 + number, child, qty=5, value="0.5")
    value = await item(scratch_source, scratch_shop, ENGLISH, DYNAMIC)
    options = await scratch.sql(
        "SELECT COUNT(*) AS n FROM catalog_product_bundle_option WHERE parent_id = %s AND required = 1",
        DYNAMIC,
    )
    assert value["final_price"] == 4 * options[0]["n"]


async def test_prices_of_single_websites_count_only_where_websites_have_prices(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await tier(scratch, 960, 8, value=1, website_id=1)
    assert (await item(scratch_source, scratch_shop, ENGLISH, 8))["final_price"] == 1
    everywhere = {("catalog/price/scope", DEFAULT, 0): "0"}
    assert (await item(scratch_source, scratch_shop, ENGLISH, 8, everywhere))["final_price"] > 1


ORIGIN = {
    ("tax/calculation/based_on", STORES, GERMAN): "origin",
    ("shipping/origin/country_id", STORES, GERMAN): "PL",
}


@pytest.mark.parametrize(
    ("settings", "price"),
    [
        ({}, 35.03),
        (ORIGIN, 36.21),
        ({("tax/calculation/based_on", STORES, GERMAN): "billing"}, 35.03),
        ({("tax/calculation/based_on", WEBSITES, 1): "shipping"}, 35.03),
        ({("tax/calculation/based_on", STORES, GERMAN): "nowhere"}, 29.44),
        ({("tax/calculation/based_on", STORES, GERMAN): None}, 29.44),
    ],
)
async def test_tax_is_that_of_where_the_shop_bases_it_on(
    dump_source: CountingSource, dump_shop: Shop, settings: Settings, price: float
) -> None:
    assert (await item(dump_source, dump_shop, GERMAN, 2, settings))["price"] == price


async def test_the_tax_that_prices_are_entered_with_is_that_of_the_default_group(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    """Magento's ``getRateOriginRequest`` asks for another customer class than for who looks."""
    await put(scratch, "customer_group", customer_group_id=77, customer_group_code="Exempt", tax_class_id=0)
    before = await item(scratch_source, scratch_shop, B2B, 2)
    group = {("customer/create_account/default_group", WEBSITES, 2): "77"}
    after = await item(scratch_source, scratch_shop, B2B, 2, group)
    assert after["price"] == pytest.approx(before["price"] * 1.19, abs=0.011)
    across = {**group, ("tax/calculation/cross_border_trade_enabled", WEBSITES, 2): "1"}
    assert (await item(scratch_source, scratch_shop, B2B, 2, across))["price"] == before["price"]


async def test_a_bundles_parts_are_rounded_as_the_shop_rounds(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await scratch.sql(
        "UPDATE catalog_product_bundle_selection SET selection_qty = 30 WHERE parent_product_id = %s",
        DYNAMIC,
    )
    await scratch.sql(
        "REPLACE INTO catalog_product_entity_int (attribute_id, store_id, entity_id, value)"
        " SELECT attribute_id, 0, product_id, 2 FROM eav_attribute JOIN catalog_product_bundle_selection"
        " WHERE attribute_code = 'tax_class_id' AND entity_type_id = 4 AND parent_product_id = %s",
        DYNAMIC,
    )
    total = await item(scratch_source, scratch_shop, GERMAN, DYNAMIC)
    each = {("tax/calculation/algorithm", DEFAULT, 0): "UNIT_BASE_CALCULATION"}
    rounded = await item(scratch_source, scratch_shop, GERMAN, DYNAMIC, each)
    assert total["price"] != rounded["price"]
    assert total["price"] == pytest.approx(rounded["price"], abs=0.3)


@pytest.mark.parametrize(
    ("allowed", "wanted", "price", "note"),
    [
        ("EUR,USD", "EUR", 31.28, None),
        ("USD", "EUR", 34, "prices are in USD: EUR is not among the currencies that the shop allows"),
        ("PLN,USD", "EUR", None, None),
        ("USD,EUR", None, 34, None),
    ],
)
async def test_prices_are_in_a_currency_that_the_shop_allows(
    dump_source: CountingSource,
    dump_shop: Shop,
    allowed: str,
    wanted: str | None,
    price: float | None,
    note: str | None,
) -> None:
    values = {("currency/options/allow", STORES, 2): allowed, ("currency/options/default", STORES, 2): wanted}
    keeper = keeper_of(dump_source, configured(dump_shop, values), calculate_tax=False)
    outcome = await keeper.one(GERMAN, 1)
    if price is not None:
        assert body(outcome)["value"]["price"] == price
    assert note is None or note in outcome.items[-1].notes  # type: ignore[union-attr]
