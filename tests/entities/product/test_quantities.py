"""``salable_qty`` and ``sources``: how many can be bought, and where they lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from synqd.models.shop import Shop
from tests.entities.product.shopkeeping import catalog, keeper_of, shown_products
from tests.support.database import Database
from tests.support.entities import CountingSource, body
from tests.support.recorded import Comparison


@pytest.mark.parametrize("store_id", [1, 2])
async def test_quantities_are_those_that_magento_answers(
    dump_source: CountingSource, dump_shop: Shop, conformance_dir: Path, store_id: int
) -> None:
    got = await catalog(keeper_of(dump_source, dump_shop, attributes=["salable_qty"]), store_id)
    comparison = Comparison()
    for shown in shown_products(conformance_dir, store_id):
        sent = got[shown["sku"]]
        comparison.field(
            "salable_qty", shown["sku"], shown["stock"]["msi_salable_qty"], sent.get("salable_qty")
        )
        assert "sources" not in sent
    comparison.show(f"quantities of store view {store_id}")
    assert not comparison.differences


@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_sources_of_the_websites_stock_are_told_one_by_one(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, mapping: str
) -> None:
    listed = ["salable_qty", "sources", "name"]
    (sku,) = await scratch.sql("SELECT sku FROM catalog_product_entity WHERE entity_id = 4")
    rows = await scratch.sql(
        "SELECT item.source_code AS code, item.quantity AS quantity, item.status AS status"
        " FROM inventory_source_item item JOIN inventory_source_stock_link link USING (source_code)"
        " JOIN inventory_source place USING (source_code)"
        " JOIN inventory_stock_sales_channel channel ON channel.stock_id = link.stock_id"
        " WHERE item.sku = %s AND channel.code = 'b2b' AND place.enabled = 1",
        sku["sku"],
    )
    value = body(await keeper_of(scratch_source, scratch_shop, mapping, attributes=listed).one(3, 4))["value"]
    assert value["sources"] == {row["code"]: float(row["quantity"]) * row["status"] for row in rows}
    before = value["salable_qty"]
    assert before <= sum(value["sources"].values())
    await scratch.sql(
        "INSERT INTO inventory_reservation (stock_id, sku, quantity) SELECT stock_id, %s, -2"
        " FROM inventory_stock_sales_channel WHERE code = 'b2b'",
        sku["sku"],
    )
    after = body(await keeper_of(scratch_source, scratch_shop, mapping, attributes=listed).one(3, 4))["value"]
    assert after["salable_qty"] == before - 2
    assert after["sources"] == value["sources"]
    await scratch.sql("DELETE FROM inventory_reservation WHERE sku = %s AND quantity = -2", sku["sku"])


async def test_quantities_are_sent_only_if_they_are_listed(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    value = body(await keeper_of(dump_source, dump_shop, attributes="all").one(1, 1))["value"]
    assert not {"salable_qty", "sources"} & value.keys()
