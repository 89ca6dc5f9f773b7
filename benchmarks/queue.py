"""The queue against raw sqlite3: same file, same indexes, same rows, same transaction sizes, FULL.

Raw means one thread, prepared statements with ``executemany``, no objects, no counters, no job accounts, no
log, no checks of tokens and revisions. For leasing and recording there are two baselines: ``raw`` does what
a plain program would (select the due ones, mark them in a column, delete them, upsert the ledger),
``barest`` is a table of three columns with one index and no ledger at all: what any durable queue pays.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.table import Result, compared, percentile
from synqd.cli.synqd.run import tune
from synqd.models.item import Leased, LedgerEntry, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.queue import Queue, QueueSettings
from synqd.runtime.clock import SystemClock

STREAM = Stream(Model.CUSTOMER, 1)
ENQUEUE = 1000
"""Rows that one transaction enqueues."""
CHUNK = 400
"""Rows leased, and recorded, by one transaction: as many as a full synchronization reads at once."""
REQUEST = 100
"""Rows of one request: the most that live changes are leased at a time."""
LEASES = 300
"""Leases of each size whose slowest hundredth is told."""
FIELDS = frozenset(f"field_{number}" for number in range(20))

_INSERT = """
    INSERT INTO outbox (model, store_id, entity_id, lane, want, standing, first_at, due_at, hint, revision)
    VALUES ('customer', 1, ?1, 2, 0, 1, ?2, ?2, NULL, 1)"""
_DUE = """
    SELECT id, entity_id FROM outbox INDEXED BY outbox_ready
     WHERE taken IS NULL AND model = 'customer' AND store_id = 1 AND lane = 2 AND due_at <= ?
     ORDER BY due_at, id LIMIT ?"""
_MARKS = """
    ALTER TABLE outbox ADD COLUMN taken INTEGER;
    DROP INDEX outbox_ready;
    CREATE INDEX outbox_ready ON outbox (model, store_id, lane, due_at, id) WHERE taken IS NULL;"""
_TAKE = "UPDATE outbox SET taken = ?2 WHERE id = ?1"
_RECORD = """
    INSERT INTO ledger (model, entity_id, store_id, workspace, wire_key, field_set_id, digest, fingerprint_id,
        alive, first_at, last_at, status)
    VALUES ('customer', ?1, 1, 'bench', ?2, 1, ?3, 1, 1, ?4, ?4, 202)
    ON CONFLICT (model, entity_id, store_id) DO UPDATE SET
        wire_key = excluded.wire_key, digest = excluded.digest, last_at = excluded.last_at"""
_BAREST = "CREATE TABLE barest (id INTEGER PRIMARY KEY, entity_id INTEGER, taken INTEGER);"
_BAREST_INDEX = "CREATE INDEX barest_free ON barest (id) WHERE taken IS NULL;"
_BAREST_TAKE = """
    UPDATE barest SET taken = 1 WHERE id IN (SELECT id FROM barest WHERE taken IS NULL ORDER BY id LIMIT ?)
    RETURNING id"""
_FILL = """
    WITH RECURSIVE numbers (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)
    INSERT INTO outbox (model, store_id, entity_id, lane, want, standing, first_at, due_at, hint, revision)
    SELECT 'customer', 1, n, 2, 0, 1, ?3, ?3, NULL, 1 FROM numbers"""
_COUNT = """
    INSERT INTO counters (kind, model, store_id, lane, n) VALUES ('depth', 'customer', 1, 2, ?1)
    ON CONFLICT (kind, model, store_id, lane) DO UPDATE SET n = n + ?1"""


def measure(directory: Path, *, rows: int, deep: int, rounds: int) -> list[Result]:
    """Enqueueing, leasing and recording ``rows`` items, empty and behind ``deep`` others."""
    tune()  # as in the daemon
    speeds: dict[str, list[float]] = {}
    for number in range(rounds):
        for name, speed in _round(directory / f"round-{number}", rows):
            speeds.setdefault(name, []).append(speed)
    results = [
        compared("enqueue, 1000 a transaction", speeds["enqueue"], speeds["raw enqueue"], "rows/s", 0.6),
        compared("lease + ack, against the same tables", speeds["lease"], speeds["raw lease"], "rows/s", 0.6),
        compared("lease + ack, against the barest queue", speeds["lease"], speeds["barest"], "rows/s"),
    ]
    return [*results, *asyncio.run(_deep(directory, rows, deep, rounds))]


def _round(directory: Path, rows: int) -> Iterator[tuple[str, float]]:
    """Each way once, in turns."""
    directory.mkdir()
    yield from asyncio.run(_synqd(directory / "synqd.db", rows))
    asyncio.run(_empty(directory / "raw.db"))
    db = _connect(directory / "raw.db")
    db.executescript(_MARKS)
    yield "raw enqueue", rows / _timed(_raw_enqueue, db, rows)
    yield "raw lease", rows / _timed(_raw_lease, db)
    yield "barest", rows / _barest(db, rows)
    db.close()


async def _empty(path: Path) -> None:
    """A queue file with nothing in it but what the ledger's foreign keys need."""
    async with Queue.open(path, QueueSettings(), SystemClock()):
        pass
    db = _connect(path)
    db.execute("INSERT OR IGNORE INTO field_sets VALUES (1, 'a')")
    db.execute("INSERT OR IGNORE INTO fingerprints VALUES (1, 'a')")
    db.close()


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
    return db


def _timed(work: Callable[..., object], *args: object) -> float:
    begun = time.perf_counter()
    work(*args)
    return time.perf_counter() - begun


