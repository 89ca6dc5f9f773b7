"""Files that belong to somebody else: one line that names the file and the remedy."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

import synqd
from tests.daemon.conftest import KEYS

HIDDEN = [path for path in Path(synqd.__file__).parents if not path.stat().st_mode & 0o001]
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away"),
    pytest.mark.skipif(bool(HIDDEN), reason=f"others may not enter {HIDDEN[:1]}, where synqd lies"),
]
NOBODY = 65534
# The modules first: the interpreter's own files may be out of reach for that user.
AS_NOBODY = (
    "import os, concurrent.futures.thread, synqd.app.daemon, synqd.cli.synqd.check, synqd.cli.synqd.run\n"
    f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
    "from synqd.cli.synqd import main; main()"
)
CONFIGURATION = """\
[workspaces.first]
api_key_file = "{home}/first.key"
websites = ["home"]
[queue]
directory = "{home}/state"
reserve_mib = 0
[metrics]
listen = "off"
[control]
socket = "{home}/run/control.sock"
"""


@pytest.fixture
def config(home: Path) -> Path:
    """All that the daemon's user should have belongs to it."""
    (home / "synqd.toml").write_text(CONFIGURATION.format(home=home))
    (home / "first.key").write_text(KEYS[0])
    for name in ("state", "run"):
        (home / name).mkdir(mode=0o700)
    for path in (home, *home.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    return home / "synqd.toml"


async def refused(verb: str, config: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", AS_NOBODY, verb, "--config", str(config)), stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == 1, said.decode()
    return said.decode().splitlines()[-1]


async def test_a_key_that_the_daemon_may_not_read(config: Path, home: Path) -> None:
    shutil.chown(home / "first.key", "root")
    (home / "first.key").chmod(0o600)
    said = await refused("check-config", config)
    assert said.startswith(f"synqd: [workspaces.first] api_key_file: {home}/first.key cannot be read")
    assert "LoadCredential=" in said


async def test_a_state_directory_of_somebody_else(config: Path, home: Path) -> None:
    shutil.chown(home / "state", "root")
    said = await refused("run", config)
    assert f"state directory {home}/state: Permission denied; make it writable" in said


async def test_a_queue_file_of_somebody_else(config: Path, home: Path) -> None:
    (home / "state" / "queue.db").touch(0o600)
    said = await refused("run", config)
    assert (
        f"{home}/state/queue.db belongs to user 0, not to the user that runs this, so it is not used" in said
    )


async def test_a_place_for_the_socket_that_is_somebody_elses(config: Path, home: Path) -> None:
    shutil.chown(home / "run", "root")
    said = await refused("run", config)
    assert f"[control] socket: {home}/run/control.sock cannot be made: Permission denied" in said
