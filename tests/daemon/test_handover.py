"""S8, S9: e-mails that change hands between accounts; a write that Synerise would drop unseen is not made."""

from collections.abc import Collection, Mapping
from typing import Any

import pytest

from synqd.demo.fake_synerise import FakeSynerise
from tests.daemon.test_doubt import finished, settled, until
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
        f"SELECT entity_id, email, firstname FROM customer_entity WHERE website_id = 1 ORDER BY entity_id LIMIT {number}"
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
