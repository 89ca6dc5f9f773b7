"""How fast jobs go: measured over the last looks at them, or on the average since they began."""

from collections import deque
from dataclasses import dataclass

from synqd.clock import Clock
from synqd.queue import Job

WINDOW = 60.0
"""Seconds of looks that are remembered."""
SHORTEST = 1.0
"""Seconds between two looks from which a rate can be told."""
MOST = 1000
"""Jobs that are remembered."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Items a second, and seconds until the end; None where nobody can tell."""

    rate: float | None
    left: float | None


class Paces:
    """Remembers looks at jobs that have not ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looks: dict[int, deque[tuple[float, int]]] = {}

    def of(self, job: Job) -> Pace:
        """The pace of a job as it is shown now; of one that has ended, its average."""
        settled = sum(part.selected - part.open for part in job.parts)
        rate = self._recent(job.job_id, settled) if not job.state.final else None
        rate = self._average(job, settled) if rate is None else rate
        left = _left(job, settled)
        return Pace(rate, left / rate if rate and left is not None and not job.state.final else None)

    def _recent(self, job_id: int, settled: int) -> float | None:
        now = self._clock.monotonic()
        if len(self._looks) > MOST:
            self._looks.clear()
        looks = self._looks.setdefault(job_id, deque())
        if not looks or now - looks[-1][0] >= SHORTEST:
            looks.append((now, settled))
        while now - looks[0][0] > WINDOW:
            looks.popleft()
            if not looks:
                return None
        since, before = looks[0]
        return (settled - before) / (now - since) if now - since >= SHORTEST else None

    def _average(self, job: Job, settled: int) -> float | None:
        begun = [part.started_at for part in job.parts if part.started_at is not None]
        end = job.finished_at or round(self._clock.now() * 1000)
        seconds = (end - min(begun)) / 1000 if begun else 0.0
        return settled / seconds if seconds > 0 and settled else None


def _left(job: Job, settled: int) -> int | None:
    """Items that are not done yet; None if not all were counted."""
    totals = [max(part.total, part.selected) if part.total is not None else None for part in job.parts]
    known = [total for total in totals if total is not None]
    return max(0, sum(known) - settled) if len(known) == len(totals) else None
