"""What items were sent as before: an old SKU or address leads to its item as long as the log is kept.

They name persons, so ``forget`` erases them (S20).
"""

from collections.abc import Iterable
from typing import NamedTuple

from synqd.models.names import Key
from synqd.queue.database import Database
from synqd.queue.rows import address
from synqd.queue.statements import load
from synqd.runtime.clock import milliseconds

SQL = load("former_keys")


class FormerKey(NamedTuple):
    """What an item was sent as, until when (milliseconds since the epoch); whether its removal was sent."""

    workspace: str
    wire_key: str
    until: int
    removed: bool


class Renamed(NamedTuple):
    """An item has left a key for another one."""

    item: Key
    left: FormerKey
    workspace: str
    wire_key: str


def record(db: Database, renamed: Iterable[Renamed]) -> None:
    """Keep what items were sent as before."""
    for item, left, workspace, wire_key in renamed:
        place = address(item)
        db.execute(SQL["keep"], (*place, left.workspace, left.wire_key, left.until, int(left.removed)))
        db.execute(SQL["taken_again"], (*place, workspace, wire_key))


def of_item(db: Database, item: Key) -> tuple[FormerKey, ...]:
    """What an item was sent as before, the newest first."""
    rows = db.execute(SQL["of_item"], address(item))
    return tuple(FormerKey(workspace, key, until, bool(removed)) for workspace, key, until, removed in rows)


def prune(db: Database, now: int, retention: float, limit: int) -> int:
    """Remove up to ``limit`` keys that were left more than ``retention`` seconds ago; returns how many."""
    return db.execute(SQL["prune"], (now - milliseconds(retention), limit)).rowcount
