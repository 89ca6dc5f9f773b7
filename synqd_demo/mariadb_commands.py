"""Command lines of a private MariaDB (or MySQL): its installer, its server and its client. Pure."""

import os
from pathlib import Path

from synqd_demo.programs import Programs

SMALL_AND_FAST = (
    "--skip-name-resolve",
    "--default-time-zone=+00:00",  # Magento sets its sessions to UTC
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
    "--innodb-buffer-pool-size=128M",
    "--innodb-log-buffer-size=2M",
    "--innodb-flush-log-at-trx-commit=2",
    "--skip-innodb-doublewrite",
    "--innodb-buffer-pool-dump-at-shutdown=OFF",
    "--innodb-buffer-pool-load-at-startup=OFF",
    "--key-buffer-size=1M",
    "--max-connections=100",
    "--max-allowed-packet=64M",
)
MARIADB_ONLY = ("--innodb-log-file-size=32M", "--aria-pagecache-buffer-size=8M", "--performance-schema=OFF")
MYSQL_ONLY = (
    "--innodb-redo-log-capacity=64M",
    "--mysqlx=OFF",
    "--secure-file-priv=",
    "--log-bin-trust-function-creators=ON",  # its binary log is on by default
)


def installer_command(programs: Programs, data: Path, scratch: Path) -> list[str]:
    """Fills an empty data directory with the system tables."""
    return [
        programs.installer,
        "--no-defaults",
        f"--datadir={data}",
        f"--tmpdir={scratch}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        "--force",  # a host name that cannot be looked up is no concern of a server on a socket
        "--loose-innodb-log-file-size=32M",
        *_owner(),
    ]


def server_command(programs: Programs, data: Path, scratch: Path) -> list[str]:
    """Serves a data directory; where to listen has to follow."""
    return [
        programs.server,
        "--no-defaults",
        f"--datadir={data}",
        f"--tmpdir={scratch}",
        *SMALL_AND_FAST,
        *(MYSQL_ONLY if programs.is_mysql else MARIADB_ONLY),
        *_owner(),
    ]


def listening(port: int | None) -> list[str]:
    """Options of a server that listens on 127.0.0.1 at a port, or on its socket only."""
    return ["--skip-networking"] if port is None else ["--bind-address=127.0.0.1", f"--port={port}"]


def client_command(programs: Programs, socket: Path, user: str, database: str) -> list[str]:
    """The client that reads a script; ``database`` may be empty."""
    return [
        programs.client,
        "--no-defaults",
        f"--socket={socket}",
        f"--user={user}",
        "--default-character-set=utf8mb4",
        "--max-allowed-packet=64M",
        "--batch",
        "--raw",
        *([database] if database else []),
    ]


def _owner() -> list[str]:
    """MariaDB refuses to run as root unless told that this is meant."""
    return ["--user=root"] if os.geteuid() == 0 else []
