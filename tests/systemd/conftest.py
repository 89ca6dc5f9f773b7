"""The daemon as systemd starts it, in a directory of its own."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.fake_synerise.settings import ApiKey
from synqd_demo.fake_synerise.settings import Settings as FakeSettings
from tests.support.database import Database
from tests.support.house import House
from tests.systemd.manager import Manager

KEYS = ("11111111-aaaa-4bbb-8ccc-111111111111", "22222222-aaaa-4bbb-8ccc-222222222222")
SWITCHED_OFF = """\
[sync]
enabled = false
[queue]
reserve_mib = 1
[metrics]
listen = "off"
[control]
socket = "{home}/control.sock"
"""


@pytest.fixture(autouse=True)
def _no_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of a service manager around the tests must not reach the daemon."""
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory whose path is short enough for unix sockets."""
    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        yield Path(directory)


@pytest.fixture
async def manager(home: Path) -> AsyncIterator[Manager]:
    manager = Manager(home)
    yield manager
    await manager.close()


@pytest.fixture
def config(home: Path) -> Path:
    """A daemon that neither reads nor sends, which is all that systemd cares about."""
    path = home / "synqd.toml"
    path.write_text(SWITCHED_OFF.format(home=home))
    return path


@pytest.fixture
async def house(manager: Manager, shop: Database) -> AsyncIterator[House]:
    """The demo's shop with a change log, the fake Synerise, and a configuration that joins them."""
    keys = [ApiKey(key=key, workspace_id=number) for number, key in enumerate(KEYS, start=1)]
    async with FakeSynerise(FakeSettings(api_keys=keys)) as fake:
        house = House(manager.home, shop, fake, ("home", "trade"), KEYS)
        await house.command("changelog", "install")
        yield house


@pytest.fixture
def state(home: Path) -> dict[str, str]:
    """Where systemd says that state is kept."""
    return {"STATE_DIRECTORY": str(home / "state")}
