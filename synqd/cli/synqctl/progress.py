"""A progress bar with rate and estimated end."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from synqd.cli.synqctl.text import count, duration
from synqd.models.text import clean

WINDOW = 30.0
"""Seconds over which the rate is taken."""
WIDTH = 30
SETTLED = ("sent", "unchanged", "skipped", "dead", "dropped")


class Meter:
    """Remembers how far a job was and says how fast it goes."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def line(self, at: float, job: Mapping[str, Any]) -> str:
        """One line; ``at`` is a monotonic time in seconds."""
        done, total = settled(job), expected(job)
        self._seen.append((at, done))
        while at - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        share = min(1.0, done / total) if total else float(job["state"] == "finished")
        filled = int(share * WIDTH)
        parts = [f"[{'#' * filled}{'.' * (WIDTH - filled)}] {share:4.0%}", f"{count(done)}/{count(total)}"]
        if dead := sum(part["dead"] for part in job["parts"]):
            parts.append(f"{count(dead)} failed")
        if waits := job.get("waits_for"):
            parts.append(clean(f"waits: {waits}"))
        return "  ".join([*parts[:2], *self._speed(done, total), *parts[2:]])

    def _speed(self, done: int, total: int | None) -> list[str]:
        (since, before), (now, _) = self._seen[0], self._seen[-1]
        if now <= since or done <= before:
            return []
        rate = (done - before) / (now - since)
        left = [f"{duration((total - done) / rate)} left"] if total is not None and total > done else []
        return [f"{rate:,.1f}/s", *left]


def settled(job: Mapping[str, Any]) -> int:
    """Items that are done with."""
    return sum(part[name] for part in job["parts"] for name in SETTLED)


def expected(job: Mapping[str, Any]) -> int | None:
    """Items there are in all; None until all were counted."""
    totals = [_total(part) for part in job["parts"]]
    known = [total for total in totals if total is not None]
    return sum(known) if len(known) == len(totals) else None


def _total(part: Mapping[str, Any]) -> int | None:
    """Items of a part: what it selected once it has selected all, else what was counted."""
    if part["state"] != "paging":
        return int(part["selected"])
    return None if part["total"] is None else max(int(part["total"]), int(part["selected"]))
