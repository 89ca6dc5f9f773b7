"""A Debian of the test's own, to install into and to build an image from; made once and kept in `.state/`."""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.lock import BUILD, LOCK
from tools.tree import TOP

CACHE = TOP / ".state" / "debian"
PACKAGES = "ca-certificates,python3,python3-venv,systemd,tzdata"
Done = subprocess.CompletedProcess[str]
LONG = 900
"""Seconds after which a program that builds something hangs."""
_INSIDE = {"PATH": "/usr/sbin:/usr/bin", "LC_ALL": "C.UTF-8"}
_ENTER = 'mount --bind /dev "$1/dev" && mount -t proc proc "$1/proc" && exec chroot "$@"'


def need(*programs: str) -> None:
    """Skips the test where it cannot run: not as root, or without these programs."""
    if missing := [name for name in programs if not shutil.which(name)]:
        pytest.skip(f"{', '.join(missing)} not found: tools/setup.sh --with-packages installs it")
    if os.geteuid():
        pytest.skip("only root may make a Debian root and work in it")


def run(*command: str | Path, environment: Mapping[str, str] | None = None) -> Done:
    """Runs a program to its end, whatever its status; what it says on standard error is in the output."""
    return subprocess.run(
        command,
        cwd=TOP,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=LONG,
    )


def good(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """The output of a program that has to work."""
    done = run(*command, environment=environment)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@contextmanager
def _alone() -> Iterator[None]:
    """Tests run side by side, and make what they share once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def archive_of_root() -> Path:
    """The archive of a small Debian of this machine's release, with Python; made if need be."""
    need("mmdebstrap")
    release = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    made = CACHE / f"{release}.tar"
    with _alone():
        if not made.exists():
            part = CACHE / "part.tar"
            done = run("mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", release, part)
            if done.returncode:
                pytest.skip(f"no Debian can be had here: {why(done.stdout)}")
            part.rename(made)
    return made


def wheelhouse() -> Path:
    """A folder with everything locked that the daemon and its build need, for Debian's Python."""
    locks = (LOCK, BUILD)
    version = good("/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in locks)).hexdigest()[:12]
    made, part = CACHE / f"wheels-{version}-{mark}", CACHE / "wheels-part"
    exactly = ("--no-deps", "--only-binary", ":all:", "--python-version", version, "--require-hashes")
    wanted = [word for path in locks for word in ("--requirement", path)]
    with _alone():
        if not made.exists():
            done = run(sys.executable, "-m", "pip", "download", "--quiet", *exactly, "--dest", part, *wanted)
            if done.returncode:
                pytest.skip(f"the package index cannot be reached: {why(done.stdout)}")
            part.rename(made)
    return made


def unpacked(archive: Path, into: Path) -> "Root":
    """A Debian root that a test may change."""
    need("unshare")
    into.mkdir()
    good("tar", "--extract", "--file", archive, "--directory", into, "--exclude=./dev/*")
    root = Root(into)
    done = root.run("true")
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {why(done.stdout)}")
    return root


class Root:
    """A directory with a Debian in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *command: str) -> Done:
        """Runs a program in it, with mounts that go with the program."""
        enter = ("unshare", "--mount", "--pid", "--fork", "sh", "-c", _ENTER, "sh")
        return run(*enter, self.path, *command, environment=_INSIDE)

    def good(self, *command: str) -> str:
        """The output of a program in it that has to work."""
        done = self.run(*command)
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout


def why(output: str) -> str:
    """What a program that failed says of it: its first error, or else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "ERROR:"))]
    return (errors or lines[-1:] or ["it says nothing"])[0]
