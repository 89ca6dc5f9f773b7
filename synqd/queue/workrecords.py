"""What the queue's verbs for long work return and take: jobs, batches, comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from synqd.models.item import Want, Wish
from synqd.models.names import Key, Lane, Model, Stream


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
