"""Carries one leased chunk: compose, leave out, pack, send, settle."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from synqd.clock import Clock, milliseconds, utc
from synqd.config import Route, Routes, fingerprint
from synqd.drainer.gates import Gates
from synqd.drainer.requests import Request, Shipment, WireKey, pack, without_clashes
from synqd.drainer.verdicts import acked, buried, postponed, unchanged
from synqd.entities import Context, Entity, Source
from synqd.logs import get_logger
from synqd.metrics import Metrics, Outcome
from synqd.models.errors import StorageUnavailable, Transient
from synqd.models.item import Leased
from synqd.models.names import Key, Lane, Stream
from synqd.models.settle import Ack, Bury, Release, Retry, Settlement, Skipped, Unchanged
from synqd.models.wire import Parcel, Skip
from synqd.queue import Fate, Queue
from synqd.synerise import Delivered, Delivery, DeliveryReport, Refused
from synqd.synerise import Outcome as Fact

CLASH_DELAY = 0.1
"""Seconds until an item is tried again whose wire key is in flight."""
ISOLATE_AFTER = 2
"""Times that an item's request failed before its next one tells culprits from an outage (S14)."""
MOST_STRIKES = 10_000

log = get_logger("drainer")


@dataclass
class Desk:
    """What all carriers of one workspace share.

    Attributes:
        delivery: the way to Synerise.
        slots: requests under way at a time.
        lower_slots: of these, what batch and full may take; one is always left for live changes.
        busy: wire keys in flight (S8).
        strikes: how often items' requests failed in a row; only a hint, so it may be lost.
    """

    delivery: Delivery
    slots: asyncio.Semaphore
    lower_slots: asyncio.Semaphore
    busy: set[WireKey] = field(default_factory=set)
    strikes: Counter[Key] = field(default_factory=Counter)

    @classmethod
    def of(cls, delivery: Delivery, places: int) -> "Desk":
        """The desk of a workspace with so many requests at a time."""
        return cls(delivery, asyncio.Semaphore(places), asyncio.Semaphore(max(1, places - 1)))

    @asynccontextmanager
    async def slot(self, lane: Lane) -> AsyncIterator[None]:
        """Holds one of the places for the length of a request."""
        if lane is Lane.LIVE:
            async with self.slots:
                yield
        else:
            async with self.lower_slots, self.slots:
                yield


@dataclass(frozen=True)
class Tools:
    """What all carriers share."""

    routes: Routes
    queue: Queue
    source: Source
    gates: Gates
    metrics: Metrics
    clock: Clock


