"""Comparisons of Magento with the ledger: how far each has come and what it found."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from synqd.models.errors import Invalid
from synqd.models.names import Key, Model, Stream
from synqd.queue import journal
from synqd.queue.database import Database
from synqd.queue.journal import Line
from synqd.queue.rows import address
from synqd.queue.statements import load

SQL = load("verifications")

SAMPLES = 20
"""Findings of each kind that a part keeps by name."""


class Sample(NamedTuple):
    """A finding by name: what is wrong with which entity, and how Synerise knows it."""

    kind: str
    entity_id: int
    wire_key: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class VerificationPart:
    """One model and store view of a comparison.

    Attributes:
        position: highest entity id that was looked at.
        until: highest id in Magento when it began; None before.
        total: how many entities there were in Magento then.
        figures: numbers by name ("checked", "missing", "stale", ...).
        samples: the first findings of each kind.
    """

    part_id: int
    stream: Stream
    position: int
    until: int | None
    total: int | None
    done: bool
    figures: Mapping[str, int]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """A comparison of Magento with the ledger; times in milliseconds since the epoch."""

    number: int
    state: Literal["running", "finished", "cancelled"]
    origin: str
    repair: bool
    remote: int
    created_at: int
    finished_at: int | None
    parts: tuple[VerificationPart, ...]


def submit(
    db: Database,
    streams: Collection[Stream],
    origin: str,
    now: int,
    *,
    repair: bool,
    remote: int,
) -> Verification:
    """Start a comparison; one that is not over is cancelled, since the new one looks at everything anew."""
    if not streams:
        raise Invalid("a verification needs at least one model and store view", field="streams")
    for (number,) in db.execute(SQL["unfinished"]).fetchall():
        cancel(db, number, origin, now)
    values = {"origin": origin, "repair": int(repair), "remote": remote, "now": now}
    number = db.execute(SQL["submit"], values).lastrowid or 0
    db.executemany(SQL["add_part"], [(number, *stream) for stream in dict.fromkeys(streams)])
    journal.append(db, [Line("verify.submitted", text=f"verification {number}: {origin}")], now)
    return get(db, number)


def cancel(db: Database, number: int, by: str, now: int) -> Verification:
    """End a comparison early. Raises: Invalid if unknown or over."""
    if get(db, number).state != "running":
        raise Invalid(f"verification {number} is over already", field="id")
    db.execute(SQL["end"], (number, "cancelled", now))
    journal.append(db, [Line("verify.cancelled", text=f"verification {number}: {by}")], now)
    return get(db, number)


def get(db: Database, number: int | None = None) -> Verification:
    """One comparison, the newest by default. Raises: Invalid if there is none."""
    row = db.execute(SQL["find"], (number,)).fetchone()
    if row is None:
        what = "no verification was made yet" if number is None else f"there is no verification {number}"
        raise Invalid(what, field="id")
    found, state, origin, repair, remote, created_at, finished_at = row
    parts = tuple(_part(row) for row in db.execute(SQL["parts"], (found,)))
    return Verification(found, state, origin, bool(repair), remote, created_at, finished_at, parts)


def next_part(db: Database) -> tuple[Verification, VerificationPart] | None:
    """The part to go on with, and its comparison."""
    row = db.execute(SQL["next_part"]).fetchone()
    if row is None:
        return None
    return get(db, row[0]), _part(row[1:])


def begin(db: Database, part_id: int, until: int, total: int) -> None:
    """Note where a part will end."""
    db.execute(SQL["begin"], (part_id, until, total))


def advance(
    db: Database,
    part: VerificationPart,
    position: int,
    figures: Mapping[str, int],
    samples: Sequence[Sample],
    now: int,
    *,
    done: bool,
) -> bool:
    """Add what a page showed; False if the comparison was cancelled meanwhile, and nothing was done."""
    row = db.execute(SQL["state"], (part.part_id,)).fetchone()
    if row is None or row[1] != "running":
        return False
    total = dict(Counter(part.figures) + Counter(figures))
    kept = _merged(part.samples, samples)
    values = (part.part_id, position, int(done), json.dumps(total), json.dumps(kept))
    db.execute(SQL["advance"], values)
    if done and not db.execute(SQL["going_on"], (row[0],)).fetchone()[0]:
        db.execute(SQL["end"], (row[0], "finished", now))
        journal.append(db, [_ended(get(db, row[0]))], now)
    return True


def ledger_range(db: Database, stream: Stream, after: int, until: int | None, limit: int) -> list[int]:
    """Ids of entities of a stream that live, or may live: ``after < id <= until``, ascending."""
    end = (1 << 63) - 1 if until is None else until
    return [entity_id for (entity_id,) in db.execute(SQL["range"], (*stream, after, end, limit))]


def waiting(db: Database, keys: Sequence[Key]) -> set[Key]:
    """Those of the items that are in the outbox."""
    return {key for key in keys if db.execute(SQL["waiting"], address(key)).fetchone()}


def prune(db: Database, before: int) -> None:
    """Remove comparisons that ended before that time."""
    db.execute(SQL["prune"], (before,))


def _merged(old: Sequence[Sample], new: Sequence[Sample]) -> list[Sample]:
    seen: Counter[str] = Counter()
    kept = []
    for sample in (*old, *new):
        seen[sample.kind] += 1
        if seen[sample.kind] <= SAMPLES:
            kept.append(sample)
    return kept


def _part(row: Sequence[Any]) -> VerificationPart:
    part_id, model, store_id, position, until, total, done, figures, samples = row
    return VerificationPart(
        part_id,
        Stream(Model(model), store_id),
        position,
        until,
        total,
        bool(done),
        json.loads(figures),
        tuple(Sample(*sample) for sample in json.loads(samples)),
    )


def _ended(verification: Verification) -> Line:
    facts: Counter[str] = Counter()
    for part in verification.parts:
        facts.update(part.figures)
    return Line("verify.finished", text=f"verification {verification.number}", facts=facts)
