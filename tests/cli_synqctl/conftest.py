import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner

from synqd.cli.synqctl import main
from synqd.config import ControlSettings
from synqd.control import ControlServer
from tests.support.operations import Desk

PROGRAM = "from synqd.cli.synqctl import main; main(prog_name='synqctl')"
AS_NOBODY = (
    "import os; import synqd.cli.synqctl.client; os.setgroups([]); os.setgid(65534); os.setuid(65534); "
)


@dataclass
class Ran:
    """How a run of synqctl ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Run(Protocol):
    """Runs synqctl to its end."""

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Coroutine[Any, Any, Ran]: ...


async def synqctl(*arguments: str, program: str = PROGRAM, **environment: str) -> Ran:
    """synqctl as a child process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **environment},
    )
    out, err = await process.communicate()
    return Ran(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def path(desk: Desk) -> AsyncIterator[Path]:
    """The socket of a running server."""
    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        socket = Path(directory) / "control.sock"
        async with ControlServer(desk, ControlSettings(socket=socket)):
            yield socket


@pytest.fixture
def run(path: Path) -> Run:
    """synqctl in a thread of this process, against the server."""

    def runs(arguments: tuple[str, ...], stdin: bytes) -> Ran:
        result = CliRunner().invoke(main, ["--socket", str(path), *arguments], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        # Commands to be run next name the socket, whose path is another one each time.
        told = (text.replace(f" --socket {path}", "") for text in (result.stdout, result.stderr))
        return Ran(result.exit_code, *told)

    async def run_in_thread(*arguments: str, stdin: bytes = b"") -> Ran:
        return await asyncio.to_thread(runs, arguments, stdin)

    return run_in_thread
