"""Strangers with thousands of connections cost the daemon nothing that it needs."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from synqd.config import load_settings
from synqd_demo.command import free_port
from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.process import DaemonProcess
from tests.daemon.conftest import KEYS
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House

NOBODY = 65_534
FLOOD = Path(__file__).parent.parent / "support" / "flood.py"
FILES = 256
EACH = 5_000
SOON = 1.0
FEW_LINES = 100


@asynccontextmanager
async def flooding(*targets: str) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Strangers at work, one for each target; they are ended with the block."""
    strangers = [
        await asyncio.create_subprocess_exec(sys.executable, str(FLOOD), str(NOBODY), target, str(EACH))
        for target in targets
    ]
    try:
        yield strangers
    finally:
        for stranger in strangers:
            if stranger.returncode is None:
                stranger.kill()
            await stranger.wait()


async def arrives(house: House, shop: Database, name: str) -> float:
    """Seconds from a commit in the shop until it is at Synerise."""
    begin = time.monotonic()
    somebody = "WHERE store_id > 0 ORDER BY entity_id LIMIT 1"
    await shop.sql(f"UPDATE customer_entity SET firstname = %s {somebody}", name)
    await house.fake.wait(
        until=lambda: any(one.get("firstName") == name for one in house.fake.profiles()), timeout_s=30
    )
    return time.monotonic() - begin


@pytest.fixture
async def house(home: Path, shop: Database, fake: FakeSynerise) -> House:
    """Few files, metrics on loopback, and a control socket that everybody may connect to."""
    shop.server.create_account("guarded", "secret", [f"ALL PRIVILEGES ON `{shop.name}`.*"])
    database = Database(shop.server, shop.name, user="guarded", password="secret")
    house = House(home, database, fake, ("home", "trade"), KEYS)
    house.configure(
        ('listen = "off"', f'listen = "127.0.0.1:{free_port()}"'), ("[control]", '[control]\nmode = "0666"')
    )
    home.chmod(0o711)
    few = ("prlimit", f"--nofile={FILES}:{FILES}")
    house.daemon = DaemonProcess(house.config, home / "daemon.log", prefix=few)
    await house.command("changelog", "install")
    return house


async def test_thousands_of_connections_take_nothing_that_the_daemon_needs(
    house: House, shop: Database
) -> None:
    listen = load_settings(house.config).metrics.listen
    control = Control(house.home / "control.sock")
    latencies: list[float] = []
    async with house.daemon as daemon:
        await arrives(house, shop, "Before")
        async with flooding(listen, str(control.path)) as strangers:
            while any(stranger.returncode is None for stranger in strangers):
                if len(latencies) == 3:  # whoever has to connect again needs files and the password
                    shop.run("KILL USER guarded")
                latencies.append(await arrives(house, shop, f"Name{len(latencies)}"))
            ended = [await stranger.wait() for stranger in strangers]
            assert daemon.alive, daemon.last_lines()
        assert (await control.get("/v1/status"))["alive"]
        async with aiohttp.ClientSession() as session, session.get(f"http://{listen}/metrics") as answer:
            assert f"process_max_fds {FILES:.1f}" in await answer.text()
    assert ended == [0, 0]
    assert len(latencies) > 3
    assert max(latencies) < SOON
    assert len((house.home / "daemon.log").read_text().splitlines()) < FEW_LINES
