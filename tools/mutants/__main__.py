"""Runs a random sample of mutants against the tests.

    python -m tools.mutants [--sample 200] [--seed 1] [--room queue ...] [--jobs 2] [--suites-only]

Prints for each room how many mutants were killed, survived, or let the tests run out of time, which is as
good as killed, and every survivor as a diff. Ends with 1 if of any room less than 95 % were noticed.
"""

import argparse
import os
import queue
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random

from tools.mutants.mutations import Mutant, sample
from tools.mutants.rooms import ROOMS, Room
from tools.mutants.trials import Copy, copies
from tools.mutants.verdicts import Judge, Verdict, judge

TOP = Path(__file__).resolve().parents[2]
GOAL = 0.95
"""Share of the mutants of each room that has to be noticed."""


def main() -> None:
    """Entry point."""
    arguments = _arguments()
    began = time.monotonic()
    rooms = [room for room in ROOMS if not arguments.room or room.name in arguments.room]
    if arguments.suites_only:
        rooms = [replace(room, daemon=()) for room in rooms]
    drawn = sample(TOP, rooms, arguments.sample, Random(arguments.seed))  # noqa: S311 - no secret
    print(f"{len(drawn)} mutants, seed {arguments.seed}", flush=True)
    results: defaultdict[Room, Counter[Verdict]] = defaultdict(Counter)
    with copies(TOP, arguments.jobs) as trees:
        judges = {room: judge(trees[0], room) for room in rooms}
        for mutant, verdict, seconds in _tried(drawn, trees, judges):
            results[mutant.room][verdict] += 1
            print(f"{verdict:9} {seconds:4.0f} s  {mutant}", flush=True)
            if verdict == Verdict.SURVIVED:
                print(mutant.diff((TOP / mutant.path).read_text()), flush=True)
    print(_table(results), f"\n{(time.monotonic() - began) / 60:.0f} minutes, seed {arguments.seed}")
    sys.exit(any(_share(counts) < GOAL for counts in results.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Runs a random sample of mutants against the tests.")
    parser.add_argument("--sample", type=int, default=200, help="how many, of all rooms together")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="draws the same sample again")
    parser.add_argument(
        "--room", action="append", choices=[room.name for room in ROOMS], help="only this one"
    )
    parser.add_argument("--suites-only", action="store_true", help="without the tests of the whole daemon")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    return parser.parse_args()


def _tried(
    drawn: Sequence[Mutant], trees: Sequence[Copy], judges: Mapping[Room, Judge]
) -> Iterator[tuple[Mutant, Verdict, float]]:
    free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
    for tree in trees:
        free.put(tree)

    def attempt(mutant: Mutant) -> tuple[Mutant, Verdict, float]:
        tree = free.get()
        began = time.monotonic()
        try:
            return mutant, judges[mutant.room].verdict(tree, mutant), time.monotonic() - began
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as threads:
        yield from threads.map(attempt, drawn)


def _share(counts: Counter[Verdict]) -> float:
    return 1 - counts[Verdict.SURVIVED] / counts.total()


def _table(results: dict[Room, Counter[Verdict]]) -> str:
    lines = [f"{'room':10}{'mutants':>9}{''.join(f'{verdict:>11}' for verdict in Verdict)}{'noticed':>10}"]
    for room, counts in sorted(results.items(), key=lambda item: item[0].name):
        numbers = "".join(f"{counts[verdict]:11}" for verdict in Verdict)
        lines.append(f"{room.name:10}{counts.total():9}{numbers}{_share(counts):10.1%}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
