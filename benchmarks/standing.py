"""What the daemon costs at rest, how soon it is ready behind a deep queue, how fast its socket answers."""

import asyncio
import sys
import time

import aiohttp

from benchmarks.arena import Arena, Daemon
from benchmarks.queue import fill
from benchmarks.table import Result, median
from synqd.exporter.server import FRESH
from synqd_demo.command import free_port

MEBIBYTE = 2**20
VERBS = (("status",), ("jobs",), ("log",))


async def measure(arena: Arena, *, rest: float, deep: int) -> list[Result]:
    """At rest for ``rest`` seconds, then started anew behind ``deep`` rows."""
    metrics = f"127.0.0.1:{free_port()}"
    config = arena.configure(metrics=metrics)
    begun = time.perf_counter()
    async with arena.daemon(config) as daemon:
        ready = time.perf_counter() - begun
        await asyncio.sleep(2.0)
        before = daemon.usage()
        await asyncio.sleep(rest)
        after = daemon.usage()
        results = [
            Result("memory at rest", after.present / MEBIBYTE, "MiB", most=80),
            Result("CPU at rest", (after.cpu - before.cpu) / rest * 100, "% of a core", most=0.5),
            *[await _verb(arena, verb) for verb in VERBS],
        ]
    await asyncio.to_thread(fill, arena.state / "queue.db", deep, 2_000_000_000)
    begun = time.perf_counter()
    async with arena.daemon(config) as daemon:
        deep_ready = time.perf_counter() - begun
        results.append(Result(f"READY with {deep / 1e6:g} M rows", deep_ready, "s", ready, most=1.0))
        results += await _behind(arena, daemon, deep)
        results.append(await _scrape(metrics, daemon, f"with {deep / 1e6:g} M rows"))
    return results


async def _behind(arena: Arena, daemon: Daemon, deep: int) -> list[Result]:
    """Some seconds of work behind the rows; their entities do not exist: it is reading and recording."""
    await asyncio.sleep(10.0)
    label = f"behind {deep / 1e6:g} M rows"
    return [
        await _verb(arena, ("status",), f" {label}"),
        Result(f"peak memory {label}", daemon.usage().peak / MEBIBYTE, "MiB", most=160),
    ]


async def _scrape(metrics: str, daemon: Daemon, label: str) -> Result:
    """A scrape that looks everything up, against a page of the same server that looks up nothing."""
    daemon.client.post("/v1/pause", {})
    ours, bare = [], []
    async with aiohttp.ClientSession(f"http://{metrics}") as session:
        for _ in range(15):
            await asyncio.sleep(FRESH * 1.1)
            bare.append(await _fetched(session, "/"))
            ours.append(await _fetched(session, "/metrics"))
    daemon.client.post("/v1/resume", {})
    return Result(f"scrape {label}", median(ours) * 1000, "ms", median(bare) * 1000, most=10, samples=ours)


async def _fetched(session: aiohttp.ClientSession, path: str) -> float:
    begun = time.perf_counter()
    async with session.get(path) as answer:
        await answer.read()
    return time.perf_counter() - begun


async def _verb(arena: Arena, verb: tuple[str, ...], label: str = "") -> Result:
    """A verb as an operator calls it, against Python that does nothing."""
    socket = str(arena.directory / "control.sock")
    start = "from synqd.cli.synqctl import main; main()"
    ours = [await _seconds("-c", start, "--socket", socket, *verb) for _ in range(5)]
    bare = [await _seconds("-c", "pass") for _ in range(5)]
    name = f"synqctl {' '.join(verb)}{label}"
    return Result(name, median(ours) * 1000, "ms", median(bare) * 1000, most=150, samples=ours)


async def _seconds(*arguments: str) -> float:
    begun = time.perf_counter()
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=quiet)
    if await process.wait():
        raise RuntimeError(f"{arguments} failed")
    return time.perf_counter() - begun
