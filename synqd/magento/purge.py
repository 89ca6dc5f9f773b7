"""Deletes old rows of synqd's change logs, without ever standing in the shop's way.

Rows are deleted by ranges of the primary key that end before the newest row, so no lock reaches the end of
the table, where triggers append.
"""

from collections.abc import Sequence

from synqd.magento.session import Session
from synqd.models.change import Cursor

BATCH = 2_000
"""Rows that one statement deletes or changes at most."""


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


async def forget_keys(session: Session, source: str, keys: Sequence[str]) -> int:
    """Takes these keys (e-mails) out of all rows of a log; compares without case, since e-mails are typed.

    Looks without locks and changes by primary key, so that triggers never wait for the search.

    Returns:
        The number of rows changed.
    """
    wanted = [key.lower() for key in keys]
    sql = f"SELECT version_id FROM {{{source}}} WHERE LOWER(old_key) IN %s"
    numbers = [number for (number,) in await session.fetch(sql, (wanted,))] if wanted else []
    changed = 0
    for start in range(0, len(numbers), BATCH):
        changed += await session.execute(
            f"UPDATE {{{source}}} SET old_key = NULL WHERE version_id IN %s",
            (numbers[start : start + BATCH],),
        )
    return changed
