"""Counters and histograms that movers fill as they work."""

import platform
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from synqd import __version__
from synqd.metrics.families import Maker
from synqd.metrics.snapshot import Snapshot, SnapshotCollector
from synqd.models.names import Lane, Model

REQUEST_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
HYDRATE_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
DELIVERY_BUCKETS = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 30, 60, 300, 1800, 7200)


BURIAL_REASONS = ("refused", "too-large", "unservable", "unmappable", "unencodable")
"""Why items become dead letters (``Bury.reason``)."""
RETRY_CAUSES = ("denied", "forbidden", "misused", "suspect", "throttled", "unavailable")
"""Why items are sent again (``ObstacleKind``)."""


class Outcome(StrEnum):
    """What became of items, for ``Metrics.settled``."""

    SENT = "sent"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    RETRIED = "retried"
    RELEASED = "released"
    BURIED = "buried"


class Metrics:
    """All numbers of one daemon; the methods are cheap enough to be called for every chunk and page.

    Attributes:
        sent: items that Synerise took since the start, for those who want the speed and not the series.
    """

    def __init__(self) -> None:
        self.sent = 0
        # Creation times would double the number of series; the library has only this switch for them.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it without types
        self.registry = CollectorRegistry()
        self._snapshot = SnapshotCollector()
        self.registry.register(self._snapshot)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        make = Maker(self.registry)
        build = make.gauge("build_info", "Version of the daemon.", "version", "python_version")
        build(__version__, platform.python_version()).set(1)
        self._make_intake(make)
        self._make_delivery(make)
        self._make_requests(make)
        self._make_daemon(make)

    def _make_intake(self, make: Maker) -> None:
        self._changes = make.counter("changes_read_total", "Change-log rows read.", "model")
        self._dropped = make.counter(
            "changes_dropped_total", "Change-log rows that led to nothing, by reason.", "model", "reason"
        )
        self._maybe_lost = make.counter(
            "changes_maybe_lost_total", "Change-log rows that were gone before they were read.", "model"
        )
        self._enqueued = make.counter("items_enqueued_total", "Items put into the outbox.", "model", "lane")
        self._lag_rows = make.gauge("changelog_lag_rows", "Change-log rows not read yet.", "source")
        self._lag_seconds = make.gauge(
            "changelog_lag_seconds", "Age of the oldest change-log row not read yet; 0 if none.", "source"
        )
        self._gaps = make.gauge(
            "changelog_gap_rows", "Version ids skipped so far that may still appear.", "source"
        )
        self._faults = make.gauge(
            "changelog_faults",
            "What is wrong with the change log: missing, conflict, uncovered, definer.",
            "kind",
        )
        self._replica_lag = make.gauge(
            "replica_lag_seconds",
            "How far the replica that is read is behind [magento] write_host, at least.",
        )
        self._writes_wait = make.gauge(
            "changelog_write_wait_seconds",
            "For how long writes of the shop have been waiting for locks.",
        )

    def _make_delivery(self, make: Maker) -> None:
        stream = ("workspace", "store", "model")
        self._settled = make.counter("items_total", "Items by what became of them.", *stream, "outcome")
        self._retries = make.counter(
            "retries_total", "Items to be sent again.", "workspace", "model", "cause"
        )
        self._buried = make.counter(
            "items_buried_total", "Items that became dead letters.", "workspace", "model", "reason"
        )
        self._hydrate = make.histogram(
            "hydrate_duration_seconds", "Time to read and map a chunk.", HYDRATE_BUCKETS, "model"
        )
        self._latency = make.durations(
            "delivery_latency_seconds",
            "Time from a change, or from being enqueued, to Synerise's answer.",
            DELIVERY_BUCKETS,
            "model",
            "lane",
        )

    def _make_requests(self, make: Maker) -> None:
        call = ("workspace", "call")
        self._requests = make.counter("requests_total", "Requests to Synerise.", *call, "outcome")
        self._sent = make.counter("request_bytes_total", "Bytes of request bodies sent.", *call)
        self._duration = make.histogram(
            "request_duration_seconds", "Time of a request, answer included.", REQUEST_BUCKETS, *call
        )
        self._tokens = make.counter("token_renewals_total", "Logins that gave a new token.", "workspace")

    def _make_daemon(self, make: Maker) -> None:
        self._turns = make.counter("mover_turns_total", "Turns that each mover ended.", "mover", "outcome")
        self._reload_ok = make.gauge("config_last_reload_successful", "Whether the last reload succeeded.")
        self._drift = make.gauge(
            "config_codes_drifted", "Codes in the configuration that the shop has renamed or removed."
        )
        self._reload_at = make.gauge(
            "config_last_reload_success_timestamp_seconds", "When the configuration was last loaded."
        )

    def expect(self, streams: Iterable[tuple[str, str, Model]], movers: Iterable[str]) -> None:
        """Shows as 0 what is counted of these (workspace, store, model) and movers, before it first happens.

        An increase from nothing to 1 is none to Prometheus.
        """
        for workspace, store, model in streams:
            for outcome in Outcome:
                self._settled(workspace, store, model.value, outcome.value)
            for reason in BURIAL_REASONS:
                self._buried(workspace, model.value, reason)
            for cause in RETRY_CAUSES:
                self._retries(workspace, model.value, cause)
            for lane in Lane:
                self._enqueued(model.value, lane.name.lower())
            self._changes(model.value)
            self._tokens(workspace)
        for mover in movers:
            for outcome_of_turn in ("success", "waiting"):
                self._turns(mover, outcome_of_turn)

    def changes_read(self, model: Model, rows: int) -> None:
        """The poller read a page of change-log rows."""
        self._changes(model.value).inc(rows)

    def changes_dropped(self, model: Model, reason: str, rows: int) -> None:
        """Change-log rows led to nothing; ``reason`` is one of a fixed few ("switched-off", "no-store")."""
        self._dropped(model.value, reason).inc(rows)

    def changes_maybe_lost(self, model: Model, rows: int) -> None:
        """Rows of a change log were gone before they were read; 0 makes the series known beforehand."""
        self._maybe_lost(model.value).inc(rows)

    def changelog_lag(self, source: str, *, rows: int, seconds: float, gaps: int = 0) -> None:
        """How far behind the reading of one change log is; ``gaps`` counts remembered version ids."""
        self._lag_rows(source).set(rows)
        self._lag_seconds(source).set(seconds)
        self._gaps(source).set(gaps)

    def changelog_fault(self, kind: str, faults: int) -> None:
        """The change log was looked over, and so much of this kind was wrong with it."""
        self._faults(kind).set(faults)

    def replica_lag(self, seconds: float) -> None:
        """How far the replica that is read is behind the server that is written to."""
        self._replica_lag().set(seconds)

    def writes_wait(self, seconds: float) -> None:
        """For how long each look has found writes of the shop waiting; 0 for none."""
        self._writes_wait().set(seconds)

    def enqueued(self, model: Model, lane: Lane, items: int) -> None:
        """Items were put into the outbox."""
        self._enqueued(model.value, lane.name.lower()).inc(items)

    def hydrated(self, model: Model, seconds: float) -> None:
        """A chunk was read and mapped."""
        self._hydrate(model.value).observe(seconds)

    def settled(self, workspace: str, store: str, model: Model, outcome: Outcome, items: int) -> None:
        """Items of a chunk that were recorded with this outcome."""
        self._settled(workspace, store, model.value, outcome.value).inc(items)
        if outcome is Outcome.SENT:
            self.sent += items

    def retried(self, workspace: str, model: Model, cause: str, items: int) -> None:
        """Items wait to be sent again; ``cause`` is one of a fixed few ("outage", "throttled", "item")."""
        self._retries(workspace, model.value, cause).inc(items)

    def buried(self, workspace: str, model: Model, reason: str, items: int) -> None:
        """Items became dead letters; ``reason`` is ``Bury.reason``."""
        self._buried(workspace, model.value, reason).inc(items)

    def delivered(self, model: Model, lane: Lane, ages: Sequence[float]) -> None:
        """Items of a chunk that Synerise took, each by the seconds since it was first wanted."""
        self._latency.observe((model.value, lane.name.lower()), ages)

    def request(self, workspace: str, call: str, outcome: str, seconds: float, *, sent: int) -> None:
        """A request ended.

        Args:
            workspace: whose API key it carried.
            call: value of ``Endpoint``, or one of a fixed few ("login", "catalogs").
            outcome: HTTP status, or one of a fixed few ("timeout", "refused").
            seconds: from the first byte sent to the last received.
            sent: bytes of its body, as they went over the wire.
        """
        self._requests(workspace, call, outcome).inc()
        self._sent(workspace, call).inc(sent)
        self._duration(workspace, call).observe(seconds)

    def token_renewed(self, workspace: str) -> None:
        """A login gave a new token; failed ones are requests with another outcome."""
        self._tokens(workspace).inc()

    def turned(self, mover: str, *, ok: bool) -> None:
        """A mover ended a turn; not ``ok`` if it has to wait for something outside."""
        self._turns(mover, "success" if ok else "waiting").inc()

    def drifted(self, codes: int) -> None:
        """So many codes of the configuration name what the shop has no more, or under another code."""
        self._drift().set(codes)

    def reloaded(self, *, ok: bool, at: float) -> None:
        """The configuration was loaded, or a new one refused; ``at`` in seconds since the epoch."""
        self._reload_ok().set(ok)
        if ok:
            self._reload_at().set(at)

    def render(self, snapshot: Snapshot | None, accept: str = "") -> tuple[bytes, str]:
        """The exposition and its content type.

        Args:
            snapshot: what was looked up for this scrape, None if it could not be.
            accept: the scraper's Accept header.
        """
        self._snapshot.snapshot = snapshot
        encode, content_type = _encoder(accept)
        return encode(self.registry), content_type

    def content_type(self, accept: str) -> str:
        """What ``render`` would give a scraper with that Accept header."""
        _, content_type = _encoder(accept)
        return content_type


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """How to write for a scraper with that Accept header; one that makes no sense gets the usual form."""
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):
        encode, content_type = choose_encoder("")
    return encode, content_type
