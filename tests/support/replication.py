"""A replica of a private server, for tests that read from one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synqd_demo.mariadb import MariaDB

OPTIONS = ("--log-bin", "--binlog-format=ROW", "--log-bin-trust-function-creators=ON")
MYSQL = ("--gtid-mode=ON", "--enforce-gtid-consistency=ON")


@dataclass(frozen=True)
class Replication:
    """Two servers, of which the second has what the first has; root may write to both."""

    primary: MariaDB
    replica: MariaDB

    def hold(self) -> None:
        """The replica stays behind from now on."""
        self.replica.run("STOP REPLICA SQL_THREAD")

    def release(self) -> None:
        """It catches up."""
        self.replica.run("START REPLICA SQL_THREAD")


@contextmanager
def replication(home: Path) -> Iterator[Replication]:
    """Starts both, with data below ``home``; what is written from now on is on both."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    primary = MariaDB(home / "primary", port=port, options=[*OPTIONS, "--server-id=1"])
    more = [*OPTIONS, *MYSQL] if primary.is_mysql else OPTIONS
    primary = MariaDB(home / "primary", port=port, options=[*more, "--server-id=1"])
    replica = MariaDB(home / "replica", options=[*more, "--server-id=2", "--read-only"])
    with primary, replica:
        primary.create_account("follower", "", ["REPLICATION SLAVE ON *.*"])
        replica.run(_follow(port, mysql=primary.is_mysql))
        yield Replication(primary, replica)


def _follow(port: int, *, mysql: bool) -> str:
    if mysql:
        place = f"SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {port}, SOURCE_USER = 'follower'"
        return f"CHANGE REPLICATION SOURCE TO {place}, SOURCE_AUTO_POSITION = 1; START REPLICA"
    place = f"MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'follower'"
    return f"CHANGE MASTER TO {place}, MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1; START REPLICA"
