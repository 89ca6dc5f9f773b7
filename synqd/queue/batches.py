"""Batch jobs: their lists of keys and ids, taken in as a draft that nobody sees until it is whole.

Keys are looked up in Magento as they come in. Those that it could not be asked about stay in the draft as
keys and are looked up later; nothing is selected before all of them are ids, so ids are selected in order.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from synqd.models.errors import Invalid
from synqd.models.item import Want
from synqd.models.names import Model, Stream
from synqd.queue import journal
from synqd.queue.database import Database
from synqd.queue.jobs import KEPT, Job, JobKind, add_job, get, looking_up, unknown_keys
from synqd.queue.journal import Line
from synqd.queue.rows import listed
from synqd.queue.statements import load

SQL = load("batches")

SHOWN = 5
"""As many of them stand in the message when a batch is refused because of them."""

_NEVER = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A page of a batch that comes in.

    Attributes:
        ids: entities to send.
        unknown: keys that name nothing, with the reason.
        later: keys that have to be looked up when Magento answers.
    """

    ids: Sequence[int] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
    later: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Keys:
    """A page of a batch's keys that have to be looked up in Magento.

    Attributes:
        given: what they are ("ids", "skus", ...).
        stores: store views of the job.
    """

    job_id: int
    model: Model
    given: str
    stores: frozenset[int]
    keys: tuple[str, ...]


def draft(db: Database, streams: Collection[Stream], want: Want, origin: str, given: str, now: int) -> int:
    """Open a batch that nobody sees until ``start``; returns its job id."""
    if len({stream.model for stream in streams}) != 1:
        raise Invalid("a batch is about one model and at least one store view", field="streams")
    return add_job(db, JobKind.BATCH, "draft", streams, want, origin, now, given)


def add(db: Database, job_id: int, page: BatchPage) -> None:
    """Add a page to a draft. Raises: Invalid for an id that cannot be one."""
    wrong = next((entity_id for entity_id in page.ids if not 0 < entity_id < _NEVER), None)
    if wrong is not None:
        raise Invalid(f"{wrong} is not an entity id", field="ids")
    new = db.executemany(SQL["add_ids"], [(job_id, entity_id) for entity_id in page.ids]).rowcount
    db.execute(SQL["add_total"], {"job_id": job_id, "more": max(0, new)})
    unknown = [(job_id, key, reason) for key, reason in page.unknown.items()]
    missed = db.executemany(SQL["add_unknown"], unknown).rowcount
    db.execute(SQL["count_unknown"], (job_id, max(0, missed)))
    db.executemany(SQL["add_keys"], [(job_id, key) for key in page.later])


def start(db: Database, job_id: int, now: int) -> Job:
    """Turn a draft into a job. Raises: Invalid if there is nothing to send, whatever becomes known later."""
    (some,) = db.execute(SQL["any_ids"], (job_id,)).fetchone()
    if not some and not looking_up(db, job_id):
        raise Invalid(_nothing(db, job_id), field="ids")
    db.execute(SQL["start_draft"], {"job_id": job_id})
    job = get(db, job_id)
    facts = {"items": max((part.total or 0 for part in job.parts), default=0), "unknown": job.unknown}
    journal.append(db, [Line("job.submitted", job_id, text=job.origin, facts=facts)], now)
    return job


def _nothing(db: Database, job_id: int) -> str:
    found = [f"{key!r} ({reason})" for key, reason in unknown_keys(db, job_id).items()]
    if not found:
        return "a batch needs at least one id"
    return f"there is nothing to send: {', '.join(found[:SHOWN])}{' and more' if len(found) > SHOWN else ''}"


def drop_drafts(db: Database, job_id: int | None = None) -> None:
    """Forget one draft, or all that a process left behind; ``prune`` removes their lists later."""
    db.execute(SQL["drop_drafts"], {"job_id": job_id})


def batch_page(db: Database, job_id: int, position: int, limit: int) -> list[int]:
    """Ids of a batch after ``position``."""
    rows = db.execute(SQL["batch_page"], {"job_id": job_id, "position": position, "limit": limit})
    return [entity_id for (entity_id,) in rows]


def next_keys(db: Database, limit: int, models: Collection[Model]) -> Keys | None:
    """A page of keys that have to be looked up, of the oldest running batch of these models that has any."""
    row = db.execute(SQL["next_keys"], (listed(list(models)),)).fetchone()
    if row is None:
        return None
    job_id, given = row
    streams = [part.stream for part in get(db, job_id).parts]
    keys = tuple(key for (key,) in db.execute(SQL["keys"], (job_id, limit)))
    return Keys(job_id, Model(streams[0].model), given, frozenset(one.store_id for one in streams), keys)


def looked_up(db: Database, keys: Keys, ids: Sequence[int], unknown: Mapping[str, str], now: int) -> None:
    """Put ids in the place of keys, in one transaction."""
    add(db, keys.job_id, BatchPage(ids, unknown))
    db.executemany(SQL["drop_key"], [(keys.job_id, key) for key in keys.keys])
    if unknown:
        line = Line("job.unknown", keys.job_id, text=", ".join(unknown), facts={"unknown": len(unknown)})
        journal.append(db, [line], now)


def prune(db: Database, limit: int) -> int:
    """Remove up to ``limit`` rows of lists that nobody needs any more; returns how many."""
    gone = _prune_lists(db, "next_list", "prune_ids", limit)
    gone += _prune_lists(db, "next_key_list", "prune_keys", limit - gone)
    return gone + _prune_unknown(db, limit - gone)


def _prune_lists(db: Database, following: str, removing: str, limit: int) -> int:
    gone, job_id = 0, 0
    while gone < limit and (row := db.execute(SQL[following], {"job_id": job_id}).fetchone()):
        job_id, needed = row
        if not needed:
            gone += db.execute(SQL[removing], {"job_id": job_id, "limit": limit - gone}).rowcount
    return gone


def _prune_unknown(db: Database, limit: int) -> int:
    gone, job_id = 0, 0
    while gone < limit and (
        row := db.execute(SQL["next_unknown_list"], {"job_id": job_id, "kept": KEPT}).fetchone()
    ):
        job_id, kept = row
        page = {"job_id": job_id, "kept": kept, "limit": limit - gone}
        gone += db.execute(SQL["prune_unknown"], page).rowcount
    return gone
