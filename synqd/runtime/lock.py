"""One daemon per state directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from synqd.models.errors import Fatal
from synqd.runtime import statefiles
from synqd.runtime.rights import lent

LONGEST_HOLDER = 20
"""Bytes of the lock file that are read: it holds a process id."""


@contextmanager
def locked(directory: Path) -> Iterator[bool]:
    """Holds the lock on a state directory, which is made if need be (mode 0700).

    The lock is the kernel's: it ends with the process, however that ends. Its file stays, so it tells whether
    a daemon has worked with the directory before. Root makes it with the rights of the directory's owner, so
    that the daemon can take it later.

    Raises:
        Fatal: the directory cannot be made or written, something else is in the lock's place, or another
            daemon works with the directory.
    """
    used = os.path.lexists(directory / "lock")
    with os.fdopen(_opened(directory), "r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            remedy = "stop it first, or name another [queue] directory"
            raise Fatal(f"another synqd (pid {_holder(file)}) works with {directory}; {remedy}") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode())
        yield used


def _opened(directory: Path) -> int:
    try:
        with lent(directory):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lent(directory):  # it is there now, and its owner is known
            return statefiles.open_or_make(directory / "lock")
    except OSError as error:
        remedy = "make it writable for the daemon's user, or name another one in [queue] directory"
        raise Fatal(f"state directory {directory}: {error.strerror}; {remedy}") from error


def _holder(file: IO[bytes]) -> str:
    told = file.read(LONGEST_HOLDER).strip()
    return told.decode() if told.isdigit() else "unknown"
