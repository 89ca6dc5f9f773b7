"""Metrics and log lines about what became of a chunk."""

from collections import Counter
from collections.abc import Sequence

from synqd.config import Route
from synqd.metrics import Outcome
from synqd.models.item import Leased
from synqd.models.names import Stream
from synqd.models.settle import Ack, Bury, Release, Retry, Settlement, Skipped, Unchanged
from synqd.movers.drainer.requests import Request
from synqd.movers.drainer.state import DrainerDeps
from synqd.queue import Fate
from synqd.runtime.clock import milliseconds
from synqd.runtime.logs import get_logger
from synqd.synerise import DeliveryReport, Refused

OUTCOMES: dict[type[Settlement], Outcome] = {
    Ack: Outcome.SENT,
    Unchanged: Outcome.UNCHANGED,
    Skipped: Outcome.SKIPPED,
    Retry: Outcome.RETRIED,
    Release: Outcome.RELEASED,
    Bury: Outcome.BURIED,
}

log = get_logger("drainer")


class Teller:
    """Tells about the chunks of one stream."""

    def __init__(self, deps: DrainerDeps, route: Route, stream: Stream) -> None:
        self._metrics = deps.metrics
        self._clock = deps.clock
        self._workspace = route.workspace
        self._store = route.store.code
        self._model = stream.model

    def composed(self, seconds: float) -> None:
        """A chunk was read and mapped in that time."""
        self._metrics.hydrated(self._model, seconds)

    def settled(self, settlements: Sequence[Settlement], fates: Sequence[Fate]) -> None:
        """Outcomes were recorded; those whose lease was lost did not count."""
        recorded = settlements
        if Fate.LOST in fates:
            recorded = [one for one, fate in zip(settlements, fates, strict=True) if fate is not Fate.LOST]
            lost = len(settlements) - len(recorded)
            log.warning("lease.lost", model=self._model, store=self._store, items=lost)
        kinds = Counter(map(type, recorded))
        for kind, items in kinds.items():
            self._metrics.settled(self._workspace, self._store, self._model, OUTCOMES[kind], items)
        if Bury in kinds:
            for reason, items in Counter(one.reason for one in recorded if isinstance(one, Bury)).items():
                self._metrics.buried(self._workspace, self._model, reason, items)
        if Ack in kinds:
            self._delivered([one.item for one in recorded if isinstance(one, Ack)])

    def _delivered(self, items: Sequence[Leased]) -> None:
        """Tells how long items of a chunk, which are all of one lane, were on their way."""
        now = milliseconds(self._clock.now())
        ages = [max(0, now - item.first_at) / 1000 for item in items]
        self._metrics.delivered(self._model, items[0].lane, ages)

    def delivered(self, request: Request, report: DeliveryReport) -> None:
        """A request ended, one way or the other."""
        told = log.bind(
            workspace=self._workspace,
            model=self._model,
            store=self._store,
            endpoint=request.endpoint,
            items=len(request.shipments),
        )
        refused = sum(isinstance(outcome, Refused) for outcome in report.outcomes)
        if cause := report.obstacle:
            self._metrics.retried(self._workspace, self._model, cause.kind, len(request.shipments))
            told.warning("chunk.postponed", cause=cause.kind, detail=cause.detail, status=cause.status)
            told.debug("chunk.answer", said=cause.said)
        elif refused:
            told.warning("chunk.partly_refused", refused=refused)
        else:
            told.debug("chunk.sent", requests=report.requests, bytes=report.sent_bytes)
