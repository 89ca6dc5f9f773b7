"""Changes in a shop's database, and whether all of them have arrived."""

from __future__ import annotations

from synqd_demo.fake_synerise import FakeSynerise
from tests.support.database import Database

PATIENCE = 60.0

SENT = """
    FROM customer_entity
    WHERE confirmation IS NULL OR website_id NOT IN (
        SELECT scope_id FROM core_config_data
        WHERE path = 'customer/create_account/confirm' AND scope = 'websites' AND value = '1')
"""
"""All customers but those that Magento lets nobody into before they are confirmed."""


async def rename_customers(database: Database, name: str) -> int:
    """Changes every customer by plain SQL, each in a row of its own; returns how many are sent."""
    await database.sql("UPDATE customer_entity SET firstname = CONCAT(%s, entity_id)", name)
    found = await database.sql(f"SELECT COUNT(*) AS n {SENT}")
    return int(found[0]["n"])


def first_names(fake: FakeSynerise) -> dict[int, str]:
    """What Synerise holds, by customer id."""
    return {int(one["customId"]): one["firstName"] for one in fake.profiles() if one.get("customId")}


async def customers_arrived(database: Database, fake: FakeSynerise) -> None:
    """Waits until Synerise holds every customer that is sent as the database has it.

    Raises:
        TimeoutError: something is missing.
    """
    rows = await database.sql(f"SELECT entity_id, firstname {SENT}")
    wanted = {row["entity_id"]: row["firstname"] for row in rows}
    await fake.wait(until=lambda: first_names(fake) == wanted, timeout_s=PATIENCE)
