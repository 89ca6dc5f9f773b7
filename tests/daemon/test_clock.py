"""A host whose clock is far off, or set right while the daemon works: changes arrive all the same."""

from datetime import UTC, datetime

import pytest

from tests.daemon.conftest import MakeHouse
from tests.support.database import Database
from tests.support.inside import ShiftedClock, inside

PRESENT = datetime.now(UTC)


@pytest.mark.parametrize(
    "wrong", [datetime(2001, 1, 1, tzinfo=UTC), datetime(2091, 1, 1, tzinfo=UTC)], ids=["past", "future"]
)
async def test_a_clock_that_is_far_off_and_is_set_right(
    make_house: MakeHouse, shop: Database, wrong: datetime
) -> None:
    clock = ShiftedClock(wrong)
    async with make_house(shop) as house, inside(house, clock) as here:
        await here.full()
        for name, moment in (("Wrong", wrong), ("Right", PRESENT), ("Again", wrong)):
            clock.set(moment)
            shop.run(f"UPDATE customer_entity SET firstname = '{name}'")
            await here.settled()
            names = {profile["firstName"] for profile in house.fake.profiles() if profile.get("customId")}
            assert names == {name}
        assert not (await here.daemon.house.queue.counts()).dead
