"""Reading and mapping chunks: a fixed number of queries, cached metadata, and rows that nobody expects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from synqd.entities.product import ProductEntity
from synqd.entities.product.planning import build_plan
from synqd.models.shop import DEFAULT, STORES, Shop, ShopConfig
from tests.entities.product.shopkeeping import RECORDED_ATTRIBUTES, keeper_of
from tests.support.database import Database
from tests.support.entities import NOW, CountingSource, Shopkeeper, body, leased, parcel

MOST_QUERIES = 25
ALL_KINDS = [1, 101, 116, 45, 2069, 2070]
BAG = 1


def items(keeper: Shopkeeper, store_id: int, ids: list[int]) -> list[Any]:
    return [leased(keeper.entity, store_id, each) for each in ids]


async def queries_for(keeper: Shopkeeper, ids: list[int]) -> int:
    before = len(keeper.source.queries)
    await keeper.compose(1, items(keeper, 1, ids))
    return len(keeper.source.queries) - before


@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_the_number_of_queries_does_not_depend_on_the_chunk(
    dump_source: CountingSource, dump_shop: Shop, mapping: str
) -> None:
    attributes = [*RECORDED_ATTRIBUTES, "media_gallery"]
    keeper = keeper_of(dump_source, dump_shop, mapping, attributes=attributes)
    first = await queries_for(keeper, ALL_KINDS)
    few = await queries_for(keeper, ALL_KINDS)
    many = await queries_for(keeper, [*range(1, 1000), 2069, 2070])
    assert few == many <= MOST_QUERIES
    assert first <= 2 * MOST_QUERIES


async def test_only_configured_attributes_are_read(dump_source: CountingSource, dump_shop: Shop) -> None:
    keeper = keeper_of(dump_source, dump_shop, attributes=["name"])
    await keeper.one(1, BAG)
    assert not any(
        "{catalog_product_entity_text}" in query for query in dump_source.queries if "UNION" not in query
    )
    value = body(await keeper.one(1, BAG))["value"]
    assert "description" not in value
    assert value["name"] == "Joust Duffle Bag"


async def test_metadata_is_read_again_after_a_minute_or_when_told(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    keeper = keeper_of(dump_source, dump_shop)

    async def reads(seconds: int) -> bool:
        dump_source.queries.clear()
        await keeper.compose(1, items(keeper, 1, [BAG]), NOW + timedelta(seconds=seconds))
        return any("{eav_attribute}" in query for query in dump_source.queries)

    assert [await reads(0), await reads(59), await reads(60), await reads(61), await reads(59)] == [
        True,
        False,
        True,
        False,
        True,  # the clock went back
    ]
    keeper.entity.refresh()
    assert await reads(59)
    await keeper.entity.resolve(dump_source, "category", ["3"])
    assert await reads(59)
    await keeper.entity.resolve(dump_source, "sku", ["24-MB01"])
    assert not await reads(59)


NAMES = """
UPDATE catalog_category_entity_varchar named JOIN eav_attribute USING (attribute_id)
   SET named.value = {value} WHERE attribute_code = 'name' AND named.entity_id <> 1;"""


@pytest.fixture
async def changing(scratch: Database) -> AsyncIterator[Database]:
    scratch.run("CREATE TABLE kept AS SELECT * FROM catalog_category_product WHERE product_id = 1;")
    yield scratch
    scratch.run(NAMES.format(value="REPLACE(named.value, ' renamed', '')"))
    scratch.run("DELETE FROM catalog_category_product WHERE product_id = 1;")
    scratch.run("INSERT INTO catalog_category_product SELECT * FROM kept; DROP TABLE kept;")
    scratch.run(
        "UPDATE catalog_product_entity_decimal SET value = 34 WHERE entity_id = 1 AND attribute_id = 77;"
    )


async def test_fields_that_were_written_before_are_never_out_of_date(
    changing: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    keeper = keeper_of(scratch_source, scratch_shop, calculate_tax=False)

    async def shown(store_id: int = 1) -> tuple[float, str | None, list[int] | None]:
        value = body(await keeper.one(store_id, BAG))["value"]
        return value["price"], value.get("category"), value.get("category_ids")

    price, category, ids = await shown()
    assert price == 34
    assert category
    assert ids
    elsewhere = await shown(3)
    assert elsewhere != (price, category, ids)
    assert (await shown(), await shown(3)) == ((price, category, ids), elsewhere)

    changing.run(
        "UPDATE catalog_product_entity_decimal SET value = 35 WHERE entity_id = 1 AND attribute_id = 77;"
    )
    changing.run("DELETE FROM catalog_category_product WHERE product_id = 1 AND category_id = 4;")
    changed = await shown()
    assert changed[0] == 35
    assert changed[1:] != (category, ids)

    changing.run(NAMES.format(value="CONCAT(named.value, ' renamed')"))
    keeper.entity.refresh()
    assert (await shown())[1] == f"{changed[1]} renamed".replace(" >", " renamed >")

    keeper.settings = keeper_of(scratch_source, scratch_shop, attributes=["regular_price"]).settings
    value = body(await keeper.one(1, BAG))["value"]
    assert "regular_price" in value
    assert not value.keys() & {"final_price", "category_ids"}


async def test_a_missing_rate_shows_the_base_currency_and_says_so(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    values = {**dump_shop.config.values, ("currency/options/default", STORES, 2): "CHF"}
    shop = replace(dump_shop, config=ShopConfig(values))
    sent = parcel(await keeper_of(dump_source, shop, calculate_tax=False).one(2, BAG))
    assert sent.items[0].body["value"]["price"] == 34
    assert "prices are in USD: the shop has no rate from USD to CHF" in sent.items[0].notes


async def test_secure_shops_show_secure_addresses(dump_source: CountingSource, dump_shop: Shop) -> None:
    values = {
        **dump_shop.config.values,
        ("web/unsecure/base_url", DEFAULT, 0): "https://shop.example/",
        ("web/url/use_store", DEFAULT, 0): "1",
        ("web/seo/use_rewrites", DEFAULT, 0): "0",
    }
    shop = replace(dump_shop, config=ShopConfig(values))
    value = body(await keeper_of(dump_source, shop).one(1, BAG))["value"]
    assert value["productUrl"] == "https://shop.example/index.php/default/joust-duffle-bag.html"
    assert value["image"] == "https://shop.example/media/catalog/product/m/b/mb01-blue-0.jpg"


async def test_all_attributes_and_the_gallery(dump_source: CountingSource, dump_shop: Shop) -> None:
    keeper = keeper_of(dump_source, dump_shop, attributes="all")
    value = body(await keeper.one(1, BAG))["value"]
    assert {"name", "thumbnail", "final_price", "media_gallery", "category_ids"} <= value.keys()
    assert value["media_gallery"][0] == "http://shop.example/media/catalog/product/m/b/mb01-blue-0.jpg"
    assert value["entity_id"] == BAG


async def test_filterable_attributes_are_added_when_asked_for(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    keeper = keeper_of(dump_source, dump_shop, attributes=["weight"], include_filterable=True)
    assert {"name", "description", "material"} <= body(await keeper.one(1, 2))["value"].keys()


async def test_unknown_attributes_are_noted(dump_source: CountingSource, dump_shop: Shop) -> None:
    sent = parcel(await keeper_of(dump_source, dump_shop, attributes=["colour"]).one(1, BAG))
    assert "colour: the shop has no such attribute" in sent.items[0].notes


async def test_catalog_rules_count_for_their_day_only(dump_source: CountingSource, dump_shop: Shop) -> None:
    keeper = keeper_of(dump_source, dump_shop, calculate_tax=False)
    ((product, rule),) = await dump_source.fetch(
        "SELECT product_id, rule_price FROM {catalogrule_product_price}"
        " WHERE rule_date = '2026-11-23' AND website_id = 1 AND customer_group_id = 0"
        " AND rule_price > 1 ORDER BY product_id LIMIT 1"
    )

    async def price(days: int) -> float:
        (sent,) = await keeper.compose(1, items(keeper, 1, [product]), NOW + timedelta(days=days))
        found: float = body(sent)["value"]["final_price"]
        return found

    assert await price(0) == round(float(rule), 2) < await price(2)


async def test_days_are_counted_in_two_zones(dump_source: CountingSource, dump_shop: Shop) -> None:
    """Special prices in the default zone (UTC), catalog rules in the store view's (Warsaw)."""
    keeper = keeper_of(dump_source, dump_shop)
    plan = await build_plan(dump_source, keeper.context(3))
    days = plan.market.days(datetime(2026, 11, 23, 23, 30, tzinfo=UTC))
    assert (days.special.day, days.rule.day) == (23, 24)


