"""The units by systemd's own tools, which need no systemd as process 1."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from synqd.packaging import Choices, install, plan
from tests.systemd.manager import Manager

UNITS = Path(__file__).resolve().parent.parent.parent / "systemd"
MOST_EXPOSURE = 1.3
"""Of 10; Debian's own: systemd-timesyncd 2.3, prometheus 4.0, mariadb 8.8."""


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A prefix with everything in place; the units start a program that is there."""
    install(plan(Choices(tmp_path / "usr", Path(sys.executable))))
    return tmp_path / "usr"


def test_systemd_finds_nothing_to_complain_about(installed: Path) -> None:
    units = installed / "lib" / "systemd" / "system"
    names = ["synqd.service", "synqd.socket", "synqd@de.service", "synqd@de.socket"]
    # Without man-db the pages that the units name cannot be looked up.
    pages = [] if shutil.which("man") else ["--man=no"]
    verified = command(
        "systemd-analyze",
        "verify",
        *pages,
        *(str(units / name) for name in names),
        MANPATH=str(installed / "share" / "man"),
    )
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def test_a_fault_in_a_unit_would_be_found(installed: Path) -> None:
    unit = installed / "lib" / "systemd" / "system" / "synqd.service"
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtectHome=perhaps"))
    said = command("systemd-analyze", "verify", "--man=no", str(unit)).stderr
    assert "Failed to parse protect home value" in said


@pytest.mark.parametrize("name", ["synqd.service", "synqd@.service"])
def test_the_service_is_locked_up(name: str) -> None:
    security = ("systemd-analyze", "security", "--offline=true", "--no-pager")
    said = command(*security, str(UNITS / name)).stdout
    exposure = float(re.findall(r"Overall exposure level for \S+: ([0-9.]+)", said)[0])
    assert exposure <= MOST_EXPOSURE, said
    threshold = command(*security, f"--threshold={MOST_EXPOSURE * 10:.0f}", str(UNITS / name))
    assert threshold.returncode == 0


def test_instances_differ_from_the_one_service_only_by_name() -> None:
    assert _same(UNITS / "synqd@.service") == _same(UNITS / "synqd.service")
    assert _same(UNITS / "synqd@.socket") == _same(UNITS / "synqd.socket")


def _same(unit: Path) -> list[str]:
    """The settings of a unit without what makes an instance one."""
    text = unit.read_text().replace("synqd@%i", "synqd").replace(" (%i)", "").replace("control-%i", "control")
    text = text.replace("/etc/synqd/%i.toml", "/etc/synqd/synqd.toml").replace("synqd/%i\n", "synqd\n")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def settings(name: str) -> dict[str, str]:
    lines = (UNITS / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def test_the_socket_outlives_the_service() -> None:
    service, listener = settings("synqd.service"), settings("synqd.socket")
    assert Path(listener["ListenStream"]).parent == Path("/run") / service["RuntimeDirectory"]
    assert service["RuntimeDirectoryPreserve"] == "yes"
    assert listener["SocketMode"] == "0660"


@pytest.mark.skipif(os.geteuid() != 0, reason="accounts are made by root only")
def test_account_and_directories_are_made(installed: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    account = command("systemd-sysusers", f"--root={root}", str(installed / "lib/sysusers.d/synqd.conf"))
    assert account.returncode == 0, account.stderr
    (line,) = [one for one in (root / "etc/passwd").read_text().splitlines() if one.startswith("synqd:")]
    uid = int(line.split(":")[2])
    assert line.endswith(":/var/lib/synqd:/usr/sbin/nologin")
    (root / "etc/synqd").mkdir()
    (root / "etc/synqd/synqd.toml").touch(0o600)
    made = command(
        "systemd-tmpfiles", "--create", f"--root={root}", str(installed / "lib/tmpfiles.d/synqd.conf")
    )
    assert made.returncode == 0, made.stderr
    modes = {
        path: ((root / path).stat().st_uid, oct((root / path).stat().st_mode & 0o7777))
        for path in ("etc/synqd", "etc/synqd/synqd.toml", "run/synqd")
    }
    assert modes == {
        "etc/synqd": (0, "0o2750"),
        "etc/synqd/synqd.toml": (0, "0o640"),
        "run/synqd": (uid, "0o750"),
    }


@cache
def members(group: str) -> frozenset[str]:
    """System calls of a group of systemd.exec(5), groups inside it included."""
    lines = command("systemd-analyze", "syscall-filter", group).stdout.splitlines()[1:]
    names = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    calls = {name for name in names if not name.startswith("@")}
    return frozenset(calls.union(*(members(name) for name in names if name.startswith("@"))))


def allowed() -> frozenset[str]:
    """What the unit's SystemCallFilter= lines let through."""
    calls: frozenset[str] = frozenset()
    for line in (UNITS / "synqd.service").read_text().splitlines():
        if line.startswith("SystemCallFilter="):
            names = line.partition("=")[2]
            listed = frozenset().union(*(members(name) for name in names.lstrip("~").split()))
            calls = calls - listed if names.startswith("~") else calls | listed
    return calls


async def test_the_daemon_makes_no_system_call_that_is_filtered(
    manager: Manager, config: Path, state: dict[str, str]
) -> None:
    trace = manager.home / "trace"
    # -D: the daemon itself is our child and gets our signals.
    await manager.start(config, state, wrapper=("strace", "-D", "-f", "-qq", "-o", str(trace)))
    await manager.heard("READY=1")
    await manager.heard("STATUS")
    assert await manager.stop() == 0
    calls = list(_calls(trace))
    assert {"epoll_wait", "pwrite64", "sendto"} <= {name for name, _ in calls}, "nothing was seen"
    # As root, and only then, SQLite gives its files to the owner of the database.
    filtered = {name for name, _ in calls} - allowed() - {"fchown"}
    assert not filtered
    # MemoryDenyWriteExecute= refuses these.
    assert not [line for name, line in calls if name == "mprotect" and "PROT_EXEC" in line]
    assert not [line for name, line in calls if name == "mmap" and "PROT_WRITE|PROT_EXEC" in line]


def _calls(trace: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each call; the execve of Python itself is systemd's."""
    for line in trace.read_text(errors="replace").splitlines()[1:]:
        if found := re.match(r"\d+ +(?:<\.\.\. )?([a-z0-9_]+)(?:\(| resumed)", line):
            yield found[1], line


def test_the_filter_is_read_as_systemd_reads_it() -> None:
    assert {"read", "epoll_wait", "fdatasync"} <= allowed()
    assert not {"chown", "reboot", "mount", "setuid", "sched_setaffinity"} & allowed()
