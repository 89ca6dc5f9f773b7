"""A server that runs already, in place of the private MariaDB: to run the suite against MySQL."""

from __future__ import annotations

import tempfile
from pathlib import Path

from synqd_demo.mariadb import MariaDB


class StandingServer(MariaDB):
    """Makes and drops databases and accounts on a server that somebody else starts and stops.

    Args:
        path: its unix socket; ``root`` has to have no password there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._home = tempfile.TemporaryDirectory(prefix="synqd-")
        super().__init__(Path(self._home.name))

    @property
    def socket(self) -> Path:
        return self._path

    @property
    def is_mysql(self) -> bool:
        return "MariaDB" not in self.run("SELECT VERSION();")

    def start(self, timeout: float = 0.0) -> None:
        self.run("SELECT 1;")

    def stop(self, timeout: float = 0.0) -> None:
        self._home.cleanup()