async def test_a_bundle_has_its_special_price_in_percent(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    scratch.run(
        "INSERT INTO catalog_product_entity_decimal (entity_id, attribute_id, store_id, value)"
        " VALUES (2069, 78, 0, 50), (2070, 78, 0, 50)"
    )
    keeper = keeper_of(scratch_source, scratch_shop, calculate_tax=False)
    prices = [body(await keeper.one(1, each))["value"] for each in (2069, 2070)]
    assert [(each["regular_price"], each["final_price"]) for each in prices] == [(23, 11.5), (83, 41.5)]


ODD = """
SET SESSION sql_mode = '', foreign_key_checks = 0;
INSERT INTO catalog_product_entity (entity_id, attribute_set_id, type_id, sku) VALUES
  (90001, 4, 'simple', 'a/b "c" \\'d\\' e%s {f} \\\\ g'), (90002, 4, 'configurable', REPEAT('x', 64)),
  (90003, 4, 'bundle', 'ODD-BUNDLE'), (90004, 4, 'grouped', 'ODD-GROUP'), (90005, 4, 'giftcard', 'ODD-KIND');
INSERT INTO catalog_product_website SELECT entity_id, 1 FROM catalog_product_entity WHERE entity_id > 90000;
INSERT INTO catalog_product_entity_varchar (entity_id, attribute_id, store_id, value) VALUES
  (90001, 73, 0, 'Odd \\r\\n name'), (90001, 162, 0, '215,,99999,'), (90001, 87, 0, 'no_selection');
INSERT INTO catalog_product_entity_int (entity_id, attribute_id, store_id, value) VALUES
  (90001, 93, 0, 424242), (90001, 97, 0, 1), (90001, 134, 0, 77), (90001, 99, 0, 9), (90003, 97, 0, 1);
INSERT INTO catalog_product_entity_decimal (entity_id, attribute_id, store_id, value) VALUES
  (90001, 77, 0, NULL), (90001, 77, 1, 14.105), (90001, 78, 0, -1), (90001, 166, 1, NULL), (90001, 166, 0, 5);
INSERT INTO catalog_product_entity_datetime (entity_id, attribute_id, store_id, value) VALUES
  (90001, 79, 0, '0000-00-00 00:00:00'), (90001, 80, 0, '2020-00-31 00:00:00');
INSERT INTO catalog_product_super_link (parent_id, product_id)
  VALUES (90002, 90002), (99999, 90001), (90002, 90001);
INSERT INTO catalog_product_bundle_option (option_id, parent_id, required, type)
  VALUES (900, 90003, 1, 'radio');
INSERT INTO catalog_category_entity (entity_id, attribute_set_id, parent_id, path, position, children_count)
  VALUES (900, 3, 900, '1/2/900/900', 1, 0);
INSERT INTO catalog_category_product (category_id, product_id, position)
  VALUES (900, 90001, 0), (901, 90001, 0);
"""


@pytest.fixture
async def odd(scratch: Database) -> AsyncIterator[Database]:
    scratch.run(ODD)
    yield scratch
    scratch.run("DELETE FROM catalog_product_entity WHERE entity_id > 90000;")
    scratch.run("DELETE FROM catalog_category_entity WHERE entity_id = 900;")


@pytest.mark.usefixtures("odd")
@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_rows_that_nobody_expects_do_not_stop_a_chunk(
    scratch_source: CountingSource, scratch_shop: Shop, mapping: str
) -> None:
    keeper = keeper_of(scratch_source, scratch_shop, mapping, calculate_tax=False)
    sent = await keeper.compose(1, items(keeper, 1, [90001, 90002, 90003, 90004, 90005, 1]))
    first = body(sent[0])["value"]
    assert first["sku"] == "a/b \"c\" 'd' e%s {f} \\ g"
    assert (first["name"], first["price"]) == ("Odd \r\n name", 14.11)
    assert first.get("lab_decimal") is None
    assert first["lab_multi"] == (["Red", ""] if mapping == "module" else ["Red"])
    assert "image" not in first
    assert body(sent[1])["itemKey"] == "x" * 64
    assert body(sent[5])["value"]["name"] == "Joust Duffle Bag"
    assert len(sent) == 6


async def test_nothing_is_asked_for_nothing(dump_source: CountingSource, dump_shop: Shop) -> None:
    entity = ProductEntity()
    assert await entity.locate(dump_source, dump_shop, []) == {}
    assert await entity.related(dump_source, []) == {}
    assert await entity.resolve(dump_source, "sku", []) == {}
    assert not dump_source.queries
