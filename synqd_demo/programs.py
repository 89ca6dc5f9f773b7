"""The programs of a MariaDB installation: where they are, how to run them, what to do without them."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

OTHER = "SYNQD_SERVER_BIN"
"""Names a folder whose server is used instead of this machine's, be it MySQL's; `make servers` has some."""
# Debian keeps servers in /usr/sbin, which is on root's PATH only; the others are usual for tarballs and BSD.
EXTRA_PATH = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/local/mysql/bin", "/opt/mariadb/bin")


class MariaDBError(Exception):
    """The private server cannot do what was asked; the message says what to do about it."""


_INSTALL_REMEDY = (
    "install it with 'apt-get install mariadb-server mariadb-client' (Debian, Ubuntu), "
    "'dnf install mariadb-server' (Fedora) or run tools/setup.sh; its system service is not needed"
)


@dataclass(frozen=True)
class Programs:
    """Paths of the three programs of a MariaDB installation that are needed here."""

    server: str
    installer: str
    client: str

    @classmethod
    def find(cls) -> Programs:
        """Look on PATH and in the usual places beside it.

        Raises:
            MariaDBError: One of them is not installed, or the server is not MariaDB although nobody asked for
            another one.
        """
        other = os.environ.get(OTHER, "")
        found = cls(
            server=_find_program("server", ("mariadbd", "mysqld"), other),
            installer=_find_program("installer", ("mariadb-install-db", "mysql_install_db"), other),
            client=_find_program("client", ("mariadb", "mysql")),
        )
        if found.is_mysql and not other:
            raise MariaDBError(f"{found.server} is not MariaDB: {_INSTALL_REMEDY}")
        return found

    @cached_property
    def is_mysql(self) -> bool:
        """Whether the server is MySQL, which has other options and accounts."""
        return "MariaDB" not in self.version()

    def version(self) -> str:
        """The server's own version line, without the name of its file."""
        done = run_program([self.server, "--no-defaults", "--version"])
        return done.stdout.decode(errors="replace").partition(" Ver ")[2].strip()


def _find_program(role: str, names: Sequence[str], folder: str = "") -> str:
    path = folder or os.pathsep.join((os.environ.get("PATH", os.defpath), *EXTRA_PATH))
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise MariaDBError(f"no MariaDB {role} ({' or '.join(names)}) on this machine: {_INSTALL_REMEDY}")


def run_program(command: Sequence[str], stdin: BinaryIO | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run to the end with captured output; ``stdin`` is empty unless given."""
    source = subprocess.DEVNULL if stdin is None else stdin
    return subprocess.run(command, stdin=source, capture_output=True, check=False)  # noqa: S603 - no shell


@contextmanager
def script_stream(script: str | bytes | Path) -> Iterator[BinaryIO]:
    """An open file with the statements; a file, unlike a pipe, cannot block while the client prints."""
    if isinstance(script, Path) and script.suffix != ".gz":
        with script.open("rb") as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as stream:
        if isinstance(script, Path):
            with gzip.open(script, "rb") as packed:
                shutil.copyfileobj(packed, stream)
        else:
            stream.write(script.encode() if isinstance(script, str) else script)
        stream.seek(0)
        yield stream
