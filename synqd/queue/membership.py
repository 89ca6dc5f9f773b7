"""Which job parts wait for which items, and the account of each part (S18, Q10)."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from synqd.models.names import Lane, Model, Stream
from synqd.queue import counters, journal
from synqd.queue.database import Database
from synqd.queue.journal import Line
from synqd.queue.rows import listed
from synqd.queue.statements import load

SQL = load("membership")

Outcome = Literal["sent", "unchanged", "skipped", "dead", "dropped"]

_OUTCOMES: tuple[Outcome, ...] = ("sent", "unchanged", "skipped", "dead", "dropped")


class Ending(NamedTuple):
    """How a member ended, and why if somebody will ask."""

    outcome: Outcome
    reason: str = ""


SKIPPED: Outcome = "skipped"

SENT = Ending("sent")
UNCHANGED = Ending("unchanged")
DROPPED = Ending("dropped")


class Share(NamedTuple):
    """What one job part accounted for, and whether the part ended by it (and so perhaps its job)."""

    job_id: int
    totals: Counter[str]
    ended: bool


def join(db: Database, part_id: int, entities: Sequence[int]) -> int:
    """Make items members of a part; returns how many were not yet."""
    return db.execute(SQL["join"], (part_id, listed(entities))).rowcount


def end(db: Database, stream: Stream, by_ending: dict[Ending, list[int]], now: int) -> list[Share]:
    """Account for items of a stream that left the outbox; returns the share of each job part."""
    parts = db.execute(SQL["open_parts"], (stream.model, stream.store_id)).fetchall()
    shares = (account(db, part_id, by_ending, now) for (part_id,) in parts)
    return [share for share in shares if share]


def account(db: Database, part_id: int, by_ending: dict[Ending, list[int]], now: int) -> Share | None:
    """Move those that are members of a part to where they ended; None if there are none."""
    totals: Counter[str] = Counter()
    for ending, entities in by_ending.items():
        left = db.execute(SQL["leave"], (part_id, listed(entities))).rowcount
        totals[ending.outcome] += left
        if left and ending.reason:
            db.execute(SQL["reason"], (part_id, ending.reason, left))
    numbers = [totals[outcome] for outcome in _OUTCOMES]
    if not any(numbers):
        return None
    ((job_id, state),) = db.execute(SQL["account"], (part_id, *numbers, now)).fetchall()
    return Share(job_id, totals, state == "finished")


def finish_job(db: Database, job_id: int, now: int) -> bool:
    """End the job if no part of it goes on; returns whether it ended."""
    ended = db.execute(SQL["finish_job"], (job_id, now)).fetchone()
    if ended:
        names = ("selected", "sent", "unchanged", "skipped", "dead", "dropped")
        facts = dict(zip(names, db.execute(SQL["sum"], (job_id,)).fetchone(), strict=True))
        why = "; ".join(f"{number} {reason}" for reason, number in db.execute(SQL["reasons"], (job_id,)))
        journal.append(db, [Line(f"job.{ended[0]}", job_id, text=why, facts=facts)], now)
    return ended is not None


def withdraw_page(db: Database, limit: int) -> int:
    """Take up to ``limit`` rows that only paused parts want off the outbox; they stay members.

    What is in flight is left for its settlement. Returns how many rows went.
    """
    for part_id, model, store_id in db.execute(SQL["paused_parts"]).fetchall():
        entities = [entity_id for (entity_id,) in db.execute(SQL["withdrawable"], (part_id, limit))]
        if entities:
            return _drop_rows(db, Stream(Model(model), store_id), entities)
    return 0


def absent(db: Database, part_id: int, limit: int) -> list[int]:
    """Members whose rows a pause took off the outbox."""
    return [entity_id for (entity_id,) in db.execute(SQL["absent"], (part_id, limit))]


def sweep_page(db: Database, now: int, limit: int) -> int:
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


def _drop_rows(db: Database, stream: Stream, entities: Sequence[int]) -> int:
    rows = db.execute(SQL["drop_rows"], (stream.model, stream.store_id, listed(entities))).fetchall()
    for lane, number in Counter(lane for (lane,) in rows).items():
        counters.add(db, "depth", stream, -number, Lane(lane))
    return len(rows)
