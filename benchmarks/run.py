"""Runs the benchmarks and prints the table: ``python -m benchmarks.run --help``."""

import asyncio
import compileall
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import click

from benchmarks import arena, latency, log_lines, queue, standing, transfer
from benchmarks.shop import Size
from benchmarks.table import Result, machine, save, show


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    size: Size
    rows: int
    deep: int
    rounds: int
    changes: int
    rest: float


PLANS = {
    "quick": Plan(Size(20_000, 60_000, 20_000, 60_000), 20_000, 5_000_000, 5, 60, 20.0),
    "full": Plan(Size(200_000, 1_000_000, 1_000_000, 1_000_000), 100_000, 5_000_000, 5, 200, 60.0),
}
PARTS = ("queue", "transfer", "latency", "log", "standing")


@click.command()
@click.option("--full", is_flag=True, help="The large shop; takes over an hour.")
@click.option("--json", "target", type=click.Path(dir_okay=False, path_type=Path), help="Results as JSON.")
@click.option("--rounds", type=click.IntRange(min=1), help="Runs of each way [default: 5].")
@click.option("--only", "parts", multiple=True, type=click.Choice(PARTS), help="One part; repeatable.")
def main(*, full: bool, target: Path | None, rounds: int | None, parts: tuple[str, ...]) -> None:
    """Measure synqd against bare baselines on this machine."""
    plan = PLANS["full" if full else "quick"]
    plan = replace(plan, rounds=rounds or plan.rounds)
    # As pip does when it installs: where PYTHONDONTWRITEBYTECODE is set, each start would compile everything.
    compileall.compile_dir("synqd", quiet=1)
    click.echo(" ".join(f"{name}={value}" for name, value in machine().items()))
    begun = time.perf_counter()
    results: list[Result] = []
    try:
        with tempfile.TemporaryDirectory(prefix="synqd-bench-") as directory:
            asyncio.run(measure(Path(directory), plan, parts or PARTS, results))
    finally:  # hours of measuring are not lost by what happens in the last minute
        click.echo(f"\n{show(results)}\n\n{time.perf_counter() - begun:.0f} s")
        if target is not None:
            save(target, results)


async def measure(directory: Path, plan: Plan, parts: tuple[str, ...], results: list[Result]) -> None:
    """Measures the chosen parts one after the other and adds what it finds to ``results``."""
    if "queue" in parts:
        _say("the queue")
        results += await asyncio.to_thread(_queue, directory, plan)
    if set(parts) - {"queue"}:
        _say("a shop")
        with arena.shop(directory, plan.size) as server:
            async with arena.sink(directory) as sink:
                place = arena.Arena(directory, server, sink)
                await place.install(place.configure())
                async for found in _in_shop(place, plan, parts):
                    results += found


def _queue(directory: Path, plan: Plan) -> list[Result]:
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        return queue.measure(Path(scratch), rows=plan.rows, deep=plan.deep, rounds=plan.rounds)


async def _in_shop(place: arena.Arena, plan: Plan, parts: tuple[str, ...]) -> AsyncIterator[list[Result]]:
    if "transfer" in parts:
        _say("full synchronizations")
        async for found in transfer.measure(place, plan.size, rounds=plan.rounds):
            yield found
    if "latency" in parts:
        _say("changes")
        yield await latency.measure(place, changes=plan.changes, products=plan.size.products)
    if "log" in parts:
        _say("a line in the log for each change")
        yield await log_lines.measure(place, changes=5 * plan.changes, rounds=4 * plan.rounds, rest=plan.rest)
    if "standing" in parts:
        _say("the daemon at rest, and behind a deep queue")
        yield await standing.measure(place, rest=plan.rest, deep=plan.deep)


def _say(what: str) -> None:
    click.echo(f"measuring {what} ...", err=True)


if __name__ == "__main__":
    main()
