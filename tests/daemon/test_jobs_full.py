"""Full jobs of the whole daemon: resumed, bounded, replaced, paused, cancelled."""

import asyncio
import json
import sqlite3
import time
from collections import Counter
from contextlib import closing

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.control import Control, account, adds_up
from tests.support.database import Database
from tests.support.exposed import exposed
from tests.support.house import House

MANY = 1_500
FIRST_ID = 10_000
SLOW = "\n[customer]\nmax_items_per_request = 5\n"
SECOND = 1.0
"""Within this time a pause or a cancel has to have taken effect; the fake answers within a tenth of it."""

MANY_CUSTOMERS = f"""
INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)
SELECT {FIRST_ID} + seq, 1, 1, CONCAT('customer', seq, '@many.example'), 'First', 'Many'
FROM seq_1_to_{MANY}
"""


OF_HOME_EN = """
SELECT entity_id AS id FROM customer_entity WHERE store_id = 1 OR (store_id = 0 AND website_id = 1)
"""
LATE_CUSTOMERS = """
INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)
SELECT 20000 + seq, 1, 1, CONCAT('late', seq, '@many.example'), 'Late', 'Many' FROM seq_1_to_50
"""


def control(house: House) -> Control:
    return Control(house.home / "control.sock")


def marks(house: House) -> list[tuple[int, int]]:
    """High-water mark and position of each part, as the queue file has them."""
    with closing(sqlite3.connect(house.home / "state" / "queue.db")) as db:
        return db.execute("SELECT until, position FROM job_parts ORDER BY id").fetchall()


def deliveries(fake: FakeSynerise) -> Counter[str]:
    """How often each customer was in a request."""
    return Counter(
        profile["customId"]
        for request in fake.requests(path="/v4/clients/batch")
        for profile in json.loads(request.body or b"[]")
    )


async def test_a_killed_job_goes_on_without_gap_or_double_work_up_to_its_mark(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise
) -> None:
    await shop.sql(MANY_CUSTOMERS)
    async with make_house(shop, extra=SLOW) as house:
        house.configure(("reserve_mib = 1", "reserve_mib = 1\nfull_backlog = 1000"))
        fake.configure(latency_ms=20)
        await house.daemon.start()
        job = await control(house).full(models=["customer"], stores=["home_en"])
        (begun,) = (await control(house).until(f"/v1/jobs/{job['id']}", lambda one: one["parts"][0]["sent"]))[
            "parts"
        ]
        unrecorded = before = 0
        for number in range(3):
            await house.daemon.kill()
            unrecorded += await exposed(house.home / "state" / "queue.db", fake, before)
            before = fake.stats()["requests"]
            if number == 0:
                ((until, position),) = marks(house)
                # While it is down: rows beyond the mark and below the position, and rows that go away.
                await shop.sql(LATE_CUSTOMERS)
                await shop.sql(
                    "DELETE FROM customer_entity WHERE entity_id > %s - 20 AND entity_id <= %s", until, until
                )
            await house.daemon.start()
            await asyncio.sleep(0.3)
        ended = await control(house).ended(job["id"])
        await fake.wait(idle_s=1.0)
        await house.daemon.stop()
    (part,) = ended["parts"]
    assert marks(house)[0][0] == until, "a restart does not move the mark"
    assert position < until, "the first kill fell into the selection"
    assert part["selected"] == begun["total"] - 20, "what went away is not selected, what came later neither"
    assert part["sent"] == part["selected"]
    arrived = deliveries(fake)
    expected = {row["id"] for row in await shop.sql(OF_HOME_EN)}
    assert {int(key) for key in arrived} == expected
    assert sum(arrived.values()) - len(arrived) <= unrecorded, "only what was not recorded yet is sent again"


async def test_the_queue_stays_flat_while_nothing_can_leave(make_house: MakeHouse, shop: Database) -> None:
    await shop.sql(MANY_CUSTOMERS)
    async with make_house(shop) as house:
        house.configure(("reserve_mib = 1", "reserve_mib = 1\nfull_backlog = 1000"))
        async with house.daemon:
            await control(house).post("/v1/pause")
            job = await control(house).full()
            parts = len(job["parts"])
            held = await control(house).until(
                f"/v1/jobs/{job['id']}", lambda one: account(one, "selected")[0] >= 750
            )
            await asyncio.sleep(0.5)  # time in which it might go on
            held = await control(house).job(job["id"])
            assert held["waits_for"] == "delivery is paused; synqctl resume releases it"
            assert account(held, "waiting")[0] <= 1000 + 200 * parts
            await control(house).post("/v1/resume")
            ended = await control(house).ended(job["id"])
    assert account(ended, "selected", "dead")[1] == 0


async def test_a_new_run_replaces_the_old_one_where_they_meet(house: House) -> None:
    async with house.daemon:
        await control(house).post("/v1/pause")
        old = await control(house).full(models=["customer", "order"])
        await control(house).until(
            f"/v1/jobs/{old['id']}", lambda one: all(part["state"] == "draining" for part in one["parts"])
        )
        new = await control(house).full(models=["customer"])
        await control(house).post("/v1/resume")
        ended = await control(house).ended(new["id"])
        kept = await control(house).ended(old["id"])
    assert {part["state"] for part in ended["parts"]} == {"finished"}
    assert {(part["model"], part["state"]) for part in kept["parts"]} == {
        ("customer", "replaced"),
        ("order", "finished"),
    }
    assert sum(account(ended, "sent", "skipped")) == account(ended, "selected")[0]


