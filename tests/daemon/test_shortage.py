"""A machine that is out of files for a while, or whose disk fails, is an outage like any other."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.process import DaemonProcess
from tests.daemon.conftest import KEYS
from tests.support.changes import customers_arrived, rename_customers
from tests.support.database import Database
from tests.support.house import House

STRACE = shutil.which("strace")
SHORT = {
    "no files": ("openat,socket,accept4,pipe2", "EMFILE"),
    "a disk that fails": ("openat,read", "EIO"),
}


@asynccontextmanager
async def short_of(daemon: DaemonProcess, house: House, calls: str, error: str) -> AsyncIterator[None]:
    """Inside, every such system call of the daemon fails."""
    options = ("-f", "-qq", "-o", str(house.home / "trace"), "-p", str(daemon.pid))
    inject = ("-e", f"trace={calls}", "-e", f"inject={calls}:error={error}")
    tracer = await asyncio.create_subprocess_exec(str(STRACE), *options, *inject)
    try:
        while "TracerPid:\t0" in Path(f"/proc/{daemon.pid}/status").read_text():
            await asyncio.sleep(0.02)
        yield
    finally:
        with suppress(ProcessLookupError):  # it ends with the daemon
            tracer.send_signal(signal.SIGTERM)
        await tracer.wait()


@pytest.fixture
async def house(home: Path, shop: Database, fake: FakeSynerise) -> House:
    """Its daemon has an account of its own, and so reads a password whenever it connects."""
    shop.server.create_account("guarded", "secret", [f"ALL PRIVILEGES ON `{shop.name}`.*"])
    database = Database(shop.server, shop.name, user="guarded", password="secret")
    house = House(home, database, fake, ("home", "trade"), KEYS)
    await house.command("changelog", "install")
    return house


@pytest.mark.skipif(STRACE is None, reason="no strace program: apt-get install strace")
@pytest.mark.parametrize("what", SHORT)
async def test_a_shortage_is_waited_out_and_ends_nothing(
    house: House, shop: Database, fake: FakeSynerise, what: str
) -> None:
    async with house.daemon as daemon:
        await rename_customers(shop, "before")
        await customers_arrived(shop, fake)
        async with short_of(daemon, house, *SHORT[what]):
            shop.run("KILL USER guarded")
            daemon.signal(signal.SIGHUP)
            await rename_customers(shop, "meanwhile")
            async with asyncio.timeout(30):
                while not {"mover=poller", "config.not_looked_at"} <= set(daemon.last_lines().split()):
                    assert daemon.alive, daemon.last_lines()
                    await asyncio.sleep(0.02)
        await customers_arrived(shop, fake)
        assert daemon.alive, daemon.last_lines()
        assert (await house.ctl("status"))["alive"]
    log = house.daemon.log.read_text()
    assert log.count("generation.begun") == 1
    assert "password_file" in log
    assert "Traceback" not in log
