import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from synqd.config import ControlSettings
from synqd.control import ControlServer
from tests.support.operations import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def socket_path() -> Iterator[Path]:
    # A unix socket's path has at most 107 bytes, so it cannot lie in a directory named after the test.
    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        yield Path(directory) / "control.sock"


@pytest.fixture
async def server(desk: Desk, socket_path: Path) -> AsyncIterator[Path]:
    """Path of the socket that is served."""
    async with ControlServer(desk, ControlSettings(socket=socket_path)):
        yield socket_path


@pytest.fixture
async def client(server: Path) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.UnixConnector(path=str(server))
    async with aiohttp.ClientSession("http://localhost", connector=connector) as session:
        yield session
