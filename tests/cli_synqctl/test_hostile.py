"""Whatever the daemon answers, and whatever synqctl is given: the terminal only shows it."""

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from synqd.cli.synqctl import main
from synqd.control import schema
from tests.cli_synqctl.conftest import Ran
from tests.support.hostile import HOSTILE, harmless
from tests.support.operations import Desk

KEPT = {"state", "kind", "accepted", "code"}
"""Words that synqctl decides by."""
VERBS: dict[str, tuple[str, ...]] = {
    "status": ("status",),
    "full": ("full",),
    "batch": ("batch", "product", "--ids", "1"),
    "jobs": ("jobs",),
    "job": ("job", "show", "1"),
    "watched": ("job", "show", "2", "--watch"),
    "steered": ("job", "pause", "1"),
    "log": ("log",),
    "entity": ("log", "--entity", "10001"),
    "dead letters": ("dead", "list"),
    "dead letter": ("dead", "show", "1"),
    "retry": ("dead", "retry", "1"),
    "verify": ("verify",),
    "forget": ("forget", "--email", "ann@x.example", "--yes"),
    "pause": ("pause",),
    "reload": ("reload",),
    "refused": ("dead", "show", "99"),
    "no such store": ("full", "--store", "xx"),
}


def spoiled(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: spoiled(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [spoiled(inner) for inner in value]
    time = isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value)
    return f"a\n{HOSTILE}{value}" if isinstance(value, str) and not time and name not in KEPT else value


@pytest.fixture
async def spoiler(path: Path) -> AsyncIterator[Path]:
    """A socket before the daemon's, at which every text of an answer holds all that is hostile."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(path)
        head = await reader.readuntil(b"\r\n\r\n")
        back.write(head)
        if length := re.search(rb"content-length: (\d+)", head, re.IGNORECASE):
            back.write(await reader.readexactly(int(length[1])))
        if b"chunked" in head:
            back.write(await reader.readuntil(b"0\r\n\r\n"))
        status, _, body = (await there.read()).partition(b"\r\n\r\n")
        answer = json.dumps(spoiled(json.loads(body))).encode()
        writer.write(b"%b\r\nContent-Length: %d\r\n\r\n" % (status.split(b"\r\n")[0], len(answer)) + answer)
        for one in (writer, back):
            one.close()

    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        async with await asyncio.start_unix_server(relay, f"{directory}/s"):
            yield Path(directory) / "s"


async def run(socket: Path, *arguments: str) -> Ran:
    result = await asyncio.to_thread(CliRunner().invoke, main, ["--socket", str(socket), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.mark.parametrize("verb", VERBS)
async def test_no_answer_does_anything_to_the_terminal(spoiler: Path, desk: Desk, verb: str) -> None:
    desk.add_job("full")
    desk.add_job("full", "finished")
    missing = [schema.UnknownKey(key="A", reason="not in Magento")]
    desk.job_views[1] = desk.job_views[1].model_copy(update={"unknown": 1, "unknown_keys": missing})
    shown = await run(spoiler, *VERBS[verb])
    assert harmless(shown.out + shown.err)
    assert "Traceback" not in shown.err
    as_json = await run(spoiler, *VERBS[verb], "--json")
    assert harmless(as_json.out + as_json.err)
    told = [text for line in as_json.out.splitlines() for text in texts(json.loads(line))]
    assert not told or any(HOSTILE in text for text in told)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"error": ' * 50_000, b"\x9b31m", b'{"error": {}}'])
async def test_an_answer_that_nobody_can_read_is_one_line(body: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        async with await asyncio.start_unix_server(reply, f"{directory}/s"):
            ran = await run(Path(directory) / "s", "status")
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert harmless(ran.err)


async def test_an_answer_that_would_fill_the_memory_is_not_read(spoiler: Path) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\n{")
        writer.close()

    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        async with await asyncio.start_unix_server(reply, f"{directory}/s"):
            ran = await run(Path(directory) / "s", "status")
    assert ran.status == 1
    assert "is not synqd" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [(f"sta{HOSTILE}",), ("full", "--model", HOSTILE), ("job", "show", HOSTILE), ("dead", HOSTILE)],
    ids=lambda arguments: arguments[0][:4],
)
async def test_what_synqctl_is_given_does_nothing_to_the_terminal(
    path: Path, arguments: tuple[str, ...]
) -> None:
    ran = await run(path, *arguments)
    assert ran.status == 2
    assert harmless(ran.out + ran.err)
