"""Which job parts wait for which items, and the account of each part (S18, Q10)."""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from synqd.models.names import Lane, Model, Stream
from synqd.queue import counters
from synqd.queue.statements import load

SQL = load("membership")

Outcome = Literal["sent", "unchanged", "skipped", "dead", "dropped"]

_OUTCOMES: tuple[Outcome, ...] = ("sent", "unchanged", "skipped", "dead", "dropped")


class Ending(NamedTuple):
    """How a member ended, and why if somebody will ask."""

    outcome: Outcome
    reason: str = ""


SENT = Ending("sent")
UNCHANGED = Ending("unchanged")
DROPPED = Ending("dropped")

Endings = dict[Stream, dict[Ending, list[int]]]
"""Entities that left the outbox, by stream and ending."""


def join(db: sqlite3.Connection, part_id: int, entities: Sequence[int]) -> int:
    """Make items members of a part; returns how many were not yet."""
    return db.executemany(SQL["join"], [(part_id, entity_id) for entity_id in entities]).rowcount


def end(db: sqlite3.Connection, endings: Endings, now: int) -> tuple[int, ...]:
    """Account for items that left the outbox; returns the jobs that ended by it."""
    jobs: list[int] = []
    for stream, by_ending in endings.items():
        for (part_id,) in db.execute(SQL["open_parts"], (stream.model, stream.store_id)).fetchall():
            jobs += account(db, part_id, by_ending, now)
    return tuple(jobs)


def account(
    db: sqlite3.Connection, part_id: int, by_ending: dict[Ending, list[int]], now: int
) -> tuple[int, ...]:
    """Move those that are members of a part to where they ended; returns its job if that ended by it."""
    totals: Counter[Outcome] = Counter()
    for ending, entities in by_ending.items():
        rows = [(part_id, entity_id) for entity_id in entities]
        left = db.executemany(SQL["leave"], rows).rowcount
        totals[ending.outcome] += left
        if left and ending.reason:
            db.execute(SQL["reason"], (part_id, ending.reason, left))
    numbers = [totals[outcome] for outcome in _OUTCOMES]
    if not any(numbers):
        return ()
    ((job_id, state),) = db.execute(SQL["account"], (part_id, *numbers, now)).fetchall()
    return finish_job(db, job_id, now) if state == "finished" else ()


def finish_job(db: sqlite3.Connection, job_id: int, now: int) -> tuple[int, ...]:
    """End the job if no part of it goes on; returns it if it ended."""
    return (job_id,) if db.execute(SQL["finish_job"], (job_id, now)).rowcount else ()


def sweep_page(db: sqlite3.Connection, now: int, limit: int) -> int:
    """Drop up to ``limit`` members of cancelled and replaced parts, and rows that only those want.

    What is in flight is left for its settlement. Returns how many members went.
    """
    for part_id, model, store_id in db.execute(SQL["abandoned_parts"]).fetchall():
        entities = [entity_id for (entity_id,) in db.execute(SQL["abandoned"], (part_id, limit))]
        if entities:
            _drop_rows(db, Stream(Model(model), store_id), entities)
            account(db, part_id, {DROPPED: entities}, now)
            return len(entities)
    return 0


def _drop_rows(db: sqlite3.Connection, stream: Stream, entities: Sequence[int]) -> None:
    rows = db.execute(SQL["drop_rows"], (stream.model, stream.store_id, json.dumps(entities))).fetchall()
    for lane, number in Counter(lane for (lane,) in rows).items():
        counters.add(db, "depth", stream, -number, Lane(lane))
