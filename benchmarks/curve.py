"""Memory of the daemon while it synchronizes a large shop whole: ``python -m benchmarks.curve --help``.

Twice: once killed on the way, once left alone. Time does not count here, so it may run beside other work.
Prints one line a sample and a summary, and fails if an account does not add up or the fake did not get what
the accounts say.
"""

import asyncio
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.arena import STORES, Arena, Daemon, shop, sink
from benchmarks.shop import Size

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Sample:
    """The daemon at one moment: seconds since the start, MiB of memory and of files, rows, items done."""

    at: float
    resident: float
    peak: float
    queued: int
    file: float
    done: int

    def __str__(self) -> str:
        return (
            f"{self.at:7.0f} s  {self.resident:6.1f} MiB  peak {self.peak:6.1f} MiB"
            f"  {self.queued:8} queued  {self.file:7.1f} MiB on disk  {self.done:9} done"
        )


@click.command()
@click.option("--products", default=200_000, show_default=True, help="In each of two store views.")
@click.option("--customers", default=1_000_000, show_default=True)
@click.option("--kills", default=5, show_default=True, help="How often the first run is killed on the way.")
@click.option("--every", default=5.0, show_default=True, help="Seconds between samples.")
@click.option("--directory", type=click.Path(path_type=Path), help="Where shop and queue file are put.")
@click.option("--json", "target", type=click.Path(dir_okay=False, path_type=Path), help="Samples as JSON.")
def main(
    *,
    products: int,
    customers: int,
    kills: int,
    every: float,
    directory: Path | None,
    target: Path | None,
) -> None:
    """Synchronize a large shop whole and watch the daemon's memory."""
    with tempfile.TemporaryDirectory(prefix="synqd-", dir=directory) as scratch:
        size = Size(products=products, customers=customers)
        samples = asyncio.run(_measure(Path(scratch), size, kills, every))
    if target is not None:
        target.write_text(json.dumps([asdict(sample) for sample in samples], indent=1), encoding="utf-8")


async def _measure(directory: Path, size: Size, kills: int, every: float) -> list[Sample]:
    with shop(directory, size) as server:
        async with sink(directory, validation="cheap") as fake:  # counts keys
            arena = Arena(directory, server, fake)
            config = arena.configure()
            await arena.install(config)
            samples: list[Sample] = []
            async with arena.daemon(config) as daemon:
                for number in dict.fromkeys((kills, 0)):
                    click.echo(f"killed {number} times" if number else "left alone")
                    samples += await _Run(arena, daemon, every).through(size, number)
            return samples


class _Run:
    """One full synchronization of products in two store views and of customers in all."""

    def __init__(self, arena: Arena, daemon: Daemon, every: float) -> None:
        self._arena = arena
        self._daemon = daemon
        self._every = every
        self._begun = time.monotonic()
        self._samples: list[Sample] = []

    async def through(self, size: Size, kills: int) -> list[Sample]:
        """Runs it to its end and checks what came of it."""
        before, _ = await self._stored()
        jobs = [await self._daemon.full("product", STORES[:2]), await self._daemon.full("customer", STORES)]
        expected = 2 * size.products + size.customers
        marks = [expected * (number + 1) // (kills + 1) for number in range(kills)]
        while await self._sample(jobs):
            if marks and self._samples[-1].done >= marks[0]:
                marks.pop(0)
                await self._daemon.process.kill()
                await self._daemon.process.start()
                click.echo("killed, and started again")
            await asyncio.sleep(self._every)
        accounts = [await self._daemon.finished(job) for job in jobs]
        stored, distinct = await self._stored()
        _check(accounts, stored - before, distinct, expected, kills)
        click.echo(f"peak {max(sample.peak for sample in self._samples):.1f} MiB")
        return self._samples

    async def _stored(self) -> tuple[int, int]:
        """Items that the fake got so far, and how many different ones."""
        stats = await self._arena.sink.get("stats")
        stored, distinct = (
            sum(stats[name].get(kind, 0) for kind in ("item", "profile")) for name in ("stored", "distinct")
        )
        return stored, distinct

    async def _sample(self, jobs: list[int]) -> bool:
        """Notes how it stands; whether a job still runs."""
        found = [await asyncio.to_thread(self._daemon.client.get, f"/v1/jobs/{job}") for job in jobs]
        usage = self._daemon.usage()
        files = sum(one.stat().st_size for one in self._arena.state.glob("queue.db*"))
        sample = Sample(
            time.monotonic() - self._begun,
            usage.present / MEBIBYTE,
            usage.peak / MEBIBYTE,
            sum(part["waiting"] for job in found for part in job["parts"]),
            files / MEBIBYTE,
            sum(_done(part) for job in found for part in job["parts"]),
        )
        self._samples.append(sample)
        click.echo(str(sample))
        return any(job["state"] == "running" for job in found)


def _check(accounts: list[dict[str, int]], stored: int, distinct: int, expected: int, kills: int) -> None:
    click.echo(f"accounts: {accounts}")
    selected, sent = (sum(account[name] for account in accounts) for name in ("selected", "sent"))
    click.echo(f"selected {selected}, sent {sent}; the fake got {stored}, ever {distinct} different ones")
    for account in accounts:
        if account["selected"] != sum(n for name, n in account.items() if name != "selected"):
            raise click.ClickException(f"an account does not add up: {account}")
    if selected < expected or distinct != sent or stored < sent or (not kills and stored != sent):
        raise click.ClickException("not everything was sent, or something twice")


def _done(part: dict[str, Any]) -> int:
    return sum(part[name] for name in ("sent", "unchanged", "skipped", "dead"))


if __name__ == "__main__":
    main()
