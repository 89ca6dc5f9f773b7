"""The second website: prices entered with tax, another stock, EUR and PLN. There is no truth set for it, so
this checks the figures that were measured on it, and what must hold whatever the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from synqd.entities.product.loading import load_chunk
from synqd.entities.product.offers import Offers
from synqd.entities.product.planning import build_plan
from synqd.models.shop import Shop
from tests.entities.product.shopkeeping import Item, catalog, keeper_of
from tests.support.entities import NOW, CountingSource

GERMAN, POLISH = 3, 4
PRODUCTS = 531


async def both(
    source: CountingSource, shop: Shop, store_id: int, mapping: str = "store"
) -> tuple[Mapping[str, Item], Mapping[str, Item]]:
    """Catalogs without and with tax."""
    net = await catalog(keeper_of(source, shop, mapping, calculate_tax=False), store_id)
    return net, await catalog(keeper_of(source, shop, mapping, calculate_tax=True), store_id)


async def test_german_prices_are_the_entered_ones_and_the_tax_is_inside(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    net, gross = await both(dump_source, dump_shop, GERMAN)
    assert len(net) == PRODUCTS
    assert (gross["24-MB05"]["price"], net["24-MB05"]["price"]) == (14.11, 11.86)
    assert (gross["24-WB04"]["price"], net["24-WB04"]["price"]) == (10.35, 9.67)


async def test_the_tax_service_rounds_in_between(dump_source: CountingSource, dump_shop: Shop) -> None:
    net, gross = await both(dump_source, dump_shop, POLISH, "module")
    assert (gross["24-MB05"]["price"], net["24-MB05"]["price"]) == (14.58, 11.85)
    assert gross["24-WB04"]["price"] == 9.67  # reduced goods have no Polish rate: the German tax is taken out


@pytest.mark.parametrize(("mapping", "different"), [("module", 96), ("store", 93)])
async def test_page_and_tax_service_differ_as_often_as_measured(
    dump_source: CountingSource, dump_shop: Shop, mapping: str, different: int
) -> None:
    keeper = keeper_of(dump_source, dump_shop, mapping)
    plan = await build_plan(dump_source, keeper.context(POLISH))
    days = plan.market.days(NOW)
    page = await keeper.entity.page(dump_source, dump_shop.stores[POLISH], 0, 10_000, 10_000)
    chunk = await load_chunk(dump_source, plan, page.ids, days.rule)
    offers = Offers(plan, chunk, days)
    found = 0
    for entity_id in page.ids:
        price = _final(offers, chunk.products[entity_id].kind, entity_id)
        if price is not None:
            terms = plan.market.terms.get(
                offers.value(entity_id, plan.ids.tax_class_id) or "", plan.market.without_class
            )
            assert terms.page(price, with_tax=True) == terms.api(price, with_tax=True)
            found += terms.page(price, with_tax=False) != terms.api(price, with_tax=False)
    assert found == different


def _final(offers: Offers, kind: str, entity_id: int) -> Decimal | None:
    if kind == "configurable":
        children = [child for child in offers.chunk.children[entity_id] if offers.offered(child)]
        return min((offers.parts(child).final for child in children), default=None)
    return None if kind in {"bundle", "grouped"} else offers.parts(entity_id).final


@pytest.mark.parametrize("store_id", [GERMAN, POLISH])
async def test_what_must_hold_for_every_item(
    dump_source: CountingSource, dump_shop: Shop, store_id: int
) -> None:
    net, gross = await both(dump_source, dump_shop, store_id)
    base = dump_shop.config.at_store("web/unsecure/base_url", dump_shop.stores[store_id]) or "missing"
    for sku, item in gross.items():
        assert item["itemId"] == item["sku"] == sku
        assert item.get("price", 0) >= net[sku].get("price", 0) >= 0, sku
        assert round(item.get("price", 0), 2) == item.get("price", 0), sku
        assert item.get("final_price", 0) <= item.get("regular_price", 10**9), sku
        assert item["stock_status"] or not item["is_salable"], sku
        assert item["status"] == "Enabled" or not item["is_salable"], sku
        assert item.get("productUrl", base).startswith(base), sku
        assert item.get("image", "http://cdn.b2b.example/").startswith("http://cdn.b2b.example/"), sku
        assert all(category_id > 41 for category_id in item.get("category_ids", ())), sku


async def test_prices_of_the_polish_view_are_converted_first_and_taxed_then(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    _, gross = await both(dump_source, dump_shop, POLISH)
    # 10.35 EUR x 4.30 = 44.505 -> 44.51 PLN, less the German 7 % inside
    assert gross["24-WB04"]["price"] == 41.6
    assert gross["MH01"]["color"][0] == "Czarny"
    assert gross["MH01"]["category"].startswith("Odzież robocza")
