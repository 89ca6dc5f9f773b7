"""The whole daemon as a process, between a shop of its own and the fake Synerise."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.fake_synerise.settings import ApiKey
from synqd_demo.fake_synerise.settings import Settings as FakeSettings
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import ShiftedClock
from tests.support.proxy import Proxy

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
def clock() -> ShiftedClock:
    """The clock of a daemon inside the test: it goes on from the time of the dump."""
    return ShiftedClock()


@pytest.fixture
async def fake(request: pytest.FixtureRequest) -> AsyncIterator[FakeSynerise]:
    """The fake Synerise with two workspaces.

    It goes by the clock of a test that has one: orders must not lie in the future.
    """
    clocked = "clock" in request.fixturenames
    settings = two_workspaces(now=request.getfixturevalue("clock").now) if clocked else two_workspaces()
    async with FakeSynerise(settings) as server:
        yield server


@pytest.fixture
async def proxy(fake: FakeSynerise) -> AsyncIterator[Proxy]:
    """A proxy before the fake Synerise."""
    async with Proxy(fake.port) as made:
        yield made


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


@pytest.fixture
async def proxied_house(
    make_house: MakeHouse, shop: Database, fake: FakeSynerise, proxy: Proxy
) -> AsyncIterator[House]:
    """The demo shop's house; its daemon reaches the API through the proxy, and does not wait for long."""
    async with make_house(shop) as made:
        made.configure((f'base_url = "{fake.url}"', f'base_url = "{proxy.url}"\ntimeout = 2.0'))
        yield made


@pytest.fixture(autouse=True)
def _no_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of a service manager around the tests must not reach the daemon."""
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("SYNQD_") and "__" in name]:
        monkeypatch.delenv(name)
