"""What transaction bodies need of an engine; ``sqlite3.Connection`` is one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Values = Sequence[Any] | Mapping[str, Any]
"""What the parameters of a statement are bound to."""


class Result(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """Rows that were changed."""

    @property
    def lastrowid(self) -> int | None:
        """The number of the row that was added last."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """The inside of a transaction: nobody but ``connection`` begins, commits or closes."""

    def execute(self, sql: str, parameters: Values = ..., /) -> Result:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Values], /) -> Result:
        """Run one statement for each of the parameters."""
