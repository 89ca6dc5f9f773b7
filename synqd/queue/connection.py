"""One SQLite connection on a thread of its own: one hop per transaction instead of one per statement."""

import asyncio
import concurrent.futures.thread  # noqa: F401  # asyncio loads it at its first use, which takes a file
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import aiosqlite

from synqd.models.errors import Fatal
from synqd.queue import leases
from synqd.queue.errors import translated
from synqd.runtime import statefiles
from synqd.runtime.rights import refuse_root

P = ParamSpec("P")
T = TypeVar("T")

_STATEMENTS = 256
"""Prepared statements that are kept; more than this package has."""

PATIENCE = 5_000
"""Milliseconds that a statement waits for a lock of another connection."""

COMPANIONS = ("-wal", "-shm", "-journal")
"""Ends of the names of the files that SQLite keeps beside its own."""

_PRAGMAS = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA foreign_keys = ON;
PRAGMA journal_size_limit = 67108864;
PRAGMA wal_autocheckpoint = 4000;
"""


class Connection(aiosqlite.Connection):
    """An aiosqlite connection that runs whole functions on its thread and translates errors."""

    def __init__(self, path: Path, cache_bytes: int, *, writing: bool) -> None:
        """Args: path: the file; cache_bytes: page cache; writing: whether it may change anything."""
        super().__init__(lambda: connect(path, cache_bytes, writing=writing), iter_chunk_size=64)
        self._path = path

    async def start(self) -> None:
        """Start the thread and open the file. Raises: Fatal, Corrupt, StorageUnavailable."""
        try:
            await self
        except BaseException as error:
            # aiosqlite has told its thread to stop, which answers to this loop: not before it has ended.
            if self._thread.ident is not None:
                await asyncio.to_thread(self._thread.join)
            if named := translated(error, self._path):
                raise named from error
            raise

    async def run(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """``fn(db, ...)`` on the connection's thread, without a transaction around it.

        A caller that is cancelled does not stop it.
        """

        def call() -> T:
            return fn(self._conn, *args, **kwargs)

        try:
            # No public verb of aiosqlite runs a function on its thread: the pin <0.23 and a test hold this.
            result: T = await self._execute(call)  # type: ignore[no-untyped-call] # it has no annotations
        except (sqlite3.Error, OSError, MemoryError) as error:
            raise translated(error, self._path) or error from error
        return result

    async def run_or_end(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """As ``run``, but a caller that is cancelled ends the statement at work, and waits for that."""
        running = asyncio.ensure_future(self.run(fn))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            self._conn.interrupt()  # the one thing that another thread may do
            await asyncio.gather(running, return_exceptions=True)
            raise

    async def transaction(
        self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """``fn(db, ...)`` in one ``BEGIN IMMEDIATE ... COMMIT``; rolled back if it raises."""
        return await self.run(transact, fn, *args, **kwargs)

    async def finish(self) -> None:
        """Close after everything that was handed in, even if the caller is cancelled meanwhile."""
        closing = asyncio.ensure_future(self.close())
        cancelled = False
        while not closing.done():
            try:
                await asyncio.shield(closing)
            except asyncio.CancelledError:
                cancelled = True
        closing.result()
        if cancelled:
            raise asyncio.CancelledError


async def aside(path: Path, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """``fn(...)`` on a thread of its own, for what reads the queue file's folder without a connection."""
    try:
        return await asyncio.to_thread(fn, *args, **kwargs)
    except (OSError, MemoryError, RuntimeError) as error:
        raise translated(error, path) or error from error


def transact(
    db: sqlite3.Connection,
    fn: Callable[Concatenate[sqlite3.Connection, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run ``fn(db, ...)`` in one immediate transaction."""
    db.execute("BEGIN IMMEDIATE")
    try:
        result = fn(db, *args, **kwargs)
        db.execute("COMMIT")
    except BaseException:
        # After a full disk or an I/O error SQLite may have rolled back by itself.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return result


def snapshot(
    db: sqlite3.Connection,
    fn: Callable[Concatenate[sqlite3.Connection, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run ``fn(db, ...)`` so that all its reads see the same moment."""
    db.execute("BEGIN")
    try:
        return fn(db, *args, **kwargs)
    finally:
        db.execute("ROLLBACK")


def connect(path: Path, cache_bytes: int, *, writing: bool) -> sqlite3.Connection:
    """Open ``path`` for its owner only: it holds e-mail addresses."""
    _make_private(path)
    wait = PATIENCE / 1000
    db = sqlite3.connect(path, timeout=wait, isolation_level=None, cached_statements=_STATEMENTS)
    try:
        db.executescript(_PRAGMAS)
        db.execute(f"PRAGMA cache_size = -{cache_bytes // 1024}")
        if writing:
            db.executescript(leases.TABLES)
        else:
            db.execute("PRAGMA query_only = ON")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _make_private(path: Path) -> None:
    """Makes the file, or sees to it that what is there is ours and private.

    A file that is there is not opened: closing it would end the locks that other connections of this process
    have on it (fcntl(2)), and then any program that looks into the file takes its write-ahead log away.
    """
    remedy = "it and its directory have to belong to the daemon's user"
    try:
        status = ours(path)
        if status is None:
            os.close(statefiles.make(path))
        elif stat.S_IMODE(status.st_mode) != statefiles.PRIVATE:
            with statefiles.pinned(path) as (_, same):
                same.chmod(statefiles.PRIVATE)
    except OSError as error:
        if named := translated(error, path):
            raise named from error
        raise Fatal(f"cannot open queue file {path}: {error.strerror}; {remedy}") from error
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
        raise Fatal(f"cannot open queue file {path}: it may not be written; {remedy}")


def ours(path: Path) -> os.stat_result | None:
    """A queue file as it is there, None where there is none: SQLite would follow any link in its place.

    SQLite gives its -wal and -shm files the rights of the database file.
    Raises: Fatal if something else is in its place, or beside it; OSError.
    """
    refuse_root(path.parent)
    for suffix in COMPANIONS:
        statefiles.seen(path.with_name(path.name + suffix))
    return statefiles.seen(path)
