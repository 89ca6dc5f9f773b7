"""S3: an old state directory, or a database from before, never makes the daemon trust what it once sent."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.process import DaemonProcess
from tests.daemon.test_doubt import finished, settled, until
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House

RENAME = "UPDATE customer_entity SET firstname = %s WHERE entity_id = 301"

ELSEWHERE = ("unshare", "--uts", "sh", "-c", 'hostname elsewhere && exec "$@"', "sh")
"""Starts a program on what it takes for another host."""


def name(fake: FakeSynerise) -> str:
    return next((str(one.get("firstName")) for one in fake.profiles() if one["customId"] == "301"), "")


async def stands_still(house: House, why: str) -> Any:
    return await Control(house.home / "control.sock").until(
        "/v1/status", lambda one: any(why in place["detail"] for place in one["conditions"])
    )


async def test_an_old_state_directory_is_refused_and_what_it_knows_is_in_doubt_once_it_is_adopted(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    state, copy = house.home / "state", house.home / "copy"
    async with house.daemon:
        await finished(house, (await house.ctl("full", "--model", "customer", "--all-stores"))["id"])
        before = name(fake)
    shutil.copytree(state, copy)
    async with house.daemon:
        await shop.sql(RENAME, "Newer")
        await until(lambda: name(fake) == "Newer")
        await settled(house)
    await shop.sql(RENAME, before)
    shutil.rmtree(state)
    copy.rename(state)
    seen = len(fake.requests(path="/v4/clients/batch"))
    async with house.daemon:
        await stands_still(house, "the queue file is an old one")
        assert len(fake.requests(path="/v4/clients/batch")) == seen, "nothing is sent"
        assert house.daemon.alive
    assert "sent again" in (await house.command("adopt", "--yes")).out
    async with house.daemon:
        await until(lambda: name(fake) == before)
        await settled(house)
        assert any("older than what was sent last" in one for one in (await house.ctl("status"))["notices"])
    async with house.daemon:
        await settled(house)
        assert (await house.ctl("status"))["ready"]


async def test_a_database_from_before_is_refused_until_it_is_adopted(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with house.daemon:
        await finished(house, (await house.ctl("full", "--model", "customer", "--all-stores"))["id"])
    await shop.sql("UPDATE synqd_meta SET epoch = 1000 WHERE id = 2")
    with closing(sqlite3.connect(house.home / "state" / "queue.db")) as db, db:
        (claim,) = db.execute("SELECT value FROM meta WHERE name = 'claim of the change log'").fetchone()
        db.execute(
            "UPDATE meta SET value = ? WHERE value = ?",
            (json.dumps([json.loads(claim)[0], 999, 1000]), claim),
        )
    async with house.daemon:
        assert (await house.ctl("status"))["ready"]
    await shop.sql("UPDATE synqd_meta SET epoch = 5 WHERE id = 2")
    await shop.sql(RENAME, "Before")
    async with house.daemon:
        await stands_still(house, "the database is older than the queue file")
    assert "compared" in (await house.command("adopt", "--yes")).out
    async with house.daemon:
        await until(lambda: name(fake) == "Before")


def dump(shop: Database) -> str:
    program = shutil.which("mariadb-dump") or shutil.which("mysqldump") or "mariadb-dump"
    options = ["--user=root", f"--socket={shop.socket}", "--triggers", "--skip-add-locks"]
    return subprocess.run([program, *options, shop.name], check=True, capture_output=True, text=True).stdout


async def test_a_dump_that_is_restored_under_the_running_daemon_is_compared(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    """One of some moments ago is what a replica without the last transactions is, too."""
    async with house.daemon:
        await finished(house, (await house.ctl("full", "--model", "customer", "--all-stores"))["id"])
        before = name(fake)
        saved = await asyncio.to_thread(dump, shop)
        await shop.sql(RENAME, "Lost")
        await until(lambda: name(fake) == "Lost")
        await settled(house)
        await asyncio.to_thread(shop.run, saved)
        await until(lambda: name(fake) == before)
        assert house.daemon.alive


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a program another host name")
async def test_a_state_directory_that_moves_after_a_crash_goes_on_by_itself(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    async with house.daemon:
        await finished(house, (await house.ctl("full", "--model", "customer", "--all-stores"))["id"])
        await house.daemon.kill()
    async with DaemonProcess(house.config, house.home / "moved.log", prefix=ELSEWHERE):
        await stands_still(house, "another synqd reads this change log")
        await shop.sql("UPDATE synqd_meta SET installed_at = installed_at - INTERVAL 1 MINUTE WHERE id = 2")
        await shop.sql(RENAME, "Moved")
        await until(lambda: name(fake) == "Moved")
        await settled(house)
        status = await house.ctl("status")
        assert (status["ready"], status["notices"]) == (True, [])
    async with house.daemon:
        assert (await house.ctl("status"))["ready"], "an orderly end lets others have it at once"
