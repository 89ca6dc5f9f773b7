"""A store view whose address nobody knows, under the running daemon (S31)."""

from __future__ import annotations

from synqd.app.heartbeat import ADDRESSES
from synqd.models.names import Model
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import inside

BASE_URLS = "path IN ('web/unsecure/base_url', 'web/secure/base_url') AND scope = 'default'"


async def test_products_and_orders_wait_for_an_address_and_persons_go_on(
    house: House, shop: Database
) -> None:
    async with inside(house) as here:
        await here.full()
        (sent,) = [dict(bag.items) for bag in house.fake.catalogs() if bag.name == "store-1"]
        await shop.sql(f"UPDATE core_config_data SET value = '{{{{base_url}}}}' WHERE {BASE_URLS}")
        await here.reopened()
        await shop.sql("UPDATE catalog_product_entity_varchar SET value = 'Waits' WHERE entity_id = 101")
        await shop.sql("UPDATE customer_entity SET firstname = 'Goes' WHERE entity_id = 301")
        await here.quiet({Model.PRODUCT, Model.ORDER})
        assert any(one.get("firstName") == "Goes" for one in house.fake.profiles())
        assert not any((await here.daemon.house.queue.facts.counts()).dead.values())
        assert [dict(bag.items) for bag in house.fake.catalogs() if bag.name == "store-1"] == [sent]
        ready = Control(house.home / "control.sock")
        answer = await ready.until(
            "/v1/status", lambda told: ADDRESSES in {one["name"] for one in told["conditions"]}
        )
        (condition,) = [one for one in answer["conditions"] if one["name"] == ADDRESSES]
        assert not condition["usable"]
        assert "`synqd shop-config`" in condition["detail"]
        await shop.sql(f"UPDATE core_config_data SET value = 'http://mended.example/' WHERE {BASE_URLS}")
        await here.reopened()
        await here.settled()
        bags = {bag.name: bag.items for bag in house.fake.catalogs()}
        assert any("Waits" in str(item.value) for bag in bags.values() for item in bag.values())
