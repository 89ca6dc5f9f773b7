"""A private MariaDB server: own data directory, own socket, nothing of the system's.

The demo and the tests need a real server that they may kill, fill and throw away. This one reads no
configuration file (``--no-defaults``), listens on a unix socket in its own directory (and on a
127.0.0.1 port only when asked), and runs as whoever started it. Its buffers are small and it trades
durability against a power cut for speed; a SIGKILL of the process loses nothing that was committed.

Life cycle: ``start()`` initialises the data directory when it is empty (half a second), starts the
server and returns when it answers. ``stop()`` is a clean shutdown, ``kill()`` pulls the plug. All calls
block; run them in a thread from asyncio code. Every failure is a :class:`MariaDBError` whose text names
the remedy.

The account is ``root`` without a password, reachable through the socket alone; the directory is
closed to other users. For TCP make an account with :meth:`MariaDB.create_account`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from synqd_demo.mariadb_commands import client_command, installer_command, listening, server_command
from synqd_demo.programs import MariaDBError, Programs, run_program, script_stream

__all__ = ["MariaDB", "MariaDBError"]

SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes on Linux, 104 on BSD
START_TIMEOUT = 120.0
STOP_TIMEOUT = 60.0
POLL_INTERVAL = 0.02

# mariadb-install-db makes root accounts without a password for TCP too, open to every user of the machine.
# No replica has to follow that: it has done so itself.
_SOCKET_ONLY = (
    "SET sql_log_bin = 0; DELETE FROM mysql.global_priv WHERE user = 'root' AND host <> 'localhost';"
    " FLUSH PRIVILEGES;"
)


class MariaDB:
    """One private server in ``directory``.

    Args:
        directory: Home of the data, socket and log; made when missing, readable by its owner only.
        port: Also listen on 127.0.0.1 at this port; ``None`` means socket only.
        options: More server options, for example ``["--log-bin", "--binlog-format=ROW"]``.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self.pid_file = self.directory / "server.pid"
        self.port = port
        self.user = "root"
        self.password = ""
        self._options = tuple(options)
        self._short_socket_home: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.programs = Programs.find()

    def __repr__(self) -> str:
        state = f"pid {self._process.pid}" if self.running and self._process else "stopped"
        return f"<MariaDB {self.directory} {state}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_mysql(self) -> bool:
        """Whether it is MySQL, where another server was asked for."""
        return self.programs.is_mysql

    @property
    def running(self) -> bool:
        """Whether the process that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id while running."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def socket(self) -> Path:
        """Path of the unix socket; beside the data unless that path is too long for the kernel."""
        path = self.directory / "mariadb.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
            return path
        if self._short_socket_home is None:
            self._short_socket_home = Path(tempfile.mkdtemp(prefix="synqd-mariadb-"))
        return self._short_socket_home / "mariadb.sock"

    def start(self, timeout: float = START_TIMEOUT) -> None:
        """Start the server and wait until it answers; does nothing when it runs already.

        Raises:
            MariaDBError: It did not come up; the message ends with the last lines of its log.
        """
        if self.running:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        if (leftover := self.leftover_pid()) is not None:
            raise MariaDBError(
                f"a server of an earlier run (pid {leftover}) still uses {self.directory}: "
                f"'kill {leftover}' ends it"
            )
        fresh = not (self.data / "mysql").is_dir()
        if fresh:
            self._initialise(self.data)
        self._spawn()
        self._await_answer(timeout)
        if fresh and not self.is_mysql:
            self.run(_SOCKET_ONLY)

    def stop(self, timeout: float = STOP_TIMEOUT) -> None:
        """Shut down cleanly (SIGTERM) and wait; does nothing when it is not running."""
        self._end(signal.SIGTERM, timeout)

    def kill(self) -> None:
        """Pull the plug (SIGKILL): clients see a broken connection, the next start recovers."""
        self._end(signal.SIGKILL, STOP_TIMEOUT)

    def restart(self) -> None:
        """Stop cleanly and start again on the same data and socket."""
        self.stop()
        self.start()

    def leftover_pid(self) -> int | None:
        """Process id of a server on this directory that this object did not start, if one lives."""
        try:
            pid = int(self.pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(f"--datadir={self.data}") in command and pid != self.pid else None

    def run(self, script: str | bytes | Path, *, database: str = "") -> str:
        """Feed SQL to the ``mariadb`` client, which knows DELIMITER and many statements at a time.

        Args:
            script: Statements as text, or the path of a file with them, plain or ``.gz``.
            database: Default database; none when empty.

        Returns:
            What the statements printed: tab-separated lines with a heading line per result.

        Raises:
            MariaDBError: A statement failed; later ones were not run.
        """
        command = client_command(self.programs, self.socket, self.user, database)
        with script_stream(script) as stream:
            done = run_program(command, stream)
        if done.returncode:
            raise MariaDBError(f"SQL script failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode()

    def create_database(self, name: str) -> None:
        """Make an empty database; an existing one of that name is dropped."""
        self.run(f"DROP DATABASE IF EXISTS `{name}`; CREATE DATABASE `{name}` CHARACTER SET utf8mb4;")

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there."""
        self.run(f"DROP DATABASE IF EXISTS `{name}`;")

    def create_account(self, user: str, password: str, grants: Sequence[str]) -> None:
        """Make an account for the socket and for 127.0.0.1, with grants such as ``"SELECT ON shop.*"``."""
        quoted = password.replace("\\", "\\\\").replace("'", "\\'")
        statements = []
        for host in ("localhost", "127.0.0.1"):
            account = f"`{user}`@`{host}`"
            statements.append(f"DROP USER IF EXISTS {account};")  # one word less than MariaDB has for it:
            statements.append(f"CREATE USER {account} IDENTIFIED BY '{quoted}';")  # MySQL knows it, too
            statements += [f"GRANT {grant} TO {account};" for grant in grants]
        self.run("\n".join(statements))

    def _scratch(self) -> Path:
        """Servers that share /tmp trip over each other's temporary tables."""
        own = self.directory / "tmp"
        own.mkdir(parents=True, exist_ok=True)
        return own

    def _initialise(self, data: Path) -> None:
        """Create the system tables; the caller's directory is filled in place."""
        data.mkdir(parents=True, exist_ok=True)
        command = installer_command(self.programs, data, self._scratch())
        done = run_program(command)
        if done.returncode:
            detail = (done.stdout + done.stderr).decode(errors="replace").strip()[-2000:]
            raise MariaDBError(
                f"{command[0]} could not initialise {data} (disk full? not writable?):\n{detail}"
            )

    def _spawn(self) -> None:
        command = [
            *server_command(self.programs, self.data, self._scratch()),
            f"--socket={self.socket}",
            f"--pid-file={self.pid_file}",
            *listening(self.port),
            *self._options,
        ]
        with self.log.open("ab") as log:
            # A process group of its own: Ctrl-C in the terminal is for us, who then stop it in order.
            self._process = subprocess.Popen(  # noqa: S603 - program found by us, arguments from the caller
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )

    def _await_answer(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not self._answers():
            if not self.running or time.monotonic() > deadline:
                reason = "did not answer in time" if self.running else "ended at once"
                self.kill()
                tail = self.log.read_text(errors="replace")[-2000:]
                raise MariaDBError(f"the private MariaDB in {self.directory} {reason}; its log ends:\n{tail}")
            time.sleep(POLL_INTERVAL)

    def _answers(self) -> bool:
        """Whether the server greets a client; the socket file alone may belong to an earlier run."""
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.settimeout(1.0)
            probe.connect(str(self.socket))
            return len(probe.recv(5)) == 5
        return False

    def _end(self, sig: signal.Signals, timeout: float) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(sig)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._short_socket_home is not None:
            shutil.rmtree(self._short_socket_home, ignore_errors=True)
            self._short_socket_home = None
