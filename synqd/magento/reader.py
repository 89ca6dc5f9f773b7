"""Reads change logs by cursor."""

from collections.abc import Mapping
from synqd.magento.records import Lag, ReadPage
from synqd.models.change import Cursor
from synqd.models.names import Model


class ChangeReader:
    """Reads the change logs of all models in one round trip.

    ``sources`` maps the name of each log (= ``Cursor.source``) to its model.
    """

    sources: Mapping[str, Model]

    async def read(self, cursors: Mapping[str, Cursor]) -> list[ReadPage]:
        """The next page (at most 5,000 rows) of every log for which a cursor (by source) is given."""
        raise NotImplementedError

    async def heads(self) -> dict[str, Cursor]:
        """Cursors at the present end of each log, for first enabling (S4); rows of open transactions are kept as gaps."""
        raise NotImplementedError

    async def tails(self) -> dict[str, Cursor]:
        """Cursors before the oldest retained row of each log, for a rebuilt queue file (S17)."""
        raise NotImplementedError

    async def lag(self, cursors: Mapping[str, Cursor]) -> dict[str, Lag]:
        """How far reading is behind, by source."""
        raise NotImplementedError

    async def purge(self, cursors: Mapping[str, Cursor], keep_seconds: float) -> int:
        """Deletes one bounded batch of rows per log: older than ``keep_seconds`` and read by the cursor given.

        Returns:
            The number of rows deleted; 0 means that nothing is left to purge. Always 0 for Magento's own logs.
        """
        raise NotImplementedError
