"""SKUs of source items by number, remembered for the day when a row is gone (S28)."""

from collections.abc import Iterable, Mapping, Sequence

from synqd.queue.database import Database
from synqd.queue.rows import listed
from synqd.queue.statements import load

SQL = load("source_items")


def known(db: Database, numbers: Sequence[int]) -> dict[int, str]:
    """SKUs of those source items that are remembered."""
    return dict(db.execute(SQL["known"], (listed(numbers),)).fetchall())


def learn(db: Database, rows: Iterable[tuple[int, str]]) -> None:
    """Remember source items that are not known yet: what the change log told since is newer."""
    db.executemany(SQL["learn"], rows)


def update(db: Database, skus: Mapping[int, str | None]) -> None:
    """Remember what is so now; None forgets one that is gone."""
    db.executemany(SQL["put"], [(number, sku) for number, sku in skus.items() if sku is not None])
    db.executemany(SQL["drop"], [(number,) for number, sku in skus.items() if sku is None])


def forget_page(db: Database, rows: int) -> int:
    """Forget a page of them; returns how many."""
    return db.execute(SQL["forget_page"], (rows,)).rowcount