class Carrier:
    """The way of one chunk; ``carry()`` ends when each of its items is settled."""

    def __init__(
        self, tools: Tools, desk: Desk, entity: Entity, stream: Stream, items: Sequence[Leased], limit: int
    ) -> None:
        """Args: tools, desk: shared; entity: of the model; items: the chunk; limit: items a request."""
        self._tools = tools
        self._desk = desk
        self._entity = entity
        self._stream = stream
        self._items = items
        self._limit = limit
        self._route: Route = tools.routes.by_store[stream.store_id]
        self._settings = fingerprint(tools.routes.settings, stream.model, self._route.store)
        self._keep_payload = tools.routes.settings.queue.dead_letter_payloads
        self._lane = items[0].lane
        self._open = {item.row_id: item for item in items}

    async def carry(self) -> None:
        """Delivers the chunk.

        Raises:
            MagentoUnavailable: it could not be read; its items were given back.
            StorageUnavailable: the outcome could not be recorded; the leases run out by themselves.
        """
        try:
            shipments = await self._compose()
            await self._ship(shipments)
        finally:
            await self._give_back()

    async def _compose(self) -> list[Shipment]:
        """What has to leave; everything else of the chunk is settled here."""
        started = self._tools.clock.monotonic()
        routes, store = self._tools.routes, self._route.store
        context = Context(routes.settings, routes.shop, store, self._route.workspace, utc(self._tools.clock))
        results = await self._entity.compose(self._tools.source, context, self._items)
        self._tools.metrics.hydrated(self._stream.model, self._tools.clock.monotonic() - started)
        shipments: list[Shipment] = []
        settled: list[Settlement] = []
        for item, result in zip(self._items, results, strict=True):
            match result:
                case Skip(reason=reason):
                    settled.append(Skipped(item, reason))
                case Parcel() if not result.items or self._is_unchanged(item, result):
                    settled.append(Unchanged(item))
                case Parcel():
                    shipments.append(Shipment(item, result))
        free, clashing = without_clashes(shipments, self._route.workspace, self._desk.busy)
        settled += [Retry(shipment.item, CLASH_DELAY) for shipment in clashing]
        await self._settle(settled)
        return free

    def _is_unchanged(self, item: Leased, parcel: Parcel) -> bool:
        skip = self._tools.routes.settings.sync.skip_unchanged
        return skip and unchanged(item, parcel, self._route.workspace)

    async def _ship(self, shipments: Sequence[Shipment]) -> None:
        """Sends stage by stage: a parcel's second wire item leaves when its first has arrived."""
        keys = [shipment.keys(self._route.workspace) for shipment in shipments]
        try:
            stage = list(shipments)
            while stage:
                await together(self._send(request) for request in pack(stage, self._limit))
                stage = [one for one in stage if one.item.row_id in self._open]
        finally:
            self._desk.busy.difference_update(*keys)

    async def _send(self, request: Request) -> None:
        gate = (self._route.workspace, request.endpoint)
        strikes = self._desk.strikes
        isolate = any(strikes[shipment.item.key] >= ISOLATE_AFTER for shipment in request.shipments)
        async with self._desk.slot(self._lane):
            report = await self._desk.delivery.deliver(
                request.items(), max_items=self._limit, isolate=isolate
            )
        self._tools.gates.learn(gate, report)
        self._log(request, report)
        pause = self._tools.gates.pause_left(gate)
        settlements = [
            settlement
            for shipment, outcome in zip(request.shipments, report.outcomes, strict=True)
            for settlement in self._judge(shipment, outcome, pause)
        ]
        await self._settle(settlements)

    def _judge(self, shipment: Shipment, outcome: Fact, pause: float) -> Iterable[Settlement]:
        """What to record, if the item is done with its last or failed wire item."""
        workspace, key = self._route.workspace, shipment.item.key
        if isinstance(outcome, Delivered):
            self._desk.strikes.pop(key, None)
            shipment.settled += 1
            if shipment.complete:
                yield acked(shipment, workspace, self._settings, milliseconds(self._tools.clock.now()))
        elif isinstance(outcome, Refused):
            self._desk.strikes.pop(key, None)
            yield buried(shipment, outcome, workspace, keep_payload=self._keep_payload)
        else:
            self._strike(key)
            chance = random.random()  # noqa: S311  # jitter, not cryptography
            yield postponed(shipment, outcome, workspace, chance, pause, keep_payload=self._keep_payload)

    def _strike(self, key: Key) -> None:
        if len(self._desk.strikes) >= MOST_STRIKES:
            self._desk.strikes.clear()
        self._desk.strikes[key] += 1

    async def _settle(self, settlements: Sequence[Settlement]) -> None:
        """Records outcomes; once begun it is finished, even while the daemon stops."""
        if not settlements:
            return
        for settlement in settlements:
            self._open.pop(settlement.item.row_id, None)
        settled = await asyncio.shield(self._tools.queue.settle(settlements))
        self._count(settlements, settled.fates)

    async def _give_back(self) -> None:
        """Releases what is still leased: the chunk could not be read, or the daemon stops."""
        left = [Release(item) for item in self._open.values()]
        self._open.clear()
        if left:
            try:
                await asyncio.shield(self._tools.queue.settle(left))
            except StorageUnavailable as error:
                log.warning("chunk.not_released", items=len(left), reason=str(error))

    def _count(self, settlements: Sequence[Settlement], fates: Sequence[Fate]) -> None:
        metrics, model = self._tools.metrics, self._stream.model
        workspace, now = self._route.workspace, milliseconds(self._tools.clock.now())
        outcomes: Counter[Outcome] = Counter()
        ages: defaultdict[Lane, list[float]] = defaultdict(list)
        reasons: Counter[str] = Counter()
        for settlement, fate in zip(settlements, fates, strict=True):
            if fate is Fate.LOST:
                log.warning("lease.lost", model=model, store=self._route.store.code)
                continue
            outcomes[OUTCOMES[type(settlement)]] += 1
            if isinstance(settlement, Ack):
                ages[settlement.item.lane].append(max(0, now - settlement.item.first_at) / 1000)
            elif isinstance(settlement, Bury):
                reasons[settlement.reason] += 1
        for outcome, items in outcomes.items():
            metrics.settled(workspace, self._route.store.code, model, outcome, items)
        for lane, of_lane in ages.items():
            metrics.delivered(model, lane, of_lane)
        for reason, items in reasons.items():
            metrics.buried(workspace, model, reason, items)

    def _log(self, request: Request, report: DeliveryReport) -> None:
        context = {
            "workspace": self._route.workspace,
            "model": self._stream.model,
            "store": self._route.store.code,
            "endpoint": request.endpoint,
            "items": len(request.shipments),
        }
        refused = sum(isinstance(outcome, Refused) for outcome in report.outcomes)
        if report.obstacle:
            cause = report.obstacle
            self._tools.metrics.retried(
                self._route.workspace, self._stream.model, cause.kind, len(request.shipments)
            )
            log.warning(
                "chunk.postponed", cause=cause.kind, detail=cause.detail, status=cause.status, **context
            )
        elif refused:
            log.warning("chunk.partly_refused", refused=refused, **context)
        else:
            log.debug("chunk.sent", requests=report.requests, bytes=report.sent_bytes, **context)


OUTCOMES: dict[type[Settlement], Outcome] = {
    Ack: Outcome.SENT,
    Unchanged: Outcome.UNCHANGED,
    Skipped: Outcome.SKIPPED,
    Retry: Outcome.RETRIED,
    Release: Outcome.RELEASED,
    Bury: Outcome.BURIED,
}


async def together(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Runs everything at the same time; of several errors, one that no waiting heals is raised first."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as failures:
        errors = sorted(failures.exceptions, key=lambda error: isinstance(error, Transient))
        raise errors[0] from None
