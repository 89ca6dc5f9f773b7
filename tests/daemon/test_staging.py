"""Content staging of Adobe Commerce: Synerise has what the shop shows, whatever begins, ends or goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from synqd.models.names import Model
from synqd.movers.capture.pending import KEYS_WANTED
from synqd.movers.sweeper.keys import Keys
from synqd.movers.sweeper.links import Links
from synqd.movers.sweeper.soundness import Soundness
from synqd.movers.sweeper.versions import ContentVersions
from synqd_demo.shop.staging import CATEGORIES
from tests.daemon.conftest import MakeHouse
from tests.daemon.test_capture_spread import jobs
from tests.support import deploys
from tests.support.database import Database, MakeShop
from tests.support.house import House
from tests.support.inside import Inside, inside
from tests.support.staged import schedule, staged, switch, unstaged

BEGIN, END = 1_800_000_000, 1_800_003_600
PRODUCT, OTHER, PARENT, BUNDLE, PART, CATEGORY = 101, 102, 104, 126, 117, 7
_NAME = (
    "UPDATE catalog_{0}_entity_varchar SET value = %s WHERE row_id = %s AND store_id = 0 AND attribute_id ="
    " (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'name' AND entity_type_id = {1})"
)
NAME, LABEL = _NAME.format("product", 4), _NAME.format("category", 3)
GONE = "DELETE FROM catalog_{}_entity WHERE row_id = %s"
FIRST_ROW = "SELECT row_id AS n FROM catalog_product_entity WHERE entity_id = %s AND created_in = 1"


Stage = Callable[[str], AbstractAsyncContextManager[Inside]]


@pytest.fixture
def stage(make_house: MakeHouse, shop: Database) -> Stage:
    """The daemon over a shop with content staging, with everything sent once, in one way of capture."""

    @asynccontextmanager
    async def open_stage(way: str) -> AsyncIterator[Inside]:
        staged(shop)
        if way == "own":
            await deploys.set_all_realtime(shop)
        async with make_house(shop) as house:
            if way == "readonly":
                house.configure(("poll_interval = 0.05", 'poll_interval = 0.05\ncapture = "readonly"'))
            async with inside(house) as running:
                await running.full()
                await running.swept()
                yield running

    return open_stage


def requests(here: Inside) -> int:
    """How many requests that hold items Synerise has got."""
    return len([each for each in here.house.fake.requests() if "items" in each.path])


async def shows(here: Inside) -> None:
    """Synerise has what the shop shows, once the sweep has looked for another version."""
    await here.settled()
    await here.swept(ContentVersions)
    assert await here.differences([Model.PRODUCT]) == []


async def sent(here: Inside, shop: Database, *statements: tuple[str, *tuple[object, ...]]) -> int:
    """How many requests statements lead to."""
    before = requests(here)
    for statement, *values in statements:
        await shop.sql(statement, *values)
    await shows(here)
    return requests(here) - before


@pytest.mark.parametrize("way", ["own", "readonly"])
async def test_what_begins_and_rolls_back_arrives_with_the_note_and_not_before(
    stage: Stage, shop: Database, way: str
) -> None:
    async with stage(way) as here:
        during, after = await schedule(shop, PRODUCT, BEGIN, END)
        category, _ = await schedule(shop, CATEGORY, BEGIN, END, family=CATEGORIES)
        edits = (NAME, "during", during), (NAME, "after", after), (LABEL, "during", category)
        assert await sent(here, shop, *edits) == 0
        for version in (BEGIN, END, None):
            before = requests(here)
            await switch(shop, version)
            await shows(here)
            assert requests(here) > before, version
        await switch(shop, BEGIN - 1)  # there is no such version: the first one, as without a note
        assert await sent(here, shop) == 0
        notices = here.daemon.house.notices
        assert f"names version {BEGIN - 1}, which is gone" in notices["content staging"]


@pytest.mark.parametrize("way", ["hybrid", "own"])
async def test_edits_of_what_is_current_are_sent_and_no_others(
    stage: Stage, shop: Database, way: str
) -> None:
    async with stage(way) as here:
        (first,) = [row["n"] for row in await shop.sql(FIRST_ROW, PRODUCT)]
        during, after = await schedule(shop, PRODUCT, BEGIN, END)
        category, later = await schedule(shop, CATEGORY, BEGIN, END, family=CATEGORIES)
        await switch(shop, BEGIN)
        await shows(here)
        not_now = (NAME, "x", first), (NAME, "x", after), (LABEL, "x", later)
        assert await sent(here, shop, *not_now) == 0
        gone = (GONE.format("product"), after), (GONE.format("category"), later)
        assert await sent(here, shop, *gone) == 0
        assert await sent(here, shop, (NAME, "now", during)) > 0
        assert await sent(here, shop, (LABEL, "now", category)) > 0
        assert not await jobs(here), "a version that is gone is no category that is gone"


async def test_what_goes_by_cascade_from_a_sequence_is_gone_at_synerise(stage: Stage, shop: Database) -> None:
    async with stage("hybrid") as here:
        await schedule(shop, PRODUCT, BEGIN)
        await shop.sql("DELETE FROM sequence_product WHERE sequence_value IN (%s, %s)", PRODUCT, PART)
        await shop.sql("DELETE FROM sequence_product_bundle_selection")
        await here.swept(Links)
        await shows(here)
        await shop.sql("DELETE FROM sequence_catalog_category WHERE sequence_value = %s", CATEGORY)
        await shows(here)


async def test_read_only_capture_finds_what_is_gone_in_the_ledger(stage: Stage, shop: Database) -> None:
    async with stage("readonly") as here:
        await shop.sql("DELETE FROM sequence_product WHERE sequence_value = %s", PRODUCT)
        await here.daemon.house.queue.facts.set_meta(KEYS_WANTED, "now")
        for _ in range(8):  # a page of a model at a time
            await here.swept(Keys)
        await here.swept(Links)  # its configurable
        await shows(here)


async def test_a_switch_under_way_is_made_good(stage: Stage, shop: Database) -> None:
    """During a full synchronization, between two looks (there and back), and while nobody is there."""
    async with stage("own") as here:
        for entity in (PRODUCT, OTHER, PARENT, BUNDLE):
            row, _ = await schedule(shop, entity, BEGIN, END)
            await shop.sql(NAME, "during", row)
        full = asyncio.create_task(here.full())
        await switch(shop, BEGIN)
        await full
        await shows(here)
        await switch(shop, END)
        await shop.sql("UPDATE catalog_product_entity_varchar SET value = CONCAT(value, '!')")
        await here.settled()
        await switch(shop, BEGIN)
        await shows(here)
    await switch(shop, END)
    async with inside(here.house) as again:
        await shows(again)


async def test_a_shop_gets_content_staging_under_the_running_daemon_and_loses_it(
    house: House, shop: Database, make_shop: MakeShop
) -> None:
    async with inside(house) as here:
        await here.full()
        await here.swept()
        staged(shop)
        await house.command("changelog", "install")
        await here.swept(Soundness)
        row, _ = await schedule(shop, PRODUCT, BEGIN, END)
        await shop.sql(NAME, "during", row)
        await shows(here)
        await switch(shop, BEGIN)
        await shows(here)
        await unstaged(shop, make_shop())
        await house.command("changelog", "install")
        await here.swept()
        await shop.sql(NAME.replace("row_id", "entity_id"), "without", PRODUCT)
        await shows(here)
        assert not here.daemon.house.progress.trouble
