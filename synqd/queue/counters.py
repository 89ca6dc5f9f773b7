"""Exact numbers that every transaction keeps, because counting rows takes longer the more there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from synqd.models.names import Lane, Model, Stream
from synqd.queue.database import Database
from synqd.queue.rows import plain
from synqd.queue.statements import load

SQL = load("counters")

Kind = Literal["depth", "alive", "dead"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact numbers, maintained with every change and read without counting.

    Attributes:
        depth: rows in the outbox, waiting or leased, by stream and lane.
        alive: items that exist at Synerise by the ledger.
        dead: dead letters.
        last_sent: when the last ack of a stream was recorded, in milliseconds since the epoch.
        by_settings: living items by the fingerprint of the settings they were last sent with.
    """

    depth: Mapping[tuple[Stream, Lane], int]
    alive: Mapping[Stream, int]
    dead: Mapping[Stream, int]
    last_sent: Mapping[Stream, int]
    by_settings: Mapping[Stream, Mapping[str, int]] = field(default_factory=dict)


def add(db: Database, kind: Kind, stream: Stream, change: int, lane: Lane = Lane.LIVE) -> None:
    """Change a number, which begins at 0; only "depth" has lanes."""
    which = (kind, *plain(stream), int(lane))
    if not db.execute(SQL["add"], (*which, change)).rowcount:
        db.execute(SQL["begin"], which)
        db.execute(SQL["add"], (*which, change))


def add_by_settings(db: Database, stream: Stream, change: Mapping[int, int]) -> None:
    """Change how many living items of a stream were last sent with which settings, by their numbers."""
    rows = [(*plain(stream), number, by) for number, by in change.items() if by]
    # First what grows: the check that no number is negative holds after each statement.
    for row in sorted(rows, key=lambda row: -row[-1]):
        db.execute(SQL["add_by_settings"], row)


def depth(db: Database, stream: Stream, lane: Lane) -> int:
    """Rows of a stream and lane."""
    row = db.execute(SQL["one"], ("depth", *plain(stream), int(lane))).fetchone()
    return int(row[0]) if row else 0


def counts(db: Database) -> Counts:
    """All numbers."""
    depths: dict[tuple[Stream, Lane], int] = {}
    plain: dict[str, dict[Stream, int]] = {"alive": {}, "dead": {}}
    for kind, model, store_id, lane, n in db.execute(SQL["all"]):
        stream = Stream(Model(model), store_id)
        if kind == "depth":
            depths[stream, Lane(lane)] = n
        else:
            plain[kind][stream] = n
    sent = {Stream(Model(model), store_id): at for model, store_id, at in db.execute(SQL["last_sent"])}
    by_settings: dict[Stream, dict[str, int]] = {}
    for model, store_id, settings, n in db.execute(SQL["by_settings"]):
        by_settings.setdefault(Stream(Model(model), store_id), {})[settings] = n
    return Counts(depths, plain["alive"], plain["dead"], sent, by_settings)


def oldest(db: Database) -> dict[tuple[Stream, Lane], int]:
    """When the oldest row of each stream and lane was first wanted, in milliseconds."""
    rows = db.execute(SQL["oldest"])
    return {(Stream(Model(model), store_id), Lane(lane)): at for model, store_id, lane, at in rows}
