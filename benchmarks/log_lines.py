"""What a line for each live delivery costs: its CPU time beside that of the whole way of a live change.

The line is measured in the queue, alone: the same deliveries, one a transaction, with and without it, in
turns. The whole way is measured in the daemon: customers are renamed one by one, and what it uses at rest is
taken off.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncmy

from benchmarks.arena import DATABASE, Arena, Daemon
from benchmarks.latency import RENAME
from benchmarks.shop import FIRST
from benchmarks.table import Result
from synqd.models.item import LedgerEntry, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.queue import Queue, QueueSettings, journal
from synqd.runtime.clock import SystemClock

STREAM = Stream(Model.CUSTOMER, 1)
DELIVERIES = 400
"""Deliveries of one turn."""
PACE = 0.05
"""Seconds between two renames: each leaves by itself."""
KEPT = 5_000
"""Lines that the log keeps: it is full soon, so that each new line makes an old one go."""
LANDING = 3.0
"""Seconds for the last ones to arrive."""


async def measure(arena: Arena, *, changes: int, rounds: int, rest: float) -> list[Result]:
    """Microseconds of CPU for a line and for a change, and their share."""
    line = await cost_of_a_line(arena.directory / "log-lines.db", rounds)
    async with arena.daemon(arena.configure()) as daemon:
        at_rest = await _at_rest(daemon, rest)
        change = await _renames(daemon, arena, changes, at_rest) * 1e6
    return [
        Result("CPU of a live change", change, "us"),
        Result("CPU of its line in the log", line, "us"),
        Result("the line's share of it", 100 * line / change, "%", most=3.0),
    ]


async def _at_rest(daemon: Daemon, seconds: float) -> float:
    """CPU seconds a second of a daemon that has nothing to do."""
    await asyncio.sleep(LANDING)  # what it does at its start is over
    before = daemon.usage().cpu
    await asyncio.sleep(seconds)
    return (daemon.usage().cpu - before) / seconds


async def _renames(daemon: Daemon, arena: Arena, changes: int, at_rest: float) -> float:
    """CPU seconds of a change, without what the daemon uses at rest."""
    connection = await asyncmy.connect(
        unix_socket=str(arena.server.socket), user="root", db=DATABASE, autocommit=True
    )
    before, begun = daemon.usage().cpu, time.monotonic()
    try:
        async with connection.cursor() as cursor:
            for number in range(changes):
                await cursor.execute(RENAME, [f"Renamed {number} {time.time()}", FIRST + number])
                await asyncio.sleep(PACE)
    finally:
        await connection.ensure_closed()
    await asyncio.sleep(LANDING)
    used = daemon.usage().cpu - before
    return (used - at_rest * (time.monotonic() - begun)) / changes


async def cost_of_a_line(path: Path, rounds: int, deliveries: int = DELIVERIES, kept: int = KEPT) -> float:
    """Microseconds of CPU that a line adds to a delivery, the median of some rounds."""
    costs = []
    async with Queue.open(path, QueueSettings(log_lines=kept, reserve_bytes=0), SystemClock()) as queue:
        for _ in range(kept // deliveries + 1):
            await _deliver(queue, deliveries)
        for _ in range(rounds):
            with_line = await _deliver(queue, deliveries)
            with _without_lines():
                costs.append(with_line - await _deliver(queue, deliveries))
    return statistics.median(costs) / deliveries * 1e6


@contextmanager
def _without_lines() -> Iterator[None]:
    write = journal.deliveries
    journal.deliveries = lambda *_: None
    try:
        yield
    finally:
        journal.deliveries = write


async def _deliver(queue: Queue, deliveries: int) -> float:
    """CPU seconds for delivering items one by one."""
    used = 0.0
    for number in range(1, deliveries + 1):
        await queue.outbox.intake([Wish(Key(*STREAM, number), Lane.LIVE, 60.0)])
        items = await queue.outbox.lease(STREAM, Lane.LIVE, 1, 600.0)
        now = int(time.time() * 1000)
        key = f"person.{number}@mail.example"
        entry = LedgerEntry("bench", key, frozenset({"email"}), b"digest", "settings", True, now, now, 202)
        begun = time.process_time()
        await queue.outbox.settle([Ack(item, entry) for item in items])
        used += time.process_time() - begun
    return used
