"""The daemon in shops that are a little different: without MSI, with a table prefix."""

from __future__ import annotations

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.database import Database, MakeShop

NAMES = "UPDATE {}customer_entity SET firstname = CONCAT('late', entity_id)"
PATIENCE = 60.0


async def products_arrive(shop: Database, fake: FakeSynerise) -> None:
    """Changes a product; waits until it has arrived."""
    (row,) = await shop.sql(
        f"SELECT e.entity_id, e.sku FROM {shop.prefix}catalog_product_entity e"
        f" JOIN {shop.prefix}catalog_product_website w ON w.product_id = e.entity_id AND w.website_id = 1"
        " WHERE e.type_id = 'simple' ORDER BY 1 LIMIT 1"
    )
    price = f"UPDATE {shop.prefix}catalog_product_entity_decimal SET value = value + 1 WHERE entity_id = %s"
    await shop.sql(price, row["entity_id"])
    await fake.wait(until=lambda: bool(fake.arrivals("item")), timeout_s=PATIENCE)


async def test_without_msi(make_shop: MakeShop, make_house: MakeHouse, fake: FakeSynerise) -> None:
    shop = make_shop()
    names = await shop.sql("SHOW TABLES LIKE 'inventory\\_%%'")
    tables = [str(name) for row in names for name in row.values()]
    assert "inventory_source_item" in tables
    shop.run(f"SET foreign_key_checks = 0; DROP TABLE {', '.join(tables)}")
    async with make_house(shop) as house:
        ended = await house.command("check-config", "--connect")
        assert "inventory_source_item: is not in this Magento and not watched" in ended.out
        async with house.daemon:
            await products_arrive(shop, fake)
            status = await house.ctl("status")
        assert status["notices"] == []


async def test_with_a_table_prefix(make_shop: MakeShop, make_house: MakeHouse, fake: FakeSynerise) -> None:
    shop = make_shop(prefix="m2_")
    async with make_house(shop) as house, house.daemon:
        await shop.sql(NAMES.format("m2_"))
        await products_arrive(shop, fake)
        await fake.wait(until=lambda: len(fake.profiles()) > 0, timeout_s=PATIENCE)
