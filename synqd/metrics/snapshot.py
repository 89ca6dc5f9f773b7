"""Gauges that are looked up at scrape time, and how they are shown."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from synqd.models.names import Lane, Model
from synqd.pacing.breaker import Phase

STREAM = ("workspace", "store", "model")
JOB = ("kind", "workspace", "store", "model")


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What is known of one model of one store view at one moment.

    Attributes:
        store: code of the store view.
        waiting: items in the outbox by lane, leased ones included; absent lanes count as 0.
        oldest: age in seconds of the oldest of them by lane.
        alive: items that exist at Synerise by the ledger.
        dead: dead letters.
        total: entities in Magento, None if nobody counted them yet.
        last_sent: when something was last delivered, seconds since the epoch; None if never.
    """

    workspace: str
    store: str
    model: Model
    waiting: Mapping[Lane, int] = field(default_factory=dict)
    oldest: Mapping[Lane, float] = field(default_factory=dict)
    alive: int = 0
    dead: int = 0
    total: int | None = None
    last_sent: float | None = None

    @property
    def labels(self) -> tuple[str, str, str]:
        """Values of the labels ``STREAM``."""
        return (self.workspace, self.store, self.model.value)


@dataclass(frozen=True, slots=True)
class JobFacts:
    """One part (model and store view) of a job that has not ended.

    Attributes:
        kind: "full" or "batch".
        total: items there are to select, None if nobody counted them.
        selected: items selected so far.
        settled: items that are done with, whatever their outcome.
        paused: an operator holds the job.
    """

    kind: str
    workspace: str
    store: str
    model: Model
    total: int | None
    selected: int
    settled: int
    paused: bool = False


@dataclass(frozen=True, slots=True)
class BreakerFacts:
    """The state of one circuit breaker."""

    workspace: str
    endpoint: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that is looked up for one scrape.

    Attributes:
        queue_bytes: bytes on disk by what they are ("file", "wal", "reserve", "free").
        paused: (workspace, model) pairs whose delivery is held.
        turn_ages: seconds since the last turn of each mover.
        enabled: synchronization is switched on.
        turn_limits: seconds after which a mover that has not turned counts as stuck.
        waiting: whether each mover waits for something outside.
        usable: whether each place ("magento", "queue", "synerise NAME") can be used now.
        reserve_freed: the disk is full, so nothing new is taken in (Q8).
        disk: free and all bytes of the file system with the queue, None if it cannot be asked.
    """

    streams: Sequence[StreamFacts] = ()
    jobs: Sequence[JobFacts] = ()
    breakers: Sequence[BreakerFacts] = ()
    queue_bytes: Mapping[str, int] = field(default_factory=dict)
    paused: Sequence[tuple[str, str]] = ()
    turn_ages: Mapping[str, float] = field(default_factory=dict)
    enabled: bool = True
    turn_limits: Mapping[str, float] = field(default_factory=dict)
    waiting: Mapping[str, bool] = field(default_factory=dict)
    usable: Mapping[str, bool] = field(default_factory=dict)
    reserve_freed: bool = False
    disk: tuple[int, int] | None = None


class SnapshotCollector(Collector):
    """Shows the snapshot that it was given last; without one only that there is none."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None

    def collect(self) -> Iterator[Metric]:
        """All gauges of the snapshot."""
        known = self.snapshot
        yield _gauge(
            "snapshot_success",
            "Whether the queue's counts could be read for this scrape.",
            (),
            [((), float(known is not None))],
        )
        if known is not None:
            yield from _stream_gauges(known.streams)
            yield from _job_gauges(known.jobs)
            yield from _daemon_gauges(known)
            yield from _storage_gauges(known)
            yield from _mover_gauges(known)


Samples = Iterable[tuple[Sequence[str], float]]


