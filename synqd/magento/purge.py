"""Deletes old rows of synqd's change logs, without ever standing in the shop's way.

Rows are deleted by ranges of the primary key that end before the newest row, so no lock reaches the end of
the table, where triggers append.
"""

from collections.abc import Collection

from synqd.entities.base import Row
from synqd.magento.session import Session
from synqd.models.change import Cursor
from synqd.models.person import folded

BATCH = 2_000
"""Rows that one statement deletes or changes at most."""
_WIDE = "utf8mb4_general_ci"
"""A collation that takes all spellings of an address for one, and others with them."""


async def purge_batch(session: Session, cursor: Cursor, keep_seconds: float) -> int:
    """Deletes the oldest rows, at most ``BATCH``, up to the first that is younger than ``keep_seconds``.

    The cursor's own row stays, as a witness that the log is still the same one, and so does everything that
    may still have to be read: rows from the first gap on.

    Returns:
        The number of rows deleted.
    """
    end = min([cursor.high, *(gap.first for gap in cursor.gaps[:1])])
    return (await _purge_below(session, cursor.source, end, keep_seconds))[0]


async def purge_old(session: Session, source: str, keep_seconds: float) -> tuple[int, int]:
    """Deletes the oldest rows, at most ``BATCH``, up to the first that is younger, read or not.

    The newest row stays, so that no lock reaches the end of the table.

    Returns:
        The number of rows deleted, and the highest id among them.
    """
    ((newest,),) = await session.fetch(f"SELECT COALESCE(MAX(version_id), 0) FROM {{{source}}}")
    return await _purge_below(session, source, newest, keep_seconds)


async def _purge_below(session: Session, source: str, end: int, keep_seconds: float) -> tuple[int, int]:
    rows = await session.fetch(
        "SELECT version_id, changed_at < UTC_TIMESTAMP(3) - INTERVAL %s SECOND"
        f" FROM {{{source}}} WHERE version_id < %s ORDER BY version_id LIMIT {BATCH}",
        (keep_seconds, end),
    )
    last = 0
    for version_id, is_old in rows:
        if not is_old:
            break
        last = version_id
    if not last:
        return 0, 0
    return await session.execute(f"DELETE FROM {{{source}}} WHERE version_id <= %s", (last,)), last


async def forget_keys(
    session: Session, source: str, emails: Collection[str], entities: Collection[int]
) -> int:
    """Takes keys out of a log of people: these addresses (folded, S33), and whatever these entities had.

    Looks without locks and changes by primary key, so that triggers never wait for the search.

    Returns:
        The number of rows changed.
    """
    rows = [
        *await _keyed(session, source, f"old_key COLLATE {_WIDE} IN %s", emails),
        *await _keyed(session, source, "entity_id IN %s", entities),
    ]
    owned = frozenset(entities)
    numbers = sorted({number for number, entity, key in rows if entity in owned or folded(key) in emails})
    changed = 0
    for start in range(0, len(numbers), BATCH):
        changed += await session.execute(
            f"UPDATE {{{source}}} SET old_key = NULL WHERE version_id IN %s",
            (numbers[start : start + BATCH],),
        )
    return changed


async def _keyed(
    session: Session, source: str, condition: str, values: Collection[str] | Collection[int]
) -> list[Row]:
    """Rows of the entities themselves that have a key."""
    sql = f"SELECT version_id, entity_id, old_key FROM {{{source}}} WHERE old_key IS NOT NULL AND via = ''"
    return await session.fetch(f"{sql} AND {condition}", (tuple(values),)) if values else []
