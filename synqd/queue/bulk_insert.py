"""Writes many rows with few statements.

``executemany`` runs a statement for each row, and in each sqlite3 lets other threads run and then waits for
them; a statement with many rows takes half the time, and lets others run all the while.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import chain

from synqd.queue.database import Database

SIZES = (256, 64, 16, 4, 1)
"""Rows of a statement. Few sizes, so that all of them stay prepared."""

_VALUES = re.compile(r"VALUES (\((?:\?\d+,\s*)*\?\d+\))")


class Sheet:
    """A statement that inserts one row, made to insert many."""

    def __init__(self, sql: str) -> None:
        """Args: sql: with ``VALUES (?1, ?2, ...)`` once, its parameters in this order and nowhere else."""
        found = _VALUES.findall(sql)
        parameters = re.findall(r"\?(\d+)", sql)
        if len(found) != 1 or parameters != [str(number + 1) for number in range(len(parameters))]:
            raise ValueError(f"not a statement for one row with parameters in order: {sql[:60]!r}")
        row = f"({', '.join('?' * len(parameters))})"
        self._by_size: Mapping[int, str] = {
            size: _VALUES.sub(f"VALUES {', '.join([row] * size)}", sql) for size in SIZES
        }

    def write(self, db: Database, rows: Sequence[Sequence[object]]) -> None:
        """Run it for all rows, in their order."""
        begin = 0
        for size, sql in self._by_size.items():
            while len(rows) - begin >= size:
                db.execute(sql, list(chain.from_iterable(rows[begin : begin + size])))
                begin += size
