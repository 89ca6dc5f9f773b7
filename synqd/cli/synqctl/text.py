"""Numbers, times and tables for people; nothing in it may reach the terminal that could move its cursor."""

import shutil
import time
from collections.abc import Sequence
from datetime import datetime

from synqd.models.text import clean

NONE = "-"
STEPS = ((86_400, "d"), (3600, "h"), (60, "min"))


def count(number: int | None) -> str:
    """12,345, or - for what is not known."""
    return NONE if number is None else f"{number:,}"


def duration(seconds: float | None) -> str:
    """0.4 s, 12 s, 3 min, 2.5 h, 4 d: two digits are enough."""
    if seconds is None:
        return NONE
    for size, unit in STEPS:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def ago(instant: str | None) -> str:
    """How long ago an RFC 3339 time was."""
    if instant is None:
        return NONE
    return f"{duration(max(0.0, time.time() - datetime.fromisoformat(instant).timestamp()))} ago"


def local(instant: str | None) -> str:
    """An RFC 3339 time in the terminal's time zone."""
    return NONE if instant is None else datetime.fromisoformat(instant).astimezone().strftime("%F %T")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Aligned columns; ``right`` are those of numbers."""
    cells = [[clean(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def cut(line: str, width: int | None = None) -> str:
    """A line that fits the terminal."""
    room = (width or shutil.get_terminal_size().columns) - 1
    return line if len(line) <= room else f"{line[: room - 1]}…"
