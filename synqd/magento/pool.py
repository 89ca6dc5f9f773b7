"""Reading connections, kept open and shared."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from synqd.entities.base import Row
from synqd.magento.row_throttle import Pace
from synqd.magento.session import Connector, Session
from synqd.magento.statements import Version
from synqd.magento.translate import COLUMN_EXISTS_NOT, TABLE_EXISTS_NOT, ConnectionLost, ServerError
from synqd.magento.versions import Versions

TABLES_KNOWN_FOR = 60.0
"""Seconds for which the answer of ``has_table`` is kept: modules come and go with deployments."""


class Pool:
    """At most ``size`` reading connections, opened when first needed; ``source`` of the entities' SQL.

    Attributes:
        versions: which version of the shop's content is current, where it has several.

    A connection whose call failed in any way is dropped. A call that finds its idle connection dead (server
    restarted, ``wait_timeout`` passed) is tried once more on a new one.
    """

    def __init__(self, connector: Connector, size: int, rows_per_second: int | None = None) -> None:
        self._connector = connector
        self._pace = Pace(rows_per_second)
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Session] = []
        self._closed = False
        self._tables: dict[str, tuple[float, bool]] = {}
        self.versions = Versions(self.fetch_as_of, connector.prefix)

    def __repr__(self) -> str:
        return f"<Pool {self._connector.where} idle={len(self._idle)}>"

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Runs one query on a read-only connection and returns all rows; see ``statements`` for the notation.

        Tables that hold versions are read as of the one that is current at this moment.

        Raises:
            MagentoUnavailable: no answer within ``magento.query_timeout``, or the server is not usable now.
            Denied: a right is missing, or the credentials are wrong.
            ServerError: a table or column does not exist (now).
            ConfigError: the database does not exist.
        """
        return await self.fetch_as_of(sql, args, await self.versions.of(sql))

    async def fetch_as_of(self, sql: str, args: Sequence[Any], version: Version | None = None) -> list[Row]:
        """As ``fetch``, of a version of the shop's content; None where the tables hold none."""
        await self._pace.wait()
        try:
            async with self._slots:
                rows = await self._fetch(sql, args, version)
        except ServerError as error:
            if error.code in {COLUMN_EXISTS_NOT, TABLE_EXISTS_NOT}:
                self.versions.forget()  # an upgrade may have given the tables another shape
            raise
        self._pace.read(len(rows))
        return rows

    @property
    def version(self) -> int:
        """0: whatever is current when a statement runs."""
        return 0

    async def at_one_version(self) -> "Pool | AsOf":
        """See ``Versioned``."""
        version = await self.versions.now()
        return AsOf(self, version) if version else self

    async def ask_primary(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Runs one query on the server that is written to, which may be another one; as ``fetch``."""
        if self._connector.primary is None:
            return await self.fetch(sql, args)
        async with self.writer() as session:
            return await session.fetch(sql, args)

    @property
    def reads_replica(self) -> bool:
        """Whether another server is written to than is read from."""
        return self._connector.primary is not None

    async def has_table(self, name: str, *, known_for: float = TABLES_KNOWN_FOR) -> bool:
        """Whether a table or view of that name (without prefix) exists and may be seen by the user.

        ``known_for``: seconds for which an earlier answer is good enough.
        """
        now = asyncio.get_running_loop().time()
        asked, known = self._tables.get(name, (-math.inf, False))
        if now - asked >= known_for:
            rows = await self.fetch(
                "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s",
                (self._connector.prefix + name,),
            )
            known = bool(rows)
            self._tables[name] = now, known
        return known

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Session]:
        """A reading connection of its own for one operation of many statements, closed afterwards."""
        async with _closing(await self._connector.reader()) as session:
            yield session

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Session]:
        """A writing connection for one operation, closed afterwards."""
        async with _closing(await self._connector.writer()) as session:
            yield session

    async def close(self) -> None:
        """Closes the idle connections; those in use are closed when their call ends."""
        self._closed = True
        idle, self._idle = self._idle, []
        for session in idle:
            await session.close()

    async def _fetch(self, sql: str, args: Sequence[Any], version: Version | None) -> list[Row]:
        if self._idle:
            try:
                return await self._use(self._idle.pop(), sql, args, version)
            except ConnectionLost:
                self._drop_idle()
        return await self._use(await self._connector.reader(), sql, args, version)

    async def _use(
        self, session: Session, sql: str, args: Sequence[Any], version: Version | None
    ) -> list[Row]:
        try:
            rows = await session.fetch(sql, args, version)
            await session.make_sure()
        except BaseException:
            session.abort()
            raise
        if self._closed:
            await session.close()
        else:
            self._idle.append(session)
        return rows

    def _drop_idle(self) -> None:
        """What took one idle connection (a restart) took the others, too."""
        idle, self._idle = self._idle, []
        for session in idle:
            session.abort()


@dataclass(frozen=True)
class AsOf:
    """The pool as of one version of the shop's content."""

    _pool: Pool
    _version: Version

    @property
    def version(self) -> int:
        """Its number."""
        return self._version.number

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """As ``Pool.fetch``."""
        return await self._pool.fetch_as_of(sql, args, self._version)

    async def has_table(self, name: str) -> bool:
        """As ``Pool.has_table``."""
        return await self._pool.has_table(name)

    async def at_one_version(self) -> "AsOf":
        """It is already."""
        return self


@asynccontextmanager
async def _closing(session: Session) -> AsyncIterator[Session]:
    try:
        yield session
    except BaseException:
        session.abort()
        raise
    await session.close()
