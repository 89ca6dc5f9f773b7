"""What stands on a terminal: nothing wider than it, colours only there, and one line for what is wrong."""

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

import pytest

from synqd.control import schema
from synqd.models.names import Model
from tests.cli_synqctl.conftest import PROGRAM, Run, synqctl
from tests.support.operations import THEN, Desk, letter, line

STORES = ("default", "de", "b2b_en", "b2b_pl", "a_store_view_with_a_very_long_code_indeed")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
VERBS = (
    ("status",),
    ("status", "--wide"),
    ("jobs",),
    ("job", "show", "1"),
    ("log",),
    ("log", "--entity", "10001"),
    ("dead", "list"),
    ("verify", "--remote", "5"),
    ("full", "--dry-run"),
    ("pause",),
)


async def on_terminal(path: Path, *arguments: str, columns: int = 80, **environment: str) -> str:
    """What synqctl writes to a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {
        name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, "--socket", str(path), *arguments),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**clean, "TERM": "xterm", **environment},
    )
    os.close(theirs)
    said = b""
    loop = asyncio.get_running_loop()
    while data := await loop.run_in_executor(None, _read, ours):
        said += data
    await process.wait()
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end was closed
        return b""


@pytest.fixture
def big(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A shop of five store views and a hundred thousand products, in which much has gone wrong."""
    job = desk.add_job(
        "full", "finished", total=123_456, selected=123_456, sent=120_000, skipped=3_000, dead=456
    )
    parts = [
        job.parts[0].model_copy(
            update={"store": store, "model": model, "reasons": {"not visible on its own, " * 5: 77_000}}
        )
        for store in STORES
        for model in Model
    ]
    desk.job_views[1] = job.model_copy(update={"parts": parts})
    desk.lines = [
        line(1).model_copy(
            update={"store": STORES[-1], "key": "SKU-" * 20, "entity_id": 5, "text": "why " * 30}
        )
    ]
    desk.letters = {
        number: letter(number).model_copy(update={"store": STORES[-1], "detail": "no such thing " * 10})
        for number in (1, 2)
    }
    status = desk.status

    async def many() -> schema.Status:
        told = await status()
        (one,) = told.streams
        update = {"total": 1_234_567, "sent": 1_200_000, "failed": 12}
        streams = [
            one.model_copy(update={**update, "store": store, "model": model})
            for store in STORES
            for model in Model
        ]
        return told.model_copy(update={"streams": streams, "notices": ["somebody should " * 10]})

    monkeypatch.setattr(desk, "status", many)
    return desk


@pytest.mark.parametrize("arguments", VERBS, ids=" ".join)
@pytest.mark.parametrize("columns", [80, 40])
async def test_no_line_is_wider_than_the_terminal(
    path: Path, big: Desk, arguments: tuple[str, ...], columns: int
) -> None:
    said = ESCAPE.sub("", await on_terminal(path, *arguments, columns=columns))
    assert "Traceback" not in said
    wide = [line for line in said.split("\n") if len(line.rpartition("\r")[2]) > columns]
    assert not [one for one in wide if not one.startswith("synqctl: ")], wide


async def test_colours_are_for_terminals_and_for_nobody_who_does_not_want_them(
    path: Path, run: Run, desk: Desk
) -> None:
    assert "\x1b[31mNOT READY\x1b[0m" in await on_terminal(path, "status")
    assert "\x1b[31m!3\x1b[0m" in await on_terminal(path, "status")
    assert "\x1b[3" not in await on_terminal(path, "status", NO_COLOR="1")
    assert "\x1b[3" not in await on_terminal(path, "status", TERM="dumb")
    assert "\x1b" not in (await run("status")).out


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("dead", "show", "99"), 1, "not-found"),
        (("full", "--store", "xx"), 1, "invalid"),
        (("job", "show", "abc"), 2, "usage"),
        (("stauts",), 2, "usage"),
        (("status", "--stroe", "de"), 2, "usage"),
        (("batch", "product"), 2, "usage"),
        (("batch", "product", "--ids", "x"), 1, "failed"),
        (("dead", "discard", "--all"), 1, "failed"),
    ],
)
async def test_what_is_wrong_is_one_line_and_json_where_that_is_wanted(
    run: Run, arguments: tuple[str, ...], status: int, code: str
) -> None:
    plain = await run(*arguments)
    assert (plain.status, plain.out, plain.err.count("\n")) == (status, "", 1), plain.err
    assert plain.err.startswith("synqctl: ")
    as_json = await run(*arguments, "--json")
    assert (as_json.status, as_json.out) == (status, "")
    error = json.loads(as_json.err)["error"]
    assert error["code"] == code
    assert f"synqctl: {error['message']}" == plain.err.partition("; see synqctl")[0].rstrip("\n")


