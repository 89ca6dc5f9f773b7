"""A row changed in Magento by plain SQL arrives at Synerise: once, soon, at the right place."""

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.changes import SENT
from tests.support.database import Database
from tests.support.house import House

SOON = 10.0
QUIET = 0.8
"""Seconds without a request after which nothing more is on its way (settling ceiling 0.75 s, poll 0.05 s)."""


async def customers(database: Database) -> list[int]:
    """Ids of customers that belong to a store view."""
    found = await database.sql("SELECT entity_id FROM customer_entity WHERE store_id > 0 ORDER BY entity_id")
    return [row["entity_id"] for row in found]


async def change_each_model(database: Database) -> None:
    await database.sql("UPDATE customer_entity SET firstname = 'Changed' WHERE entity_id = 1")
    await database.sql("UPDATE sales_order SET status = 'changed' WHERE entity_id = 1")
    await database.sql(
        "UPDATE catalog_product_entity_varchar SET value = CONCAT(value, ' changed')"
        " WHERE entity_id = 1 AND store_id = 0 AND attribute_id ="
        " (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'name' AND entity_type_id ="
        " (SELECT entity_type_id FROM eav_entity_type WHERE entity_type_code = 'catalog_product'))"
    )
    await database.sql(
        "UPDATE newsletter_subscriber SET subscriber_status = 4 - subscriber_status"
        " WHERE subscriber_status IN (1, 3) ORDER BY subscriber_id LIMIT 1"
    )


async def test_one_change_of_each_model_on_a_real_magento_arrives_once(
    make_house: MakeHouse, magento_copy: Database, fake: FakeSynerise
) -> None:
    async with make_house(magento_copy, websites=("base", "b2b")) as house, house.daemon:
        product = (await magento_copy.sql("SELECT MIN(entity_id) AS id FROM catalog_product_entity"))[0]["id"]
        await change_each_model(magento_copy)
        await fake.wait(
            until=lambda: (
                sum(fake.arrivals("item").values()) >= 2
                and len(fake.transactions()) == 1
                and sum(fake.arrivals("profile").values()) >= 2
            ),
            timeout_s=SOON,
        )
        await fake.wait(idle_s=QUIET)
    sku = (await magento_copy.sql(f"SELECT sku FROM catalog_product_entity WHERE entity_id = {product}"))[0]
    items = fake.arrivals("item")
    assert set(items.values()) == {1}
    assert {key.key for key in items} == {sku["sku"]}
    assert {(key.workspace, key.catalog) for key in items} == {
        (f"workspace {1 if website['code'] == 'base' else 2}", f"store-{website['store_id']}")
        for website in await magento_copy.sql(
            "SELECT w.code, s.store_id FROM catalog_product_website AS p"
            " JOIN store_website AS w USING (website_id) JOIN store AS s USING (website_id)"
            " WHERE s.is_active AND p.product_id = %s",
            product,
        )
    }
    order = (await magento_copy.sql("SELECT increment_id, store_id FROM sales_order WHERE entity_id = 1"))[0]
    assert order["store_id"] == 1
    assert fake.arrivals("transaction") == {("workspace 1", "", order["increment_id"]): 1}
    assert set(fake.arrivals("profile").values()) == {1}


async def test_a_rolled_back_transaction_sends_nothing_and_a_late_one_is_not_lost(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    update = "UPDATE customer_entity SET firstname = 'Late' WHERE entity_id = %s"
    ids = await customers(shop)
    async with house.daemon:
        async with shop.connect(autocommit=False) as late, shop.connect(autocommit=False) as undone:
            for connection, entity_id in ((late, ids[0]), (undone, ids[1])):
                async with connection.cursor() as cursor:
                    await cursor.execute(update, (entity_id,))
            await shop.sql(update, ids[2])
            await fake.wait(items=1, kind="profile", timeout_s=SOON)
            assert sum(fake.arrivals("profile").values()) == 1
            await undone.rollback()
            await late.commit()
        await fake.wait(items=2, kind="profile", timeout_s=SOON)
        await fake.wait(idle_s=QUIET)
    assert sorted(int(profile["customId"]) for profile in fake.profiles()) == sorted([ids[0], ids[2]])


@pytest.mark.parametrize("continuous", ["adaptive", "separate"])
async def test_a_backlog_shares_requests_only_where_it_may(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise, continuous: str
) -> None:
    async with make_house(shop) as house:
        house.configure(("enabled = true", f'enabled = true\ncontinuous = "{continuous}"'))
        async with house.daemon:
            await shop.sql("UPDATE customer_entity SET lastname = 'Backlog'")
            count = (await shop.sql(f"SELECT COUNT(*) AS n {SENT}"))[0]["n"]
            await fake.wait(items=count, kind="profile", timeout_s=SOON)
            await fake.wait(idle_s=QUIET)
    requests = len(fake.requests(path="/v4/clients/batch"))
    assert requests == count if continuous == "separate" else requests < count


async def test_saving_without_a_change_sends_nothing(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    rename = "UPDATE customer_entity SET firstname = %s WHERE entity_id = %s"
    one, other, *_ = await customers(shop)
    async with house.daemon:
        await shop.sql(rename, "First", one)
        await fake.wait(items=1, kind="profile", timeout_s=SOON)
        await shop.sql(rename, "Second", one)
        await shop.sql(rename, "First", one)
        await shop.sql(rename, "Other", other)
        await fake.wait(items=2, kind="profile", timeout_s=SOON)
        await fake.wait(idle_s=QUIET)
    assert sorted(fake.arrivals("profile").values()) == [1, 1]


async def test_nothing_is_read_or_sent_while_it_is_off(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise
) -> None:
    async with make_house(shop) as house:
        house.configure(("enabled = true", "enabled = false"))
        async with house.daemon:
            await shop.sql("UPDATE customer_entity SET firstname = 'Unseen'")
            status = await house.ctl("status")
            assert status["enabled"] is False
            assert any("off" in notice for notice in status["notices"])
        assert fake.stats()["requests"] == 0
        house.configure()
        async with house.daemon:
            chosen = (await customers(shop))[0]
            await shop.sql("UPDATE customer_entity SET firstname = 'Seen' WHERE entity_id = %s", chosen)
            await fake.wait(items=1, kind="profile", timeout_s=SOON)
            await fake.wait(idle_s=QUIET)
    assert [profile["firstName"] for profile in fake.profiles()] == ["Seen"]
