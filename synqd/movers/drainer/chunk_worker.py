"""Carries one leased chunk: compose, leave out, pack, send, settle."""

import asyncio
import random
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from synqd.config import Route, fingerprint
from synqd.entities import DECLARED, Context, Entity
from synqd.entities.person import marks_of
from synqd.models.errors import StorageUnavailable
from synqd.models.item import Leased, Want, Wish
from synqd.models.names import Key, Stream
from synqd.models.person import FORGOTTEN, EntityRef
from synqd.models.settle import Bury, Release, Retry, Settlement, Skipped, Unchanged, is_current
from synqd.models.wire import Parcel, Skip
from synqd.movers.drainer.breakers import SOON, BreakerKey
from synqd.movers.drainer.isolate_mapping import MappingFailure, compose
from synqd.movers.drainer.recording import Recording
from synqd.movers.drainer.reporting import Teller
from synqd.movers.drainer.requests import (
    Overtaken,
    Request,
    Shipment,
    WireKey,
    pack,
    standing_key,
    without_clashes,
)
from synqd.movers.drainer.settlements import (
    EVERYBODY,
    RETRIES,
    acked,
    buried,
    flawed,
    held_up,
    lonely,
    postponed,
    premature,
    skipped,
    unchanged,
)
from synqd.movers.drainer.slots import together
from synqd.movers.drainer.state import DrainerDeps, WorkspaceState
from synqd.runtime.clock import milliseconds, utc
from synqd.runtime.logs import get_logger
from synqd.synerise import Delivered, DeliveryReport, Postponed, Refused

log = get_logger("drainer")