async def test_numbers_that_are_none_are_told_plainly(run: Run) -> None:
    assert "'abc' is not a whole number" in (await run("job", "show", "abc")).err
    assert "is not between 1 and 500" in (await run("jobs", "--limit", "5000")).err


async def test_nothing_answers_is_told_as_json() -> None:
    ran = await synqctl("status", "--socket", "/nonexistent/control.sock", "--json")
    assert (ran.status, json.loads(ran.err)["error"]["code"]) == (1, "unreachable")


async def test_the_socket_may_be_named_by_a_variable(path: Path) -> None:
    assert (await synqctl("status", SYNQCTL_SOCKET=str(path))).status == 0
    ran = await synqctl("full", SYNQCTL_SOCKET=str(path))
    assert ran.out == "job 1 accepted; synqctl job show 1 --watch\n"
    named = await synqctl("--socket", str(path), "full")
    assert named.out == f"job 2 accepted; synqctl --socket {path} job show 2 --watch\n"


async def test_short_help(path: Path) -> None:
    assert (await synqctl("-h")).out.startswith("Usage: synqctl")
    assert (await synqctl("full", "-h")).out.startswith("Usage: synqctl full")


@pytest.mark.parametrize("encoding", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "xx_YY"}])
async def test_a_machine_without_a_locale(path: Path, desk: Desk, encoding: dict[str, str]) -> None:
    desk.lines = [line(1).model_copy(update={"key": "Żółty-Krzesło", "entity_id": 1})]
    ran = await synqctl("log", "--socket", str(path), **encoding)
    assert (ran.status, ran.err) == (0, "")


async def test_a_pipe_that_is_closed_is_no_error_to_tell(path: Path, desk: Desk) -> None:
    desk.lines = [line(number) for number in range(1, 2000)]
    process = await asyncio.create_subprocess_shell(
        f'{sys.executable} -c "{PROGRAM}" --socket {path} log --since 2020-01-01 | head -n 1',
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (out.count(b"\n"), err) == (1, b"")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("synqctl status --store d", "plain,de\n"),
        ("synqctl pause --workspace m", "plain,main\n"),
        ("synqctl job show ", "plain,1\n"),
        ("synqctl full --store ", "plain,de\n"),
    ],
)
async def test_what_the_daemon_knows_is_completed(path: Path, desk: Desk, words: str, found: str) -> None:
    desk.add_job("full")
    ran = await synqctl(
        _SYNQCTL_COMPLETE="bash_complete",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split(" ")) - 1),
        SYNQCTL_SOCKET=str(path),
    )
    assert ran.out == found


async def test_watching_says_why_nothing_moves_and_ends_in_time(run: Run, desk: Desk) -> None:
    job = desk.add_job("full", total=10)
    desk.job_views[1] = job.model_copy(update={"waits_for": "delivery is paused"})
    ran = await run("job", "show", "1", "--watch", "--interval", "0.1", "--timeout", "1")
    assert "waits: delivery is paused" in ran.out
    assert (ran.status, ran.err) == (
        1,
        "synqctl: job 1 goes on after 1 s; it waits: delivery is paused\n",
    )


async def test_a_comparison_in_a_pipe_says_why_it_waits(run: Run, desk: Desk) -> None:
    await desk.submit_verification(schema.VerifyRequest(), None)  # type: ignore[arg-type]  # not asked
    waiting = {"state": "running", "waits_for": "Magento: does not answer", "finished_at": None}
    submit = desk.submit_verification

    async def wait(request: schema.VerifyRequest, caller: object) -> schema.VerificationView:
        view = (await submit(request, caller)).model_copy(update=waiting)  # type: ignore[arg-type]  # likewise
        desk.verifications[-1] = view
        return view

    desk.submit_verification = wait  # type: ignore[method-assign]  # for this test
    ran = await run("verify", "--interval", "0.1", "--timeout", "1")
    assert ran.status == 1
    first, second = ran.err.splitlines()
    assert first == "waits: Magento: does not answer"
    assert second.startswith("synqctl: verification 2 goes on after 1 s; it waits: Magento")


async def test_what_cannot_be_read_back_is_a_footnote(run: Run, desk: Desk) -> None:
    desk.figures = {"checked": 78, "correct": 78, "unreadable": 78}
    ran = await run("verify", "--remote", "100")
    assert ran.status == 0, ran.err
    assert ran.out.splitlines()[-1] == "not read back: 78 product items: no reason known"


async def test_a_payload_can_be_read(run: Run, desk: Desk) -> None:
    payload = json.dumps({"orderId": "x", "client": {"email": "a@b.example"}})
    desk.letters[1] = letter(1).model_copy(update={"payload": payload, "retried_at": THEN})
    shown = (await run("dead", "show", "1")).out
    assert '  {\n    "orderId": "x",' in shown.partition("payload:\n")[2]
    assert re.search(r"^retried at +2026-01-02 03:04:05 UTC$", shown, re.MULTILINE)
