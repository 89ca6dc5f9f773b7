"""``synqd check-config --connect`` names what would go wrong silently."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd.demo.fake_synerise import FakeSynerise
from tests.support.database import Database
from tests.support.house import House


@pytest.fixture
async def house(magento_copy: Database) -> AsyncIterator[House]:
    """The real dump with its change log, not started."""
    with tempfile.TemporaryDirectory(prefix="synqd-") as home:
        async with FakeSynerise() as fake:
            key = fake.api_key
            made = House(Path(home), magento_copy, fake, ("base", "b2b"), (key, key))
            await made.command("changelog", "install")
            yield made


async def test_attributes_that_the_shop_does_not_have_are_named(house: House) -> None:
    house.extra = '[product]\nattributes = ["name", "colour"]\n[customer]\nattributes = ["dobb"]\n'
    house.configure()
    ended = await house.command("check-config", "--connect", status=1)
    lines = ended.out.splitlines()
    assert any(line.startswith("ERROR") and "'colour'" in line and "color" in line for line in lines)
    assert any("customer attribute dobb" in line for line in lines)


async def test_identities_that_would_collide_are_counted(house: House, magento_copy: Database) -> None:
    ended = await house.command("check-config", "--connect")
    assert "increment" not in ended.out
    await magento_copy.sql(
        "UPDATE sales_order AS a JOIN sales_order AS b ON b.entity_id = 2"
        " SET a.increment_id = b.increment_id, a.store_id = 2 WHERE a.entity_id = 5"
    )
    ended = await house.command("check-config", "--connect")
    assert any("increment" in line and "workspace first, order" in line for line in ended.out.splitlines())


async def test_missing_permissions_of_the_key_are_named(house: House) -> None:
    house.fake.revoke("CATALOGS_CATALOG_CREATE")
    ended = await house.command("check-config", "--connect", status=1)
    assert "CATALOGS_CATALOG_CREATE" in ended.out
