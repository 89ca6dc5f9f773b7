"""Plays the part of systemd that the daemon sees: notify socket, listening socket, environment."""

import asyncio
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

TIMEOUT = 60.0
SYNQD = (sys.executable, "-m", "synqd")
# What systemd does between fork and exec: the descriptor becomes number 3 and is meant for this very process.
PASS_ON = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""


class Manager:
    """Starts one service as systemd would; several starts after one another share the listening socket."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.control = home / "activated.sock"
        self._listener: socket.socket | None = None
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(home / "notify"))
        self._notify.setblocking(False)
        self.process: asyncio.subprocess.Process | None = None

    def listen(self) -> None:
        """What the socket unit does."""
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.control))
        self._listener.listen(64)

    async def start(
        self, config: Path, variables: Mapping[str, str] | None = None, wrapper: Sequence[str] = ()
    ) -> None:
        """What the service unit does; ``wrapper`` is a command before the daemon's."""
        command = [*wrapper, *SYNQD, "run", "--config", str(config)]
        passed: tuple[int, ...] = ()
        if self._listener is not None:
            passed = (self._listener.fileno(),)
            command = [sys.executable, "-c", PASS_ON, str(passed[0]), *command]
        environment = {**os.environ, **(variables or {}), "NOTIFY_SOCKET": str(self.home / "notify")}
        with (self.home / "daemon.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, stdout=log, stderr=log, env=environment, pass_fds=passed
            )

    async def heard(self, assignment: str) -> dict[str, str]:
        """The next message with this assignment (``READY=1``, or ``STATUS`` for any value)."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                message = await self._message()
                name, _, value = assignment.partition("=")
                if name in message and value in ("", message[name]):
                    return message

    async def messages_until(self, assignment: str) -> list[dict[str, str]]:
        """All messages up to the one with this assignment."""
        found: list[dict[str, str]] = []
        name, _, value = assignment.partition("=")
        async with asyncio.timeout(TIMEOUT):
            while not found or found[-1].get(name) != value:
                found.append(await self._message())
        return found

    async def _message(self) -> dict[str, str]:
        assert self.process is not None
        message = asyncio.create_task(asyncio.get_running_loop().sock_recv(self._notify, 65_536))
        ended = asyncio.create_task(self.process.wait())
        try:
            await asyncio.wait({message, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not message.done():
                log = (self.home / "daemon.log").read_text()
                raise AssertionError(f"the daemon ended with status {ended.result()} and said:\n{log}")
            return dict(line.split("=", 1) for line in message.result().decode().splitlines())
        finally:
            message.cancel()
            ended.cancel()

    async def stop(self) -> int:
        """What ``systemctl stop`` does; the socket goes on listening."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        async with asyncio.timeout(TIMEOUT):
            return await self.process.wait()

    async def close(self) -> None:
        """Ends everything."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self._notify.close()
        if self._listener is not None:
            self._listener.close()
