"""The whole daemon as a process, between a shop of its own and the fake Synerise."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from synqd.demo.fake_synerise import FakeSynerise
from synqd.demo.fake_synerise.settings import ApiKey
from synqd.demo.fake_synerise.settings import Settings as FakeSettings
from tests.support.database import Database
from tests.support.house import House

KEYS = ("11111111-aaaa-4bbb-8ccc-111111111111", "22222222-aaaa-4bbb-8ccc-222222222222")


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory whose path is short enough for unix sockets."""
    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        yield Path(directory)


def two_workspaces(**settings: Any) -> FakeSettings:
    """Settings of a fake Synerise with a workspace for each key."""
    keys = [
        ApiKey(key=key, workspace_id=number, workspace_name=f"workspace {number}")
        for number, key in enumerate(KEYS, start=1)
    ]
    return FakeSettings(api_keys=keys, **settings)


@pytest.fixture
async def fake() -> AsyncIterator[FakeSynerise]:
    """The fake Synerise with two workspaces."""
    async with FakeSynerise(two_workspaces()) as server:
        yield server


MakeHouse = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def make_house(home: Path, fake: FakeSynerise) -> MakeHouse:
    """``async with make_house(database) as house``: configured, change log installed, daemon not started."""

    @asynccontextmanager
    async def make(
        database: Database, *, websites: tuple[str, str] = ("home", "trade"), extra: str = ""
    ) -> AsyncIterator[House]:
        house = House(home, database, fake, websites, KEYS, extra)
        await house.command("changelog", "install")
        yield house

    return make


@pytest.fixture
async def house(make_house: MakeHouse, shop: Database) -> AsyncIterator[House]:
    """The demo shop's house."""
    async with make_house(shop) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of a service manager around the tests must not reach the daemon."""
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("SYNQD_") and "__" in name]:
        monkeypatch.delenv(name)
