"""Enqueueing: wishes become rows of the outbox, together with the cursor they came from (Q1, Q2)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from synqd.models.change import Cursor
from synqd.models.item import Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.queue import counters, leases, source_items
from synqd.queue import cursors as cursor_table
from synqd.queue.database import Database
from synqd.queue.rows import listed, plain
from synqd.queue.settings import QueueSettings
from synqd.queue.statements import load
from synqd.runtime.clock import milliseconds

SQL = load("intake")
NOTHING: Mapping[int, str | None] = MappingProxyType({})

Alike = defaultdict[tuple[Want, int, str | None, int | None], list[int]]
"""Entities by want, milliseconds of quiet that are still missing, hint and time of deletion: one statement
writes all that are alike, in less than half the time of a statement for each."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What an intake did: rows that are new in the outbox, and rows that a waiting one absorbed."""

    added: int
    coalesced: int


def intake(
    db: Database,
    wishes: Iterable[Wish],
    cursors: Iterable[Cursor],
    now: int,
    settings: QueueSettings,
    source_skus: Mapping[int, str | None] = NOTHING,
    served: Collection[Stream] | None = None,
) -> Enqueued:
    """Enqueue wishes, also where live entities are known already, and move the cursors.

    ``served``: the streams that somebody delivers; what is known elsewhere is left alone there (S4).
    """
    wanted = list(wishes)
    source_items.update(db, source_skus)
    elsewhere = [wish for wish in _elsewhere(db, wanted) if served is None or Stream(*wish.key[:2]) in served]
    enqueued = enqueue(db, [*_placed(wanted), *elsewhere], now, settings, standing=True)
    for cursor in cursors:
        cursor_table.save(db, cursor)
    return enqueued


def enqueue(
    db: Database, wishes: Iterable[Wish], now: int, settings: QueueSettings, *, standing: bool
) -> Enqueued:
    """Make or raise one row for each wish; ``standing`` says that others than jobs want them (S18)."""
    groups: defaultdict[tuple[Model, int, Lane], Alike] = defaultdict(lambda: defaultdict(list))
    number = 0
    for (model, store_id, entity_id), lane, quiet, want, hint, _, deleted_at in wishes:
        rest = _rest(quiet, settings) if lane is Lane.LIVE else 0
        groups[model, store_id, lane][want, rest, hint, deleted_at].append(entity_id)
        number += 1
    ceiling = milliseconds(settings.settle_ceiling)
    added = 0
    for (model, store_id, lane), alike in groups.items():
        stream = Stream(model, store_id)
        raised = _raised(db, stream, lane, alike)
        before = _newest(db)
        for (want, rest, hint, deleted_at), entities in alike.items():
            what = (*plain(stream), listed(entities), int(lane), int(want), int(standing))
            db.execute(SQL["enqueue"], (*what, now, now + rest, hint, 1, ceiling, deleted_at))
        leases.look_again(db)
        new = _newest(db) - before
        counters.add(db, "depth", stream, new + sum(raised.values()), lane)
        for lower, rows in raised.items():
            counters.add(db, "depth", stream, -rows, lower)
        added += new
    return Enqueued(added, number - added)


def _raised(db: Database, stream: Stream, lane: Lane, alike: Alike) -> dict[Lane, int]:
    """How many rows of which lower lanes these wishes will raise to theirs."""
    if not any(counters.depth(db, stream, lower) for lower in Lane if lower > lane):
        return {}
    entities = listed(list({entity_id for ids in alike.values() for entity_id in ids}))
    rows = db.execute(SQL["raised"], (*plain(stream), int(lane), entities))
    return {Lane(lower): number for lower, number in rows}


def _rest(quiet: float, settings: QueueSettings) -> int:
    """Milliseconds of quiet that are still missing, within the ceiling (S13)."""
    return milliseconds(min(max(0.0, settings.settle - quiet), settings.settle_ceiling))


def _newest(db: Database) -> int:
    (row_id,) = db.execute(SQL["newest"]).fetchone()
    return int(row_id)


def _placed(wishes: Iterable[Wish]) -> Iterable[Wish]:
    """Wishes that name a store view; 0 stands for "wherever it is known"."""
    return (wish for wish in wishes if wish.key.store_id)


def whereabouts(db: Database, model: Model, ids: Sequence[int]) -> dict[int, set[int]]:
    """Store views where entities live, or may live, by the ledger or wait."""
    found: dict[int, set[int]] = {}
    for entity_id, store_id in db.execute(SQL["elsewhere"], (model, listed(list(ids)))):
        found.setdefault(entity_id, set()).add(store_id)
    return found


def _elsewhere(db: Database, wishes: Iterable[Wish]) -> Iterable[Wish]:
    """Live wishes for the other store views where their entities were sent before or wait."""
    live: dict[Model, dict[int, Wish]] = {}
    asked: set[Key] = set()
    for wish in wishes:
        if wish.lane is Lane.LIVE:
            live.setdefault(wish.key.model, {})[wish.key.entity_id] = wish
            asked.add(wish.key)
    for model, latest in live.items():
        for entity_id, store_id in db.execute(SQL["elsewhere"], (model, listed(list(latest)))):
            key = Key(model, store_id, entity_id)
            if key not in asked:
                wish = latest[entity_id]
                yield Wish(key, Lane.LIVE, wish.quiet, Want.NOTHING, wish.hint, deleted_at=wish.deleted_at)
