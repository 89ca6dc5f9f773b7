"""Storage that is full, fails or breaks: intake or delivery waits, everything resumes by itself."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from tests.support.changes import PATIENCE, customers_arrived, first_names, rename_customers
from tests.support.database import Database
from tests.support.house import House

STRACE = shutil.which("strace")


@contextmanager
def tmpfs(directory: Path, options: str) -> Iterator[None]:
    """A small file system at a directory; skips the test where mounting is not allowed."""
    directory.mkdir(mode=0o700, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(directory)]
    mounted = shutil.which("mount") and subprocess.run(command, capture_output=True, check=False)
    if not mounted or mounted.returncode:
        pytest.skip("mounting a tmpfs is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(directory: Path) -> Path:
    """Takes all the room that is left."""
    filler = directory / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
    for size in (65_536, 4096, 1):
        with suppress(OSError):
            while True:
                os.write(descriptor, b"x" * size)
    os.close(descriptor)
    return filler


async def status(house: House, check: Callable[[Any], bool]) -> Any:
    """Asks for the status until the check holds."""
    async with asyncio.timeout(30):
        while not check(answer := await house.ctl("status")):
            await asyncio.sleep(0.2)
    return answer


def conditions(answer: Any) -> dict[str, bool]:
    return {one["name"]: one["usable"] for one in answer["conditions"]}


def healthy_file(house: House) -> None:
    with closing(sqlite3.connect(house.home / "state" / "queue.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_full_disk_stops_intake_loudly_and_everything_resumes_by_itself(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    with tmpfs(house.home / "state", "size=12m"):
        async with house.daemon:
            await rename_customers(shop, "before")
            await customers_arrived(shop, fake)
            filler = fill(house.home / "state")
            for number in range(5):
                await rename_customers(shop, f"full {number}")
            answer = await status(house, lambda answer: not conditions(answer)["queue"])
            assert answer["alive"]
            assert not answer["ready"]
            (told,) = [one["detail"] for one in answer["conditions"] if one["name"] == "queue"]
            assert "full" in told
            filler.unlink()
            await customers_arrived(shop, fake)
            await status(house, lambda answer: answer["ready"])
            assert (
                "queue.reserve_renewed" in house.daemon.log.read_text()
                or (house.home / "state" / "queue.db.reserve").exists()
            )
        healthy_file(house)


async def test_a_disk_that_is_full_at_the_start_is_waited_for(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    with tmpfs(house.home / "state", "size=6m"):
        async with house.daemon:
            await rename_customers(shop, "before")
            await customers_arrived(shop, fake)
        (house.home / "state" / "queue.db.reserve").unlink(missing_ok=True)
        filler = fill(house.home / "state")
        async with house.daemon:
            await rename_customers(shop, "after")
            await asyncio.sleep(0)
            filler.unlink()
            await customers_arrived(shop, fake)


FAULTS = {
    "no room for the 20th to 24th write": "pwrite64:error=ENOSPC:when=20..24",
    "the 40th to 43rd write fails": "pwrite64:error=EIO:when=40..43",
    "the 10th to 13th sync fails": "fdatasync:error=EIO:when=10..13",
    "every 10th sync fails": "fdatasync:error=EIO:when=10+10",
    "every 30th write finds no room": "pwrite64:error=ENOSPC:when=30+30",
    "the file system is read-only for three writes": "pwrite64:error=EROFS:when=30..32",
}


@pytest.mark.skipif(STRACE is None, reason="no strace program: apt-get install strace")
@pytest.mark.parametrize("fault", FAULTS)
async def test_writes_and_syncs_that_fail_lose_nothing(
    house: House, shop: Database, fake: FakeSynerise, fault: str
) -> None:
    async with house.daemon:
        pass  # from here on, all changes count: the log has been begun
    trace = house.home / "trace"
    calls = f"trace={FAULTS[fault].split(':')[0]}"
    house.daemon.prefix = (
        *(str(STRACE), "-D", "-f", "-qq", "--seccomp-bpf", "-o", str(trace)),
        *("-e", calls, "-e", f"inject={FAULTS[fault]}"),
    )
    async with house.daemon as daemon:
        for number in range(3):
            await rename_customers(shop, f"round {number} ")
            await fake.wait(until=partial(any_named, fake, f"round {number} "), timeout_s=PATIENCE)
        await customers_arrived(shop, fake)
        assert daemon.alive, daemon.last_lines()
    assert "(INJECTED)" in trace.read_text()
    healthy_file(house)


def any_named(fake: FakeSynerise, start: str) -> bool:
    return any(name.startswith(start) for name in first_names(fake).values())


async def test_a_read_only_state_directory_is_refused_in_one_line(house: House) -> None:
    with tmpfs(house.home / "state", "ro,size=1m"):
        ended = await house.command("run", status=1)
    assert "Read-only file system" in ended.err
    assert "Traceback" not in ended.err


async def changed_while_down(house: House, shop: Database, fake: FakeSynerise) -> Path:
    """A queue file with history, and changes that only the change log knows; returns its path."""
    async with house.daemon:
        await rename_customers(shop, "first")
        await customers_arrived(shop, fake)
        assert (await house.ctl("status"))["notices"] == [], "an ordinary first start needs no rebuild"
    await rename_customers(shop, "second")
    return house.home / "state" / "queue.db"


@asynccontextmanager
async def rebuilt(house: House, shop: Database, fake: FakeSynerise) -> AsyncIterator[None]:
    """The daemon runs on with a new queue file, and says so."""
    async with house.daemon:
        await customers_arrived(shop, fake)
        answer = await house.ctl("status")
        assert any("synqctl full --all-stores" in notice for notice in answer["notices"])
        yield


async def test_a_broken_queue_file_is_set_aside_and_rebuilt_from_the_change_log(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    path = await changed_while_down(house, shop, fake)
    broken = b"not a database" * 1000
    path.write_bytes(broken)
    async with rebuilt(house, shop, fake):
        pass
    (aside,) = path.parent.glob("queue.db.broken-*")
    assert aside.read_bytes() == broken
    # The notice outlives a restart, and ends when everything was sent in full.
    async with rebuilt(house, shop, fake):
        await house.ctl("full", "--all-stores")
        await status(house, lambda answer: not answer["notices"])
    assert len(list(path.parent.glob("queue.db.broken-*"))) == 1


async def test_a_queue_file_that_is_removed_while_stopped_is_rebuilt_from_the_change_log(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    await changed_while_down(house, shop, fake)
    shutil.rmtree(house.home / "state")
    async with rebuilt(house, shop, fake):
        assert "queue.lost" in house.daemon.log.read_text()
        (notice,) = (await house.ctl("status"))["notices"]
        assert "`synqctl forget` whoever had been forgotten" in notice, "nobody knows who it was any more"


async def test_with_read_only_capture_a_lost_queue_file_is_told_and_everything_is_compared(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    house.configure(
        ("[magento]", '[magento]\ncapture = "readonly"'), ("[sync]", '[sync]\nmodels = ["customer"]')
    )
    for _ in range(2):
        async with house.daemon:
            (notice,) = (await house.ctl("status"))["notices"]
            assert "nothing tells whether there was another one before" in notice
    assert not fake.profiles(), "it begins at the end, all the same"
    for file in (house.home / "state").glob("queue.db*"):
        file.unlink()
    await shop.sql("UPDATE customer_entity SET firstname = 'Unseen' WHERE entity_id = 301")
    async with house.daemon:
        async with asyncio.timeout(PATIENCE):
            while not any_named(fake, "Unseen"):
                await asyncio.sleep(0.05)
        answer = await house.ctl("status")
        assert any("whoever had been forgotten" in notice for notice in answer["notices"])


async def test_a_queue_file_that_is_removed_while_the_daemon_works_is_put_back(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    path = await changed_while_down(house, shop, fake)
    async with house.daemon as daemon:
        await customers_arrived(shop, fake)
        pid, before = daemon.pid, await house.ctl("status")
        for left in path.parent.glob("queue.db*"):
            left.unlink()
        await rename_customers(shop, "third")
        await customers_arrived(shop, fake)
        async with asyncio.timeout(PATIENCE):
            while not path.exists():
                await asyncio.sleep(0.2)
        await rename_customers(shop, "fourth")
        await customers_arrived(shop, fake)
        after = await house.ctl("status")
        assert (daemon.alive, daemon.pid) == (True, pid)
        assert "queue.removed" in daemon.log.read_text()
        assert after["notices"] == []
        assert [one["sent"] for one in after["streams"]] == [one["sent"] for one in before["streams"]]
    healthy_file(house)


async def test_a_kill_right_after_setting_aside_makes_it_no_ordinary_new_file(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    path = await changed_while_down(house, shop, fake)
    path.rename(path.with_name("queue.db.broken-20260101T000000.000000Z"))
    async with rebuilt(house, shop, fake):
        pass


async def test_damage_that_is_found_while_the_daemon_works_is_mended_without_a_restart(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    """Pages that the look at opening passes over: an index that does not fit its table."""
    path = await changed_while_down(house, shop, fake)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE meta SET value = 'no' WHERE name = 'closed'")
        db.execute("DELETE FROM sqlite_schema WHERE name = 'ledger_wire_key'")
        db.commit()
    async with rebuilt(house, shop, fake):
        assert "queue.set_aside" in house.daemon.log.read_text()


async def test_a_broken_file_that_cannot_be_set_aside_stops_with_one_line(house: House) -> None:
    with tmpfs(house.home / "state", "size=4m"):
        async with house.daemon:
            pass
        path = house.home / "state" / "queue.db"
        path.write_bytes(b"not a database" * 1000)
        subprocess.run(["mount", "-o", "bind", str(path), str(path)], check=True)
        try:
            ended = await house.command("run", status=1)
        finally:
            subprocess.run(["umount", "-l", str(path)], check=True)
        assert path.read_bytes() == b"not a database" * 1000
    said = [line for line in ended.err.splitlines() if line.startswith("synqd: ")]
    assert len(said) == 1
    assert str(path) in said[0]
    assert "set aside" in said[0]
