"""A Galera cluster on this machine's loopback."""

import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from synqd_demo.mariadb import MariaDB

TRANSFER = """#!/bin/sh
# All nodes begin with the same data and one history, so nothing is ever copied from one to another: the
# donor sends what was written since (option --bypass), and the joiner tells from where on.
for option; do
  case $before in --role) role=$option ;; --gtid) position=$option ;; --datadir) data=$option ;; esac
  before=$option
done
case $role in
  donor) echo "done $position" ;;
  joiner) echo "ready any"; cat "$data/position" ;;
esac
"""
"""How a node gets the state that it joins with."""
TOGETHER = 60.0
"""Seconds in which the nodes have to find each other."""


@contextmanager
def cluster(provider: Path, nodes: int, directory: Path) -> Iterator[list[Path]]:
    """Runs nodes that have found each other; yields their sockets.

    Args:
        provider: Galera's library.
        nodes: how many.
        directory: where their data goes, gone afterwards.

    Raises:
        MariaDBError: a node does not start.
        TimeoutError: they do not find each other.
    """
    ports = _free_ports(2 * nodes)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="synqd-galera-", dir=directory)))
        with MariaDB(home / "0", options=_options(provider, ports, 0)):
            pass  # makes the data that all of them begin with, and a history that they share
        (home / "0/data/position").write_text(_position(home / "0/data/grastate.dat"))
        for number in range(1, nodes):
            shutil.copytree(home / "0/data", home / str(number) / "data", ignore=_of_one_node)
        _script(home / "wsrep_sst_join")
        stack.enter_context(_found_first(home))
        servers = [
            MariaDB(home / str(number), options=_options(provider, ports, number)) for number in range(nodes)
        ]
        for server in servers:
            stack.enter_context(server)
            _await_synced(server)
        yield [server.socket for server in servers]


def _of_one_node(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name in {"gvwstate.dat", "galera.cache", "auto.cnf"}]


def _position(state: Path) -> str:
    said = dict(re.findall(r"^(uuid|seqno):\s+(\S+)$", state.read_text(), re.MULTILINE))
    return f"{said['uuid']}:{said['seqno']}\n"


def _script(path: Path) -> None:
    path.write_text(TRANSFER)
    path.chmod(0o755)


@contextmanager
def _found_first(folder: Path) -> Iterator[None]:
    """The servers look for their scripts on PATH."""
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
    yield
    os.environ["PATH"] = before


def _options(provider: Path, ports: list[int], number: int) -> list[str]:
    here, transfers = ports[2 * number], ports[2 * number + 1]
    # Each knows those before it; all begin with the same data, so nothing has to be copied when one joins.
    others = ",".join(f"127.0.0.1:{port}" for port in ports[: 2 * number : 2])
    listening = f"gmcast.listen_addr=tcp://127.0.0.1:{here};ist.recv_addr=127.0.0.1:{transfers}"
    return [
        "--wsrep-on=ON",
        f"--wsrep-provider={provider}",
        f"--wsrep-cluster-address=gcomm://{others}",
        f"--wsrep-node-address=127.0.0.1:{here}",
        f"--wsrep-node-name=node{number}",
        f"--wsrep-provider-options={listening};gcache.size=32M",
        "--wsrep-sst-method=join",
        "--binlog-format=ROW",
        "--innodb-autoinc-lock-mode=2",
        *(["--wsrep-new-cluster"] if not number else []),
    ]


def _await_synced(server: MariaDB) -> None:
    deadline = time.monotonic() + TOGETHER
    while "Synced" not in server.run("SHOW STATUS LIKE 'wsrep_local_state_comment'"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"a node did not join: {server.log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
