"""A connection with the table prefix filled in, and what an action says it changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from asyncmy import Connection
from asyncmy.cursors import DictCursor


class TrafficError(Exception):
    """The shop has no such thing; the message names it."""


@dataclass(frozen=True)
class Change:
    """What one action changed.

    Attributes:
        model: ``customer``, ``order``, ``product`` or ``subscriber``.
        entity_ids: Ids of the changed entities.
        stores: Active store views in which the change can be seen.
        gone: The entities do not exist any more.
        related: Not written themselves, but they show something of what was, as a configurable's price.
    """

    model: str
    entity_ids: tuple[int, ...]
    stores: tuple[int, ...]
    gone: bool = False
    related: bool = False


@dataclass(frozen=True)
class Session:
    """An open asyncmy connection in autocommit mode. ``{p}`` in statements becomes the table prefix."""

    connection: Connection
    prefix: str = ""

    async def run(self, statement: str, *values: Any) -> int:
        """Run a statement; the id that an INSERT was given, else 0."""
        async with self.connection.cursor() as cursor:
            await cursor.execute(statement.replace("{p}", self.prefix), values or None)
            return int(cursor.lastrowid or 0)

    async def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """Insert one row; the id it was given."""
        names, places = ", ".join(f"`{name}`" for name in row), ", ".join(["%s"] * len(row))
        return await self.run(f"INSERT INTO `{{p}}{table}` ({names}) VALUES ({places})", *row.values())

    async def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """All rows of a SELECT."""
        async with self.connection.cursor(DictCursor) as cursor:
            await cursor.execute(statement.replace("{p}", self.prefix), values or None)
            return [dict(row) for row in await cursor.fetchall()]

    async def row(self, what: str, statement: str, *values: Any) -> dict[str, Any]:
        """The first row of a SELECT.

        Raises:
            TrafficError: There is none; ``what`` is named in the message.
        """
        for found in await self.rows(statement, *values):
            return found
        raise TrafficError(f"the shop has no {what}")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """What is run inside is committed together, or not at all."""
        await self.run("START TRANSACTION")
        try:
            yield
        except BaseException:
            await self.run("ROLLBACK")
            raise
        await self.run("COMMIT")
