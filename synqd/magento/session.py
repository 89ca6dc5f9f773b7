"""One connection to the server; with ``login`` and ``translate`` all that knows the driver, asyncmy."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from functools import lru_cache
from typing import Any

from asyncmy.constants import FIELD_TYPE
from asyncmy.converters import conversions
from asyncmy.cursors import Cursor as DriverCursor

from synqd.config import MagentoSettings, read_secret
from synqd.entities.base import Row
from synqd.magento.login import GuardedConnection, peer_of, tls_context
from synqd.magento.statements import Version, fill, parse
from synqd.magento.translate import translated
from synqd.models.errors import MagentoUnavailable
from synqd.models.shortage import Shortage

GOODBYE = 1.0
"""Seconds that a polite end of a connection may take."""
WRITER_LOCK_WAIT = 5
"""Seconds that a writing session waits for row locks; the shop holds none for long on what it writes."""
SQL_MODE = "NO_ENGINE_SUBSTITUTION"
"""The same on every server. Not strict, because triggers keep the mode of the session that creates them and
must rather shorten a value than fail."""

ISOLATION = "REPEATABLE-READ"
"""A server's default may be to show what others have not committed."""
SURE_FOR = 1.0
"""Seconds for which a session's settings are taken to be as they were found."""

_SET = {"time_zone": "+00:00", "sql_mode": SQL_MODE, "character_set_results": "utf8mb4"}
"""What every session has; lost, times, texts and the meaning of statements are others."""

_decimal = lru_cache(maxsize=20_000)(Decimal)
"""Prices and quantities repeat; to look one up takes a third of the time of making it from text."""
_CONVERSIONS = conversions | dict.fromkeys((FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL), _decimal)


class _QuietCursor(DriverCursor):
    """Does not fetch and log the server's warnings after a statement: a round trip for nothing."""

    async def _show_warnings(self, conn: Any) -> None:
        return


