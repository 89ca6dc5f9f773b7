"""The whole daemon where nobody knows what has arrived at Synerise, and the shop changes its mind."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import closing
from typing import Any

from synqd_demo.fake_synerise import FakeSynerise
from tests.support.changes import PATIENCE
from tests.support.database import Database
from tests.support.house import House

CLIENTS = "/v4/clients/batch"
SUBSCRIBERS = 400
MANY = f"""
INSERT INTO newsletter_subscriber (store_id, change_status_at, subscriber_email, subscriber_status)
SELECT 1, '2026-01-01 00:00:00', CONCAT('reader', seq, '@many.example'), 1 FROM seq_1_to_{SUBSCRIBERS}
"""


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # no event says what the fake holds
            await asyncio.sleep(0.02)


async def nothing_waits(house: House) -> bool:
    status = await house.ctl("status")
    return not any(sum(stream["waiting"].values()) for stream in status["streams"])


async def finished(house: House, job: int) -> dict[str, Any]:
    """A job at its end."""
    async with asyncio.timeout(PATIENCE):
        while (shown := await house.ctl("job", "show", str(job)))["state"] != "finished":
            await asyncio.sleep(0.1)
    return dict(shown)


async def settled(house: House) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await nothing_waits(house):
            await asyncio.sleep(0.1)


async def skipped(house: House, email: str) -> str:
    """Why nothing is sent for a subscriber, as soon as that is so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            (item,) = (await house.ctl("log", "--entity", email, "--model", "subscriber"))["items"]
            if item["skipped"]:
                return str(item["skipped"]["reason"])
            await asyncio.sleep(0.1)


def agreed(fake: FakeSynerise) -> dict[str, bool]:
    """Whether each reader agrees, by what Synerise holds."""
    return {
        one["email"]: bool((one.get("agreements") or {}).get("email"))
        for one in fake.profiles()
        if str(one["email"]).endswith("@many.example")
    }


def in_flight(house: House) -> set[str]:
    """Addresses in the notes that a killed daemon left."""
    queue_file = house.home / "state" / "queue.db"
    with closing(sqlite3.connect(f"file:{queue_file}?mode=ro", uri=True)) as db:
        notes = [json.loads(what) for (what,) in db.execute("SELECT what FROM notes")]
    return {key for entries in notes for _, key, *_ in entries}


def unsubscribe(fake: FakeSynerise, emails: Collection[str]) -> None:
    """People unsubscribe at Synerise, by a link in a newsletter."""
    for email in emails:
        profile = fake.world.workspaces[1].profiles.find(email=email)
        assert profile is not None
        profile.agreements["email"] = False


def agreements(fake: FakeSynerise, since: int = 0) -> Counter[str]:
    """How often an agreement came for each address."""
    bodies = [json.loads(request.body or b"[]") for request in fake.requests(since, CLIENTS)]
    said = [profile for body in bodies for profile in body if profile["agreements"]["email"]]
    return Counter(profile["email"] for profile in said)


