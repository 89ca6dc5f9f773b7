"""Read-only capture: Magento's own logs, time stamps and the ledger find what triggers would have told."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd.models.names import Model
from synqd.movers.capture.pending import KEYS_WANTED
from synqd.movers.sweeper.interrupted import Interrupted
from synqd.queue import JobKind, JobState
from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.mariadb import MariaDB
from tests.daemon.conftest import KEYS
from tests.daemon.test_capture_recorded import WITH_GALLERY
from tests.daemon.test_capture_spread import jobs
from tests.support.database import Database
from tests.support.disturb import Disturber
from tests.support.house import House
from tests.support.inside import Inside, ShiftedClock, inside
from tests.support.randomly import SEED, compare_after_rounds, seen_readonly
from tests.support.writes import NARROW, WIDE

NAME = (
    "(SELECT attribute_id FROM eav_attribute JOIN eav_entity_type USING (entity_type_id)"
    " WHERE attribute_code = 'name' AND entity_type_code = '{}')"
)


@pytest.fixture
def reader(mariadb: MariaDB, magento_copy: Database) -> Database:
    """The shop through an account that may do nothing but read."""
    mariadb.create_account("onlooker", "onlooker's", [f"SELECT, SHOW VIEW ON `{magento_copy.name}`.*"])
    return Database(mariadb, magento_copy.name, user="onlooker", password="onlooker's")


@pytest.fixture
async def here(
    home: Path,
    reader: Database,
    fake: FakeSynerise,
    clock: ShiftedClock,
) -> AsyncIterator[Inside]:
    house = House(home, reader, fake, ("base", "b2b"), KEYS, WITH_GALLERY)
    house.configure(("poll_interval = 0.05", 'poll_interval = 0.05\ncapture = "readonly"'))
    async with inside(house, clock) as running:
        await running.full()
        await running.swept()
        yield running


async def test_everything_is_found_in_the_end(here: Inside, magento_copy: Database) -> None:
    for statement in (
        "UPDATE catalog_product_entity_varchar SET value = 'x' WHERE entity_id = 5 AND store_id = 0"
        f" AND attribute_id = {NAME.format('catalog_product')}",
        "DELETE FROM catalog_product_entity WHERE entity_id IN (7, 101)",
        "DELETE FROM catalog_product_website WHERE product_id = 9 AND website_id = 2",
        "UPDATE inventory_source_item SET quantity = 0, status = 0 WHERE sku = '24-MB01'",
        "INSERT INTO inventory_reservation (stock_id, sku, quantity) VALUES (1, '24-MB03', -100000)",
        "UPDATE catalog_category_entity_varchar SET value = 'Sacks' WHERE entity_id = 4"
        f" AND attribute_id = {NAME.format('catalog_category')}",
        "UPDATE eav_attribute_option_value SET value = 'Pitch' WHERE option_id = 49",
        "UPDATE customer_entity SET firstname = 'Zoe' WHERE entity_id = 3",
        "UPDATE customer_address_entity SET city = 'Gent' WHERE parent_id = 4",
        "DELETE FROM customer_entity WHERE entity_id = 5",
        "UPDATE sales_order SET status = 'closed' WHERE entity_id = 2",
        "UPDATE newsletter_subscriber SET subscriber_status = 3, change_status_at = NOW()"
        " WHERE subscriber_id = 2",
        "INSERT INTO newsletter_subscriber (store_id, subscriber_email, subscriber_status)"
        " VALUES (1, 'new@reader.example', 1)",
        "DELETE FROM newsletter_subscriber WHERE subscriber_id = 4",
    ):
        await magento_copy.sql(statement)
    await here.settled()
    await look_for_what_is_gone(here)
    assert await here.differences() == []


async def look_for_what_is_gone(here: Inside) -> None:
    await here.daemon.house.queue.facts.set_meta(KEYS_WANTED, "now")
    for _ in range(8):  # the ledger is looked up a page at a time
        await here.swept()


async def test_after_random_changes_synerise_is_as_preview_says(
    here: Inside, magento_copy: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, logger="asyncmy")  # it warns of each INSERT IGNORE

    async def settle() -> None:
        await here.settled()
        await look_for_what_is_gone(here)

    seen = [[one for one in group if seen_readonly(one)] for group in (NARROW, WIDE)]
    await compare_after_rounds(here, magento_copy, seen, settle)


async def test_after_random_changes_in_the_midst_of_deploys_synerise_is_as_preview_says(
    here: Inside, magento_copy: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """As long as the account may see triggers: without that right, nobody tells when they were made."""
    caplog.set_level(logging.ERROR, logger="asyncmy")
    magento_copy.run(f"GRANT TRIGGER ON `{magento_copy.name}`.* TO onlooker@localhost")
    await here.swept(Interrupted)

    async def settle() -> None:
        await here.settled()
        await look_for_what_is_gone(here)

    seen = [[one for one in group if seen_readonly(one)] for group in (NARROW, WIDE)]
    await compare_after_rounds(here, magento_copy, seen, settle, Disturber(magento_copy, SEED, None))


async def test_rows_that_were_cleaned_away_unread_start_a_comparison(
    here: Inside, magento_copy: Database
) -> None:
    poller = here.generation.turnings["poller"]
    poller.stop()
    await here.swept()
    await magento_copy.sql("UPDATE catalog_product_entity_text SET value = 'x' WHERE entity_id < 9")
    await magento_copy.sql("INSERT INTO catalogsearch_fulltext_cl (entity_id) VALUES (1)")
    # Magento's cleaner after an index run: everything but the last row.
    await magento_copy.sql(
        "DELETE FROM catalogsearch_fulltext_cl WHERE version_id <"
        " (SELECT last FROM (SELECT MAX(version_id) AS last FROM catalogsearch_fulltext_cl) AS t)"
    )
    while await poller.mover.tick() == 0.0:
        pass
    await here.settled()
    expected = (JobKind.FULL, JobState.FINISHED, "log catalogsearch_fulltext_cl lost rows")
    assert expected in await jobs(here)
    assert await here.differences([Model.PRODUCT]) == []


async def test_a_view_that_is_switched_off_is_told_and_made_good(
    here: Inside, magento_copy: Database
) -> None:
    mode = "UPDATE mview_state SET mode = %s WHERE view_id = 'catalogsearch_fulltext'"
    await magento_copy.sql(mode, "disabled")
    await here.swept()
    notices = here.daemon.house.notices
    assert "catalogsearch_fulltext_cl" in notices["changelog"]
    assert "indexer:set-mode schedule" in notices["changelog"]
    await magento_copy.sql(mode, "enabled")
    await here.swept()
    assert "changelog" not in notices
    expected = (JobKind.FULL, JobState.FINISHED, "the change log is written again")
    assert expected in await jobs(here)
