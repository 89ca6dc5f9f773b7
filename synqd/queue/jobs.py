"""Jobs: full ones submitted, both kinds selected page by page, paused, cancelled and shown (S18, Q10)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from synqd.models.errors import Invalid
from synqd.models.item import Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.queue import intake, journal, membership
from synqd.queue.database import Database
from synqd.queue.journal import Line
from synqd.queue.settings import QueueSettings
from synqd.queue.statements import load
from synqd.runtime.clock import milliseconds

SQL = load("jobs")

KEPT = 100
"""Keys that name nothing are shown up to this many, and counted beyond."""

_NEVER = (1 << 63) - 1


class JobKind(StrEnum):
    """What a job selects by."""

    FULL = "full"
    BATCH = "batch"


class JobState(StrEnum):
    """Where a job stands; all but the first two are final."""

    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    """Every part was taken over by newer full jobs."""

    @property
    def final(self) -> bool:
        """Whether nothing will change any more."""
        return self not in (JobState.RUNNING, JobState.PAUSED)


class PartState(StrEnum):
    """Where one part of a job stands; all but the first two are final."""

    PAGING = "paging"
    """Ids are still being selected."""
    DRAINING = "draining"
    """All ids are enqueued; some have not left the outbox yet."""
    FINISHED = "finished"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Part:
    """One model and store view of a job.

    At every moment ``selected = sent + unchanged + skipped + dead + dropped + open`` (Q10).

    Attributes:
        position: highest entity id that was enqueued; 0 before the first page.
        total: how many ids there are to select, if somebody counted; exact once all are selected.
        until: high-water mark of a full part, the highest id it selects; None before it began.
        withdrawn: the job was resumed, and rows that its pause took off the outbox are not all back.
        open: selected items that are still in the outbox.
        dropped: items that a cancel, a replacement or a discard took away before they were settled.
        reasons: skipped items and dead letters by reason.
    """

    part_id: int
    job_id: int
    kind: JobKind
    stream: Stream
    state: PartState
    want: Want
    position: int
    total: int | None
    selected: int
    sent: int
    unchanged: int
    skipped: int
    dead: int
    dropped: int
    open: int
    started_at: int | None
    finished_at: int | None
    until: int | None = None
    withdrawn: bool = False
    reasons: Mapping[str, int] = field(default_factory=dict)

    def wishes(self, ids: Sequence[int]) -> list[Wish]:
        """The wishes for items of its own."""
        lane = Lane.FULL if self.kind is JobKind.FULL else Lane.BATCH
        (model, store_id), want, part_id = self.stream, self.want, self.part_id
        return [Wish(Key(model, store_id, entity_id), lane, 0.0, want, None, part_id) for entity_id in ids]


@dataclass(frozen=True, slots=True)
class Job:
    """A full or batch job; times in milliseconds since the epoch."""

    job_id: int
    kind: JobKind
    state: JobState
    want: Want
    origin: str
    """Who asked for it: "operator uid 1000", "schedule", "catalog gone", ..."""
    created_at: int
    finished_at: int | None
    parts: tuple[Part, ...]
    unknown: int
    """Keys of a batch that name nothing, exactly."""
    unknown_keys: Mapping[str, str] = field(default_factory=dict)
    """The first hundred of them with the reason; only where one job is asked for."""
    looking_up: bool = False
    """Some keys of the batch have not been looked up in Magento yet."""


def submit_full(db: Database, streams: Collection[Stream], want: Want, origin: str, now: int) -> Job:
    """Start a full job; unfinished full parts of the same streams are replaced."""
    if not streams:
        raise Invalid("a full synchronization needs at least one model and store view", field="streams")
    losing = {job_id for stream in streams for job_id in _replace(db, stream, now)}
    for job_id in losing:
        membership.finish_job(db, job_id, now)
    job_id = add_job(db, JobKind.FULL, "running", streams, want, origin, now)
    journal.append(db, [Line("job.submitted", job_id, text=origin)], now)
    return get(db, job_id)


def pageable(db: Database) -> list[Part]:
    """Parts with ids left to select, oldest job first."""
    ids = db.execute(SQL["pageable"]).fetchall()
    return [_part(db, db.execute(SQL["part"], {"part_id": part_id}).fetchone()) for (part_id,) in ids]


def begin_part(db: Database, part_id: int, until: int, total: int, now: int) -> None:
    """Note where a full part will end and how many ids there are; once noted it stays."""
    db.execute(SQL["begin_part"], {"part_id": part_id, "until": until, "total": total, "now": now})


def restore(db: Database, limit: int, now: int, settings: QueueSettings) -> int:
    """Bring back up to ``limit`` rows that a pause took off the outbox; returns how many."""
    for (part_id,) in db.execute(SQL["withdrawn"]).fetchall():
        part = _part(db, db.execute(SQL["part"], {"part_id": part_id}).fetchone())
        entities = membership.absent(db, part_id, limit)
        intake.enqueue(db, part.wishes(entities), now, settings, standing=False)
        if entities:
            return len(entities)
        db.execute(SQL["restored"], {"part_id": part_id})
    return 0


def advance_part(
    db: Database,
    part_id: int,
    position: int,
    wishes: Iterable[Wish],
    now: int,
    settings: QueueSettings,
    *,
    finished: bool,
) -> bool:
    """Enqueue a page of a part with its membership and position; False if it is not to be paged now."""
    row = db.execute(SQL["page_state"], {"part_id": part_id}).fetchone()
    if not row or not row[2]:
        return False
    page = list(wishes)
    if {wish.key[:2] for wish in page} - {row[:2]}:
        raise ValueError(f"a page of part {part_id} holds items of another stream")
    intake.enqueue(db, page, now, settings, standing=False)
    joined = membership.join(db, part_id, [wish.key.entity_id for wish in page]) if page else 0
    parameters = {"part_id": part_id, "position": position, "joined": joined, "now": now}
    ((job_id,),) = db.execute(SQL["advance"], {**parameters, "finished": finished}).fetchall()
    if finished:
        membership.finish_job(db, job_id, now)
    return True


def pause(db: Database, job_id: int, by: str, now: int) -> None:
    """Stop selecting; ``membership.withdraw_page`` takes what waits off the outbox."""
    if _unfinished(db, job_id) is not JobState.PAUSED:
        db.execute(SQL["set_state"], {"job_id": job_id, "state": "paused"})
        journal.append(db, [Line("job.paused", job_id, text=by)], now)


def resume(db: Database, job_id: int, by: str, now: int) -> Job:
    """Go on selecting, and bring back what the pause took off the outbox (``restore``)."""
    if _unfinished(db, job_id) is JobState.PAUSED:
        db.execute(SQL["set_state"], {"job_id": job_id, "state": "running"})
        db.execute(SQL["mark_withdrawn"], {"job_id": job_id})
        journal.append(db, [Line("job.resumed", job_id, text=by)], now)
    return get(db, job_id)


def cancel(db: Database, job_id: int, by: str, now: int) -> None:
    """End a job; its members are dropped by ``membership.sweep_page``."""
    _unfinished(db, job_id)
    db.execute(SQL["cancel_parts"], {"job_id": job_id, "now": now})
    db.execute(SQL["cancel_job"], {"job_id": job_id, "now": now})
    journal.append(db, [Line("job.cancelled", job_id, text=by)], now)


def get(db: Database, job_id: int) -> Job:
    """One job. Raises: Invalid if unknown."""
    row = db.execute(SQL["find"], {"job_id": job_id}).fetchone()
    if not row:
        raise Invalid(f"there is no job {job_id}", field="job_id")
    return replace(_job(db, row), unknown_keys=unknown_keys(db, job_id))


def unknown_keys(db: Database, job_id: int) -> dict[str, str]:
    """The first keys of a batch that name nothing, with the reason."""
    return dict(db.execute(SQL["unknown_keys"], (job_id, KEPT)).fetchall())


def looking_up(db: Database, job_id: int) -> bool:
    """Whether a batch has keys that were not looked up yet."""
    (some,) = db.execute(SQL["any_keys"], (job_id,)).fetchone()
    return bool(some)


def page(db: Database, limit: int, before: int | None, *, unfinished: bool) -> list[Job]:
    """Jobs, newest first."""
    parameters = {"limit": limit, "before": _NEVER if before is None else before}
    rows = db.execute(SQL["list_unfinished" if unfinished else "list"], parameters).fetchall()
    return [_job(db, row) for row in rows]


def prune(db: Database, now: int, retention: float, limit: int) -> int:
    """Remove up to ``limit`` old jobs."""
    before = now - milliseconds(retention)
    return db.execute(SQL["prune_jobs"], {"before": before, "limit": limit}).rowcount


def _replace(db: Database, stream: Stream, now: int) -> list[int]:
    parameters = {"model": stream.model, "store_id": stream.store_id, "now": now}
    return [job_id for (job_id,) in db.execute(SQL["replace_parts"], parameters)]


def add_job(
    db: Database,
    kind: JobKind,
    state: str,
    streams: Collection[Stream],
    want: Want,
    origin: str,
    now: int,
    given: str = "ids",
) -> int:
    """Write a job and its parts; returns its id."""
    job = {"kind": kind, "state": state, "want": want, "origin": origin, "now": now, "given": given}
    job_id = db.execute(SQL["add_job"], job).lastrowid
    parts = dict.fromkeys(streams)
    db.executemany(SQL["add_part"], [{"job_id": job_id, **stream._asdict()} for stream in parts])
    return job_id or 0


def _unfinished(db: Database, job_id: int) -> JobState:
    job = get(db, job_id)
    if job.state.final:
        raise Invalid(f"job {job_id} is {job.state} already", field="job_id")
    return job.state


def _job(db: Database, row: Sequence[Any]) -> Job:
    job_id, kind, state, want, origin, created_at, finished_at, unknown = row
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
        unknown,
        looking_up=looking_up(db, job_id),
    )


def _part(db: Database, row: Sequence[Any]) -> Part:
    part_id, job_id, kind, model, store_id, state, want, *numbers, withdrawn = row
    reasons = dict(db.execute(SQL["reasons"], {"part_id": part_id}).fetchall())
    return Part(
        part_id,
        job_id,
        JobKind(kind),
        Stream(Model(model), store_id),
        PartState(state),
        Want(want),
        *(*numbers, bool(withdrawn), reasons),
    )