def _gauge(name: str, documentation: str, labels: Sequence[str], samples: Samples) -> Metric:
    family = GaugeMetricFamily(f"synqd_{name}", documentation, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _stream_gauges(streams: Sequence[StreamFacts]) -> Iterator[Metric]:
    by_lane = (*STREAM, "lane")
    lanes = [(facts, lane, (*facts.labels, lane.name.lower())) for facts in streams for lane in Lane]
    yield _gauge(
        "outbox_items",
        "Items that wait for delivery, leased ones included.",
        by_lane,
        [(labels, facts.waiting.get(lane, 0)) for facts, lane, labels in lanes],
    )
    yield _gauge(
        "outbox_oldest_age_seconds",
        "Age of the oldest item that waits; 0 if none does.",
        by_lane,
        [(labels, facts.oldest.get(lane, 0.0)) for facts, lane, labels in lanes],
    )
    yield _gauge(
        "dead_letters",
        "Items that could not be delivered and wait for an operator.",
        STREAM,
        [(facts.labels, facts.dead) for facts in streams],
    )
    yield _gauge(
        "ledger_items",
        "Items that exist at Synerise according to the ledger.",
        STREAM,
        [(facts.labels, facts.alive) for facts in streams],
    )
    yield _gauge(
        "magento_items",
        "Entities in Magento that belong to the store view, as last counted.",
        STREAM,
        [(facts.labels, facts.total) for facts in streams if facts.total is not None],
    )
    yield _gauge(
        "last_success_timestamp_seconds",
        "When something was last delivered.",
        STREAM,
        [(facts.labels, facts.last_sent) for facts in streams if facts.last_sent is not None],
    )


def _job_gauges(jobs: Sequence[JobFacts]) -> Iterator[Metric]:
    parts = Counter((job.kind, "paused" if job.paused else "running") for job in jobs)
    states = [(kind, state) for kind in ("full", "batch") for state in ("running", "paused")]
    by_state = ("kind", "state")
    yield _gauge(
        "job_parts",
        "Parts (model and store view) of jobs that have not ended.",
        by_state,
        [(state, parts[state]) for state in states],
    )
    known = [job for job in jobs if job.total is not None]
    yield _jobs("job_total_items", "Items that unfinished jobs have to select in all.", known, "total")
    yield _jobs("job_selected_items", "Items that unfinished jobs selected so far.", jobs, "selected")
    yield _jobs("job_settled_items", "Selected items of unfinished jobs that are done with.", jobs, "settled")


def _jobs(name: str, documentation: str, jobs: Sequence[JobFacts], attribute: str) -> Metric:
    """One sample for each kind, store view and model: several batch jobs of one model add up."""
    sums: Counter[tuple[str, ...]] = Counter()
    for job in jobs:
        sums[(job.kind, job.workspace, job.store, job.model.value)] += getattr(job, attribute)
    return _gauge(name, documentation, JOB, sums.items())


def _daemon_gauges(known: Snapshot) -> Iterator[Metric]:
    phases = [
        ((breaker.workspace, breaker.endpoint, phase.value), float(breaker.phase is phase))
        for breaker in known.breakers
        for phase in Phase
    ]
    by_phase = ("workspace", "endpoint", "state")
    yield _gauge("breaker_state", "1 for the state that a circuit breaker is in.", by_phase, phases)
    yield _gauge("enabled", "Whether synchronization is switched on.", (), [((), known.enabled)])
    yield _gauge(
        "paused",
        "1 for each model whose delivery an operator holds.",
        ("workspace", "model"),
        [(pair, 1) for pair in known.paused],
    )
    yield _gauge(
        "usable",
        "Whether Magento, the queue and each workspace of Synerise can be used.",
        ("place",),
        [((place,), usable) for place, usable in known.usable.items()],
    )


def _storage_gauges(known: Snapshot) -> Iterator[Metric]:
    yield _gauge(
        "queue_bytes",
        "Size of the queue on disk.",
        ("part",),
        [((part,), size) for part, size in known.queue_bytes.items()],
    )
    yield _gauge(
        "queue_reserve_freed",
        "1 while the disk is full, the reserve is given to deliveries and nothing new is taken in.",
        (),
        [((), known.reserve_freed)],
    )
    if known.disk is not None:
        free, size = known.disk
        yield _gauge("queue_disk_free_bytes", "Free space where the queue lies.", (), [((), free)])
        yield _gauge("queue_disk_size_bytes", "Size of the file system with the queue.", (), [((), size)])


def _mover_gauges(known: Snapshot) -> Iterator[Metric]:
    by_mover = ("mover",)
    yield _gauge(
        "mover_last_turn_age_seconds",
        "Time since each mover last ended a turn.",
        by_mover,
        [((mover,), age) for mover, age in known.turn_ages.items()],
    )
    yield _gauge(
        "mover_turn_limit_seconds",
        "Time without a turn after which a mover counts as stuck.",
        by_mover,
        [((mover,), limit) for mover, limit in known.turn_limits.items()],
    )
    yield _gauge(
        "mover_waiting",
        "Whether each mover waits for something outside.",
        by_mover,
        [((mover,), waiting) for mover, waiting in known.waiting.items()],
    )
