"""How fast things go: measured over the last looks at them; jobs also on the average since they began."""

from collections import deque
from dataclasses import dataclass

from synqd.queue import Job
from synqd.runtime.clock import Clock

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


class Recent:
    """The last looks at a number that grows."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looks: deque[tuple[float, int]] = deque()

    def rate(self, number: int) -> float | None:
        """How much a second it grew since the first look that is remembered; None while nobody can tell."""
        now = self._clock.monotonic()
        if not self._looks or now - self._looks[-1][0] >= SHORTEST:
            self._looks.append((now, number))
        while now - self._looks[0][0] > WINDOW:
            self._looks.popleft()
        since, before = self._looks[0]
        return (number - before) / (now - since) if now - since >= SHORTEST else None


class Paces:
    """Remembers looks at jobs that have not ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._recent: dict[int, Recent] = {}

    def of(self, job: Job) -> Pace:
        """The pace of a job as it is shown now; of one that has ended, its average."""
        settled = sum(part.selected - part.open for part in job.parts)
        rate = self._recently(job.job_id, settled) if not job.state.final else None
        rate = self._average(job, settled) if rate is None else rate
        left = _left(job, settled)
        return Pace(rate, left / rate if rate and left is not None and not job.state.final else None)

    def _recently(self, job_id: int, settled: int) -> float | None:
        if len(self._recent) > MOST:
            self._recent.clear()
        return self._recent.setdefault(job_id, Recent(self._clock)).rate(settled)

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
