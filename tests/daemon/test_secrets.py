"""Everything that a daemon leaves behind, searched for keys, tokens, passwords and people."""

import asyncio
import base64
import json
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from synqd.config import load_settings
from synqd_demo.command import free_port
from synqd_demo.fake_synerise import DEMO_GUID, FakeSynerise
from synqd_demo.fake_synerise.settings import ApiKey, Settings
from tests.daemon.conftest import KEYS
from tests.support.control import Control
from tests.support.database import Database
from tests.support.house import House

PASSWORD = "pass/phrase-of-the-database"
PAIR = base64.b64encode(f"{DEMO_GUID}:{KEYS[1]}".encode()).decode()
NEW_KEY = "33333333-aaaa-4bbb-8ccc-333333333333"
DEBUG = '\n[log]\nlevel = "debug"\n'


@pytest.fixture
async def fake() -> AsyncIterator[FakeSynerise]:
    keys = [ApiKey(key=key, workspace_id=n, basic_enabled=n == 2) for n, key in enumerate(KEYS, start=1)]
    async with FakeSynerise(Settings(api_keys=keys)) as server:
        yield server


@pytest.fixture
async def house(home: Path, shop: Database, fake: FakeSynerise) -> House:
    """One workspace logs in by token, the other by guid and key; the log tells all it can."""
    shop.server.create_account("guarded", PASSWORD, [f"ALL PRIVILEGES ON `{shop.name}`.*"])
    database = Database(shop.server, shop.name, user="guarded", password=PASSWORD)
    house = House(home, database, fake, ("home", "trade"), KEYS, DEBUG)
    house.configure(
        ('second.key"', f'second.key"\nauth = "basic"\nguid = "{DEMO_GUID}"'),
        ('listen = "off"', f'listen = "127.0.0.1:{free_port()}"'),
    )
    await house.command("changelog", "install")
    return house


async def _live(house: House, shop: Database) -> tuple[list[str], list[str]]:
    """A life with deliveries, refusals, outages, wrong keys and passwords: all read, its tokens."""
    fake, seen = house.fake, []
    listen = str(load_settings(house.config).metrics.listen)
    fake.add_fault("status", status=500, path="^/v4/clients", count=2)
    fake.add_fault("status", status=401, path="^/v4/transactions", count=2)
    fake.add_fault("partial", path="/items/batch$", count=1)
    fake.add_fault("status", status=400, path="^/v4/transactions", count=20)
    async with house.daemon as daemon:
        control = Control(house.home / "control.sock")
        await control.ended((await control.full())["id"])
        seen += [Path(f"/proc/{daemon.pid}/{name}").read_text() for name in ("cmdline", "environ")]
        seen += [json.dumps(await house.ctl(*verb)) for verb in (("status",), ("log",), ("dead", "list"))]
        letters = await control.get("/v1/dead-letters")
        seen.append(json.dumps(await house.ctl("dead", "show", str(letters["dead_letters"][0]["id"]))))
        seen += await _pages(listen)
        tokens = list(fake.world.keyring.tokens)
        fake.rotate(KEYS[0], NEW_KEY)
        shop.run("UPDATE customer_entity SET firstname = 'Zoe'")
        await _told(house, "breaker.")
        shop.server.create_account("guarded", "another", [f"ALL PRIVILEGES ON `{shop.name}`.*"])
        shop.run("KILL USER guarded")
        await _told(house, "mover.waiting")
        seen += await _pages(listen)
        seen.append((await house.command("check-config", "--connect", status=1)).out)
        house.config.write_text(house.config.read_text() + "\n[broken")
        daemon.signal(signal.SIGHUP)
        await _told(house, "config.refused")
        async with asyncio.timeout(60):  # a page is shown again for a second
            while "\nsynqd_config_last_reload_successful 0.0\n" not in seen[-3]:
                seen += await _pages(listen)
                await asyncio.sleep(0.05)
    return seen, tokens


async def _told(house: House, event: str) -> None:
    async with asyncio.timeout(60):
        while event not in (house.home / "daemon.log").read_text():
            await asyncio.sleep(0.05)


async def _pages(listen: str) -> list[str]:
    async with aiohttp.ClientSession() as session:
        answers = [await session.get(f"http://{listen}{path}") for path in ("/metrics", "/readyz", "/")]
        return [await answer.text() for answer in answers]


async def test_nothing_that_is_left_behind_holds_a_secret(house: House, shop: Database) -> None:
    seen, tokens = await _live(house, shop)
    files = [path for path in house.home.rglob("*") if path.is_file()]
    given = {house.home / name for name in ("first.key", "second.key", "password")}
    left = {str(path): path.read_bytes().decode(errors="replace") for path in files if path not in given}
    assert {Path(name).name for name in left} >= {"queue.db", "daemon.log", "synqd.toml"}
    left |= {f"answer {number}": text for number, text in enumerate(seen)}
    assert tokens
    secrets = (*KEYS, *tokens, PASSWORD, PAIR)
    found = {(name, secret) for name, text in left.items() for secret in secrets if secret in text}
    assert not found
    await _told(house, "chunk.sent")
    _nobody_is_named(left[str(house.home / "daemon.log")])


def _nobody_is_named(log: str) -> None:
    """Personal data stands in details for debugging at most."""
    lines = [line for line in log.splitlines() if not re.match(r"\S+ DEBUG ", line)]
    assert len(lines) > 10
    assert not [line for line in lines if re.search(r"[\w.+-]+@[\w-]+\.[a-z]", line)]
