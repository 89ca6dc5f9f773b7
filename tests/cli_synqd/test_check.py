"""``synqd check-config --connect`` names what would go wrong silently."""

import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd_demo.fake_synerise import FakeSynerise
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


async def test_files_that_everybody_can_use_are_named(house: House) -> None:
    (house.home / "first.key").chmod(0o600)
    (house.home / "second.key").chmod(0o604)
    (house.home / "password").chmod(0o640)
    said = (await house.command("check-config")).out
    assert f"warning [workspaces.second] api_key_file: everybody on this machine can use {house.home}" in said
    assert "first.key" not in said
    assert "[magento] password_file" not in said
    house.config.chmod(0o666)
    refused = await house.command("check-config", status=1)
    assert f"ERROR   {house.config}: can be written by everybody" in refused.out


async def test_a_change_log_that_is_not_installed_is_one_line(house: House) -> None:
    await house.command("changelog", "uninstall", "--yes")
    said = (await house.command("check-config", "--connect", status=1)).out
    errors = [line for line in said.splitlines() if line.startswith("ERROR")]
    assert errors == [
        "ERROR   change log: is not installed; run `synqd changelog install`,"
        " or have a DBA run what `synqd changelog print` shows"
    ]


async def test_schedules_are_told_by_their_next_turns_and_refused_as_run_would(house: House) -> None:
    house.extra = (
        '[[schedule]]\ncron = "0 3 * * 0"\ntime_zone = "Europe/Warsaw"\n[[schedule]]\ncron = "0 3 31 2 *"\n'
    )
    house.configure()
    lines = (await house.command("check-config")).out.splitlines()
    assert any(
        re.search(r"ok .*0 3 \* \* 0: next: (\d{4}-\d\d-\d\d 03:00 CES?T(, )?){3}$", line) for line in lines
    )
    assert any("0 3 31 2 *: never comes" in line for line in lines)
    house.extra = '[[schedule]]\ncron = "61 3 * * *"\n'
    house.configure()
    assert "'61 3 * * *' is not a cron expression" in (await house.command("check-config", status=1)).err
