"""One daemon per state directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synqd.models.errors import Fatal


@contextmanager
def locked(directory: Path) -> Iterator[bool]:
    """Holds the lock on a state directory, which is made if need be (mode 0700).

    The lock is the kernel's: it ends with the process, however that ends. Its file stays, so it tells whether
    a daemon has worked with the directory before.

    Raises:
        Fatal: the directory cannot be made or written, or another daemon works with it.
    """
    path = directory / "lock"
    used = path.exists()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        remedy = "make it writable for the daemon's user, or name another one in [queue] directory"
        raise Fatal(f"state directory {directory}: {error.strerror}; {remedy}") from error
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = file.read().strip() or "unknown"
            remedy = "stop it first, or name another [queue] directory"
            raise Fatal(f"another synqd (pid {holder}) works with {directory}; {remedy}") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield used
