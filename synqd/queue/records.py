"""What the queue's verbs return and take besides the shared vocabulary of ``synqd.models``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from synqd.models.item import LedgerEntry
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
        log_lines: lines that the synchronization log keeps; the oldest go.
        payload_bytes: of all payloads of dead letters; the oldest go.
        payload_life: seconds for which dead letters keep their payloads.
    """

    settle: float = 0.25
    settle_ceiling: float = 0.75
    max_backoff: float = 3600.0
    max_lease: float = 900.0
    reserve_bytes: int = 64 * MEBIBYTE
    quick_check_bytes: int = 16 * MEBIBYTE
    cache_bytes: int = 32 * MEBIBYTE
    page: int = 2000
    log_lines: int = 200_000
    payload_bytes: int = 256 * MEBIBYTE
    payload_life: float = 30 * 86_400.0


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


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the synchronization log that is to be written.

    Attributes:
        event: what happened ("job.finished", "chunk", "item.dead", ...).
        text: who or why, for people.
        facts: numbers by name.
    """

    event: str
    job_id: int | None = None
    stream: Stream | None = None
    entity_id: int | None = None
    text: str = ""
    facts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the synchronization log as it was written, ``at`` in milliseconds since the epoch."""

    number: int
    at: int
    line: Line


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines; None does not restrict. ``entities`` are of any of the pairs."""

    job_id: int | None = None
    model: Model | None = None
    store_id: int | None = None
    entities: tuple[tuple[Model, int], ...] | None = None


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
        by_settings: living items by the fingerprint of the settings they were last sent with.
    """

    depth: Mapping[tuple[Stream, Lane], int]
    alive: Mapping[Stream, int]
    dead: Mapping[Stream, int]
    last_sent: Mapping[Stream, int]
    by_settings: Mapping[Stream, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk: the file, its write-ahead log, the reserve (0 when freed), and reusable free pages."""

    file: int
    wal: int
    reserve: int
    free: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """Rows that ``prune`` removed: jobs past their retention, lists nobody needs any more, log lines."""

    jobs: int
    batch_ids: int
    log_lines: int = 0
