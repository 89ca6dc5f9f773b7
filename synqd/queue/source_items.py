"""SKUs of source items by number, remembered for the day when a row is gone (S28)."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from synqd.queue.rows import listed
from synqd.queue.statements import load

SQL = load("source_items")


def known(db: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, str]:
    """SKUs of those source items that are remembered."""
    return dict(db.execute(SQL["known"], (listed(numbers),)).fetchall())


def learn(db: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Remember source items that are not known yet: what the change log told since is newer."""
    db.executemany(SQL["learn"], rows)


def update(db: sqlite3.Connection, skus: Mapping[int, str | None]) -> None:
    """Remember what is so now; None forgets one that is gone."""
    db.executemany(SQL["put"], [(number, sku) for number, sku in skus.items() if sku is not None])
    db.executemany(SQL["drop"], [(number,) for number, sku in skus.items() if sku is None])


def forget_page(db: sqlite3.Connection, rows: int) -> int:
    """Forget a page of them; returns how many."""
    return db.execute(SQL["forget_page"], (rows,)).rowcount
