"""Opening, checking, shrinking and setting aside the file."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from synqd.models.errors import StorageUnavailable
from synqd.queue import batches, doubt, flags
from synqd.queue.errors import Corrupt, Removed
from synqd.queue.migrate import migrate
from synqd.runtime import statefiles

_CLOSED = "closed"
_PROOF = "proof"
CHECK_LOG = 256 << 20
"""Bytes of write-ahead log at which a check gives way: while it reads a table, the log cannot shrink."""
CHECK_STEP = 100_000
"""Steps of SQLite's machine between two looks at the log."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk: the file, its write-ahead log, the reserve (0 when freed), and reusable free pages."""

    file: int
    wal: int
    reserve: int
    free: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """Rows that ``prune`` removed: jobs past their retention, lists nobody needs any more, log lines."""

    jobs: int
    batch_ids: int
    log_lines: int = 0


def prepare(db: sqlite3.Connection, path: Path) -> bool:
    """Bring the file up to date and drop the drafts of the process before; its leases are gone with it.

    What it was sending when it ended is in doubt.
    Returns whether that process closed the file in order (true for a new file).
    Raises: Fatal for a foreign file or one of a newer version.
    """
    migrate(db, path)
    clean = flags.meta(db, _CLOSED) != "no"
    flags.set_meta(db, _CLOSED, "no")
    batches.drop_drafts(db)
    doubt.mark_what_was_left(db)
    return clean


def note_closed(db: sqlite3.Connection) -> None:
    """The file is closed in order."""
    flags.set_meta(db, _CLOSED, "yes")


def prove(db: sqlite3.Connection) -> None:
    """Write some pages, like a settlement, and other ones each time."""
    flags.set_meta(db, _PROOF, os.urandom(8192).hex())


def check(db: sqlite3.Connection, path: Path, *, thorough: bool) -> None:
    """Verify pages (and indexes and references, if thorough). Raises: Corrupt."""
    verdicts = db.execute("PRAGMA integrity_check(1)" if thorough else "PRAGMA quick_check(1)").fetchall()
    db.execute("PRAGMA shrink_memory")  # the page cache holds the whole file now, as far as it may
    if verdicts != [("ok",)]:
        raise Corrupt(path, str(verdicts[0][0]).splitlines()[-1])
    lost = db.execute("PRAGMA foreign_key_check").fetchone() if thorough else None
    if lost:
        raise Corrupt(path, f"a row of {lost[0]} refers to one of {lost[2]} that is gone")


def tables(db: sqlite3.Connection) -> list[str]:
    """Names of the tables."""
    found = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return sorted(name for (name,) in found)


def check_table(db: sqlite3.Connection, path: Path, table: str, *, thorough: bool) -> None:
    """Verify one table, and its indexes and references if thorough.

    Raises: Corrupt; StorageUnavailable if it gave way because the write-ahead log has grown too long.
    """
    db.set_progress_handler(lambda: _size(_beside(path, "-wal")) > CHECK_LOG, CHECK_STEP)
    try:
        pragma = "integrity_check" if thorough else "quick_check"
        verdicts = db.execute(f"PRAGMA {pragma}({table})").fetchall()
        lost = db.execute(f"PRAGMA foreign_key_check({table})").fetchone() if thorough else None
    finally:
        db.set_progress_handler(None, 0)
        db.execute("PRAGMA shrink_memory")
    if verdicts != [("ok",)]:
        raise Corrupt(path, str(verdicts[0][0]).splitlines()[-1])
    if lost:
        raise Corrupt(path, f"a row of {lost[0]} refers to one of {lost[2]} that is gone")


def _drop_log(path: Path) -> None:
    """Remove the write-ahead log of a file that is gone: it must not be applied to another one."""
    for suffix in ("-wal", "-shm"):
        _beside(path, suffix).unlink(missing_ok=True)


def shrink(db: sqlite3.Connection, pages: int) -> None:
    """Give free pages back and empty the write-ahead log as far as no reader needs it."""
    release(db, pages)
    empty_log(db)


