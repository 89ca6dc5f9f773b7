"""Random SQL on every watched table, for a while; afterwards Synerise is exactly as ``preview`` says."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from synqd.entities import create_entities
from synqd.entities.watch import On
from synqd.poller.sweeps.pictures import Pictures
from tests.daemon.conftest import MakeHouse
from tests.daemon.test_capture_recorded import WITH_GALLERY
from tests.support.database import Database
from tests.support.inside import ShiftedClock, inside
from tests.support.randomly import SEED, Chance, compare, compare_after_rounds, targets
from tests.support.writes import NARROW, SWEEPING, WIDE


def test_every_watched_table_is_written_to_in_every_way() -> None:
    wanted: dict[str, On] = {}
    for entity in create_entities().values():
        for watch in entity.watches:
            wanted[watch.table] = wanted.get(watch.table, On(0)) | watch.on
    written = targets([*NARROW, *WIDE, *SWEEPING])
    assert written.keys() == wanted.keys()
    assert {table: on & ~written[table] for table, on in wanted.items() if on & ~written[table]} == {}


async def test_after_random_changes_synerise_is_as_preview_says(
    make_house: MakeHouse,
    magento_copy: Database,
    clock: ShiftedClock,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    caplog.set_level(logging.ERROR, logger="asyncmy")  # it warns of each INSERT IGNORE
    async with (
        make_house(magento_copy, websites=("base", "b2b"), extra=WITH_GALLERY) as house,
        inside(house, clock) as here,
    ):
        await here.full()

        async def settle() -> None:
            await here.settled()
            await here.swept(Pictures)

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
