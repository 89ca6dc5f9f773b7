import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synqd.models.errors import Fatal
from synqd.runtime.systemd import Notifier
from tests.support.shortage import without_files


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, str]]:
    """A listening datagram socket and its NOTIFY_SOCKET."""
    with (
        tempfile.TemporaryDirectory(prefix="synqd-") as directory,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening,
    ):
        name = f"synqd-test-{os.getpid()}-{time.monotonic_ns()}"
        address = f"@{name}" if request.param == "abstract" else str(Path(directory) / "notify")
        listening.bind(f"\0{name}" if request.param == "abstract" else address)
        listening.setblocking(False)
        yield listening, address


def test_each_message(systemd: tuple[socket.socket, str]) -> None:
    listening, address = systemd
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": address})
    assert notifier.ready("synchronizing")
    assert listening.recv(1000) == b"READY=1\nSTATUS=synchronizing"
    assert notifier.status("two\nlines  here")
    assert listening.recv(1000) == b"STATUS=two lines here"
    assert notifier.watchdog()
    assert listening.recv(1000) == b"WATCHDOG=1"
    assert notifier.stopping()
    assert listening.recv(1000) == b"STOPPING=1"


def test_reloading_carries_the_monotonic_time(systemd: tuple[socket.socket, str]) -> None:
    listening, address = systemd
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    Notifier(address).reloading()
    first, second = listening.recv(1000).decode().split("\n")
    assert first == "RELOADING=1"
    assert before <= int(second.removeprefix("MONOTONIC_USEC=")) <= before + 60_000_000


def test_without_systemd_nothing_is_sent() -> None:
    assert not Notifier.from_environment({}).ready()
    assert not Notifier.from_environment({"NOTIFY_SOCKET": ""}).ready()


def test_a_systemd_that_is_gone_or_full_is_not_waited_for(systemd: tuple[socket.socket, str]) -> None:
    _, address = systemd
    notifier = Notifier(address)
    for _ in range(100_000):
        if not notifier.watchdog():
            break
    else:
        pytest.fail("a full socket took 100,000 messages")
    assert not Notifier("/nonexistent/notify").ready()


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
    ],
)
def test_watchdog_interval(variables: dict[str, str], seconds: float | None) -> None:
    assert Notifier.from_environment(variables).watchdog_seconds == seconds


@pytest.mark.parametrize(
    "variables", [{"NOTIFY_SOCKET": "vsock:2:1234"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}]
)
def test_nonsense_is_said(variables: dict[str, str]) -> None:
    with pytest.raises(Fatal, match=next(iter(variables))):
        Notifier.from_environment(variables)


def test_without_files_a_message_is_dropped(systemd: tuple[socket.socket, str]) -> None:
    with without_files():
        assert not Notifier(systemd[1]).watchdog()
