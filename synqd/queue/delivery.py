"""Handing out: what is ready, leases, and putting leases and times right (Q3, Q7)."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from synqd.models.item import Leased, Ready, Want, make
from synqd.models.names import Key, Lane, Model, Stream
from synqd.queue import leases
from synqd.queue.database import Database
from synqd.queue.rows import entries, gathered, plain
from synqd.queue.settings import QueueSettings
from synqd.queue.statements import load
from synqd.runtime.clock import milliseconds

SQL = load("delivery")

_SENT = 9
"""Where the columns of the ledger begin in a row that is due."""

_want = cache(Want)
"""There are only four, and making a flag takes longer than all the rest of a row."""


@dataclass(frozen=True, slots=True)
class Reaped:
    """What ``reap`` put right: leases returned to waiting, and times that lay absurdly far ahead (Q7)."""

    expired: int
    pulled_back: int


def ready(db: Database, streams: Collection[Stream] | None) -> list[Ready]:
    """Streams and lanes with free rows, and when the first of each is due."""
    found = (
        Ready(Stream(Model(model), store_id), Lane(lane), due_at)
        for model, store_id, lane, due_at in db.execute(SQL["ready"])
        if due_at is not None
    )
    return [entry for entry in found if streams is None or entry.stream in streams]


def lease(
    db: Database, stream: Stream, lane: Lane, limit: int, token: int, now: int, until: int
) -> list[Leased]:
    """Lease up to ``limit`` due rows under one token until ``until``, in order of (due, arrival)."""
    head = leases.head(db, stream, lane)
    found = gathered(db, SQL["due"], (*plain(stream), int(lane), now, limit, *head))
    if found:
        leases.take(db, [row[0] for row in found], token, until)
        last_id, last_due, *_ = found[-1]
        leases.set_head(db, stream, lane, (last_due, last_id))
    model, store_id = stream
    items = []
    for row, known in zip(found, entries(db, [row[_SENT:] for row in found]), strict=True):
        row_id, _, entity_id, revision, attempts, first_at, want, hint, deleted_at = row[:_SENT]
        key = make(Key, (model, store_id, entity_id))
        fields = (
            row_id,
            key,
            token,
            revision,
            attempts,
            lane,
            first_at,
            _want(want),
            hint,
            known,
            deleted_at,
        )
        items.append(make(Leased, fields))
    return items


def reap(db: Database, now: int, settings: QueueSettings) -> Reaped:
    """Free expired leases; pull back deadlines, and up to a page of due times, that lie too far ahead."""
    expired, pulled = leases.reap(db, now, now + milliseconds(settings.max_lease))
    furthest = now + milliseconds(settings.max_backoff)
    for model, store_id, lane, _ in db.execute(SQL["ready"]).fetchall():
        room = settings.page - pulled
        if room <= 0:
            break
        early = db.execute(SQL["pull_due"], (model, store_id, lane, now, furthest, room)).rowcount
        if early:
            leases.look_again(db)
        pulled += early
    return Reaped(expired, pulled)
