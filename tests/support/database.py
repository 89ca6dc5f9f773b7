"""A database on the session's private MariaDB, as tests see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import asyncmy
from asyncmy.cursors import DictCursor

from synqd_demo.mariadb import MariaDB


@dataclass(frozen=True)
class Database:
    """Where one test's database is, and short ways to run SQL in it."""

    server: MariaDB
    name: str
    prefix: str = ""
    user: str = "root"
    password: str = ""

    @property
    def socket(self) -> str:
        return str(self.server.socket)

    @property
    def is_mysql(self) -> bool:
        return self.server.is_mysql

    def run(self, script: str) -> str:
        """Run statements through the ``mariadb`` client (DELIMITER works); returns what they print."""
        return self.server.run(script, database=self.name)

    @asynccontextmanager
    async def connect(self, **options: Any) -> AsyncIterator[asyncmy.Connection]:
        """An asyncmy connection, autocommit unless said otherwise, session in UTC; closed at the end."""
        connection = await asyncmy.connect(
            unix_socket=self.socket,
            user=self.user,
            password=self.password,
            database=self.name,
            charset="utf8mb4",
            **{"autocommit": True, **options},
        )
        try:
            yield connection
        finally:
            await connection.ensure_closed()

    async def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Run one statement in a connection of its own (committed); ``%s`` in it take ``values``."""
        async with self.connect() as connection, connection.cursor(DictCursor) as cursor:
            await cursor.execute(statement, values or None)
            return [dict(row) for row in await cursor.fetchall()] if cursor.description else []


def numbers(count: int) -> str:
    """1 to ``count`` in the column ``seq``, for a FROM; unlike ``seq_1_to_9`` MySQL knows it, too."""
    places = range(len(str(count)))
    digits = " UNION ALL ".join(f"SELECT {digit} AS digit" for digit in range(10))
    value = " + ".join(f"place{place}.digit * {10**place}" for place in places)
    source = " JOIN ".join(f"({digits}) AS place{place}" for place in places)
    return f"(SELECT {value} AS seq FROM {source} HAVING seq BETWEEN 1 AND {count} ORDER BY seq) AS numbers"


class MakeShop(Protocol):
    """The ``make_shop`` fixture."""

    def __call__(self, prefix: str = "", day: date | None = None) -> Database: ...
