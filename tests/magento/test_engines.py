"""The mappings on servers other than this machine's, where `make servers` has fetched some."""

import subprocess
import sys

import pytest

from tools.servers.catalog import SERVERS
from tools.tree import TOP

HOME = TOP / ".state" / "servers"
LONG = 1_200
"""Seconds after which a server, or a test on it, hangs."""
ALONE = [server.name for server in SERVERS if server.release and server.nodes == 1]
FETCHED = [name for name in ALONE if (HOME / name / "bin").is_dir()]
NONE = pytest.param(
    "", marks=pytest.mark.skip(reason=f"no other server lies in {HOME}: `make servers` fetches some")
)


@pytest.mark.long
@pytest.mark.parametrize("name", FETCHED or [NONE])
def test_mappings_are_the_same_on_another_server(name: str) -> None:
    command = (sys.executable, "-m", "tools.servers", "--server", name, "--suite", "mappings")
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False, timeout=LONG)
    assert done.returncode == 0, done.stdout + done.stderr
