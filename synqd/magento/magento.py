"""The face of the room."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from synqd.config import DeployedSettings, MagentoSettings
from synqd.entities.base import Source
from synqd.entities.watch import Watch
from synqd.magento.changelog import ChangeLog, installation
from synqd.magento.changelog.claim import Held, ReaderClaim
from synqd.magento.changelog.life import LogLife
from synqd.magento.changelog.look import read_split
from synqd.magento.changelog.marks import Marks, read_marks
from synqd.magento.changelog.split import Split
from synqd.magento.changelog.tables import META, log_table
from synqd.magento.checks import check
from synqd.magento.deployed import Deployed, Root, from_settings, laid_over, unknown_codes
from synqd.magento.log_tables import logs_of
from synqd.magento.pool import Pool
from synqd.magento.purge import forget_keys
from synqd.magento.reader import ChangeReader, DefinerGone, LogMissing
from synqd.magento.records import Finding
from synqd.magento.replica import Replica
from synqd.magento.session import Connector
from synqd.magento.shop import read_shop
from synqd.magento.translate import DEFINER_EXISTS_NOT, TABLE_EXISTS_NOT, ServerError
from synqd.models.change import Installation
from synqd.models.errors import ConfigError, Denied, MagentoUnavailable
from synqd.models.names import Model
from synqd.models.person import PEOPLE, EntityRef, folded
from synqd.models.shop import Shop
from synqd.runtime.clock import Clock, SystemClock


class Magento:
    """Magento's database.

    Attributes:
        definer_gone: what the canary said last, where the triggers cannot run; None where they can.
        source: runs the entities' SQL, read-only.
        intake: the same on connections of its own, one for the logs and one a model that is looked up just
            then, so that the poller never waits behind many others, nor one model behind another.
        reader: reads the change log; of which kind, says ``settings.capture``.
        changelog: installs, checks and removes synqd's own change log.
        versions: which version of its content the shop shows, where it has several; those of ``source``.
    """

    def __init__(
        self,
        pool: Pool,
        intake: Pool,
        settings: MagentoSettings,
        watches: Mapping[Model, Sequence[Watch]],
        clock: Clock,
        deployed: DeployedSettings,
    ) -> None:
        self._pool = pool
        self._deployed = from_settings(deployed)
        self._root = Root(settings.root) if settings.root else None
        self._settings = settings
        self._watches = watches
        self._logs = logs_of(settings.capture, watches)
        self._clock = clock
        self._tenancy = ReaderClaim("")
        self._replica = Replica()
        self.definer_gone: str | None = None
        self.source: Source = pool
        self.versions = pool.versions
        self.intake: Source = intake
        self.reader = ChangeReader(intake, self._logs, clock, self.lapsed)
        self.changelog = ChangeLog(pool, settings, watches, clock)
        self.life = LogLife(pool, settings, [log.source for log in self._logs if log.own])

    def __repr__(self) -> str:
        return f"<Magento {self._pool!r} capture={self._settings.capture}>"

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: MagentoSettings,
        watches: Mapping[Model, Sequence[Watch]],
        clock: Clock | None = None,
        deployed: DeployedSettings | None = None,
    ) -> "AsyncIterator[Magento]":
        """Makes the place usable and closes its connections in the end; connects when first used.

        Args:
            settings: the section ``[magento]``.
            watches: for each model that is synchronized, the tables whose changes concern it.
            clock: time; the system's by default.
            deployed: ``[shop.config]``, settings that stand outside the database.

        Raises:
            ConfigError: the password file or CA file cannot be read.
        """
        connector = Connector(settings)
        pool = Pool(connector, settings.connections, settings.rows_per_second)
        intake = Pool(connector, 1 + len(watches))
        try:
            yield cls(pool, intake, settings, watches, clock or SystemClock(), deployed or DeployedSettings())
        finally:
            await pool.close()
            await intake.close()

    async def ping(self) -> None:
        """One round trip through a reading connection.

        Raises:
            MagentoUnavailable, Denied, ConfigError: it does not work, and why.
        """
        await self._pool.fetch("SELECT 1")

    async def shop(self) -> Shop:
        """Reads websites, store views and configuration as they are now; raises like ``ping``.

        Settings of the shop's deployment are laid over those of its database (S31).
        """
        layers = self._layers()
        return laid_over(await read_shop(self._pool), *layers)

    def unknown_codes(self, shop: Shop) -> list[str]:
        """Websites and store views that deployed settings are for and that the shop has not."""
        return unknown_codes(shop, *self._layers())

    def _layers(self) -> list[Deployed]:
        """What somebody wrote down wins over the files: only there are the variables of Magento's process."""
        return [*([self._root.settings()] if self._root else []), self._deployed]

    async def installation(self) -> Installation | None:
        """Whose change log this is (S3); None where none is installed, or with ``capture = "readonly"``."""
        if self._settings.capture == "readonly":
            return None
        async with self._pool.reader() as session:
            try:
                return await installation.read(session)
            except ConfigError:
                return None
            except ServerError as error:
                if error.code == TABLE_EXISTS_NOT:
                    self._tenancy.count = None  # as in ``hold``
                    return None
                raise

    async def held(self, holder: str) -> Held | None:
        """Who claimed the change log last, if anybody did.

        Raises:
            Fatal: another daemon than ``holder`` reads it now.
            LogMissing, MagentoUnavailable, Denied: as ``hold``.
        """
        self._tenancy.holder = holder
        try:
            async with self._pool.writer() as session:
                return await self._tenancy.look(session)
        except (ServerError, Denied) as error:
            raise self._why_not_held(error) from error

    async def hold(self, holder: str) -> None:
        """Keeps every other daemon from reading the change log for a minute; nothing to do without one.

        Raises:
            Fatal: another one reads it.
            LogMissing: there is no change log (any more).
            DefinerGone: triggers cannot run, so writes of the shop fail.
            MagentoUnavailable, Denied: nobody can tell.
        """
        if self._settings.capture == "readonly":
            return
        self._tenancy.holder = holder
        asked = self._clock.monotonic(), self._clock.now()
        try:
            async with self._pool.writer() as session:
                await self._tenancy.renew(session)
        except (ServerError, Denied) as error:
            raise self._why_not_held(error) from error
        self._tenancy.renewed = asked
        if self._pool.reads_replica and self._tenancy.count is not None:
            self._replica.note(self._tenancy.count, asked[0])
        self.definer_gone = None

    def _why_not_held(self, error: ServerError | Denied) -> Exception:
        """What an error of the renewal means; the canary fires with it."""
        if isinstance(error, ServerError) and error.code == TABLE_EXISTS_NOT:
            self._tenancy.count = None  # where there is none, nobody else can have it either
            return LogMissing([META, *self.reader.sources])
        # The daemon's own account has no need of TRIGGER: it is the definer who lacks it.
        denied = isinstance(error, Denied) and "TRIGGER command denied" in str(error)
        if denied or (isinstance(error, ServerError) and error.code == DEFINER_EXISTS_NOT):
            gone = DefinerGone(str(error))
            self.definer_gone = str(gone)
            return gone
        return error

    async def split(self) -> Split:
        """How each watched table is captured (S28); nothing without a change log of synqd's own."""
        return {} if self._settings.capture == "readonly" else await read_split(self._pool)

    async def moment(self, age: float) -> str:
        """The moment ``age`` seconds ago by the database's clock, as ``Marks.moment``."""
        sql = "SELECT CAST(UTC_TIMESTAMP(2) - INTERVAL %s MICROSECOND AS CHAR)"
        ((moment,),) = await self.intake.fetch(sql, (round(age * 1e6),))
        return str(moment)[:22]

    async def marks(self) -> Marks:
        """What shows an interruption of the capture, however short; raises like ``ping``."""
        async with self._pool.reader() as session:
            return await read_marks(session, self._settings, self._watches)

    def lapsed(self) -> MagentoUnavailable | None:
        """Why this daemon may not count on its claim of the change log any more; None if it may.

        Another one may have it after a minute without a renewal. Until the next renewal tells, nothing is
        read, purged or sent. Whoever never claimed it is not kept from anything.
        """
        if self._tenancy.is_sure(self._clock.monotonic(), self._clock.now()):
            return None
        return MagentoUnavailable(
            "the claim of the change log could not be renewed for a minute: another daemon may have taken"
            " over, so nothing is read or sent until it is"
        )

    async def was_read(self) -> bool | None:
        """Whether a daemon has read the change log before, also another one; raises like ``ping``.

        None where nobody can tell: Magento's own logs say nothing of who reads them.
        """
        if self._settings.capture == "readonly":
            return None
        async with self._pool.writer() as session:
            return await self._tenancy.known(session)

    async def replica_lag(self) -> float:
        """Seconds by which the replica that is read is behind at least; 0 where there is none."""
        if not self._pool.reads_replica:
            return 0.0
        return self._replica.lag(await self._tenancy.shown(self._pool), self._clock.monotonic())

    async def let_go(self) -> None:
        """Lets others read the change log from now on; raises like ``ping``."""
        if self._tenancy.count is not None:
            async with self._pool.writer() as session:
                await self._tenancy.release(session)

    async def adopt(self) -> Installation:
        """Gives the database a new installation id and the next epoch, and returns them (``synqd adopt``).

        Raises:
            ConfigError: no change log is installed.
        """
        async with self._pool.writer() as session:
            try:
                adopted = await installation.adopt(session)
                await installation.arrival(self._pool, session, self._clock)
            except ServerError as error:
                if error.code == TABLE_EXISTS_NOT:
                    raise ConfigError(installation.NOT_INSTALLED) from error
                raise
        return adopted

    async def check(self) -> list[Finding]:
        """All that ``check-config --connect`` says about Magento's database; outages are findings, too."""
        return await check(self._pool, self._settings, self._watches)

    async def forget(self, emails: Collection[str], beings: Collection[EntityRef] = ()) -> int:
        """Removes addresses, and those that entities had, from all change-log rows (S20).

        Whatever is captured now: the tables of another way of capture, or of before, are still there.

        Returns:
            The number of rows.
        """
        addresses, changed = frozenset(map(folded, emails)), 0
        for model in sorted(PEOPLE):
            source = log_table(model)
            if await self._pool.has_table(source, known_for=0):
                entities = [number for one, number in beings if one is model]
                async with self._pool.writer() as session:
                    changed += await forget_keys(session, source, addresses, entities)
        return changed
