"""What ``check-config --connect`` says about the shop's edition and the versions of its content."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from synqd.magento.pool import Pool
from synqd.magento.records import Finding, Level
from synqd.magento.staging import FIRST
from synqd.magento.versions import Current

_SUBJECT = "content staging"
_MANY = 1_000
"""Entities that are counted at most."""
_NAMED = 3
_MAINS = {"products": "catalog_product_entity", "categories": "catalog_category_entity"}
_TWICE = "SELECT entity_id FROM {{{main}}} GROUP BY entity_id HAVING COUNT(*) > 1 ORDER BY 1 LIMIT %s"
_NEVER = """
    SELECT DISTINCT any_of.entity_id FROM {{{main}*}} any_of
      LEFT JOIN {{{main}}} shown ON shown.entity_id = any_of.entity_id
     WHERE shown.entity_id IS NULL ORDER BY 1 LIMIT %s"""


async def examine_versions(pool: Pool) -> list[Finding]:
    """The edition, the current version, and entities of which not exactly one version is current.

    Raises:
        MagentoUnavailable, Denied: nobody can tell.
    """
    current = await pool.versions.current()
    if current is None:
        what = "is Magento Open Source, or Adobe Commerce without content staging"
        return [Finding(Level.OK, "edition", what)]
    return [_current(current), *[finding async for finding in _odd(pool)]]


def _current(current: Current) -> Finding:
    if current.doubt:
        remedy = "have Magento's cron run (`bin/magento cron:run`), or restore table flag from a backup"
        return Finding(Level.ERROR, _SUBJECT, current.doubt, remedy)
    when = "the first" if current.number == FIRST else _time(current.number)
    what = f"is Adobe Commerce with content staging, current version {current.number} ({when})"
    return Finding(Level.OK, "edition", what)


def _time(number: int) -> str:
    try:
        return f"{datetime.fromtimestamp(number, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "no time"


async def _odd(pool: Pool) -> AsyncIterator[Finding]:
    for kind, main in _MAINS.items():
        if twice := await pool.fetch(_TWICE.format(main=main), (_MANY,)):
            what = f"{_some(kind, twice)} have two current versions: such products are not sent"
            yield Finding(Level.WARNING, _SUBJECT, what, "remove the rows that overlap, or save them again")
        if never := await pool.fetch(_NEVER.format(main=main), (_MANY,)):
            what = f"{_some(kind, never)} have no current version: for the shop they are not there"
            yield Finding(Level.WARNING, _SUBJECT, what, "nothing, if they are scheduled to begin later")


def _some(kind: str, rows: Sequence[tuple[int]]) -> str:
    count = f"{_MANY} or more" if len(rows) == _MANY else str(len(rows))
    more = ", ..." if len(rows) > _NAMED else ""
    return f"{count} {kind} ({', '.join(str(number) for (number,) in rows[:_NAMED])}{more})"