class ChunkWorker:
    """The way of one chunk; ``carry()`` ends when each of its items is settled."""

    def __init__(
        self,
        deps: DrainerDeps,
        state: WorkspaceState,
        entity: Entity,
        stream: Stream,
        items: Sequence[Leased],
        limit: int,
    ) -> None:
        """Args: deps, state: shared; entity: of the model; items: the chunk; limit: items a request."""
        self._deps = deps
        self._state = state
        self._entity = entity
        self._stream = stream
        self._items = items
        self._limit = limit
        self._route: Route = deps.routes.by_store[stream.store_id]
        self._settings = fingerprint(deps.routes.settings, stream.model, self._route.store)
        self._keep_payload = deps.routes.settings.queue.dead_letter_payloads
        self._skip_unchanged = deps.routes.settings.sync.skip_unchanged
        self._lane = items[0].lane
        self._open = {item.row_id: item for item in items}
        self._left: set[int] = set()
        self._heirs: set[Key] = set()
        self._record = Recording(deps.clock, self._open)
        self._tell = Teller(deps, self._route, stream)

    def carries(self, beings: Collection[EntityRef]) -> bool:
        """Whether an item of one of these entities is not settled yet."""
        return any((item.key.model, item.key.entity_id) in beings for item in self._open.values())

    async def carry(self) -> None:
        """Delivers the chunk; while the queue file cannot be written, it waits with what it knows.

        Raises:
            MagentoUnavailable, Denied: it could not be read; its items were given back.
        """
        try:
            async with self._deps.reading(self._stream.model, self._lane):
                with self._state.reading() as overtaken:
                    shipments, settled = self._sort(await self._compose(), overtaken)
            try:
                await self._enqueue_heirs()
                await self._settle(settled)
                await self._ship(shipments)
            finally:
                self._put_down(shipments)
        finally:
            await self._give_back()

    async def _compose(self) -> list[Parcel | Skip | MappingFailure]:
        started = self._deps.clock.monotonic()
        deps, route, model = self._deps, self._route, self._stream.model
        settings, shop = deps.routes.settings, deps.routes.shop
        place = (settings, shop, route.store, route.workspace)
        context = Context(*place, utc(deps.clock), deps.queue.ledger, self._heirs.add)
        healthy = deps.healthy.get(model, False)
        results = await compose(self._entity, deps.source, context, self._items, healthy=healthy)
        deps.healthy[model] = not all(isinstance(result, MappingFailure) for result in results)
        self._tell.composed(deps.clock.monotonic() - started)
        return results

    async def _enqueue_heirs(self) -> None:
        """Before anything is settled: should the process end here, it is done once more."""
        if self._heirs:
            wishes = [Wish(key, want=Want.FORCE) for key in sorted(self._heirs)]
            await self._record.surely(lambda: self._deps.queue.outbox.intake(wishes), shielded=False)

    def _sort(
        self, results: Sequence[Parcel | Skip | MappingFailure], overtaken: Overtaken
    ) -> tuple[list[Shipment], list[Settlement]]:
        """What has to leave, its wire keys taken; and what becomes of everything else of the chunk."""
        shipments: list[Shipment] = []
        settled: dict[int, Settlement] = {}
        stands: dict[int, WireKey] = {}
        for item, result in zip(self._items, results, strict=True):
            settlement = self._settled_by(item, result)
            if settlement is not None:
                settled[item.row_id] = settlement
                if is_current(settlement) and not isinstance(result, MappingFailure):
                    stands[item.row_id] = standing_key(item, result)
            elif isinstance(result, Parcel):
                shipments.append(Shipment(item, result))
        moving = self._state.moving(self._stream.model, stands, overtaken)
        free, clashing = without_clashes(shipments, self._state.busy, overtaken)
        waiting = moving.union(shipment.item.row_id for shipment in clashing)
        self._state.part(item.key for item in self._items if item.row_id not in waiting)
        clashes = [item for item in self._items if item.row_id in waiting]
        settled |= {item.row_id: Retry(item, self._state.clash(item.key)) for item in clashes}
        return free, list(settled.values())

    def _settled_by(self, item: Leased, result: Parcel | Skip | MappingFailure) -> Settlement | None:
        """What to record of an item of which nothing leaves, or not yet."""
        if isinstance(result, Parcel):
            return self._needless(item, result)
        if isinstance(result, MappingFailure):
            return flawed(item, result, self._route.workspace, random.random())  # noqa: S311  # jitter
        return skipped(item, result, self._route.workspace, self._settings)

    def _needless(self, item: Leased, parcel: Parcel) -> Settlement | None:
        if self._is_forgotten(item, parcel):
            return Skipped(item, FORGOTTEN)
        if not parcel.items or (self._skip_unchanged and unchanged(item, parcel, self._route.workspace)):
            return Unchanged(item, self._settings)
        return premature(item, parcel, self._deps.clock.now())

    def _is_forgotten(self, item: Leased, parcel: Parcel) -> bool:
        queue = self._deps.queue
        return queue.people.has_forgotten and queue.people.forgotten(marks_of(item, parcel))

    async def _ship(self, shipments: Sequence[Shipment]) -> None:
        """Sends stage by stage: a parcel's second wire item leaves when its first has arrived."""
        stage = list(shipments)
        while stage:
            requests = list(pack(stage, self._limit))
            await self._note(requests)
            await together(self._send(request) for request in requests)
            stage = [one for one in stage if one.item.row_id in self._open]

    async def _note(self, requests: Sequence[Request]) -> None:
        """Before they leave (S24); all at once, as each write costs as much as what is written."""
        flights = [request.shipments for request in requests]
        await self._record.surely(
            lambda: self._deps.queue.outbox.depart(self._route.workspace, flights), shielded=False
        )

    def _put_down(self, shipments: Iterable[Shipment]) -> None:
        """Their wire keys are not in flight any more."""
        keys = {key for shipment in shipments for key in shipment.keys}
        self._state.put_down(self._stream.model, keys)

    async def _send(self, request: Request) -> None:
        breaker = (self._route.workspace, request.endpoint)
        async with self._state.slots.slot(request.endpoint, self._lane):
            await self._leave_out_forgotten(request)
            if not request.shipments:
                return
            # What is known by now to fail is not tried: an outage would cost a time-out for each request.
            with self._way(breaker) as closed:
                fenced = SOON if self._deps.lapsed() is not None else 0.0
                pause = max(closed, self._state.delivery.throttled_for, fenced)
                report = None if pause else await self._deliver(request, breaker)
        # Drawn once: who failed together comes back together, and shares a request again.
        chance = random.random()  # noqa: S311  # jitter, not cryptography
        if report is None:
            await self._settle([held_up(shipment, pause, chance) for shipment in request.shipments])
            return
        if report.catalog_id is not None and request.catalog is not None:
            await self._note_catalog(request.catalog, report.catalog_id)
        pause = self._deps.breakers.pause_left(breaker)
        if lonely(report):
            strikes = self._state.strikes[request.shipments[0].item.key]
            pause = max(pause, RETRIES.ceiling(min(strikes, EVERYBODY)) / 2)
        await self._settle(self._judged(request, report, pause, chance))

    def _way(self, breaker: BreakerKey) -> AbstractContextManager[float]:
        """The way of one request; the chunk counts as under way at its model's own gate already."""
        if breaker[1] is DECLARED[self._stream.model].main_endpoint:
            return nullcontext(self._deps.breakers.pause_left(breaker))
        return self._deps.breakers.aside(breaker)

    async def _leave_out_forgotten(self, request: Request) -> None:
        """Persons who were forgotten while their items waited for a place."""
        if not self._deps.queue.people.has_forgotten:
            return
        left_out = [one for one in request.shipments if self._is_forgotten(one.item, one.parcel)]
        if left_out:
            request.shipments = [one for one in request.shipments if one not in left_out]
            await self._settle([Skipped(one.item, FORGOTTEN) for one in left_out])

    async def _deliver(self, request: Request, breaker: BreakerKey) -> DeliveryReport:
        self._left.update([shipment.item.row_id for shipment in request.shipments])
        keys = [shipment.item.key for shipment in request.shipments]
        isolate = self._state.suspicious(keys)
        report = await self._state.delivery.deliver(request.items(), max_items=self._limit, isolate=isolate)
        if not (isolate and lonely(report)):
            self._deps.breakers.learn(breaker, report)
        self._tell.delivered(request, report)
        return report

    async def _note_catalog(self, name: str, catalog_id: str) -> None:
        """Before the items are recorded: whoever finds a new catalog also sees to it that it is filled."""
        await self._record.surely(
            lambda: self._deps.catalogs.saw(self._route.workspace, name, catalog_id, self._stream)
        )

    def _judged(
        self, request: Request, report: DeliveryReport, pause: float, chance: float
    ) -> list[Settlement]:
        """What to record of the items that are done: their last wire item arrived, or one failed."""
        workspace, settings = self._route.workspace, self._settings
        now = milliseconds(self._deps.clock.now())
        judged: list[Settlement] = []
        for index, (shipment, outcome) in enumerate(zip(request.shipments, report.outcomes, strict=True)):
            if isinstance(outcome, Delivered):
                shipment.settled += 1
                if shipment.complete:
                    judged.append(acked(shipment, workspace, settings, now, outcome.status))
            else:
                missed = self._missed(shipment, outcome, pause, chance)
                judged.append(replace(missed, doubtful=True) if index in report.doubtful else missed)
        self._state.relieve(
            shipment.item.key
            for shipment, outcome in zip(request.shipments, report.outcomes, strict=True)
            if not isinstance(outcome, Postponed)
        )
        return judged

    def _missed(
        self, shipment: Shipment, outcome: Refused | Postponed, pause: float, chance: float
    ) -> Retry | Bury:
        """What to record of an item that Synerise did not take."""
        workspace, keep = self._route.workspace, self._keep_payload
        if isinstance(outcome, Refused):
            return buried(shipment, outcome, workspace, keep_payload=keep)
        self._state.strike(shipment.item.key)
        return postponed(shipment, outcome, workspace, chance, pause, keep_payload=keep)

    async def _settle(self, settlements: Sequence[Settlement]) -> None:
        """Records outcomes; once begun it is finished, even while the daemon stops."""
        if not settlements:
            return
        settled = await self._record.surely(lambda: self._deps.queue.outbox.settle(settlements))
        for settlement in settlements:
            self._open.pop(settlement.item.row_id, None)
        self._tell.settled(settlements, settled.fates)

    async def _give_back(self) -> None:
        """Releases what is still leased: the chunk could not be read, or the daemon stops."""
        left = [Release(item, doubtful=row_id in self._left) for row_id, item in self._open.items()]
        if left:
            try:
                await asyncio.shield(self._deps.queue.outbox.settle(left))
            except StorageUnavailable as error:
                log.warning("chunk.not_released", items=len(left), reason=str(error))
