"""S8, S9: e-mails that change hands between accounts; a write that Synerise would drop unseen is not made."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.test_doubt import finished, settled, until
from tests.support.changes import PATIENCE
from tests.support.database import Database
from tests.support.house import House

CUSTOMERS = '[sync]\nmodels = ["customer"]'


def accounts(fake: FakeSynerise) -> dict[str, tuple[str, str]]:
    """E-mail and first name of each account's profile."""
    return {
        str(one["customId"]): (str(one["email"]), str(one.get("firstName")))
        for one in fake.profiles()
        if one["customId"]
    }


async def first(shop: Database, number: int) -> list[dict[str, Any]]:
    return await shop.sql(
        "SELECT entity_id, email, firstname FROM customer_entity"
        f" WHERE website_id = 1 AND store_id = 1 ORDER BY entity_id LIMIT {number}"
    )


async def rename(shop: Database, emails: Mapping[int, str]) -> None:
    """In one transaction, over addresses that nobody has."""
    async with shop.connect(autocommit=False) as connection, connection.cursor() as cursor:
        for customer in emails:
            await cursor.execute(
                "UPDATE customer_entity SET email = %s WHERE entity_id = %s",
                (f"x{customer}@tmp.example", customer),
            )
        for customer, email in emails.items():
            await cursor.execute(
                "UPDATE customer_entity SET email = %s WHERE entity_id = %s", (email, customer)
            )
        await connection.commit()


async def all_right(shop: Database, fake: FakeSynerise, ids: Collection[int]) -> None:
    rows = await shop.sql(
        "SELECT entity_id, email, firstname FROM customer_entity WHERE entity_id IN %s", tuple(ids)
    )
    wanted = {str(row["entity_id"]): (row["email"], row["firstname"]) for row in rows}
    await until(lambda: wanted.items() <= accounts(fake).items())


async def skips(house: House, customer: int) -> list[str]:
    """Why nothing is sent for a customer."""
    items = (await house.ctl("log", "--entity", str(customer), "--model", "customer"))["items"]
    return [str(item["skipped"]["reason"]) for item in items if item["skipped"]]


@pytest.mark.parametrize("hands", ["swap", "ring", "row"])
async def test_addresses_that_change_hands_arrive(
    house: House, shop: Database, fake: FakeSynerise, hands: str
) -> None:
    house.configure(("[sync]", CUSTOMERS))
    async with house.daemon:
        await finished(house, (await house.ctl("full", "--all-stores"))["id"])
        one, two, three = await first(shop, 3)
        emails = {
            "swap": {one["entity_id"]: two["email"], two["entity_id"]: one["email"]},
            "ring": {
                one["entity_id"]: two["email"],
                two["entity_id"]: three["email"],
                three["entity_id"]: one["email"],
            },
            "row": {
                one["entity_id"]: two["email"],
                two["entity_id"]: three["email"],
                three["entity_id"]: "free@new.example",
            },
        }[hands]
        await rename(shop, emails)
        await all_right(shop, fake, emails)
        await settled(house)
        assert fake.counters["conflicts"] == 0
        assert not any(str(one).startswith("synqd-parked") for one in accounts(fake))


async def test_an_account_is_sent_before_the_subscription_that_moves_with_it(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    """The other way round, the subscription makes a profile of its own that the account cannot take over."""
    house.configure(("[sync]", '[sync]\nmodels = ["customer", "subscriber"]'))
    people = await first(shop, 5)
    await shop.sql("DELETE FROM newsletter_subscriber")
    for row in people:
        await shop.sql(
            "INSERT INTO newsletter_subscriber (store_id, customer_id, subscriber_email, subscriber_status)"
            " SELECT store_id, entity_id, email, 1 FROM customer_entity WHERE entity_id = %s",
            row["entity_id"],
        )
    async with house.daemon:
        await finished(house, (await house.ctl("full", "--all-stores"))["id"])
        fake.configure(latency_ms=20)
        async with shop.connect(autocommit=False) as connection, connection.cursor() as cursor:
            for table, column, key in (
                ("newsletter_subscriber", "subscriber_email", "customer_id"),
                ("customer_entity", "email", "entity_id"),
            ):
                for row in people:
                    statement = f"UPDATE {table} SET {column} = CONCAT('moved.', {column}) WHERE {key} = %s"
                    await cursor.execute(statement, (row["entity_id"],))
            await connection.commit()
        await all_right(shop, fake, [row["entity_id"] for row in people])
        await settled(house)
        assert fake.counters["conflicts"] == 0
        agreed = {str(one["email"]) for one in fake.profiles() if one["agreements"].get("email")}
        assert agreed == {f"moved.{row['email']}" for row in people}


async def test_an_email_that_another_profile_keeps_is_told_of_and_never_called_correct(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    house.configure(("[sync]", '[sync]\nmodels = ["customer", "subscriber"]'))
    await shop.sql("DELETE FROM newsletter_subscriber")
    await shop.sql(
        "INSERT INTO newsletter_subscriber (store_id, subscriber_email, subscriber_status)"
        " VALUES (1, 'reader@only.example', 1)"
    )
    (row,) = await first(shop, 1)
    customer, before = row["entity_id"], row["email"]
    async with house.daemon:
        await finished(house, (await house.ctl("full", "--all-stores"))["id"])
        await rename(shop, {customer: "reader@only.example"})
        async with asyncio.timeout(PATIENCE):
            while not any("merge the two there" in reason for reason in await skips(house, customer)):
                await asyncio.sleep(0.1)
        verified = await house.ctl("verify", "--model", "customer", "--store", "home_en")
        assert [part["old_alive"] for part in verified["parts"]] == [1]
        assert accounts(fake)[str(customer)][0] == before
        profiles = fake.world.workspaces[1].profiles
        other = profiles.find(email="reader@only.example")
        assert other is not None
        profiles.delete(other)  # somebody merges the two
        await house.ctl("batch", "customer", "--store", "home_en", "--ids", str(customer))
        await all_right(shop, fake, [customer])
    assert fake.counters["conflicts"] == 0
