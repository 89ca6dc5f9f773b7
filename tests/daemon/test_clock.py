"""A host or a Magento whose clock is off, or set right meanwhile: changes arrive all the same."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.daemon.conftest import MakeHouse
from tests.support.database import Database
from tests.support.inside import PATIENCE, Inside, ShiftedClock, inside

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
        assert not (await here.daemon.house.queue.facts.counts()).dead


async def test_an_order_of_a_clock_that_is_ahead_waits_for_its_moment(
    make_house: MakeHouse, shop: Database, clock: ShiftedClock
) -> None:
    """Synerise dates anew what is yet to come: sent again, it would be a second event."""
    clock.set(PRESENT)
    async with make_house(shop) as house, inside(house, clock) as here:
        moment = PRESENT + timedelta(hours=2)
        shop.run(
            "UPDATE sales_order SET status = 'fraud' WHERE store_id = 1 ORDER BY entity_id LIMIT 2;"
            f"UPDATE sales_order SET created_at = '{moment:%Y-%m-%d %H:%M:%S}'"
            " WHERE status = 'fraud' ORDER BY entity_id LIMIT 1",
        )
        async with asyncio.timeout(PATIENCE):
            while not house.fake.transactions() or not await held(here):  # no event says that one is held
                await asyncio.sleep(0.02)
        assert len(house.fake.transactions()) == 1
        clock.set(moment + timedelta(seconds=1))
        await here.settled()
        assert len(house.fake.transactions()) == 2
        assert house.fake.counters["future_times"] == 0


async def held(here: Inside) -> bool:
    """Whether something waits for more than a minute."""
    ready = await here.daemon.house.queue.outbox.ready()
    return any(entry.due_at / 1000 > here.clock.now() + 60 for entry in ready)
