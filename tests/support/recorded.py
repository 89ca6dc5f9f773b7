"""What the official module sent and what Magento itself shows, and how to compare with it field by field."""

from __future__ import annotations

import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def payloads(directory: Path, run: str, model: str, store_id: int) -> list[Record]:
    """Items that the official module sent in one of its two recorded runs."""
    return list(_lines(directory / "payloads-views-1-2.tar.xz", f"{run}/{model}-store{store_id}.jsonl"))


def truth(directory: Path, name: str) -> list[Record]:
    """One file of the truth set, e.g. ``order``."""
    return list(_lines(directory / "truth-views-1-2.tar.xz", f"{name}.jsonl"))


def _lines(archive: Path, member: str) -> Iterator[Record]:
    with tarfile.open(archive) as tar:
        name = next(each for each in tar.getnames() if each.removeprefix("./").endswith(member))
        content = tar.extractfile(name)
        assert content is not None
        for line in content:
            yield json.loads(line)


class Comparison:
    """Counts equal fields and keeps the different ones; a test asserts that ``differences`` is empty."""

    def __init__(self) -> None:
        self.equal: Counter[str] = Counter()
        self.differences: list[str] = []

    def field(self, name: str, who: str, expected: Any, got: Any) -> None:
        if expected == got:
            self.equal[name] += 1
        else:
            self.differences.append(f"{who} {name}: expected {expected!r}, got {got!r}")

    def near(self, name: str, who: str, expected: float, got: float, tolerance: float = 0.0051) -> None:
        """Amounts: equal to within half a cent."""
        if abs(expected - got) <= tolerance:
            self.equal[name] += 1
        else:
            self.differences.append(f"{who} {name}: expected {expected}, got {got}")

    def record(self, who: str, expected: Record, got: Record, prefix: str = "") -> None:
        """Every field of two objects, lists of objects element by element."""
        for name in expected.keys() | got.keys():
            left, right = expected.get(name, "absent"), got.get(name, "absent")
            where = f"{prefix}{name}"
            if isinstance(left, dict) and isinstance(right, dict):
                self.record(who, left, right, f"{where}.")
            elif _objects(left) and _objects(right) and len(left) == len(right):
                for one, other in zip(left, right, strict=True):
                    self.record(who, one, other, f"{where}[].")
            else:
                self.field(where, who, left, right)

    def show(self, title: str) -> None:
        """Prints a count per field, and the first differences (``pytest -rP`` shows it)."""
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.equal.items()))
        print(f"{title}: {sum(self.equal.values())} fields equal ({counts})")  # noqa: T201  # a test's report
        print(*self.differences[:20], sep="\n")  # noqa: T201  # a test's report


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
