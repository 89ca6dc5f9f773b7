import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from synqd.models.errors import StorageUnavailable
from synqd.queue.connection import Connection, aside
from tests.support.shortage import without_files


async def opened(path: Path, *, writing: bool = True) -> Connection:
    connection = Connection(path, 1 << 20, writing=writing)
    await connection.start()
    return connection


def arguments(db: sqlite3.Connection, a: int, *, b: int) -> tuple[type[sqlite3.Connection], int, int]:
    return type(db), a, b


async def test_a_function_runs_on_the_connections_own_thread(tmp_path: Path) -> None:
    connection = await opened(tmp_path / "a.db")
    try:
        names = {await connection.run(lambda _: threading.get_ident()) for _ in range(3)}
        assert len(names) == 1
        assert threading.get_ident() not in names
        assert await connection.run(arguments, 1, b=2) == (sqlite3.Connection, 1, 2)
    finally:
        await connection.finish()


async def test_what_raises_is_rolled_back(tmp_path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE a (b)")
        raise LookupError("bug")

    connection = await opened(tmp_path / "a.db")
    try:
        with pytest.raises(LookupError, match="bug"):
            await connection.transaction(half)
        assert await connection.run(lambda db: db.execute("SELECT * FROM sqlite_schema").fetchall()) == []
        assert not connection.in_transaction
    finally:
        await connection.finish()


async def test_a_cancelled_caller_does_not_cut_a_transaction_and_closing_waits_for_it(tmp_path: Path) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE a (b)")
        started.set()
        assert go_on.wait(30)

    connection = await opened(tmp_path / "a.db")
    caller = asyncio.create_task(connection.transaction(slow))
    await asyncio.to_thread(started.wait, 30)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    closing = asyncio.create_task(connection.finish())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.sleep(0)
    assert not closing.done(), "closing is not cut either"
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await closing
    again = await opened(tmp_path / "a.db")
    try:
        assert await again.run(lambda db: db.execute("SELECT name FROM sqlite_schema").fetchall()) == [("a",)]
    finally:
        await again.finish()


async def test_the_reading_connection_cannot_write(tmp_path: Path) -> None:
    connection = await opened(tmp_path / "a.db", writing=False)
    try:
        with pytest.raises(StorageUnavailable, match="readonly"):
            await connection.run(lambda db: db.execute("CREATE TABLE a (b)"))
    finally:
        await connection.finish()


async def test_a_bug_in_sql_is_not_dressed_up(tmp_path: Path) -> None:
    connection = await opened(tmp_path / "a.db")
    try:
        with pytest.raises(sqlite3.OperationalError, match="syntax error"):
            await connection.run(lambda db: db.execute("SELEC"))
    finally:
        await connection.finish()


async def test_a_machine_without_files_or_threads_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_files(), pytest.raises(StorageUnavailable, match="Too many open files"):
        await opened(tmp_path / "a.db")
    with monkeypatch.context() as patched:
        patched.setattr(threading, "_start_new_thread", _no_thread)
        with pytest.raises(StorageUnavailable, match="no thread can be started"):
            await opened(tmp_path / "a.db")
    await (await opened(tmp_path / "a.db")).finish()


def _no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


async def test_a_machine_without_memory_is_waited_for(tmp_path: Path) -> None:
    def hungry(db: sqlite3.Connection) -> None:
        raise MemoryError

    connection = await opened(tmp_path / "a.db")
    try:
        with pytest.raises(StorageUnavailable, match="no memory"):
            await connection.transaction(hungry)
        assert not connection.in_transaction
    finally:
        await connection.finish()


async def test_what_reads_beside_the_connection_waits_as_well(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.touch()
    with without_files(), pytest.raises(StorageUnavailable, match="Too many open files"):
        await aside(path, path.read_bytes)
    with pytest.raises(FileNotFoundError):
        await aside(path, (tmp_path / "missing").read_bytes)
