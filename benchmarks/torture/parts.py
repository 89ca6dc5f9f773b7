"""The two parts, each in a process of its own."""

import asyncio
import logging
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.torture import child, daemon
from benchmarks.torture.account import Account

Part = Callable[[Path, int, int, Callable[[str], None]], Coroutine[Any, Any, Account]]
PARTS: Mapping[str, Part] = {"child": child.torture, "daemon": daemon.torture}


def run_all(kills: Mapping[str, int], seed: int) -> dict[str, Account]:
    """What came of the parts that are to be killed at least once; they run at the same time."""
    wanted = {name: times for name, times in kills.items() if times}
    with ProcessPoolExecutor(len(PARTS), mp_context=get_context("spawn")) as pool:
        running = {name: pool.submit(_run, name, times, seed) for name, times in wanted.items()}
        return {name: one.result() for name, one in running.items()}


def _run(name: str, kills: int, seed: int) -> Account:
    logging.disable(logging.CRITICAL)  # that things go wrong is what it is about
    with tempfile.TemporaryDirectory(prefix="synqd-torture-") as home:
        return asyncio.run(PARTS[name](Path(home), kills, seed, lambda line: report(name, line)))


def report(name: str, line: str) -> None:
    print(f"{name}: {line}", flush=True)
