"""Files in a directory that others may write to: used only if they are what they seem."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synqd.models.errors import Fatal

PRIVATE = 0o600


def seen(path: Path) -> os.stat_result | None:
    """A file as it is there, without opening it; None where there is none.

    Raises:
        Fatal: something else is in its place: a link, a file of somebody else's or with a second name.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    _refuse_other(path, status)
    return status


def _refuse_other(path: Path, status: os.stat_result) -> None:
    if wrong := _wrong(status):
        raise Fatal(f"{path} {wrong}, so it is not used: find out who put it there, and remove it")


def _wrong(status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return "is a link"
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    if status.st_nlink > 1:
        return "has a second name elsewhere (a hard link)"
    if status.st_uid != os.geteuid():
        return f"belongs to user {status.st_uid}, not to the user that runs this"
    return ""


def make(path: Path) -> int:
    """Descriptor of a new file, for its owner only, to read and write.

    Raises:
        OSError: it cannot be made; FileExistsError, whatever is there.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, PRIVATE)


def open_or_make(path: Path) -> int:
    """Descriptor of a file of our own to read and write.

    Raises:
        Fatal: something else is in its place.
        OSError: it cannot be opened.
    """
    seen(path)  # before it is opened: to open a device may already do something
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, PRIVATE)
    try:
        _refuse_other(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def pinned(path: Path) -> Iterator[tuple[os.stat_result, Path]]:
    """What is at a path, and another path to the very same thing, whatever comes into its place meanwhile.

    Nothing is opened by it: a process that closes an SQLite file which it has open elsewhere loses its locks.
    """
    descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield os.fstat(descriptor), Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