def release(db: sqlite3.Connection, pages: int) -> bool:
    """Give up to ``pages`` free pages back to the file system; returns whether some are left."""
    # As a script: Python steps a plain pragma once, which frees a single page; and 0 would mean all of them.
    if pages > 0:
        db.executescript(f"PRAGMA incremental_vacuum({pages})")
    (left,) = db.execute("PRAGMA freelist_count").fetchone()
    return bool(left)


def empty_log(db: sqlite3.Connection) -> bool:
    """Bring the whole write-ahead log into the file and cut it to nothing; False if a reader needs it.

    It waits for no reader: all others that write wait behind it.
    """
    patience = set_patience(db, 0)
    try:
        (busy, *_), *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        set_patience(db, patience)
    return not busy


def set_patience(db: sqlite3.Connection, milliseconds: int) -> int:
    """For how long a statement waits for a lock that another connection has; returns what it was before."""
    (before,) = db.execute("PRAGMA busy_timeout").fetchone()
    db.execute(f"PRAGMA busy_timeout = {milliseconds}")
    return int(before)


def rewrite(db: sqlite3.Connection) -> None:
    """Write the file anew without free space; it needs its size twice on disk meanwhile.

    Others read on; nobody else can write.
    """
    db.execute("VACUUM")


def bring_back(db: sqlite3.Connection) -> bool:
    """Bring the write-ahead log into the file, waiting for nobody; False if a reader needs some of it."""
    (_, written, brought), *_ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    return bool(brought >= written)


def open_raw(path: Path) -> int:
    """A descriptor of the file for who reads it raw; it stays open as long as any connection.

    To open and close the file meanwhile would end the connections' locks (fcntl(2)): any program that looks
    into it would take the write-ahead log away, with all that is written from then on.

    Raises:
        StorageUnavailable: it cannot be opened now.
    """
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise StorageUnavailable(f"queue file {path} cannot be read: {error.strerror}") from error


def close_raw(raw: int | None) -> None:
    """No connection is open any more."""
    if raw is not None:
        os.close(raw)


def sizes(db: sqlite3.Connection, path: Path, reserve: int) -> Sizes:
    """Bytes on disk."""
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    (page,) = db.execute("PRAGMA page_size").fetchone()
    return Sizes(_size(path), _size(_beside(path, "-wal")), reserve, free * page)


def probe(db: sqlite3.Connection, path: Path, inode: int) -> None:
    """A round trip that touches the file, which has to be where it was opened.

    Raises: Removed after it was put back, or if another one is in its place; StorageUnavailable if it cannot
    be put back.
    """
    db.execute("SELECT 1 FROM meta LIMIT 1").fetchone()
    found = inode_of(path)
    if found == inode:
        return
    if found is not None:
        _drop_log(path)
    else:
        try:
            _put_back(db, path)
        except OSError as error:
            raise StorageUnavailable(
                f"queue file {path} was removed and cannot be put back ({error.strerror}): look at its folder"
            ) from error
    raise Removed(path)


def make_sure_of(path: Path, inode: int) -> None:
    """Raises StorageUnavailable if the file is not where it was opened any more."""
    if inode_of(path) != inode:
        raise StorageUnavailable(f"queue file {path} was removed while the daemon worked with it")


def inode_of(path: Path) -> int | None:
    """What tells a file from another one of the same name; None if there is none."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _put_back(db: sqlite3.Connection, path: Path) -> None:
    """Write what the removed file holds, which lives as long as it is open, to where it was."""
    draft = _beside(path, ".saved")
    draft.unlink(missing_ok=True)
    os.close(statefiles.make(draft))
    with closing(sqlite3.connect(draft)) as copy:
        db.backup(copy)
    _drop_log(path)
    draft.rename(path)
    _sync_folder(path)


def set_aside(path: Path, now: float) -> Path:
    """Rename a broken file and its write-ahead log, which stay together; returns the new name.

    ``now`` is the wall clock in seconds. Nobody may have the file open.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target = path.with_name(f"{path.name}.broken-{stamp}")
    for suffix in ("-wal", "-shm", ""):
        if os.path.lexists(_beside(path, suffix)):
            _beside(path, suffix).rename(_beside(target, suffix))
    _sync_folder(path)
    return target


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
