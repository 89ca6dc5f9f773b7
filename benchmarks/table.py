"""Goals and what was measured: one table for people, one JSON document for comparisons."""

import json
import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """One figure.

    Attributes:
        name: what was measured.
        figure, unit: the median.
        baseline: the bare way's median in the same unit, if there is one.
        least, most: the goal, as bounds of ``ratio`` if ``of_baseline``, else of ``figure``.
        samples: all values behind the median.
        bare_samples: those of the bare way, each measured right beside the sample in its place. If they are
            there, the ratio is the median of their ratios: a machine that is slow for a while is so for both.
        load: load average of the machine when it was measured.
    """

    name: str
    figure: float
    unit: str
    baseline: float | None = None
    least: float | None = None
    most: float | None = None
    of_baseline: bool = False
    samples: Sequence[float] = ()
    bare_samples: Sequence[float] = ()
    note: str = ""
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    @property
    def ratio(self) -> float | None:
        """Figure by baseline."""
        if self.bare_samples:
            pairs = zip(self.samples, self.bare_samples, strict=True)
            return statistics.median(ours / bare for ours, bare in pairs)
        return self.figure / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is no goal."""
        value = self.ratio if self.of_baseline else self.figure
        if value is None or (self.least is None and self.most is None):
            return None
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    @property
    def goal(self) -> str:
        """The goal as people read it."""
        bound = self.least if self.least is not None else self.most
        if bound is None:
            return ""
        sign = ">=" if self.least is not None else "<="
        return f"{sign} {bound:g}{' x' if self.of_baseline else ''}"


def compared(
    name: str, samples: Sequence[float], bare: Sequence[float], unit: str, least: float | None = None
) -> Result:
    """A figure whose goal, if there is one, is a share of what the bare way reached beside it."""
    return Result(
        name,
        median(samples),
        unit,
        median(bare),
        least,
        of_baseline=True,
        samples=samples,
        bare_samples=bare,
    )


def median(values: Iterable[float]) -> float:
    """The middle of several runs."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def machine() -> dict[str, Any]:
    """What it ran on."""
    cpu = [
        line
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if "model name" in line
    ]
    memory = Path("/proc/meminfo").read_text(encoding="ascii").split()[1]
    return {
        "cpu": cpu[0].partition(":")[2].strip() if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory) / 2**20, 1),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "kernel": platform.release(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def show(results: Iterable[Result]) -> str:
    """The table; only its head if there is nothing."""
    head = ("what", "figure", "unit", "bare", "ratio", "goal", "met", "load")
    rows = [head, *map(_row, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = {0, 2}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(result: Result) -> tuple[str, ...]:
    ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
    met = {True: "yes", False: "NO", None: ""}[result.met]
    baseline = "" if result.baseline is None else _number(result.baseline)
    return (
        result.name,
        _number(result.figure),
        result.unit,
        baseline,
        ratio,
        result.goal,
        met,
        f"{result.load:.1f}",
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"


def save(path: Path, results: Sequence[Result]) -> None:
    """Writes machine and results as JSON."""
    documents = [asdict(one) | {"ratio": one.ratio, "goal": one.goal, "met": one.met} for one in results]
    path.write_text(json.dumps({"machine": machine(), "results": documents}, indent=1), encoding="utf-8")
