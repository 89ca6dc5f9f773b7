import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from synqd.queue import Queue, QueueSettings
from synqd.queue.connection import connect, transact
from synqd.queue.maintenance import prepare

START = 1_800_000_000.0

SETTINGS = QueueSettings(reserve_bytes=0)


class HandClock:
    """A clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self.seconds = START

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class File:
    """A queue file that tests open, kill and open again."""

    def __init__(self, path: Path, clock: HandClock) -> None:
        self.path = path
        self.clock = clock

    @asynccontextmanager
    async def open(self, settings: QueueSettings = SETTINGS) -> AsyncIterator[Queue]:
        async with Queue.open(self.path, settings, self.clock) as queue:
            yield queue


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def file(tmp_path: Path, clock: HandClock) -> File:
    return File(tmp_path / "queue.db", clock)


@pytest.fixture
async def queue(file: File) -> AsyncIterator[Queue]:
    async with file.open() as opened:
        yield opened


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A migrated file for transaction bodies, which are plain functions."""
    path = tmp_path / "queue.db"
    connection = connect(path, 1 << 20, writing=True)
    transact(connection, prepare, path)
    yield connection
    connection.close()
