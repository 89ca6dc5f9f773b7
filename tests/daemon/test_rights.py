"""Root works in the daemon's directory with the daemon's rights, whatever was planted there."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd.queue import read_installation
from synqd_demo.fake_synerise import FakeSynerise
from tests.daemon.conftest import KEYS, MakeHouse
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House
from tests.support.planted import NOBODY, PLANTS
from tests.support.proxy import Proxy

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root has more rights than the directory's owner"
)
HELD = "root's\n" * 1000
PLANTED = (
    ("lock", "link", "is a link"),
    ("queue.db", "hard link", "has a second name"),
    ("queue.db-shm", "link", "is a link"),
)


@pytest.fixture
async def house(make_house: MakeHouse, shop: Database, home: Path) -> AsyncIterator[House]:
    """Its state directory belongs to nobody; secrets may be read by root only."""
    async with make_house(shop) as house:
        home.chmod(0o755)
        for name in ("first.key", "second.key", "password"):
            (home / name).chmod(0o600)
        give(house)
        yield house


def give(house: House) -> Path:
    state = house.home / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    os.chown(state, NOBODY, NOBODY)
    return state


@pytest.fixture
def victim(house: House) -> Path:
    path = house.home / "victim"
    path.write_text(HELD)
    path.chmod(0o644)
    return path


def unharmed(victim: Path) -> bool:
    status = victim.stat()
    return (victim.read_text(), status.st_mode & 0o777, status.st_uid) == (HELD, 0o644, 0)


def strangers(state: Path) -> list[str]:
    return [path.name for path in state.iterdir() if path.stat().st_uid != NOBODY]


async def test_adopt_leaves_a_file_that_the_daemon_can_use(house: House) -> None:
    await house.command("adopt", "--yes")
    state = house.home / "state"
    assert {path.name for path in state.iterdir()} >= {"lock", "queue.db"}
    assert strangers(state) == []
    installation = read_installation(state / "queue.db")
    assert installation is not None
    assert installation.epoch == 2


async def test_adopt_follows_nothing(house: House, victim: Path) -> None:
    for name, kind, told in PLANTED:
        place = house.home / "state" / name
        PLANTS[kind](place, victim)
        ended = await house.command("adopt", "--yes", status=1)
        assert f"{name} {told}" in ended.err
        assert unharmed(victim)
        place.unlink()
    await house.command("adopt", "--yes")
    assert strangers(house.home / "state") == []


async def test_adopt_follows_no_link_in_place_of_the_directory(house: House) -> None:
    """The directory above belongs to the daemon's user, too, who puts a link in its place."""
    treasure = house.home / "treasure"
    treasure.mkdir(mode=0o755)
    (treasure / "lock").write_text(HELD)
    above = house.home / "above"
    above.mkdir()
    os.chown(above, NOBODY, NOBODY)
    (above / "state").symlink_to(treasure)
    house.configure((f'directory = "{house.home}/state"', f'directory = "{above}/state"'))
    ended = await house.command("adopt", "--yes", status=1)
    assert f"{above}/state/lock belongs to user 0" in ended.err
    assert [path.name for path in treasure.iterdir()] == ["lock"]
    assert (treasure / "lock").read_text() == HELD


async def test_looks_of_root_make_nothing_that_the_daemon_cannot_use(house: House, victim: Path) -> None:
    await house.command("adopt", "--yes")
    state = house.home / "state"
    await house.preview("product", "home_en", 101)
    await house.command("changelog", "install")
    assert strangers(state) == []
    (state / "queue.db-shm").unlink(missing_ok=True)
    (state / "queue.db-shm").symlink_to(victim)
    for command in (["preview", "product", "--store", "home_en", "--ids", "101"], ["changelog", "install"]):
        assert "queue.db-shm is a link" in (await house.command(*command, status=1)).err
    assert unharmed(victim)


async def test_a_daemon_that_root_starts_becomes_the_owner_of_its_directory(
    house: House, shop: Database, fake: FakeSynerise
) -> None:
    socket = house.home / "state" / "control.sock"
    async with Proxy(Path(shop.socket)) as proxy:  # the test's server is for root's eyes only
        house.configure(
            (f'socket = "{shop.socket}"', f'host = "127.0.0.1"\nport = {proxy.port}'),
            (f'socket = "{house.home}/control.sock"', f'socket = "{socket}"'),
        )
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "synqd", "run", "--config", str(house.config)),
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(60):
                while not socket.exists():
                    await asyncio.sleep(0.05)
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert f"\nUid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}\n" in status
            assert f"\nGid:\t{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}\n" in status
            control = Control(socket)
            await control.until("/v1/status", lambda one: one["streams"])
            await control.ended((await control.full(models=["product"]))["id"])
        finally:
            process.send_signal(signal.SIGTERM)
            _, told = await process.communicate()
    assert b"app rights.given_up user=nobody " in told
    assert fake.items("store-1")
    assert strangers(house.home / "state") == []
    assert KEYS[0].encode() not in told
