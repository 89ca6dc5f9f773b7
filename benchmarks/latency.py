"""From the commit in Magento until the fake has the change, idle and while a full synchronization runs.

One customer is renamed at a time, at odd moments; the fake's journal tells when the request with it came in.
Both clocks are the same machine's. The commits themselves are a second figure: what a full synchronization
does to a shop that writes.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

import asyncmy

from benchmarks.arena import DATABASE, STORES, Arena, Daemon
from benchmarks.shop import FIRST
from benchmarks.table import Result, percentile

RENAME = "UPDATE customer_entity SET firstname = %s WHERE entity_id = %s"
SELL = "UPDATE cataloginventory_stock_item SET qty = qty - 1 WHERE product_id = %s"
ARRIVAL = 30.0
"""Seconds after which a change counts as lost."""
LOOK = 0.02


@dataclass
class Samples:
    """Seconds of each change: until it was stored, and of its commit in the shop."""

    stored: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)


async def measure(arena: Arena, *, changes: int, products: int) -> list[Result]:
    """Latencies at idle, then during a full synchronization of all products in all store views."""
    async with arena.daemon(arena.configure()) as daemon:
        idle = await _change(arena, changes, products, None)
        job = await daemon.full("product", STORES)
        running = _running(daemon, job)
        busy = await _change(arena, changes, products, running)
        if await running():
            await asyncio.to_thread(daemon.client.post, f"/v1/jobs/{job}/cancel")
    return [
        Result("change to stored, idle, p50", percentile(idle.stored, 0.5) * 1000, "ms", most=300),
        Result("change to stored, idle, p99", percentile(idle.stored, 0.99) * 1000, "ms", most=1000),
        Result("change to stored, full sync, p50", percentile(busy.stored, 0.5) * 1000, "ms"),
        Result("change to stored, full sync, p99", percentile(busy.stored, 0.99) * 1000, "ms", most=2000),
        Result(
            "the shop's own commits during it, p99",
            percentile(busy.commits, 0.99) * 1000,
            "ms",
            percentile(idle.commits, 0.99) * 1000,
            note="two cores: the shop's database, the daemon, the fake and the benchmark share them",
        ),
    ]


def _running(daemon: Daemon, job: int) -> Any:
    async def running() -> bool:
        state = await asyncio.to_thread(daemon.client.get, f"/v1/jobs/{job}")
        return bool(state["state"] == "running")

    return running


async def _change(arena: Arena, changes: int, products: int, while_true: Any) -> Samples:
    """Renames customers; ends early when ``while_true`` does not hold any more."""
    connection = await asyncmy.connect(
        unix_socket=str(arena.server.socket), user="root", db=DATABASE, autocommit=True
    )
    samples, dice = Samples(), random.Random(1)
    try:
        async with connection.cursor() as cursor:
            for number in range(changes):
                if while_true is not None and not await while_true():
                    break
                await asyncio.sleep(dice.uniform(0.1, 0.4))
                samples.commits.append(await _sell(cursor, FIRST + dice.randrange(products)))
                seen = (await arena.sink.get("stats"))["requests"]
                await cursor.execute(RENAME, [f"Renamed {number} {time.time()}", FIRST + number])
                committed = time.time()
                samples.stored.append(await _arrival(arena, seen) - committed)
    finally:
        await connection.ensure_closed()
    return samples


async def _sell(cursor: Any, product_id: int) -> float:
    begun = time.perf_counter()
    await cursor.execute(SELL, [product_id])
    return time.perf_counter() - begun


async def _arrival(arena: Arena, seen: int) -> float:
    """When the next request for profiles came in, in seconds since the epoch."""
    deadline = time.monotonic() + ARRIVAL
    while time.monotonic() < deadline:
        entries = await arena.sink.get("requests", since=seen, path="v4/clients/batch")
        if entries:
            return float(entries[0]["time"])
        await asyncio.sleep(LOOK)
    raise RuntimeError(f"a change did not arrive within {ARRIVAL:.0f} s")
