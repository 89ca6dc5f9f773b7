"""Errors of the queue file, and the one edge where SQLite's become ours."""

import sqlite3
from pathlib import Path

from synqd.models.errors import Fatal, StorageUnavailable, SynqdError
from synqd.models.shortage import shortage

_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_WAITING = {
    sqlite3.SQLITE_BUSY: " is being written by somebody else, or written anew",
    sqlite3.SQLITE_INTERRUPT: ": its check, or its being written anew, gave way",
}
_STORAGE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
}


class Corrupt(Fatal):
    """The queue file is broken; the daemon sets it aside (S17)."""

    def __init__(self, path: Path, detail: str) -> None:
        """Args: path: the broken file; detail: what SQLite says about it."""
        super().__init__(
            f"queue file {path} is broken ({detail}): the daemon sets it aside by itself and builds a new one"
            " from the change log"
        )
        self.path = path
        self.detail = detail


class Removed(Fatal):
    """The queue file was taken away while it was open; what it held was put back, so open it again."""

    def __init__(self, path: Path) -> None:
        """Args: path: where it was."""
        super().__init__(f"queue file {path} was removed while the daemon worked with it")
        self.path = path


class DiskFull(StorageUnavailable):
    """There is no room for the write; the reserve can help out (S16)."""


def translated(error: BaseException, path: Path) -> SynqdError | None:
    """The error named by its remedy; None if it is a bug of ours."""
    if outage := shortage(error, f"queue file {path} cannot be used now"):
        return StorageUnavailable(str(outage))
    # Extended codes carry the primary one in their low byte.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _BROKEN:
        return Corrupt(path, str(error))
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"the disk of queue file {path} is full: make room there")
    if code in _WAITING:
        return StorageUnavailable(f"queue file {path}{_WAITING[code]}")
    if code in _STORAGE:
        return StorageUnavailable(f"queue file {path} cannot be used ({error}): look at its disk and rights")
    return None
