"""What is wrong from outside ends in one clear line with the remedy, status 1, and nothing lost."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import MakeHouse
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House

Breaks = Callable[[House], None]


def say(house: House, name: str, text: str) -> None:
    (house.home / name).write_text(text)


CASES: dict[str, tuple[Breaks, list[str]]] = {
    "wrong password": (lambda h: say(h, "password", "wrong"), ["password", "synqd"]),
    "unknown database": (lambda h: h.configure((h.database.name, "nowhere")), ["nowhere"]),
    "unknown store view": (
        lambda h: h.configure(("enabled = true", 'enabled = true\nstores = ["home_dd"]')),
        ["home_dd", "home_de"],
    ),
    "unknown website": (
        lambda h: h.configure(('["trade"]', '["trad"]')),
        ["trad", "trade", "workspaces.second"],
    ),
    "two workspaces, one website": (
        lambda h: h.configure(('["trade"]', '["home"]')),
        ["home", "workspaces.first", "workspaces.second"],
    ),
    "no key file": (lambda h: (h.home / "first.key").unlink(), ["first.key", "workspaces.first"]),
    "unknown key in the configuration": (
        lambda h: h.configure(("poll_interval", "poll_intervall")),
        ["poll_intervall", "did you mean poll_interval?"],
    ),
    "state directory is a file": (
        lambda h: h.configure((f"{h.home}/state", f"{h.home}/password")),
        ["state directory", "[queue] directory"],
    ),
    "http beyond loopback": (
        lambda h: h.configure((h.fake.url, "http://synerise.example")),
        ["http://synerise.example", "https://"],
    ),
}


async def account(shop: Database) -> Database:
    """A database account with a password, as a real shop has one."""
    shop.server.create_account("synqd", "right", [f"ALL PRIVILEGES ON `{shop.name}`.*"])
    return Database(shop.server, shop.name, user="synqd", password="right")


@pytest.mark.parametrize("case", CASES)
async def test_the_daemon_refuses_in_one_line(make_house: MakeHouse, shop: Database, case: str) -> None:
    breaks, words = CASES[case]
    async with make_house(await account(shop)) as house:
        breaks(house)
        ended = await house.command("run", status=1)
        said = [line for line in ended.err.splitlines() if line.startswith("synqd: ")]
        assert len(said) == 1 + case.startswith("http")  # each workspace has its own line
        assert "Traceback" not in ended.err
        assert "right" not in said[0].split()
        for word in words:
            assert word in said[0]


async def test_no_change_log(make_house: MakeHouse, shop: Database) -> None:
    async with make_house(shop) as house:
        await house.command("changelog", "uninstall", "--yes")
        ended = await house.command("run", status=1)
        assert "synqd changelog install" in ended.err


async def test_a_trigger_is_missing(make_house: MakeHouse, shop: Database) -> None:
    async with make_house(shop) as house:
        triggers = await shop.sql(
            "SELECT trigger_name AS name FROM information_schema.triggers"
            " WHERE trigger_schema = %s AND trigger_name LIKE 'synqd%%' LIMIT 1",
            shop.name,
        )
        await shop.sql(f"DROP TRIGGER `{triggers[0]['name']}`")
        ended = await house.command("run", status=1)
        assert "synqd changelog install" in ended.err
        ended = await house.command("changelog", "verify", status=1)
        assert "ERROR" in ended.out


async def test_missing_grants_are_named(make_house: MakeHouse, shop: Database) -> None:
    shop.server.create_account("poor", "poor", [f"SELECT ON `{shop.name}`.`store`"])
    async with make_house(shop) as house:
        house.configure(('user = "root"', 'user = "poor"'))
        say(house, "password", "poor")
        ended = await house.command("run", status=1)
        assert "SELECT" in ended.err
        assert "GRANT" in ended.err


async def test_a_second_daemon_on_the_same_state_directory(house: House) -> None:
    async with house.daemon as first:
        ended = await house.command("run", status=1)
        assert f"pid {first.pid}" in ended.err
        assert (await house.ctl("status"))["alive"]


async def test_a_queue_file_of_a_newer_version_is_left_alone(house: House) -> None:
    async with house.daemon:
        pass
    path = house.home / "state" / "queue.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 9999")
    ended = await house.command("run", status=1)
    assert "9999" in ended.err
    assert str(path) in ended.err
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (9999,)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
async def test_unreadable_files(house: House) -> None:
    (house.home / "first.key").chmod(0)
    ended = await house.command("run", status=1)
    assert "first.key" in ended.err


async def test_a_key_that_synerise_refuses(house: House, fake: FakeSynerise) -> None:
    fake.deactivate(house.keys[0])
    ended = await house.command("check-config", "--connect", status=1)
    lines = [line for line in ended.out.splitlines() if " workspace first:" in line]
    assert len(lines) == 1
    assert "key" in lines[0]
    assert house.keys[0] not in ended.out + ended.err


async def test_another_database_than_the_queue_file_remembers(house: House, shop: Database) -> None:
    async with house.daemon:
        pass
    await shop.sql("UPDATE synqd_meta SET installation_id = UUID()")
    async with house.daemon:  # it has worked with this configuration: it stands still instead of ending
        await Control(house.home / "control.sock").until(
            "/v1/status", lambda one: any("synqd adopt" in place["detail"] for place in one["conditions"])
        )
    await house.command("adopt", "--yes")
    async with house.daemon:
        assert (await house.ctl("status"))["alive"]


async def test_everything_right_is_said_too(house: House) -> None:
    ended = await house.command("check-config", "--connect")
    assert "ERROR" not in ended.out
    assert "workspace first" in ended.out