async def _synqd(path: Path, rows: int) -> list[tuple[str, float]]:
    async with Queue.open(path, QueueSettings(), SystemClock()) as queue:
        enqueued = await _enqueue(queue, 1, rows)
        leased, _ = await _drain(queue, rows)
        return [("enqueue", rows / enqueued), ("lease", rows / leased)]


async def _enqueue(queue: Queue, first: int, rows: int) -> float:
    pages = [
        [Wish(Key(*STREAM, entity_id), Lane.FULL) for entity_id in range(start, start + ENQUEUE)]
        for start in range(first, first + rows, ENQUEUE)
    ]
    begun = time.perf_counter()
    for page in pages:
        await queue.outbox.intake(page)
    return time.perf_counter() - begun


async def _drain(queue: Queue, rows: int, chunk: int = CHUNK) -> tuple[float, list[float]]:
    """Seconds for leasing and recording, and seconds of each lease; making the entries is not counted."""
    total, leases = 0.0, []
    for _ in range(0, rows, chunk):
        begun = time.perf_counter()
        items = await queue.outbox.lease(STREAM, Lane.FULL, chunk, 600.0)
        leases.append(time.perf_counter() - begun)
        acks = [Ack(item, _entry(item)) for item in items]
        begun = time.perf_counter()
        await queue.outbox.settle(acks)
        total += leases[-1] + time.perf_counter() - begun
    return total, leases


def _entry(item: Leased) -> LedgerEntry:
    now = int(time.time() * 1000)
    key = f"person.{item.key.entity_id}@mail.example"
    digest = item.key.entity_id.to_bytes(16, "big")
    return LedgerEntry("bench", key, FIELDS, digest, "settings", alive=True, first_at=now, last_at=now)


def _raw_enqueue(db: sqlite3.Connection, rows: int) -> None:
    now = int(time.time() * 1000)
    for first in range(1, rows + 1, ENQUEUE):
        db.execute("BEGIN IMMEDIATE")
        db.executemany(_INSERT, [(entity_id, now) for entity_id in range(first, first + ENQUEUE)])
        db.execute("COMMIT")


def _raw_lease(db: sqlite3.Connection) -> None:
    while True:
        now = int(time.time() * 1000)
        db.execute("BEGIN IMMEDIATE")
        found = db.execute(_DUE, (now, CHUNK)).fetchall()
        db.executemany(_TAKE, [(row_id, now + 600_000) for row_id, _ in found])
        db.execute("COMMIT")
        if not found:
            return
        db.execute("BEGIN IMMEDIATE")
        db.executemany("DELETE FROM outbox WHERE id = ?", [(row_id,) for row_id, _ in found])
        entries = [(n, f"person.{n}@mail.example", n.to_bytes(16, "big"), now) for _, n in found]
        db.executemany(_RECORD, entries)
        db.execute("COMMIT")


def _barest(db: sqlite3.Connection, rows: int) -> float:
    db.executescript(_BAREST + _BAREST_INDEX)
    db.execute("BEGIN")
    db.executemany("INSERT INTO barest (entity_id) VALUES (?)", [(number,) for number in range(rows)])
    db.execute("COMMIT")
    begun = time.perf_counter()
    while True:
        db.execute("BEGIN IMMEDIATE")
        taken = db.execute(_BAREST_TAKE, (CHUNK,)).fetchall()
        db.execute("COMMIT")
        if not taken:
            return time.perf_counter() - begun
        db.execute("BEGIN IMMEDIATE")
        db.executemany("DELETE FROM barest WHERE id = ?", taken)
        db.execute("COMMIT")


def fill(path: Path, rows: int, first: int = 1) -> None:
    """Puts rows into a queue file that nobody has open, past the code that is measured."""
    db = _connect(path)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -1000000")
    db.execute("BEGIN")
    db.execute(_FILL, (first, first + rows - 1, int(time.time() * 1000) - 60_000))
    db.execute(_COUNT, (rows,))
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())  # or the first commits that are measured would wait for all of this


async def _deep(directory: Path, rows: int, deep: int, rounds: int) -> list[Result]:
    """A file with 10,000 rows and one with ``deep``, in turns; enqueueing goes behind all of them."""
    near, far = directory / "near.db", directory / "far.db"
    for path, depth in ((near, 10_000), (far, deep)):
        await _empty(path)
        fill(path, depth)
    settings, clock = QueueSettings(), SystemClock()
    speeds: dict[str, list[float]] = {}
    async with Queue.open(near, settings, clock) as shallow, Queue.open(far, settings, clock) as full:
        for number in range(rounds):
            for name, queue in (("near", shallow), ("far", full)):
                enqueued = await _enqueue(queue, 1_000_000_000 + number * rows, rows)
                drained, _ = await _drain(queue, rows)
                speeds.setdefault(f"enqueue {name}", []).append(rows / enqueued)
                speeds.setdefault(f"lease {name}", []).append(rows / drained)
        slowest = [await _slowest(full, chunk, deep) for chunk in (REQUEST, CHUNK)]
    label = f"{deep / 1e6:g} M rows against 10,000"
    return [
        compared(f"enqueue at {label}", speeds["enqueue far"], speeds["enqueue near"], "rows/s", 0.9),
        compared(f"lease + ack at {label}", speeds["lease far"], speeds["lease near"], "rows/s", 0.9),
        *slowest,
    ]


async def _slowest(queue: Queue, chunk: int, deep: int) -> Result:
    _, leases = await _drain(queue, LEASES * chunk, chunk)
    name = f"lease of {chunk}, p99, at {deep / 1e6:g} M rows"
    return Result(name, percentile(leases, 0.99) * 1000, "ms", most=5.0, samples=leases)
