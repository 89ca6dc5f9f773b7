import asyncio
import grp
import os
import signal
import socket
import stat
import sys
from pathlib import Path

import aiohttp
import pytest

from synqd.config import ControlSettings
from synqd.control import ControlServer
from synqd.control.listener import listening_socket
from synqd.models.errors import Fatal
from tests.support.operations import Desk
from tests.support.planted import PLANTS


async def asks(path: Path) -> int:
    connector = aiohttp.UnixConnector(path=str(path))
    async with aiohttp.ClientSession("http://localhost", connector=connector) as session:
        return (await session.get("/v1/status")).status


async def test_mode_and_group(desk: Desk, socket_path: Path) -> None:
    group = grp.getgrgid(os.getgid()).gr_name
    async with ControlServer(desk, ControlSettings(socket=socket_path, mode="0640", group=group)):
        status = socket_path.stat()
        assert stat.S_IMODE(status.st_mode) == 0o640
        assert status.st_gid == os.getgid()
        assert await asks(socket_path) == 200
    assert not socket_path.exists()


async def test_a_stale_socket_is_replaced(desk: Desk, socket_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path))
    async with ControlServer(desk, ControlSettings(socket=socket_path)):
        assert await asks(socket_path) == 200


async def test_a_socket_that_became_another_ones_is_left_alone(desk: Desk, socket_path: Path) -> None:
    async with ControlServer(desk, ControlSettings(socket=socket_path)):
        socket_path.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(socket_path))
    assert socket_path.is_socket()


@pytest.mark.parametrize("name", ["missing/control.sock", "x" * 200])
def test_a_path_that_cannot_be_used_is_said(socket_path: Path, name: str) -> None:
    settings = ControlSettings(socket=socket_path.parent / name)
    with (
        pytest.raises(Fatal, match=r"^\[control\] socket: .*; its directory must exist"),
        listening_socket(settings),
    ):
        pass


def test_a_file_is_not_overwritten(socket_path: Path) -> None:
    socket_path.write_text("precious")
    with (
        pytest.raises(Fatal, match="is not a socket; remove it"),
        listening_socket(ControlSettings(socket=socket_path)),
    ):
        pass
    assert socket_path.read_text() == "precious"


def test_an_unknown_group_is_said(socket_path: Path) -> None:
    settings = ControlSettings(socket=socket_path, group="no-such-group")
    with (
        pytest.raises(Fatal, match="there is no group 'no-such-group'; create it"),
        listening_socket(settings),
    ):
        pass


SERVE = """
import asyncio, os, signal, sys
from pathlib import Path
from synqd.config import ControlSettings
from synqd.control import ControlServer
from tests.support.operations import Desk
from tests.support.planted import PLANTS

os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}

async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with ControlServer(Desk(), ControlSettings(socket=Path("/nonexistent/x.sock"))):
        print("ready", flush=True)
        await stop.wait()

asyncio.run(main())
"""


async def test_systemd_may_hand_the_socket_over(socket_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(socket_path))
        listening.listen()
        number = listening.fileno()
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", SERVE, str(number)),
            pass_fds=[number],
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout
        assert await child.stdout.readline() == b"ready\n"
        assert await asks(socket_path) == 200
        child.send_signal(signal.SIGTERM)
        assert await child.wait() == 0
    assert socket_path.exists()


@pytest.mark.parametrize("kind", ["link", "hard link"])
def test_what_takes_the_sockets_place_is_neither_opened_up_nor_given_away(
    socket_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    victim = tmp_path / "victim"
    victim.touch(0o600)
    bind = socket.socket.bind

    def bind_and_lose(self: socket.socket, address: str) -> None:
        bind(self, address)
        Path(address).unlink()
        PLANTS[kind](Path(address), victim)

    monkeypatch.setattr(socket.socket, "bind", bind_and_lose)
    settings = ControlSettings(socket=socket_path, mode="0666", group=grp.getgrgid(os.getgid()).gr_name)
    with pytest.raises(Fatal, match="was replaced by somebody"), listening_socket(settings):
        pass
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600
