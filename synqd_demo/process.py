"""The daemon as a child process that tells when it is ready, as it would tell systemd."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

READY_TIMEOUT = 30.0
STOP_TIMEOUT = 40.0


class DaemonError(Exception):
    """The daemon did not start, or did not stop; the message holds the end of its log."""


class DaemonProcess:
    """``synqd run --config FILE`` as a child; ``async with`` starts it and stops it in order."""

    def __init__(
        self,
        config: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        """Args: config: its file; log: for its output; environment: more variables; prefix: a tracer."""
        self.config = config
        self.log = log
        self.prefix = tuple(prefix)
        self._environment = dict(environment or {})
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:  # whoever gives the start up is left with no process
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """Process id while it runs."""
        if self._process is None:
            raise DaemonError("the daemon is not running")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self, state: str = "READY=1") -> None:
        """Starts it and waits until it says ``state``.

        Raises:
            DaemonError: it ended instead, or said nothing in time.
        """
        with tempfile.TemporaryDirectory(prefix="synqd-notify-") as directory:
            path = Path(directory) / "notify"
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.bind(str(path))
                notify.setblocking(False)
                await self._spawn(path)
                await self._await_ready(notify, state)

    async def _spawn(self, notify: Path) -> None:
        command = [*self.prefix, sys.executable, "-m", "synqd", "run", "--config", str(self.config)]
        environment = {**os.environ, **self._environment, "NOTIFY_SOCKET": str(notify)}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    async def _await_ready(self, notify: socket.socket, state: str) -> None:
        ended = asyncio.create_task(self.wait())
        heard = asyncio.create_task(_heard(notify, state))
        try:
            await asyncio.wait({ended, heard}, timeout=READY_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
            if not heard.done():
                what = (
                    f"ended with status {ended.result()}" if ended.done() else f"did not say {state} in time"
                )
                raise DaemonError(f"the daemon {what}:\n{self.last_lines()}")
        finally:
            for task in (ended, heard):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def wait(self) -> int:
        """Waits for its end; returns its status (negative: the signal that ended it)."""
        return await self._process.wait() if self._process else 0

    async def stop(self) -> int:
        """Ends it in order (SIGTERM) and returns its status.

        Raises:
            DaemonError: it did not end in time; it was killed.
        """
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                return await self.wait()
        except TimeoutError as error:
            await self.kill()
            raise DaemonError(f"the daemon did not stop in time:\n{self.last_lines()}") from error

    async def kill(self) -> None:
        """Ends it as a power cut would (SIGKILL)."""
        self.signal(signal.SIGKILL)
        await self.wait()

    def last_lines(self, count: int = 20) -> str:
        """The end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-count:])


async def _heard(notify: socket.socket, state: str) -> None:
    loop = asyncio.get_running_loop()
    while True:
        message = await loop.sock_recv(notify, 65_536)
        if state in message.decode(errors="replace").splitlines():
            return
