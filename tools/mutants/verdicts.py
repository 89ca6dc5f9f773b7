"""What becomes of a mutant of a room."""

import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tools.mutants.mutations import Mutant
from tools.mutants.rooms import Room
from tools.mutants.trials import Copy, TimedOut, Trace


class Verdict(StrEnum):
    """What the tests say of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Judge:
    """Knows what a room's tests do without a mutant, and how many seconds the daemon's take."""

    room: Room
    trace: Trace
    daemon_takes: float

    def verdict(self, copy: Copy, mutant: Mutant) -> Verdict:
        """Tries a mutant in a copy: against the suites of the room, then against the daemon's tests."""
        try:
            with copy.broken(mutant.path, mutant.code):
                killed = not self._passes_suites(copy, mutant) or not self._passes_daemon(copy)
        except TimedOut:
            return Verdict.TIMED_OUT
        return Verdict.KILLED if killed else Verdict.SURVIVED

    def _passes_suites(self, copy: Copy, mutant: Mutant) -> bool:
        chosen = self._chosen(mutant)
        files = list(dict.fromkeys(test.partition("::")[0] for test in chosen))
        limit = _limit(sum(self.trace.times[test] for test in chosen))
        run = copy.passes_at_last if any("daemon" in file for file in files) else copy.passes
        return not chosen or run(files, limit, chosen)

    def _chosen(self, mutant: Mutant) -> list[str]:
        """Ids of the tests that can tell: those named after the file, then the others, the fastest first."""
        times, lines = self.trace.times, self.trace.contexts.get(mutant.path, {})
        running = {test for line in mutant.lines for test in lines.get(line, ())}
        everybody = mutant.always or "" in running  # it is run before any test
        own = f"test_{mutant.path.stem}.py"
        return sorted(times if everybody else running, key=lambda test: (own not in test, times[test]))

    def _passes_daemon(self, copy: Copy) -> bool:
        return not self.room.daemon or copy.passes_at_last(self.room.daemon, _limit(self.daemon_takes))


def _limit(takes: float) -> float:
    """Seconds after which tests that take so many without a mutant are taken for endless."""
    return 60.0 + 4 * takes


def judge(copy: Copy, room: Room) -> Judge:
    """Makes sure that a room's tests pass, and that they fail when the room cannot even be imported.

    Raises:
        SystemExit: they could tell nothing of a mutant.
    """
    trace = copy.traced(room.suites, room.folder) or copy.traced(room.suites, room.folder)
    began = time.monotonic()
    if trace is None or (room.daemon and not copy.passes_at_last(room.daemon)):
        sys.exit(f"mutants: the tests of {room.name} fail without any mutant:\n{copy.output()}")
    daemon_takes = time.monotonic() - began
    with copy.broken(Path(room.folder) / "__init__.py", "raise SystemError\n"):
        for tests in filter(None, (room.suites, room.daemon)):
            if copy.passes(tests):
                sys.exit(f"mutants: {' '.join(tests)} pass without {room.name}: they run another tree")
    return Judge(room, trace, daemon_takes)
