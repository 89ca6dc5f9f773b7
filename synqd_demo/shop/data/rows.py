"""Collects rows of tables and writes them as one SQL script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

Value = str | int | Decimal | datetime | date | None
"""What a column of the shop can hold here."""

ROWS_PER_INSERT = 500


class Rows:
    """Rows in the order in which they were added, grouped for fast loading."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, tuple[str, ...]], list[list[Value]]] = {}

    def add(self, table: str, /, **columns: Value) -> None:
        """Add one row; columns that are not named get the table's defaults."""
        self.add_row(table, columns)

    def add_row(self, table: str, columns: Mapping[str, Value]) -> None:
        """Like :meth:`add` for columns that come as a mapping."""
        self._rows.setdefault((table, tuple(columns)), []).append(list(columns.values()))

    def script(self, prefix: str = "") -> str:
        """INSERT statements for the ``mariadb`` client, in one transaction and without foreign key checks.

        Zero is a real id in Magento (the admin store view, the group "not logged in"), hence the SQL mode.
        """
        lines = [
            "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES', foreign_key_checks = 0;",
            "START TRANSACTION;",
        ]
        for (table, columns), rows in self._rows.items():
            names = ", ".join(f"`{column}`" for column in columns)
            for start in range(0, len(rows), ROWS_PER_INSERT):
                tuples = ",\n".join(
                    f"({', '.join(map(literal, row))})" for row in rows[start : start + ROWS_PER_INSERT]
                )
                lines.append(f"INSERT INTO `{prefix}{table}` ({names}) VALUES\n{tuples};")
        return "\n".join([*lines, "COMMIT;", "SET SESSION sql_mode = DEFAULT, foreign_key_checks = 1;", ""])


def literal(value: Value) -> str:
    """The SQL literal of a value."""
    if value is None:
        return "NULL"
    if isinstance(value, int | Decimal):
        return str(int(value) if isinstance(value, bool) else value)
    if isinstance(value, datetime):
        return f"'{value:%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{escaped}'"
