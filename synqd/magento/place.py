"""The face of the room."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from synqd.clock import Clock
from synqd.config import MagentoSettings
from synqd.entities.base import Source
from synqd.entities.watch import Watch
from synqd.magento.changelog import ChangeLog
from synqd.magento.reader import ChangeReader
from synqd.magento.records import Finding
from synqd.models.change import Installation
from synqd.models.names import Model
from synqd.models.shop import Shop


class Magento:
    """Magento's database.

    Attributes:
        source: runs the entities' SQL, read-only.
        reader: reads the change log; of which kind, says ``settings.capture``.
        changelog: installs, checks and removes synqd's own change log.
    """

    source: Source
    reader: ChangeReader
    changelog: ChangeLog

    @classmethod
    @asynccontextmanager
    async def open(
        cls, settings: MagentoSettings, watches: Mapping[Model, Sequence[Watch]], clock: Clock | None = None
    ) -> "AsyncIterator[Magento]":
        """Makes the place usable and closes its connections in the end; connects when first used.

        Args:
            settings: the section ``[magento]``.
            watches: for each model that is synchronized, the tables whose changes concern it.
            clock: time; the system's by default.

        Raises:
            ConfigError: the password file or CA file cannot be read.
        """
        raise NotImplementedError
        yield

    async def ping(self) -> None:
        """One round trip through a reading connection.

        Raises:
            MagentoUnavailable, Denied, ConfigError: it does not work, and why.
        """
        raise NotImplementedError

    async def shop(self) -> Shop:
        """Reads websites, store views and configuration as they are now."""
        raise NotImplementedError

    async def installation(self) -> Installation | None:
        """Whose change log this is (S3); None where none is installed, or with ``capture = "readonly"``."""
        raise NotImplementedError

    async def adopt(self) -> Installation:
        """Gives the database a new installation id and the next epoch, and returns them (``synqd adopt``).

        Raises:
            ConfigError: no change log is installed.
        """
        raise NotImplementedError

    async def check(self) -> list[Finding]:
        """Everything that ``check-config --connect`` says about Magento's database; never raises for a finding."""
        raise NotImplementedError

    async def forget(self, keys: Sequence[str]) -> int:
        """Removes these keys (e-mails) from all change-log rows (S20); returns the number of rows."""
        raise NotImplementedError
