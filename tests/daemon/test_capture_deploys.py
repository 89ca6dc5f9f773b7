"""Deploys, reinstallations and interruptions under the running daemon: nothing escapes, nothing ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from synqd.magento import Fault
from synqd.models.names import Model
from synqd.movers.sweeper.interrupted import Interrupted
from synqd.movers.sweeper.keys import Keys
from synqd.movers.sweeper.links import Links
from synqd.movers.sweeper.soundness import Soundness
from synqd.movers.sweeper.source_items import SourceItems
from synqd.movers.sweeper.uncovered import Spelling, Uncovered
from synqd.queue import JobKind
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.test_capture_spread import jobs
from tests.support import deploys
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import Inside, inside

RENAME = "UPDATE customer_entity SET firstname = %s WHERE entity_id = 301"
OWN = (
    "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
    " AND trigger_name LIKE 'synqd%%' AND event_object_table LIKE %s"
)
NAME = (
    "UPDATE catalog_product_entity_varchar SET value = %s WHERE store_id = 0 AND attribute_id ="
    " (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'name' AND entity_type_id = 4)"
)


@pytest.fixture
async def here(house: House) -> AsyncIterator[Inside]:
    """The daemon over the demo shop, with everything sent once and capture seen sound."""
    async with inside(house) as running:
        await running.full()
        await running.swept()
        for _ in range(4):  # source items are learned a page at a time
            await running.swept(SourceItems)
        yield running


async def own_triggers(shop: Database, table: str = "%") -> list[str]:
    return [row["name"] for row in await shop.sql(OWN, table)]


async def looked_up(here: Inside) -> None:
    """Whatever was asked for is compared, and the ledger looked through."""
    for _ in range(8):
        await here.swept(Soundness, Interrupted, Keys)


async def origins(here: Inside) -> list[str]:
    return [origin for kind, _, origin in await jobs(here) if kind is JobKind.FULL]


async def test_what_magentos_triggers_miss_while_they_are_made_anew_arrives(
    here: Inside, shop: Database
) -> None:
    made = await deploys.definitions(shop)
    deploys.drop(shop, made)
    await shop.sql(NAME, "unseen")
    await shop.sql("DELETE FROM catalog_product_entity WHERE entity_id = 130")
    deploys.create(shop, made.values())
    await looked_up(here)
    assert await here.differences() == []
    assert len(await origins(here)) == 1


async def test_what_own_triggers_miss_between_two_looks_arrives(
    here: Inside, house: House, shop: Database
) -> None:
    deploys.drop(shop, await own_triggers(shop, "customer_entity"))
    await shop.sql(RENAME, "unseen")
    await shop.sql("DELETE FROM customer_entity WHERE entity_id = 302")
    told = await house.command("changelog", "install")
    assert "the daemon compares every customer" in told.out
    await here.settled()
    await here.swept(Keys)
    for _ in range(4):
        await here.swept(Keys)
    assert await here.differences() == []
    assert await origins(here) == ["triggers were missing or made anew"]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("customer_entity", "UPDATE swapped SET firstname = 'x'; DELETE FROM swapped WHERE entity_id = 302"),
        ("catalog_product_entity_tier_price", "UPDATE swapped SET value = value + 1"),
    ],
)
async def test_a_table_that_an_online_schema_change_swapped_is_compared(
    here: Inside, house: House, shop: Database, table: str, change: str
) -> None:
    made = await deploys.definitions(shop, f"trg_{table}%")
    shop.run(f"""
        SET SESSION foreign_key_checks = 0;
        CREATE TABLE swapped LIKE {table};
        INSERT INTO swapped SELECT * FROM {table};
        {change};
        RENAME TABLE {table} TO former, swapped TO {table};
        DROP TABLE former;
    """)
    deploys.create(shop, made.values())
    await house.command("changelog", "install")
    await here.settled()
    await looked_up(here)
    assert await here.differences() == []
    assert f"{table} interrupted" in await origins(here)


@pytest.mark.parametrize("how", [("--triggers",), ()])
async def test_a_reinstallation_under_the_running_daemon_is_compared_and_survived(
    here: Inside, house: House, shop: Database, how: tuple[str, ...]
) -> None:
    before = await here.daemon.house.queue.facts.installation()
    await house.command("changelog", "uninstall", "--yes", *how)
    await shop.sql(RENAME, "between")
    await shop.sql(NAME, "between")
    await shop.sql("DELETE FROM catalog_product_entity WHERE entity_id = 130")
    await asyncio.gather(waits(here, uninstalled=not how))
    await house.command("changelog", "install")
    await here.settled()
    await looked_up(here)
    assert await here.differences() == []
    after = await here.daemon.house.queue.facts.installation()
    assert before is not None
    assert after is not None
    assert after.installation_id == before.installation_id
    assert after.epoch == before.epoch + (not how)


async def waits(here: Inside, *, uninstalled: bool) -> None:
    """The daemon has noticed that its log is gone, and waits for another one."""
    while uninstalled and "poller" not in here.daemon.house.progress.trouble:
        await asyncio.sleep(0.02)


async def test_a_conflict_is_moved_while_a_writer_goes_on_and_nothing_is_lost(
    house: House, shop: Database
) -> None:
    made = await deploys.definitions(shop, "trg_inventory_source_item%")
    await deploys.set_realtime(shop, "inventory")
    await house.command("changelog", "install")
    assert len(await own_triggers(shop, "inventory_source_item")) == 3
    async with inside(house) as here:
        await here.full()
        await shop.sql("UPDATE mview_state SET mode = 'enabled'")
        deploys.create(shop, made.values())
        told = await house.command("changelog", "verify", status=1)
        assert "the next `setup:upgrade` ends half-way" in told.out
        enough = asyncio.Event()
        writing = asyncio.create_task(write(shop, enough))
        moved = await house.command("changelog", "install")
        enough.set()
        await writing
        assert "the daemon compares" not in moved.out
        assert await own_triggers(shop, "inventory_source_item") == []
        await here.settled()
        assert await here.differences() == []
        assert (await deploys.upgrade(shop)).passes


async def write(shop: Database, enough: asyncio.Event) -> None:
    """Changes source items one after the other until it is enough."""
    number = 0
    async with shop.connect() as connection, connection.cursor() as cursor:
        while not enough.is_set():
            number += 1
            await cursor.execute(
                "UPDATE inventory_source_item SET quantity = %s, status = %s WHERE source_item_id %% 40 = %s",
                (number % 7, number % 2, number % 40),
            )


async def test_a_view_that_goes_to_realtime_is_told_within_a_minute_and_made_good(
    here: Inside, house: House, shop: Database
) -> None:
    await deploys.set_realtime(shop, "catalogsearch_fulltext")
    await here.swept(Soundness)
    assert "synqd changelog install" in here.daemon.house.notices["changelog"]
    metric = here.daemon.house.metrics.registry.get_sample_value
    assert metric("synqd_changelog_faults", {"kind": Fault.UNCOVERED.value})
    await shop.sql(NAME, "unseen")
    await house.command("changelog", "install")
    await here.settled()
    await looked_up(here)
    assert "changelog" not in here.daemon.house.notices
    assert await here.differences() == []


async def test_the_shop_writes_although_the_log_behind_its_own_log_is_gone(
    here: Inside, shop: Database
) -> None:
    shop.run("DROP TABLE synqd_product_cl, synqd_meta")
    shop.run(f"SET SESSION sql_mode = 'STRICT_ALL_TABLES'; {NAME.replace('%s', repr('written'))}")
    rows = await shop.sql("SELECT COUNT(*) AS n FROM catalog_product_entity_varchar WHERE value = 'written'")
    assert rows[0]["n"] > 0


async def test_a_source_item_that_is_gone_wakes_its_product(
    here: Inside, shop: Database, fake: FakeSynerise
) -> None:
    await shop.sql(
        "DELETE FROM inventory_source_item WHERE sku = (SELECT sku FROM catalog_product_entity"
        " WHERE entity_id = 101)"
    )
    await shop.sql(
        "UPDATE inventory_source_item SET sku = CONCAT(sku, '-gone') ORDER BY source_item_id LIMIT 1"
    )
    await here.settled()
    assert await here.differences([Model.PRODUCT]) == []
    assert await origins(here) == []


async def test_a_parent_of_a_link_that_went_while_the_daemon_was_down_is_woken(
    house: House, shop: Database
) -> None:
    async with inside(house) as here:
        await here.full()
        await here.swept(Links)
    await shop.sql("DELETE FROM catalog_product_super_link ORDER BY link_id LIMIT 1")
    async with inside(house) as here:
        await here.swept(Links)
        assert await here.differences([Model.PRODUCT]) == []
        assert await origins(here) == []


async def test_a_table_that_nothing_covers_is_summed_up(house: House, shop: Database) -> None:
    await shop.sql(
        "UPDATE mview_state SET mode = 'disabled' WHERE view_id IN ('catalogsearch_fulltext',"
        " 'catalogrule_product', 'catalog_product_attribute')"
    )
    told = await house.command("changelog", "install")
    assert "warning: catalog_product_entity_varchar is only summed up" in told.out
    async with inside(house) as here:
        await here.full()
        await here.swept(Uncovered)
        await shop.sql(NAME, "summed up")
        await here.settled()
        assert await here.differences([Model.PRODUCT]) != []
        await here.swept(Uncovered)
        assert await here.differences([Model.PRODUCT]) == []


async def test_an_older_installation_is_told_of_and_works_on(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with inside(house) as here:
        await here.full()
    house.configure(("poll_interval = 0.05", 'poll_interval = 0.05\nown_triggers = "all"'))
    await house.command("changelog", "install")
    shop.run("UPDATE synqd_meta SET format = 1 WHERE id = 1; DROP TABLE synqd_split")
    house.configure()
    async with inside(house) as here:
        await here.swept(Soundness)
        assert "setup:upgrade" in here.daemon.house.notices["changelog"]
        await shop.sql(RENAME, "older")
        await here.settled()
        assert await here.differences([Model.CUSTOMER]) == []
        await house.command("changelog", "install")
        await here.swept(Soundness)
        assert "changelog" not in here.daemon.house.notices
        assert (await deploys.upgrade(shop)).passes


async def test_a_daemon_that_is_off_keeps_the_log_short(house: House, shop: Database) -> None:
    async with house.daemon:
        await house.ctl("status")
    await shop.sql(
        "INSERT INTO synqd_customer_cl (entity_id, changed_at) VALUES (1, NOW() - INTERVAL 30 DAY),"
        " (2, NOW() - INTERVAL 30 DAY), (3, NOW())"
    )
    await shop.sql("UPDATE synqd_meta SET installed_at = NOW() + INTERVAL 1 HOUR WHERE id = 3")
    house.configure(("enabled = true", "enabled = false"))
    async with house.daemon, asyncio.timeout(30):
        while len(await shop.sql("SELECT * FROM synqd_customer_cl")) > 1:
            await asyncio.sleep(0.05)
        while await shop.sql(
            "SELECT 1 FROM synqd_meta WHERE id = 3 AND installed_at < NOW() + INTERVAL 1 DAY"
        ):
            await asyncio.sleep(0.05)
    house.configure()
    async with inside(house) as here:
        await here.settled()
        assert "rows went unread while synchronization was off" in await origins(here)


async def test_a_text_that_is_only_spelled_in_another_way_arrives(house: House, shop: Database) -> None:
    async with inside(house) as here:
        await here.full()
        await here.swept(Spelling)
        await shop.sql("UPDATE catalog_product_entity SET sku = LOWER(sku) WHERE entity_id = 101")
        await shop.sql(NAME.replace("%s", "UPPER(value)") + " AND entity_id = 102")
        await here.settled()
        assert await here.differences([Model.PRODUCT]) != []  # Magento's own log does not tell
        await here.swept(Spelling)
        assert await here.differences([Model.PRODUCT]) == []
        assert await origins(here) == []


@pytest.mark.parametrize("ways", [("readonly", "triggers"), ("triggers", "readonly")])
async def test_switching_the_way_of_capture_loses_nothing(
    house: House, shop: Database, ways: tuple[str, str]
) -> None:
    for number, way in enumerate((*ways, ways[0])):
        house.configure(("poll_interval = 0.05", f'poll_interval = 0.05\ncapture = "{way}"'))
        async with inside(house) as here:
            if not number:
                await here.full()
            await here.swept()
            assert await here.differences() == []
            assert (await house.ctl("status"))["changelogs"]
        await shop.sql(RENAME, f"between {number}")
        await shop.sql(NAME + f" AND entity_id = {101 + number}", f"between {number}")
        await shop.sql(f"DELETE FROM customer_entity WHERE entity_id = {302 + number}")