async def test_what_was_not_chosen_is_left_alone(house: House, shop: Database, fake: FakeSynerise) -> None:
    async with house.daemon:
        job = await control(house).full(models=["product"], stores=["home_de"])
        ended = await control(house).ended(job["id"])
    assert {bag.name for bag in fake.catalogs()} == {"store-2"}
    assert (fake.profiles(), fake.transactions()) == ([], [])
    linked = "SELECT COUNT(*) AS n FROM catalog_product_website WHERE website_id = 1"
    assert account(ended, "selected") == [(await shop.sql(linked))[0]["n"]]


async def slow_job(house: House, shop: Database, fake: FakeSynerise) -> int:
    """A job that takes some seconds, under way."""
    await shop.sql(MANY_CUSTOMERS)
    await house.daemon.start()
    fake.configure(latency_ms=100)
    job = await control(house).full(models=["customer"], stores=["home_en"])
    await control(house).until(f"/v1/jobs/{job['id']}", lambda one: one["parts"][0]["sent"] > 50)
    return int(job["id"])


@pytest.mark.parametrize("verb", ["pause", "cancel"])
async def test_stopping_takes_effect_within_a_second(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise, verb: str
) -> None:
    async with make_house(shop, extra=SLOW) as house:
        number = await slow_job(house, shop, fake)
        began = time.monotonic()
        stopped = await control(house).post(f"/v1/jobs/{number}/{verb}")
        assert time.monotonic() - began < SECOND
        await asyncio.sleep(SECOND)
        at_rest = fake.stats()["requests"]
        await asyncio.sleep(SECOND)  # nothing more may come in this time
        assert fake.stats()["requests"] == at_rest
        adds_up(await control(house).job(number))
        if verb == "cancel":
            ended = await control(house).ended(number)
            assert stopped["state"] == ended["state"] == "cancelled"
            assert account(ended, "waiting") == [0]
            assert account(ended, "dropped")[0] > MANY / 2
        else:
            assert (stopped["state"], stopped["waits_for"]) == ("paused", "paused by an operator")
            fake.configure(latency_ms=0)
            await house.daemon.kill()
            await house.daemon.start()
            assert (await control(house).job(number))["state"] == "paused", "a restart does not resume it"
            await control(house).post(f"/v1/jobs/{number}/resume")
            ended = await control(house).ended(number)
            assert account(ended, "sent") == account(ended, "selected")
            assert len(fake.profiles()) == account(ended, "sent")[0]
        await house.daemon.stop()


async def test_a_live_change_of_a_paused_jobs_item_leaves_and_counts(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise
) -> None:
    async with make_house(shop, extra=SLOW) as house:
        number = await slow_job(house, shop, fake)
        await control(house).post(f"/v1/jobs/{number}/pause")
        fake.configure(latency_ms=0)
        last = FIRST_ID + MANY
        await shop.sql("UPDATE customer_entity SET firstname = 'Live' WHERE entity_id = %s", last)
        await fake.wait(until=lambda: deliveries(fake)[str(last)] == 1, timeout_s=10.0)
        await control(house).post(f"/v1/jobs/{number}/resume")
        ended = await control(house).ended(number)
        await house.daemon.stop()
    assert deliveries(fake)[str(last)] == 1
    assert account(ended, "sent") == account(ended, "selected")


async def test_changed_only_sends_what_changed(house: House) -> None:
    async with house.daemon:
        first = await control(house).ended((await control(house).full(models=["product"]))["id"])
        again = await control(house).ended(
            (await control(house).full(models=["product"], changed_only=True))["id"]
        )
    assert account(again, "unchanged") == account(first, "sent")
    assert account(again, "sent") == [0]


async def test_rate_and_time_left_are_told_while_it_runs(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise
) -> None:
    async with make_house(shop, extra=SLOW) as house:
        number = await slow_job(house, shop, fake)
        going = await control(house).until(f"/v1/jobs/{number}", lambda one: one["rate"])
        assert 0 < going["seconds_left"] < 600
        assert going["waits_for"] is None
        fake.configure(latency_ms=0)
        ended = await control(house).ended(number)
        assert ended["rate"] > 0
        assert ended["seconds_left"] is None
        await house.daemon.stop()


async def test_a_store_view_that_is_switched_off_ends_its_part_with_a_line_in_the_log(house: House) -> None:
    async with house.daemon:
        pass  # from now on it knows the store views
    house.configure((f'socket = "{house.database.socket}"', f'socket = "{house.home}/nobody.sock"'))
    async with house.daemon:
        job = await control(house).full(models=["order"], stores=["home_en", "home_de"])
    house.configure(("enabled = true", 'enabled = true\nstores = ["home_en"]'))
    async with house.daemon:
        ended = await control(house).ended(job["id"])
        lines = (await control(house).get("/v1/log", job=job["id"]))["lines"]
    (left_out,) = [line for line in lines if line["event"] == "job.part_left_out"]
    assert left_out["store"] == "home_de"
    assert {part["store"]: part["selected"] > 0 for part in ended["parts"]} == {
        "home_en": True,
        "home_de": False,
    }