async def test_a_kill_in_a_full_run_subscribes_nobody_again_who_has_unsubscribed_at_synerise(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    """S10, S24: only what was in flight may leave twice; who was told of before that is left alone."""
    await shop.sql(MANY)
    house.configure(("[sync]", "[subscriber]\nmax_items_per_request = 10\n[sync]"))
    fake.configure(latency_ms=40)
    async with house.daemon:
        job = (await house.ctl("full", "--model", "subscriber", "--store", "home_en"))["id"]
        await until(lambda: len(agreed(fake)) >= SUBSCRIBERS // 2)
        await house.daemon.kill()
    await fake.wait(until=lambda: not fake.stats()["open"])
    arrived = {email for email, agrees in agreed(fake).items() if agrees}
    told_before = arrived - in_flight(house)
    assert told_before
    assert len(arrived) < SUBSCRIBERS
    unsubscribe(fake, told_before)
    since = len(fake.requests())
    fake.configure(latency_ms=0)
    async with house.daemon:
        await finished(house, job)
        assert not told_before & agreements(fake, since).keys()
        again = (await house.ctl("full", "--model", "subscriber", "--store", "home_en"))["id"]
        await finished(house, again)
    assert not told_before & agreements(fake, since).keys()
    everybody = {f"reader{number}@many.example" for number in range(1, SUBSCRIBERS + 1)}
    assert {email for email, agrees in agreed(fake).items() if agrees} == everybody - told_before


async def test_somebody_who_agrees_and_withdraws_again_while_synerise_does_not_answer(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    await shop.sql(
        "INSERT INTO newsletter_subscriber"
        " (subscriber_id, store_id, change_status_at, subscriber_email, subscriber_status)"
        " VALUES (9000, 1, '2026-01-01 00:00:00', 'wavering@many.example', 3)"
    )

    async def say(status: int, second: int) -> None:
        await shop.sql(
            "UPDATE newsletter_subscriber SET subscriber_status = %s, change_status_at = %s"
            " WHERE subscriber_id = 9000",
            status,
            f"2026-01-01 00:00:0{second}",
        )

    async with house.daemon:
        await say(3, 1)
        await until(lambda: agreed(fake) == {"wavering@many.example": False})
        await settled(house)
        fake.add_fault("status_after_apply", status=504, path=CLIENTS, count=1)
        await say(1, 2)
        await until(lambda: agreed(fake)["wavering@many.example"])
        await say(3, 3)
        await until(lambda: not agreed(fake)["wavering@many.example"])
        await settled(house)
        # SQL that gives the old word back undoes nothing.
        await say(1, 2)
        reason = "a later withdrawal of the same e-mail was sent"
        assert await skipped(house, "wavering@many.example") == reason
        assert not agreed(fake)["wavering@many.example"]
        (shown,) = await house.preview("subscriber", "home_en", 9000)
        assert shown["skip"] == reason


async def test_a_product_that_comes_back_while_its_removal_was_not_answered(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    (row,) = await shop.sql(
        "SELECT product_id, sku FROM catalog_product_website JOIN catalog_product_entity ON entity_id ="
        " product_id WHERE website_id = 1 AND type_id = 'simple' ORDER BY product_id LIMIT 1"
    )

    def alive() -> set[bool]:
        bags = fake.catalogs("workspace 1")
        return {not bag.items[row["sku"]].deleted for bag in bags if row["sku"] in bag.items}

    async with house.daemon:
        await house.ctl("batch", "product", "--ids", str(row["product_id"]))
        await settled(house)
        assert alive() == {True}
        fake.add_fault("status_after_apply", status=504, path="/items/batch")
        await shop.sql(
            "DELETE FROM catalog_product_website WHERE product_id = %s AND website_id = 1", row["product_id"]
        )
        await until(lambda: alive() == {False})
        (item, *_) = (await house.ctl("log", "--entity", row["sku"], "--model", "product"))["items"]
        assert item["in_doubt"] or item["waiting"]
        await shop.sql(
            "INSERT INTO catalog_product_website (product_id, website_id) VALUES (%s, 1)", row["product_id"]
        )
        fake.clear_faults()
        await until(lambda: alive() == {True})
        await settled(house)
        assert alive() == {True}


async def test_an_order_whose_email_is_made_anonymous_makes_no_second_event_and_that_is_told(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with house.daemon:
        await finished(house, (await house.ctl("full", "--model", "order", "--all-stores"))["id"])
        before = len(fake.transactions())
        await shop.sql(
            "UPDATE sales_order SET customer_email = CONCAT('anon', entity_id, '@gdpr.invalid') LIMIT 5"
        )
        await settled(house)
        shown = await finished(house, (await house.ctl("full", "--model", "order", "--all-stores"))["id"])
        reason = "its e-mail / time changed after it was sent"
        assert sum(part["reasons"].get(reason, 0) for part in shown["parts"]) == 5
        assert any(reason in line["text"] for line in (await house.ctl("log"))["lines"])
        assert len(fake.transactions()) == before
        assert fake.counters["salt_misuse"] == 0
        assert not any("gdpr.invalid" in str(one["email"]) for one in fake.profiles())


async def test_a_deleted_customer_is_one_event_however_often_the_change_log_is_read(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    def events() -> list[dict[str, Any]]:
        return fake.events(action="client.deleteAccount")

    async with house.daemon:
        await finished(house, (await house.ctl("full", "--model", "customer", "--all-stores"))["id"])
        fake.add_fault("reset_after_apply", path="/v4/events/batch", count=2)
        await shop.sql("DELETE FROM customer_entity WHERE entity_id = 301")
        await until(lambda: bool(events()))
        await settled(house)
        (event,) = events()
    seen = len(fake.requests(path="/v4/events/batch"))
    for file in (house.home / "state").glob("queue.db*"):
        file.unlink()
    async with house.daemon:
        await until(lambda: len(fake.requests(path="/v4/events/batch")) > seen)
        await settled(house)
    (again,) = events()
    assert (again["time"], again["client"]) == (event["time"], event["client"])
    assert fake.counters["salt_misuse"] == 0
