"""Random SQL on every watched table, for a while; afterwards Synerise is exactly as ``preview`` says."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from synqd.entities import create_entities
from synqd.entities.watch import On
from synqd.movers.sweeper.interrupted import Interrupted
from synqd.movers.sweeper.keys import Keys
from synqd.movers.sweeper.pictures import Pictures
from synqd.movers.sweeper.soundness import Soundness
from synqd.movers.sweeper.source_items import SourceItems
from synqd.movers.sweeper.uncovered import Spelling
from tests.daemon.conftest import MakeHouse
from tests.daemon.test_capture_recorded import WITH_GALLERY
from tests.support import deploys
from tests.support.database import Database
from tests.support.disturb import Disturber
from tests.support.inside import Inside, ShiftedClock, inside
from tests.support.randomly import SEED, Chance, compare, compare_after_rounds, targets
from tests.support.writes import NARROW, SWEEPING, WIDE

STAGED = ("sequence_product", "sequence_catalog_category")
"""Tables that are there with content staging only; tests/daemon/test_staging.py deletes from them."""


def test_every_watched_table_is_written_to_in_every_way() -> None:
    wanted: dict[str, On] = {}
    for entity in create_entities().values():
        for watch in entity.watches:
            wanted[watch.table] = wanted.get(watch.table, On(0)) | watch.on
    for table in STAGED:
        del wanted[table]
    written = targets([*NARROW, *WIDE, *SWEEPING])
    assert written.keys() == wanted.keys()
    assert {table: on & ~written[table] for table, on in wanted.items() if on & ~written[table]} == {}


@pytest.mark.parametrize("way", ["hybrid", "own", pytest.param("realtime", marks=pytest.mark.long)])
async def test_after_random_changes_synerise_is_as_preview_says(
    make_house: MakeHouse,
    magento_copy: Database,
    clock: ShiftedClock,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
    way: str,
) -> None:
    """Beside Magento's own triggers, where its indexers update at once, and with triggers on every table."""
    caplog.set_level(logging.ERROR, logger="asyncmy")  # it warns of each INSERT IGNORE
    if way == "realtime":
        await deploys.set_all_realtime(magento_copy)
    async with make_house(magento_copy, websites=("base", "b2b"), extra=WITH_GALLERY) as house:
        if way == "own":
            house.configure(("poll_interval = 0.05", 'poll_interval = 0.05\nown_triggers = "all"'))
            await house.command("changelog", "install")
        async with inside(house, clock) as here:
            await random_rounds(here, magento_copy, record_property)


async def random_rounds(
    here: Inside, magento_copy: Database, record_property: Callable[[str, object], None]
) -> None:
    await here.full()

    async def settle() -> None:
        await here.settled()
        await here.swept(Pictures, Spelling)

    await settle()
    rows = await compare_after_rounds(here, magento_copy, [NARROW, WIDE], settle)
    record_property("rows", rows)
    chance = Chance(magento_copy, SEED)
    await chance.load()
    swept = [chance.fill(statement) for statement in SWEEPING]
    for statement in swept:
        await magento_copy.sql(statement)
    await here.settled()
    await compare(here, swept)


@pytest.mark.parametrize("way", ["hybrid", pytest.param("realtime", marks=pytest.mark.long)])
async def test_after_random_changes_in_the_midst_of_deploys_synerise_is_as_preview_says(
    make_house: MakeHouse,
    magento_copy: Database,
    clock: ShiftedClock,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
    way: str,
) -> None:
    """Magento's triggers go and come, views change their mode, and an `install` follows each time."""
    caplog.set_level(logging.ERROR, logger="asyncmy")
    if way == "realtime":
        await deploys.set_all_realtime(magento_copy)
    async with (
        make_house(magento_copy, websites=("base", "b2b"), extra=WITH_GALLERY) as house,
        inside(house, clock) as here,
    ):
        await here.full()
        disturber = Disturber(magento_copy, SEED, lambda: house.command("changelog", "install"))

        async def settle() -> None:
            await here.settled()
            for _ in range(8):  # the ledger is looked up a page at a time
                await here.swept(Soundness, Interrupted, SourceItems, Keys, Pictures, Spelling)

        await settle()
        rows = await compare_after_rounds(here, magento_copy, [NARROW, WIDE], settle, disturber)
        record_property("rows", rows)
        record_property("deploys", disturber.times)
