"""The command as a user meets it: a process of its own."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from synqd_demo.fake_synerise.command import fake_synerise

PROGRAM = [sys.executable, "-c", "from synqd_demo.fake_synerise.command import fake_synerise as f; f()"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run the command; give the process, its address and its first key."""
    with subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.fullmatch(r"fake Synerise listens on (http://127\.0\.0\.1:\d+), API key (\S+)\n", line)
            assert match is not None, line
            yield process, match[1], match[2]
        finally:
            process.kill()


def fetch(url: str, document: Any = None) -> Any:
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_runs_until_a_signal(number: signal.Signals) -> None:
    with running("--token-ttl", "5") as (process, url, key):
        assert fetch(f"{url}/uauth/v2/auth/login/profile", {"apiKey": key}).keys() == {"token"}
        process.send_signal(number)
        assert process.wait(10) == 0


def test_options_and_file(tmp_path: Path) -> None:
    config = tmp_path / "fake.json"
    config.write_text('{"seed": 4, "faults": [{"action": "never", "nth": 99}], "shape_207": "empty"}')
    options = (
        "--api-key one:shop --api-key two:shop --api-key three --token-ttl 9 --latency-ms 1 --rate-limit 7"
    )
    more = "--fail 25 --partial clients=400 --partial items=207 --seed 5"
    arguments = [*options.split(), *more.split(), "--config", str(config)]
    with running(*arguments) as (_, url, key):
        settings = fetch(f"{url}/__fake/config")
    keys = [(k["key"], k["workspace_id"], k["workspace_name"]) for k in settings["api_keys"]]
    assert keys == [("one", 1, "shop"), ("two", 1, "shop"), ("three", 2, "demo-3")]
    assert key == "one"
    assert (settings["token_ttl_s"], settings["latency_ms"], settings["seed"]) == (9, 1, 5)
    assert (settings["rate"]["limit"], settings["rate"]["window_s"]) == (7, 1)
    assert [fault["action"] for fault in settings["faults"]] == ["never", "status"]
    assert settings["faults"][1]["probability"] == 0.25
    partials = (settings["clients_partial"], settings["items_partial"], settings["shape_207"])
    assert partials == ("400", "207", "empty")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "fake Synerise listens on 127.0.0.1 only, not on 0.0.0.0"),
        (["--host", "shop.example"], "fake Synerise listens on 127.0.0.1 only, not on shop.example"),
        (["--partial", "people=207"], "KIND must be one of clients, transactions, items"),
        (["--partial", "clients=500"], "clients_partial: '500' is not one of 207, 400, 202_drop"),
        (["--latency-ms", "-1"], "latency_ms: cannot use -1.0"),
    ],
)
def test_wrong_options_end_with_one_line(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(fake_synerise, arguments)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert message in result.output
    assert result.output.count("\n") == 1


def test_a_taken_port_ends_with_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = CliRunner().invoke(fake_synerise, ["--port", str(taken.getsockname()[1])])
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: cannot listen on 127\.0\.0\.1:\d+: .*in use.*\n", result.output)


def test_a_file_that_is_no_json(tmp_path: Path) -> None:
    config = tmp_path / "fake.json"
    config.write_text("{")
    result = CliRunner().invoke(fake_synerise, ["--config", str(config)])
    assert (result.exit_code, "not JSON" in result.output) == (1, True)


def test_measures_itself() -> None:
    result = CliRunner().invoke(fake_synerise, ["--measure", "0.05"])
    assert result.exit_code == 0
    rates = [
        re.fullmatch(r"(\w+) +(\w+) +(\d+) items/s +\d+ requests/s", line)
        for line in result.output.splitlines()
    ]
    assert len(rates) == 9
    assert all(rate is not None and int(rate[3]) > 0 for rate in rates)
