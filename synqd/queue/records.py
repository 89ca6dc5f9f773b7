"""What the queue's verbs return and take besides the shared vocabulary of ``synqd.models``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from synqd.models.item import LedgerEntry, Want
from synqd.models.names import Key, Lane, Model, Stream

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What may be tuned; times in seconds, sizes in bytes.

    Attributes:
        settle: quiet that a live change waits for before it may leave (S13); 0 switches it off.
        settle_ceiling: a live change is due at most this long after its first row, however restless (S13).
        max_backoff: no retry waits longer; a due time further ahead is a clock jump and is pulled back (Q7).
        max_lease: no lease lasts longer; a deadline further ahead is pulled back likewise.
        reserve_bytes: size of the file that is freed so that acks fit on a full disk (S16); 0 for none.
        quick_check_bytes: files up to this size are checked when opened, larger ones by ``Queue.check``.
        cache_bytes: page cache of the writing connection.
        page: rows that one transaction of a long sweep (cancel, void, retry of dead letters) touches.
    """

    settle: float = 0.25
    settle_ceiling: float = 0.75
    max_backoff: float = 3600.0
    max_lease: float = 900.0
    reserve_bytes: int = 64 * MEBIBYTE
    quick_check_bytes: int = 16 * MEBIBYTE
    cache_bytes: int = 32 * MEBIBYTE
    page: int = 2000


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What an intake did: rows that are new in the outbox, and rows that a waiting one absorbed."""

    added: int
    coalesced: int


class Fate(Enum):
    """What became of one settlement."""

    DONE = "done"
    """Recorded as asked: the row left the outbox, or waits again after a retry or release."""
    AGAIN = "again"
    """A newer change came in flight: the row waits again with no attempts (Q4); an ack is in the ledger."""
    LOST = "lost"
    """The lease was not held any more (reaped or removed): nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Outcome of ``settle``: one fate for each settlement, in order, and the jobs that ended by it."""

    fates: tuple[Fate, ...]
    finished_jobs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reaped:
    """What ``reap`` put right: leases returned to waiting, and times that lay absurdly far ahead (Q7)."""

    expired: int
    pulled_back: int


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
        total: how many ids there are to select, if somebody counted.
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
    reasons: Mapping[str, int] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class DeadFilter:
    """Which dead letters a verb is about; None (or no ids) does not restrict."""

    ids: tuple[int, ...] = ()
    model: Model | None = None
    store_id: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An item that could not be delivered; times in milliseconds since the epoch."""

    letter_id: int
    key: Key
    workspace: str
    wire_key: str
    reason: str
    detail: str
    status: int | None
    answer: str | None
    payload: str | None
    attempts: int
    first_at: int
    buried_at: int


@dataclass(frozen=True, slots=True)
class Flag:
    """A switch that an operator or the daemon set: pauses and the like."""

    name: str
    value: str
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class BreakerState:
    """A circuit breaker's saved state (JSON text of its owner's making)."""

    state: str
    at: int


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


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact numbers, maintained with every change and read without counting.

    Attributes:
        depth: rows in the outbox, waiting or leased, by stream and lane.
        alive: items that exist at Synerise by the ledger.
        dead: dead letters.
        last_sent: when the last ack of a stream was recorded, in milliseconds since the epoch.
    """

    depth: Mapping[tuple[Stream, Lane], int]
    alive: Mapping[Stream, int]
    dead: Mapping[Stream, int]
    last_sent: Mapping[Stream, int]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk: the file, its write-ahead log, the reserve (0 when freed), and reusable free pages."""

    file: int
    wal: int
    reserve: int
    free: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """Rows that ``prune`` removed: jobs past their retention and id lists nobody pages any more."""

    jobs: int
    batch_ids: int
