"""``synqd check-config --connect`` names what would go wrong silently."""

import json
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.support.database import Database, MakeShop
from tests.support.house import House, run


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
    where = f"--config {house.config}"
    assert errors == [
        f"ERROR   change log: is not installed; run `synqd changelog install {where}`,"
        f" or have a DBA run what `synqd changelog print {where}` shows"
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


async def test_another_prefix_is_one_line_with_the_right_one(tmp_path: Path, make_shop: MakeShop) -> None:
    shop = make_shop(prefix="m2_")
    config = tmp_path / "synqd.toml"
    config.write_text(
        f'[magento]\nsocket = "{shop.socket}"\ndatabase = "{shop.name}"\nuser = "root"\n'
        'table_prefix = "m3_"\n'
        "[metrics]\nlisten = 'off'\n"
    )
    ended = await run("synqd", "check-config", "--connect", "--config", str(config), status=1)
    told = [line for line in ended.out.splitlines() if line.startswith("ERROR")]
    assert told[0] == (
        "ERROR   [magento] table_prefix: there is no table m3_customer_entity; set it to 'm2_', as the tables"
        " here have it"
    )
    assert len(told) <= 2, "what cannot be read then, once"
    as_json = await run("synqd", "check-config", "--json", "--config", str(config))
    assert {one["level"] for one in json.loads(as_json.out)["findings"]} == {"ok", "warning"}


async def test_a_preview_by_names_and_of_what_is_closed(tmp_path: Path, magento_dump: Database) -> None:
    config = tmp_path / "synqd.toml"
    (tmp_path / "password").write_text(magento_dump.password)
    (tmp_path / "key").write_text("key")
    config.write_text(
        f'[magento]\nsocket = "{magento_dump.socket}"\ndatabase = "{magento_dump.name}"\n'
        f'user = "{magento_dump.user}"\npassword_file = "{tmp_path}/password"\n'
        f'[workspaces.main]\napi_key_file = "{tmp_path}/key"\nwebsites = ["base"]\n'
        f'[queue]\ndirectory = "{tmp_path}"\n'
    )
    where = ("--config", str(config))
    by_sku = await run("synqd", "preview", "product", "--store", "default", "--skus", "24-MB01", *where)
    assert json.loads(by_sku.out)["item"]["itemKey"] == "24-MB01"
    pretty = await run(
        "synqd", "preview", "product", "--store", "default", "--skus", "24-MB01", "--pretty", *where
    )
    assert json.loads(pretty.out) == json.loads(by_sku.out)
    assert pretty.out.startswith('{\n  "model": "product",')
    old = await run("synqd", "preview", "product", "--store", "old", "--ids", "1", *where)
    assert json.loads(old.out)["skip"] == "the store view is inactive"
    assert json.loads(old.out)["item"] is None
    other = await run("synqd", "preview", "product", "--store", "b2b_en", "--ids", "1", *where)
    assert json.loads(other.out)["skip"] == "the store view belongs to no workspace"
    none = await run("synqd", "preview", "product", "--store", "de", "--skus", "NO-SUCH", *where, status=1)
    assert none.err == "synqd: NO-SUCH: not in Magento\n"
    wrong = await run("synqd", "preview", "product", "--store", "de", *where, status=2)
    assert wrong.err.count("\n") == 1


async def test_what_is_wrong_is_json_where_that_is_wanted(tmp_path: Path) -> None:
    missing = await run("synqd", "check-config", "--json", "--config", str(tmp_path / "no.toml"), status=1)
    assert json.loads(missing.err)["error"]["code"] == "configuration"
    wrong = await run("synqd", "check-config", "--json", "--conect", status=2)
    assert json.loads(wrong.err)["error"]["code"] == "usage"
    plain = await run("synqd", "chek-config", status=2)
    assert (plain.out, plain.err.count("\n")) == ("", 1)
