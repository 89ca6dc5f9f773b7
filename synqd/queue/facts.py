"""Everything the file knows of one entity, for people."""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Lane, Model, Stream
from synqd.queue import dead_letters, former_keys, ledger, marks
from synqd.queue.database import Database
from synqd.queue.dead_letters import DeadLetter
from synqd.queue.former_keys import FormerKey
from synqd.queue.rows import address
from synqd.queue.statements import load

SQL = load("facts")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox as the operator sees it."""

    lane: Lane
    revision: int
    attempts: int
    first_at: int
    due_at: int
    leased: bool


@dataclass(frozen=True, slots=True)
class SkipRecord:
    """Why an item was last skipped, and when."""

    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """Everything the queue file knows of one entity in one store view."""

    key: Key
    waiting: Waiting | None
    known: LedgerEntry | None
    skip: SkipRecord | None
    dead: DeadLetter | None
    former: tuple[FormerKey, ...] = ()
    """What it was sent as before, the newest first."""


def facts(db: Database, model: Model, entity_id: int) -> list[ItemFacts]:
    """All that is known of an entity, by store view."""
    stores = [store_id for (store_id,) in db.execute(SQL["stores"], (model, entity_id))]
    return [_facts(db, Key(model, store_id, entity_id)) for store_id in stores]


def left_out(db: Database, forgotten: str) -> dict[Stream, dict[str, int]]:
    """How many items of each stream are left out, by reason; ``forgotten`` is that for forgotten people."""
    found: defaultdict[Stream, dict[str, int]] = defaultdict(dict)
    for model, store_id, reason, n in db.execute(SQL["left_out"]):
        found[Stream(Model(model), store_id)][reason] = n
    for stream, n in marks.items(db).items():
        found[stream][forgotten] = found[stream].get(forgotten, 0) + n
    return dict(found)


def named(
    db: Database, key: str, workspaces: Collection[str], models: Collection[Model]
) -> list[tuple[Model, int]]:
    """Entities that are or were known to Synerise by a key."""
    rows = db.execute(SQL["named"], (key, json.dumps(list(workspaces)), json.dumps(list(models))))
    return [(Model(model), entity_id) for model, entity_id in rows]


def _facts(db: Database, key: Key) -> ItemFacts:
    waiting = db.execute(SQL["waiting"], address(key)).fetchone()
    skip = db.execute(SQL["skip"], address(key)).fetchone()
    return ItemFacts(
        key=key,
        waiting=_waiting(*waiting) if waiting else None,
        known=ledger.known(db, [key]).get(key),
        skip=SkipRecord(*skip) if skip else None,
        dead=dead_letters.of_item(db, key),
        former=former_keys.of_item(db, key),
    )


def _waiting(lane: int, revision: int, attempts: int, first_at: int, due_at: int, leased: int) -> Waiting:
    return Waiting(Lane(lane), revision, attempts, first_at, due_at, leased=bool(leased))
