"""Full and batch jobs: submitted, selected page by page, paused, cancelled and shown (S18, Q10)."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from synqd.clock import milliseconds
from synqd.models.errors import Invalid
from synqd.models.item import Want, Wish
from synqd.models.names import Model, Stream
from synqd.queue import intake, membership
from synqd.queue.records import Job, JobKind, JobState, Part, PartState, Pruned, QueueSettings
from synqd.queue.statements import load

SQL = load("jobs")

_NEVER = (1 << 63) - 1


def submit_full(
    db: sqlite3.Connection, streams: Collection[Stream], want: Want, origin: str, now: int
) -> Job:
    """Start a full job; unfinished full parts of the same streams are replaced."""
    if not streams:
        raise Invalid("a full synchronization needs at least one model and store view", field="streams")
    losing = {job_id for stream in streams for job_id in _replace(db, stream, now)}
    for job_id in losing:
        membership.finish_job(db, job_id, now)
    return get(db, _add(db, JobKind.FULL, "running", streams, want, origin, now))


def draft_batch(
    db: sqlite3.Connection, streams: Collection[Stream], want: Want, origin: str, now: int
) -> int:
    """Open a batch that nobody sees until ``start_batch``; returns its job id."""
    if len({stream.model for stream in streams}) != 1:
        raise Invalid("a batch is about one model and at least one store view", field="streams")
    return _add(db, JobKind.BATCH, "draft", streams, want, origin, now)


def add_ids(db: sqlite3.Connection, job_id: int, ids: Sequence[int]) -> int:
    """Add ids to a draft; returns how many were new. Raises: Invalid for one that cannot be an id."""
    wrong = next((entity_id for entity_id in ids if not 0 < entity_id < _NEVER), None)
    if wrong is not None:
        raise Invalid(f"{wrong} is not an entity id", field="ids")
    return db.executemany(SQL["add_ids"], [(job_id, entity_id) for entity_id in ids]).rowcount


def start_batch(db: sqlite3.Connection, job_id: int, total: int) -> Job:
    """Turn a draft into a job. Raises: Invalid if it has no ids."""
    if not total:
        raise Invalid("a batch needs at least one id", field="ids")
    db.execute(SQL["set_totals"], {"job_id": job_id, "total": total})
    db.execute(SQL["start_draft"], {"job_id": job_id})
    return get(db, job_id)


def drop_drafts(db: sqlite3.Connection, job_id: int | None = None) -> None:
    """Forget one draft, or all that a process left behind; ``prune`` removes their ids later."""
    db.execute(SQL["drop_drafts"], {"job_id": job_id})


def batch_page(db: sqlite3.Connection, job_id: int, position: int, limit: int) -> list[int]:
    """Ids of a batch after ``position``."""
    rows = db.execute(SQL["batch_page"], {"job_id": job_id, "position": position, "limit": limit})
    return [entity_id for (entity_id,) in rows]


def pageable(db: sqlite3.Connection) -> list[Part]:
    """Parts with ids left to select, oldest job first."""
    ids = db.execute(SQL["pageable"]).fetchall()
    return [_part(db, db.execute(SQL["part"], {"part_id": part_id}).fetchone()) for (part_id,) in ids]


def advance_part(
    db: sqlite3.Connection,
    part_id: int,
    position: int,
    wishes: Iterable[Wish],
    now: int,
    settings: QueueSettings,
    *,
    finished: bool,
    total: int | None,
) -> bool:
    """Enqueue a page of a part with its membership and position; False if it is not to be paged now."""
    row = db.execute(SQL["page_state"], {"part_id": part_id}).fetchone()
    if not row or not row[2]:
        return False
    page = list(wishes)
    if any((wish.key.model, wish.key.store_id) != row[:2] for wish in page):
        raise ValueError(f"a page of part {part_id} holds items of another stream")
    intake.enqueue(db, page, now, settings, standing=False)
    joined = membership.join(db, part_id, [wish.key.entity_id for wish in page]) if page else 0
    parameters = {"part_id": part_id, "position": position, "joined": joined, "total": total, "now": now}
    ((job_id,),) = db.execute(SQL["advance"], {**parameters, "finished": finished}).fetchall()
    if finished:
        membership.finish_job(db, job_id, now)
    return True


def pause(db: sqlite3.Connection, job_id: int) -> Job:
    """Stop selecting."""
    _unfinished(db, job_id)
    db.execute(SQL["set_state"], {"job_id": job_id, "state": "paused"})
    return get(db, job_id)


def resume(db: sqlite3.Connection, job_id: int) -> Job:
    """Go on selecting."""
    _unfinished(db, job_id)
    db.execute(SQL["set_state"], {"job_id": job_id, "state": "running"})
    return get(db, job_id)


def cancel(db: sqlite3.Connection, job_id: int, now: int) -> None:
    """End a job; its members are dropped by ``membership.sweep_page``."""
    _unfinished(db, job_id)
    db.execute(SQL["cancel_parts"], {"job_id": job_id, "now": now})
    db.execute(SQL["cancel_job"], {"job_id": job_id, "now": now})


def get(db: sqlite3.Connection, job_id: int) -> Job:
    """One job. Raises: Invalid if unknown."""
    row = db.execute(SQL["find"], {"job_id": job_id}).fetchone()
    if not row:
        raise Invalid(f"there is no job {job_id}", field="job_id")
    return _job(db, row)


def page(db: sqlite3.Connection, limit: int, before: int | None, *, unfinished: bool) -> list[Job]:
    """Jobs, newest first."""
    parameters = {"limit": limit, "before": _NEVER if before is None else before}
    rows = db.execute(SQL["list_unfinished" if unfinished else "list"], parameters).fetchall()
    return [_job(db, row) for row in rows]


def prune(db: sqlite3.Connection, now: int, retention: float, limit: int) -> Pruned:
    """Remove up to ``limit`` old jobs and ids of lists that nobody pages any more."""
    before = now - milliseconds(retention)
    jobs = db.execute(SQL["prune_jobs"], {"before": before, "limit": limit}).rowcount
    return Pruned(jobs, _prune_lists(db, limit))


def _prune_lists(db: sqlite3.Connection, limit: int) -> int:
    gone, job_id = 0, 0
    while gone < limit and (row := db.execute(SQL["next_list"], {"job_id": job_id}).fetchone()):
        job_id, needed = row
        if not needed:
            gone += db.execute(SQL["prune_ids"], {"job_id": job_id, "limit": limit - gone}).rowcount
    return gone


def _replace(db: sqlite3.Connection, stream: Stream, now: int) -> list[int]:
    parameters = {"model": stream.model, "store_id": stream.store_id, "now": now}
    return [job_id for (job_id,) in db.execute(SQL["replace_parts"], parameters)]


def _add(
    db: sqlite3.Connection,
    kind: JobKind,
    state: str,
    streams: Collection[Stream],
    want: Want,
    origin: str,
    now: int,
) -> int:
    job = {"kind": kind, "state": state, "want": want, "origin": origin, "now": now}
    job_id = db.execute(SQL["add_job"], job).lastrowid
    parts = dict.fromkeys(streams)
    db.executemany(SQL["add_part"], [{"job_id": job_id, **stream._asdict()} for stream in parts])
    return job_id or 0


def _unfinished(db: sqlite3.Connection, job_id: int) -> None:
    job = get(db, job_id)
    if job.state.final:
        raise Invalid(f"job {job_id} is {job.state} already", field="job_id")


def _job(db: sqlite3.Connection, row: Sequence[Any]) -> Job:
    job_id, kind, state, want, origin, created_at, finished_at = row
    parts = db.execute(SQL["parts"], {"job_id": job_id}).fetchall()
    return Job(
        job_id,
        JobKind(kind),
        JobState(state),
        Want(want),
        origin,
        created_at,
        finished_at,
        tuple(_part(db, part) for part in parts),
    )


def _part(db: sqlite3.Connection, row: Sequence[Any]) -> Part:
    part_id, job_id, kind, model, store_id, state, want, *numbers = row
    reasons = dict(db.execute(SQL["reasons"], {"part_id": part_id}).fetchall())
    return Part(
        part_id,
        job_id,
        JobKind(kind),
        Stream(Model(model), store_id),
        PartState(state),
        Want(want),
        *(*numbers, reasons),
    )