class Session:
    """A connection with its deadline. One call at a time; after an error it has to be aborted."""

    def __init__(self, driver: Any, prefix: str, where: str, deadline: float) -> None:
        self._driver = driver
        self._prefix = prefix
        self._where = where
        self._deadline = deadline
        self._expected: Mapping[str, str] = {}
        self._sure_until = -math.inf

    def __repr__(self) -> str:
        return f"<Session {self._where} thread {self._driver.thread_id()}>"

    @property
    def version(self) -> str:
        """The server's version as it greets with it."""
        return str(self._driver.get_server_info())

    async def fetch(self, sql: str, args: Sequence[Any] = (), version: Version | None = None) -> list[Row]:
        """Runs a query and returns its rows; see ``statements`` for the notation, also of ``version``.

        Raises:
            MagentoUnavailable, Denied, ConfigError: see the package.
            ServerError: the table does not exist, and the like.
        """
        rows, _ = await self._run(sql, args, version)
        return rows

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Runs a statement and returns the number of rows it touched; raises like ``fetch``."""
        _, count = await self._run(sql, args)
        return count

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """A transaction around the block; rolled back by closing when the block fails."""
        await self.execute("START TRANSACTION")
        try:
            yield
        except BaseException:
            self.abort()
            raise
        await self.execute("COMMIT")

    async def _run(
        self, sql: str, args: Sequence[Any], version: Version | None = None
    ) -> tuple[list[Row], int]:
        statement = fill(parse(sql, self._prefix, version), args, self._driver.literal)
        with translated(self._where, self._deadline):
            async with asyncio.timeout(self._deadline), self._driver.cursor(_QuietCursor) as cursor:
                count = await cursor.execute(statement)
                return list(await cursor.fetchall()), int(count)

    async def keep(self, **settings: str) -> None:
        """Makes sure that variables of the session have these values, now and from now on; raises like it."""
        self._expected = settings
        await self.make_sure()

    async def make_sure(self) -> None:
        """Reads the session's settings back, if the last look was more than a second ago.

        Raises:
            MagentoUnavailable: they are others than were set: what was read may be wrong.
        """
        now = asyncio.get_running_loop().time()
        if now < self._sure_until or not self._expected:
            return
        rows = await self.fetch(f"SELECT {', '.join(f'@@SESSION.{name}' for name in self._expected)}")
        for (name, wanted), value in zip(self._expected.items(), rows[0] if rows else (), strict=False):
            if value != wanted:
                raise MagentoUnavailable(
                    f"what answers at {self._where} loses settings of the session ({name} is {value!r:.60}"
                    f" instead of {wanted!r}), as proxies do that share connections; connect to the server"
                    " itself, or have the proxy keep a connection for each session"
                )
        self._sure_until = now + SURE_FOR

    def abort(self) -> None:
        """Drops the connection at once; the server rolls back what was open."""
        self._driver.close()

    async def close(self) -> None:
        """Says goodbye, so that the server does not count an aborted connection; never fails."""
        with suppress(Exception):  # a connection that is already broken is closed as well as can be
            async with asyncio.timeout(GOODBYE):
                await self._driver.ensure_closed()
        self._driver.close()


@asynccontextmanager
async def _unless_it_fails(session: Session) -> AsyncIterator[None]:
    """Drops a session that cannot be prepared."""
    try:
        yield
    except BaseException:
        session.abort()
        raise


class Connector:
    """Opens sessions with the settings' server."""

    def __init__(self, settings: MagentoSettings) -> None:
        """Raises ConfigError or MagentoUnavailable when the password or CA file cannot be read (now)."""
        self._settings = settings
        self.prefix = settings.table_prefix
        self.where = str(settings.socket or f"{settings.host}:{settings.port}")
        self._password()
        self._tls = tls_context(settings)
        self.primary = Connector(settings.primary) if settings.primary else None

    async def reader(self) -> Session:
        """A session that the server itself keeps from writing."""
        session = await self._connect()
        async with _unless_it_fails(session):
            # Not by the greeting: a proxy may greet as another server than is behind it.
            is_mariadb = "MariaDB" in str(await session.fetch("SELECT VERSION()"))
            limit = self._settings.query_timeout
            ceiling = (
                f"max_statement_time = {limit:g}"
                if is_mariadb
                else f"max_execution_time = {round(limit * 1000)}"
            )
            await session.execute(f"SET SESSION {ceiling}")
            await session.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            await session.keep(
                **_SET, **{"tx_isolation" if is_mariadb else "transaction_isolation": ISOLATION}
            )
        return session

    async def writer(self) -> Session:
        """A session for the few statements that write; it never waits long for the shop's locks.

        It is with the primary server, where the one that is read is a replica.
        """
        session = await (self.primary or self)._connect()  # noqa: SLF001 - one of its own kind
        async with _unless_it_fails(session):
            await session.execute(
                f"SET SESSION innodb_lock_wait_timeout = {WRITER_LOCK_WAIT}, lock_wait_timeout = 1"
            )
            await session.keep(**_SET)
        return session

    async def _connect(self) -> Session:
        seconds = self._settings.connect_timeout
        with translated(self.where, seconds):
            async with asyncio.timeout(seconds):
                driver = await self._dial()
        session = Session(driver, self._settings.table_prefix, self.where, self._settings.query_timeout)
        async with _unless_it_fails(session):
            await session.execute("SET NAMES utf8mb4")
            await session.execute(f"SET SESSION time_zone = '+00:00', sql_mode = '{SQL_MODE}'")
        return session

    async def _dial(self) -> Any:
        settings = self._settings
        driver = GuardedConnection(
            peer_of(settings, self._tls),
            self.where,
            host=settings.host,
            port=settings.port,
            unix_socket=str(settings.socket) if settings.socket else None,
            user=settings.user,
            password=self._password(),
            database=settings.database,
            charset="utf8mb4",
            autocommit=True,
            conv=_CONVERSIONS,
            connect_timeout=settings.connect_timeout,
            program_name="synqd",
            ssl=self._tls,
        )
        await driver.connect()
        return driver

    def _password(self) -> bytes:
        """Read for each connection, so that a new password needs no restart.

        Bytes, because the driver would write text as latin1.
        """
        file = self._settings.password_file
        try:
            return read_secret(file, "magento.password_file").reveal().encode() if file else b""
        except Shortage as error:
            raise MagentoUnavailable(str(error)) from error
