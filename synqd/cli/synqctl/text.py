"""Numbers, times and tables for people; nothing in it may reach the terminal that could move its cursor."""

import pwd
import re
import shutil
import sys
import textwrap
import time
from collections.abc import Collection, Sequence
from datetime import datetime

from synqd.models.text import clean

NONE = "-"
STEPS = ((86_400, "d"), (3600, "h"), (60, "min"))
GAP = 2
"""Blanks between columns."""
LEAST = 5
"""Letters that are left of a column, however narrow the terminal is."""
INDENT = "    "
NARROWEST = 20


def count(number: int | None) -> str:
    """12,345, or - for what is not known."""
    return NONE if number is None else f"{number:,}"


def short(number: int | None) -> str:
    """12.3k, 4.5M: three digits, where there is no room for all of them; - for what is not known."""
    if number is None or number < 10_000:
        return count(number)
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if number >= size:
            return f"{number / size:.3g}{unit}" if number < 1000 * size else f"{number // size}{unit}"
    return str(number)


def duration(seconds: float | None) -> str:
    """0.4 s, 12 s, 3 min, 2.5 h, 4 d: two digits are enough."""
    if seconds is None:
        return NONE
    for size, unit in STEPS:
        if seconds >= size:
            value = seconds / size
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def ago(instant: str | None) -> str:
    """How long ago an RFC 3339 time was."""
    if instant is None:
        return NONE
    return f"{duration(max(0.0, time.time() - datetime.fromisoformat(instant).timestamp()))} ago"


def local(instant: str | None) -> str:
    """An RFC 3339 time in the terminal's time zone, which is named."""
    return NONE if instant is None else datetime.fromisoformat(instant).astimezone().strftime("%F %T %Z")


def who(origin: str) -> str:
    """Who asked for something, by name: the daemon knows numbers of users only."""
    found = re.fullmatch(r"(operator) uid (\d{1,10})", origin)
    if not found:
        return origin
    try:
        return f"{found[1]} {pwd.getpwuid(int(found[2])).pw_name}"
    except (KeyError, OverflowError):
        return origin


def room() -> int | None:
    """Columns of the terminal; None for a file or a pipe, which get everything in full."""
    return max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[int] = (),
    wide: Collection[int] = (),
) -> str:
    """Aligned columns.

    Args:
        heads: names of the columns.
        rows: their cells.
        right: which columns are of numbers.
        wide: which columns may lose letters, the widest first, where the terminal is too narrow.
    """
    cells = [[clean(cell) for cell in row] for row in (heads, *rows)]
    widths = _fitting([max(len(row[column]) for row in cells) for column in range(len(heads))], wide)
    lines = [
        (" " * GAP).join(
            _cut(cell, width).rjust(width) if column in right else _cut(cell, width).ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def _fitting(widths: list[int], wide: Collection[int]) -> list[int]:
    """Widths of columns of which some give way until all fit."""
    columns = room()
    while columns is not None and sum(widths) + GAP * (len(widths) - 1) > columns:
        widest = max(wide, key=lambda column: widths[column], default=None)
        if widest is None or widths[widest] <= LEAST:
            break
        widths[widest] -= 1
    return widths


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def cut(line: str, width: int | None = None) -> str:
    """A line that fits the terminal."""
    return _cut(line, (width or shutil.get_terminal_size().columns) - 1)


def wrapped(line: str) -> str:
    """A long line as several, where there is a terminal; what follows the first is indented."""
    columns = room()
    if columns is None or len(line) <= columns:
        return line
    return "\n".join(
        textwrap.wrap(line, columns, subsequent_indent=INDENT, break_on_hyphens=False, drop_whitespace=True)
    )
