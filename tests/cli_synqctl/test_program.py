"""synqctl as a program: what it imports, what it says when nothing answers, progress, completion."""

import asyncio
import grp
import os
import socket
import sys
import tempfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from synqd import __version__
from synqd.cli.synqctl import main
from synqd.cli.synqctl.progress import Meter
from synqd.cli.synqctl.text import ago, count, cut, duration, table
from synqd.models.text import clean
from tests.cli_synqctl.conftest import AS_NOBODY, PROGRAM, Ran, Run, synqctl
from tests.support.operations import Desk

UNPRIVILEGED = f"{AS_NOBODY}{PROGRAM}" if os.getuid() == 0 else PROGRAM
HEAVY = (
    *("aiohttp", "pydantic", "asyncio", "prometheus_client", "orjson", "synqd.app", "synqd.config"),
    *("http.client", "email", "ssl"),
)


async def python(code: str) -> str:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return out.decode()


async def test_nothing_slow_is_imported() -> None:
    imports = "import sys, synqd.cli.synqctl, synqd.cli.synqctl.client"
    code = f"{imports}; print([name for name in {HEAVY} if name in sys.modules])"
    assert await python(code) == "[]\n"


async def test_version() -> None:
    assert await synqctl("--version") == Ran(0, f"synqctl, version {__version__}\n", "")


def every_command(command: click.Command, *names: str) -> list[tuple[str, ...]]:
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return [names, *(found for name, one in inner for found in every_command(one, *names, name))]


@pytest.mark.parametrize("names", every_command(main), ids=" ".join)
def test_every_verb_explains_itself(names: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*names, "--help"])
    assert shown.exit_code == 0
    assert "--help" in shown.output


async def test_completion() -> None:
    ran = await synqctl(
        _SYNQCTL_COMPLETE="bash_complete", COMP_WORDS="synqctl full --model pro", COMP_CWORD="3"
    )
    assert ran.out == "plain,product\n"


async def test_no_daemon() -> None:
    ran = await synqctl("status", "--socket", "/nonexistent/control.sock")
    assert ran.status == 1
    assert ran.err == (
        "synqctl: no daemon answers at /nonexistent/control.sock; is it running? systemctl status synqd\n"
    )


@pytest.mark.parametrize("order", [("--socket", "PATH", "status"), ("status", "--socket", "PATH")])
async def test_the_command_line_wins_over_the_environment(path: Path, order: tuple[str, ...]) -> None:
    arguments = [str(path) if word == "PATH" else word for word in order]
    assert (await synqctl(*arguments, SYNQD_CONTROL__SOCKET="/nonexistent")).status == 0
    assert (await synqctl("status", SYNQD_CONTROL__SOCKET=str(path))).status == 0


async def test_a_dead_daemons_socket() -> None:
    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        path = f"{directory}/control.sock"
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        ran = await synqctl("status", "--socket", path)
    assert (ran.status, "no daemon answers" in ran.err) == (1, True)


async def test_permission_denied(path: Path) -> None:
    path.parent.chmod(0o755)
    path.chmod(0)
    ran = await synqctl("status", "--socket", str(path), program=UNPRIVILEGED)
    group = grp.getgrgid(os.getgid()).gr_name
    remedy = f"sudo usermod -aG {group} $USER, then log in again"
    assert ran == Ran(1, "", f"synqctl: only members of group {group} may use {path}; {remedy}\n")


async def test_permission_denied_by_the_directory(path: Path) -> None:
    path.parent.chmod(0o000)
    ran = await synqctl("status", "--socket", str(path), program=UNPRIVILEGED)
    path.parent.chmod(0o700)
    assert (ran.status, "ask for membership in the group of the daemon" in ran.err) == (1, True)


@pytest.mark.parametrize("answer", [b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nhello", b""])
async def test_something_else_answers(answer: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    with tempfile.TemporaryDirectory(prefix="synqd-") as directory:
        async with await asyncio.start_unix_server(reply, f"{directory}/s"):
            ran = await synqctl("status", "--socket", f"{directory}/s")
    assert ran.status == 1
    assert ran.err.startswith("synqctl: ")
    assert ran.err.count("\n") == 1


async def test_watching_until_the_job_ends(run: Run, desk: Desk) -> None:
    desk.add_job("full", total=1000, selected=1000, sent=400)
    watching = asyncio.create_task(run("job", "show", "1", "--watch", "--interval", "0.1"))
    await desk.looked.wait()
    desk.set_job(1, "finished", selected=1000, sent=990, dead=10)
    ran = await watching
    assert ran.status == 0
    first, *_, last = [line for line in ran.out.splitlines() if line.startswith("[")]
    assert first.startswith("[############..................]  40%  400/1,000")
    assert last.startswith("[##############################] 100%  1,000/1,000")
    assert last.endswith("10 failed")
    assert "job 1: full, finished" in ran.out


async def test_watching_a_job_that_was_cancelled_fails(run: Run, desk: Desk) -> None:
    desk.add_job("full", "cancelled")
    ran = await run("job", "show", "1", "--watch")
    assert (ran.status, ran.err) == (1, "synqctl: job 1 was cancelled\n")


def job(state: str = "running", **numbers: int) -> dict[str, object]:
    names = ("selected", "sent", "unchanged", "skipped", "dead", "dropped")
    part = {"state": "paging", "total": None, **dict.fromkeys(names, 0), **numbers}
    return {"id": 1, "state": state, "parts": [part]}


def test_rate_and_time_left() -> None:
    meter = Meter()
    assert meter.line(0.0, job(total=1000)) == f"[{'.' * 30}]   0%  0/1,000"
    assert meter.line(10.0, job(total=1000, sent=100)).endswith("10%  100/1,000  10.0/s  1.5 min left")
    assert meter.line(100.0, job(total=1000, sent=100)).endswith("10%  100/1,000")


def test_progress_without_a_total() -> None:
    assert Meter().line(0.0, job(sent=7)) == f"[{'.' * 30}]   0%  7/-"
    assert Meter().line(0.0, {**job("finished"), "parts": []}).startswith(f"[{'#' * 30}] 100%")


def test_columns_give_way_where_the_terminal_is_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synqd.cli.synqctl.text.room", lambda: 20)
    shown = table(["STORE", "N", "KEY"], [["b" * 30, "1", "k" * 9]], right=(1,), wide=(0, 2)).splitlines()
    assert shown == ["STORE    N  KEY", f"{'b' * 6}…  1  {'k' * 7}…"]
    monkeypatch.setattr("synqd.cli.synqctl.text.room", lambda: None)
    assert "b" * 30 in table(["STORE"], [["b" * 30]], wide=(0,))


def test_text() -> None:
    assert [duration(seconds) for seconds in (None, 0.04, 9.94, 59, 60, 90, 3600, 200_000)] == [
        *("-", "0.0 s", "9.9 s", "59 s", "1 min", "1.5 min", "1 h", "2.3 d")
    ]
    assert (count(None), count(1234567)) == ("-", "1,234,567")
    assert clean("a\x1b[2J\nb") == "a?[2J?b"
    assert ago(None) == "-"
    assert cut("abcdef", 5) == "abc…"
    assert table(["A", "NUMBER"], [["x", "1"], ["long", "22"]], right=(1,)) == (
        "A     NUMBER\nx          1\nlong      22"
    )
