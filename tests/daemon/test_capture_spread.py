"""Changes that concern others than the row they were written to, and changes that no row tells of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from synqd.models.names import Model
from synqd.movers.sweeper.links import Links
from synqd.queue import JobKind, JobState
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.daemon.test_capture_recorded import EXTRA, arrived, contents
from tests.support.database import Database
from tests.support.entities import NOW
from tests.support.house import House
from tests.support.inside import Inside, ShiftedClock, inside

PRODUCTS = [Model.PRODUCT]


@pytest.fixture
async def here(make_house: MakeHouse, magento_copy: Database, clock: ShiftedClock) -> AsyncIterator[Inside]:
    """The daemon over the real dump, with everything sent once."""
    async with (
        make_house(magento_copy, websites=("base", "b2b"), extra=EXTRA) as house,
        inside(house, clock) as running,
    ):
        await running.full()
        yield running


async def jobs(here: Inside) -> list[tuple[JobKind, JobState, str]]:
    """All jobs but the first synchronization, oldest first."""
    found = await here.daemon.house.queue.jobs.page(limit=100)
    return [(job.kind, job.state, job.origin) for job in reversed(found) if job.origin != "test"]


async def test_what_one_row_means_for_others(
    here: Inside, magento_copy: Database, fake: FakeSynerise
) -> None:
    """One shop, one change after the other: loading it takes longer than all of them."""
    await children_reach_parents(here, magento_copy, fake)
    await few_products_go_live(here, magento_copy, fake)
    await many_products_become_a_job(here, magento_copy, fake)
    await a_deleted_category_has_everything_compared(here, magento_copy)
    await a_deleted_option_reaches_who_had_it(here, magento_copy)
    await a_changed_attribute_reaches_who_has_a_value(here, magento_copy)
    assert await here.differences(PRODUCTS) == []


async def children_reach_parents(here: Inside, shop: Database, fake: FakeSynerise) -> None:
    before = arrived(fake)
    await shop.sql(
        "UPDATE catalog_product_entity_decimal SET value = 1.5 WHERE entity_id BETWEEN 101 AND 115"
        " AND attribute_id = (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'price')"
    )
    await here.settled()
    assert {("store-1", "MH04"), ("store-1", "MH04-XS-Green")} <= set(arrived(fake) - before)
    assert await jobs(here) == []


async def few_products_go_live(here: Inside, shop: Database, fake: FakeSynerise) -> None:
    before = arrived(fake)
    await rename_category(shop, 4, "Carriers")
    await here.settled()
    assert await jobs(here) == []
    sent, stored = set(arrived(fake) - before), contents(fake)
    assert ("store-1", "24-MB01") in sent
    assert any("Carriers" in str(stored[name]) for name in sent)


async def many_products_become_a_job(here: Inside, shop: Database, fake: FakeSynerise) -> None:
    before = arrived(fake)
    await rename_category(shop, 20, "Ladies")
    await here.settled()
    assert [job[:2] for job in await jobs(here)] == [(JobKind.BATCH, JobState.FINISHED)]
    assert (await jobs(here))[0][2] == "category 20 changed"
    sent, stored = arrived(fake) - before, contents(fake)
    assert len(sent) > 500
    # Nothing that is unchanged is sent: every arrival has the new name.
    assert all("Ladies" in str(stored[name]) for name in sent)
    (job,) = [job for job in await here.daemon.house.queue.jobs.page(limit=100) if job.kind is JobKind.BATCH]
    for part in job.parts:
        assert part.selected == part.sent + part.unchanged + part.skipped
    assert sum(part.sent for part in job.parts) == sum(sent.values())


async def rename_category(shop: Database, category_id: int, name: str) -> None:
    await shop.sql(
        "UPDATE catalog_category_entity_varchar SET value = %s WHERE entity_id = %s AND attribute_id ="
        " (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'name' AND entity_type_id = 3)",
        name,
        category_id,
    )


async def a_deleted_category_has_everything_compared(here: Inside, shop: Database) -> None:
    await shop.sql("DELETE FROM catalog_category_entity WHERE entity_id = 4")
    await here.settled()
    assert (JobKind.FULL, JobState.FINISHED, "category 4 deleted") in await jobs(here)


async def a_deleted_option_reaches_who_had_it(here: Inside, shop: Database) -> None:
    await shop.sql("DELETE FROM eav_attribute_option WHERE option_id = 49")
    await here.settled()


async def a_changed_attribute_reaches_who_has_a_value(here: Inside, shop: Database) -> None:
    await shop.sql("UPDATE eav_attribute SET frontend_input = 'text' WHERE attribute_code = 'lab_select'")
    await here.swept()


async def test_days_and_index_runs_and_settings(
    here: Inside, magento_copy: Database, clock: ShiftedClock, fake: FakeSynerise
) -> None:
    await here.swept()
    await prices_begin_and_end_by_the_calendar(here, magento_copy, clock, fake)
    await rule_prices_are_compared_after_an_index_run(here, magento_copy)
    await changed_rates_are_told(here, magento_copy)


async def prices_begin_and_end_by_the_calendar(
    here: Inside, shop: Database, clock: ShiftedClock, fake: FakeSynerise
) -> None:
    for code, kind, value in (
        ("special_price", "decimal", "1.25"),
        ("special_from_date", "datetime", "2026-11-25"),
        ("special_to_date", "datetime", "2026-11-26"),
    ):
        await shop.sql(
            f"REPLACE INTO catalog_product_entity_{kind} (attribute_id, store_id, entity_id, value)"
            " SELECT attribute_id, 0, 1, %s FROM eav_attribute WHERE attribute_code = %s",
            value,
            code,
        )
    await here.settled()
    assert contents(fake)["store-1", "24-MB01"]["price"] != 1.25
    for day, special in ((2, True), (4, False), (3, True)):  # the last one: the clock is set back
        clock.set(NOW + timedelta(days=day))
        await here.swept()
        assert (contents(fake)["store-1", "24-MB01"]["price"] == 1.25) is special, day
    clock.set(NOW)
    await here.swept()


async def rule_prices_are_compared_after_an_index_run(here: Inside, shop: Database) -> None:
    await shop.sql("UPDATE catalogrule_product_price SET rule_price = rule_price / 2 WHERE product_id < 900")
    await shop.sql("DELETE FROM catalogrule_product_price WHERE product_id BETWEEN 900 AND 1200")
    await shop.sql("UPDATE mview_state SET updated = NOW() WHERE view_id = 'catalogrule_product'")
    await here.swept()
    assert await here.differences(PRODUCTS) == []


async def changed_rates_are_told(here: Inside, shop: Database) -> None:
    await shop.sql("UPDATE directory_currency_rate SET rate = rate * 1.1 WHERE currency_to = 'EUR'")
    await here.swept()
    (notice,) = [text for text in here.daemon.house.notices.values() if "currency rates" in text]
    assert "synqctl full --model product --all-stores --changed-only" in notice
    await here.full()
    await here.swept()
    assert notice not in here.daemon.house.notices.values()


async def test_resync_sends_what_a_rate_changes_by_itself(
    make_house: MakeHouse, magento_copy: Database, clock: ShiftedClock
) -> None:
    async with make_house(magento_copy, websites=("base", "b2b"), extra=EXTRA) as house:
        house.configure(("enabled = true", 'enabled = true\non_config_change = "resync"'))
        async with inside(house, clock) as here:
            await here.full()
            await here.swept()
            await magento_copy.sql("UPDATE directory_currency_rate SET rate = rate * 1.1")
            await here.swept()
            assert (JobKind.FULL, JobState.FINISHED, "currency rates changed") in await jobs(here)
            assert await here.differences() == []


async def test_what_happened_while_nobody_watched_is_made_good(
    make_house: MakeHouse, magento_copy: Database, clock: ShiftedClock, fake: FakeSynerise
) -> None:
    async with make_house(magento_copy, websites=("base", "b2b"), extra=EXTRA) as house:
        await magento_copy.sql(
            "UPDATE catalog_product_entity_decimal SET value = 0.5 WHERE entity_id = 101 AND attribute_id ="
            " (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'price')"
        )
        async with inside(house, clock) as here:
            await here.full()
            await here.swept(Links)
        assert contents(fake)["store-1", "MH04"]["price"] == 0.5
        # The database drops the links with the child, and a new process never knew them.
        await magento_copy.sql("DELETE FROM catalog_product_entity WHERE entity_id = 101")
        async with inside(house, clock) as here:
            await here.swept(Links)
            assert contents(fake)["store-1", "MH04"]["price"] > 1
            await triggers_come_back(here, house, magento_copy)
            assert await here.differences(PRODUCTS) == []


async def triggers_come_back(here: Inside, house: House, shop: Database) -> None:
    """Triggers are dropped, rows are written and deleted unseen, triggers are made again."""
    notices = here.daemon.house.notices
    triggers = await shop.sql(
        "SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
        " AND trigger_name LIKE 'synqd%'"
    )
    for trigger in triggers:
        await shop.sql(f"DROP TRIGGER {trigger['name']}")
    await here.swept()
    assert "is missing" in notices["changelog"]
    await shop.sql("UPDATE catalog_product_entity_varchar SET value = 'unseen' WHERE entity_id = 8")
    await shop.sql("DELETE FROM catalog_product_entity WHERE entity_id = 9")
    before = len(await jobs(here))
    await house.command("changelog", "install")
    for _ in range(8):  # the ledger is looked up a page at a time
        await here.swept()
    assert "changelog" not in notices
    # One comparison of each model, however many marks there are of the interruption.
    expected = (JobKind.FULL, JobState.FINISHED, "triggers were missing or made anew")
    assert (await jobs(here))[before:] == [expected] * len(Model)
