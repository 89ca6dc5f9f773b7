"""SIGKILL at random moments: nothing is lost, and only what was not recorded yet is sent again."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable

from synqd_demo.fake_synerise import FakeSynerise
from tests.support.database import Database, numbers
from tests.support.exposed import exposed
from tests.support.house import House

KILLS = 40
CHANGES = 5_000
CUSTOMERS = 1_000
FIRST_ID = 10_000
RECOVERY = 60.0

MANY_CUSTOMERS = f"""
INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)
SELECT {FIRST_ID} + seq, 1, 1, CONCAT('customer', seq, '@many.example'), 'v0', 'Many'
FROM {numbers(CUSTOMERS)}
"""


async def write_changes(database: Database, chance: random.Random, done: asyncio.Event) -> dict[int, str]:
    """Changes customers one after the other; returns the last value of each."""
    last: dict[int, str] = {}
    async with database.connect() as connection, connection.cursor() as cursor:
        for number in range(1, CHANGES + 1):
            customer = FIRST_ID + (number if number <= CUSTOMERS else chance.randint(1, CUSTOMERS))
            last[customer] = f"v{number}"
            update = "UPDATE customer_entity SET firstname = %s WHERE entity_id = %s"
            await cursor.execute(update, (last[customer], customer))
            # Spread over the time that the kills take, so that they fall into the midst of the changes.
            await asyncio.sleep(0.008)
    done.set()
    return last


async def test_nothing_is_lost_and_repeats_are_bounded_by_what_was_not_recorded(
    house: House,
    shop: Database,
    fake: FakeSynerise,
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(4)
    await shop.sql(MANY_CUSTOMERS)
    async with house.daemon:
        pass
    written = asyncio.Event()
    writer = asyncio.create_task(write_changes(shop, chance, written))
    unrecorded = 0
    for _ in range(KILLS):
        before = fake.stats()["requests"]
        await house.daemon.start()
        await asyncio.sleep(chance.uniform(0, 0.5))
        await house.daemon.kill()
        unrecorded += await exposed(house.home / "state" / "queue.db", fake, before)
    last = await writer

    def firstnames() -> dict[int, str]:
        return {int(one["customId"]): one["firstName"] for one in fake.profiles()}

    async with house.daemon:
        await fake.wait(until=lambda: firstnames() == last, timeout_s=RECOVERY)
        await fake.wait(idle_s=1.0)
    sent: Counter[tuple[str, str]] = Counter()
    for request in fake.requests(path="/v4/clients/batch"):
        for profile in json.loads(request.body or b"[]"):
            sent[profile["customId"], profile["firstName"]] += 1
    repeats = sum(count - 1 for count in sent.values())
    record_property("kills", KILLS)
    record_property("repeated", repeats)
    record_property("arrived, not recorded when killed", unrecorded)
    assert firstnames() == last
    assert repeats <= unrecorded
