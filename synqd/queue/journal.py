"""The synchronization log: deliveries, jobs, chunks and exceptions, as a ring that keeps the newest lines.

A live change that was delivered is a line with its key and its answer. Of full and batch runs a chunk is one
line for each job it belonged to, and single successes are the ledger's. What is left of a chunk has a line
of its own; so has what died or failed by itself.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from synqd.models.names import Model, Stream
from synqd.models.text import cut, storable
from synqd.queue.bulk_insert import Sheet
from synqd.queue.database import Database
from synqd.queue.rows import plain
from synqd.queue.statements import load
from synqd.runtime.clock import milliseconds

SQL = load("journal")
_APPEND = Sheet(SQL["append"])

NEWEST = ("newest", "newest_of_job", "newest_of_entities")
AFTER = ("after", "after_of_job", "after_of_entities")
"""Statements by what they are bound to: nothing, a job, entities."""

UNCHANGED = "chunk.unchanged"
"""The event of a chunk of which nothing had to be sent."""

LONGEST = 500
"""Characters that are kept of a text: an answer's body may be long."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the synchronization log that is to be written.

    Attributes:
        event: what happened ("job.finished", "chunk", "item.dead", ...).
        text: who or why, for people.
        facts: numbers by name.
        key: what Synerise knows the item by; of a chunk the ids of its entities.
    """

    event: str
    job_id: int | None = None
    stream: Stream | None = None
    entity_id: int | None = None
    text: str = ""
    facts: Mapping[str, int] = field(default_factory=dict)
    key: str = ""


class Delivered(NamedTuple):
    """A live change that Synerise took.

    Attributes:
        key: what Synerise knows the item by now.
        removed: its removal was sent.
        before: what it knew the item by before, where that was something else.
    """

    entity_id: int
    key: str
    status: int | None
    removed: bool
    before: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the synchronization log as it was written, ``at`` in milliseconds since the epoch."""

    number: int
    at: int
    line: Line


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines; None does not restrict.

    Attributes:
        entities: of any of the pairs.
        since: not older than this, in milliseconds since the epoch.
        search: this text is in the line or its key; the case of A to Z makes no difference.
        failed: only what went wrong.
        everything: also chunks of which nothing had to be sent.
    """

    job_id: int | None = None
    model: Model | None = None
    store_id: int | None = None
    entities: tuple[tuple[Model, int], ...] | None = None
    since: int | None = None
    search: str | None = None
    failed: bool = False
    everything: bool = True
    events: tuple[str, ...] = ()
    """Only of these events; none for all."""


def append(db: Database, lines: Iterable[Line], now: int) -> None:
    """Write lines."""
    rows = []
    for line in lines:
        where = line.stream or (None, None)
        facts = json.dumps({name: number for name, number in line.facts.items() if number})
        text = storable(cut(line.text, LONGEST))
        rows.append(
            (now, line.event, line.job_id, *where, line.entity_id, text, facts, storable(line.key) or None)
        )
    db.executemany(SQL["append"], rows)


def deliveries(db: Database, stream: Stream, delivered: Iterable[Delivered], now: int) -> None:
    """Write a line for each live change that arrived; every change goes this way."""
    model, store_id = plain(stream)
    rows = [
        (
            *(now, "item.removed" if removed else "item.sent", None, model, store_id, entity_id),
            f"was {storable(cut(before, LONGEST))}" if before else "",
            f'{{"status": {status}}}' if status else "{}",
            storable(key),
        )
        for entity_id, key, status, removed, before in delivered
    ]
    _APPEND.write(db, rows)


def trim(db: Database, keep: int) -> None:
    """Keep only the newest ``keep`` lines; cheap, since numbers have next to no holes."""
    db.execute(SQL["trim"], (keep,))


def prune(db: Database, now: int, retention: float, limit: int) -> int:
    """Remove up to ``limit`` lines that are older than ``retention`` seconds; returns how many."""
    return db.execute(SQL["prune"], (now - milliseconds(retention), limit)).rowcount


def newest(db: Database, which: LogFilter, limit: int, before: int | None) -> list[LogLine]:
    """The newest lines before that number, in the order in which they were written."""
    return _lines(db, NEWEST, which, limit, (1 << 63) - 1 if before is None else before)[::-1]


def after(db: Database, which: LogFilter, limit: int, number: int) -> list[LogLine]:
    """Lines after that number, in the order in which they were written."""
    return _lines(db, AFTER, which, limit, number)


def _lines(
    db: Database, names: tuple[str, str, str], which: LogFilter, limit: int, number: int
) -> list[LogLine]:
    parameters = {
        "job_id": which.job_id,
        "model": which.model,
        "store_id": which.store_id,
        "since": which.since,
        "search": which.search,
        "failed": which.failed or None,
        "told": None if which.everything else UNCHANGED,
        "events": json.dumps(which.events) if which.events else None,
    }
    entities = None if which.entities is None else json.dumps(which.entities)
    free, of_job, of_entities = names
    name = of_entities if entities else free if which.job_id is None else of_job
    rows = db.execute(SQL[name], {**parameters, "limit": limit, "number": number, "entities": entities})
    return [_line(row) for row in rows]


def _line(row: Sequence[Any]) -> LogLine:
    number, at, event, job_id, model, store_id, entity_id, text, facts, key = row
    stream = Stream(Model(model), store_id) if model and store_id else None
    return LogLine(number, at, Line(event, job_id, stream, entity_id, text, json.loads(facts), key or ""))
