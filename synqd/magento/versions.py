"""Which version of the shop's content is current (content staging).

The clock does not tell: Magento's cron makes a version current, and notes it in table ``flag``. Where there
is no note, or it names a version that is gone, Magento shows the first version. So does synqd, and says so.
"""

import math
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from synqd.entities.base import Row
from synqd.magento.staging import FIRST, TABLES, Columns, half_done, is_staged, rows_of
from synqd.magento.statements import Version, tables_in
from synqd.magento.translate import TABLE_EXISTS_NOT, ServerError
from synqd.models.errors import MagentoUnavailable

SHAPE_KNOWN_FOR = 60.0
"""Seconds for which the shape of the tables is known; a statement that no longer fits ends that sooner."""

_COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND table_name IN %s ORDER BY table_name, ordinal_position"
)
# What was current a moment ago nearly always still is, so that one question answers both.
_CURRENT = (
    "SELECT flag_data, EXISTS (SELECT 1 FROM {staging_update} WHERE id = %s) FROM {flag}"
    " WHERE flag_code = 'staging' LIMIT 1"
)
# JSON; in shops that began before Magento 2.2 maybe still as PHP serializes it.
_NOTED = re.compile(r'"current_version"\s*(?::|;(?:s:\d+:|i:))\s*"?(\d{1,18})\b')
_HALF = (
    "content staging is there by half: {}; nothing is read until an upgrade that is under way has ended"
    " (or run `bin/magento setup:upgrade`)"
)
_NO_TABLE = (
    "the shop has content staging (column row_id), but table flag or staging_update is missing: which version"
    " is current is unknown; nothing is read until `bin/magento setup:upgrade` has made them"
)
_FIRST_SHOWN = "so Magento shows the first version of everything, and so does synqd"

Fetch = Callable[[str, Sequence[Any]], Awaitable[list[Row]]]


@dataclass(frozen=True, slots=True)
class Current:
    """The version that the shop shows.

    Attributes:
        number: the time at which it was to begin, in seconds since the epoch; 1 for the first one.
        doubt: why the database does not say which one it is, so that the first is shown; "" where it does.
    """

    number: int
    doubt: str = ""


class Versions:
    """What is current, and how the tables are read as of that.

    Attributes:
        used: numbers of versions that something was read as of; whoever makes good what they mean for others
            takes them away.
    """

    def __init__(self, fetch: Fetch, prefix: str) -> None:
        """Args: fetch: runs a query on tables that hold no versions."""
        self._fetch = fetch
        self._prefix = prefix
        self._columns: Columns = {}
        self._looked_at = -math.inf
        self._kept: tuple[Columns, Version] | None = None
        self.used: set[int] = set()

    def forget(self) -> None:
        """The tables may have another shape than before."""
        self._looked_at = -math.inf

    async def of(self, sql: str) -> Version | None:
        """The version that a statement has to be run as of; None where its tables hold none.

        Raises:
            MagentoUnavailable: nobody can tell, as in the midst of an upgrade; nothing may be read.
        """
        return None if TABLES.isdisjoint(tables_in(sql)) else await self.now()

    async def now(self) -> Version | None:
        """The version that is current; None where no table holds versions. Raises like ``of``."""
        current = await self.current()
        if current is None:
            return None
        if self._kept is None or self._kept[0] is not self._columns or self._known() != current.number:
            self._kept = self._columns, rows_of(current.number, self._columns, self._prefix)
        self.used.add(current.number)
        return self._kept[1]

    async def are_there(self) -> bool:
        """Whether the shop has content staging. Raises like ``of``."""
        await self._look()
        return is_staged(self._columns)

    async def current(self) -> Current | None:
        """What is current, and whether that is sure; None where nothing has versions. Raises like ``of``."""
        if not await self.are_there():
            return None
        try:
            return await self._ask(self._known())
        except ServerError as error:
            if error.code != TABLE_EXISTS_NOT:
                raise
            if await self.are_there():  # the failure has ended what was known: staging may be gone since
                raise MagentoUnavailable(_NO_TABLE) from error
            return None

    def _known(self) -> int:
        return self._kept[1].number if self._kept else FIRST

    async def _ask(self, known: int) -> Current:
        rows = await self._fetch(_CURRENT, (known,))
        number = noted(rows[0][0]) if rows else None
        if number is not None and number > FIRST and number != known:
            rows = await self._fetch(_CURRENT, (number,))
        return judged(has_row=bool(rows), number=number, exists=bool(rows and rows[0][1]))

    async def _look(self) -> None:
        """Learns the shape of the tables, if it is time."""
        if monotonic() - self._looked_at < SHAPE_KNOWN_FOR:
            return
        names = {self._prefix + table: table for table in TABLES}
        columns: dict[str, list[str]] = {}
        for table, column in await self._fetch(_COLUMNS, (sorted(names),)):
            columns.setdefault(names[_text(table)], []).append(_text(column))
        if told := half_done(columns):
            raise MagentoUnavailable(_HALF.format(told))
        if columns != self._columns:
            self._columns = columns
        self._looked_at = monotonic()


def noted(flag_data: str | None) -> int | None:
    """The version that a note of Magento's names; None if it names none."""
    found = _NOTED.search(flag_data or "")
    return int(found[1]) if found else None


def judged(*, has_row: bool, number: int | None, exists: bool) -> Current:
    """What Magento takes for current, by what its note says and whether that version exists."""
    if not has_row:
        return Current(FIRST, f"table flag has no row 'staging', {_FIRST_SHOWN}")
    if number is None:
        return Current(FIRST, f"row 'staging' of table flag names no version, {_FIRST_SHOWN}")
    if number <= FIRST or exists:
        return Current(max(FIRST, number))
    return Current(
        FIRST, f"row 'staging' of table flag names version {number}, which is gone, {_FIRST_SHOWN}"
    )


def _text(value: object) -> str:
    """MySQL 8 gives some columns of information_schema as binary text."""
    return value.decode() if isinstance(value, bytes) else str(value)
