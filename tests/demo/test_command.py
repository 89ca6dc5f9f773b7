"""The demo ends in order, whoever ends it."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

PATIENCE = 60.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_everything_that_it_started(tmp_path: Path, number: signal.Signals) -> None:
    directory = tmp_path / "demo"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "synqd", "demo", "--directory", str(directory)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        await process.stdout.readuntil(b"== the daemon")
        assert started(directory)
        process.send_signal(number)
        said = await process.stdout.read()
        assert await process.wait() == 0
    assert said.endswith(b"the demo ends\n")
    assert not started(directory)


def started(directory: Path) -> list[str]:
    """Command lines of processes that work in the directory, the demo's own left out."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended meanwhile
            continue
        if str(directory) in command and "synqd demo" not in command:
            found.append(command)
    return found
