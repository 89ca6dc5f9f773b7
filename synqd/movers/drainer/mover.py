"""The mover: which chunks start, and how they end."""

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from orjson import dumps

from synqd.config import Settings
from synqd.entities import DECLARED, Entity
from synqd.models.errors import Denied, StorageUnavailable, Transient
from synqd.models.item import Ready
from synqd.models.names import Lane, Model
from synqd.models.person import EntityRef
from synqd.models.settle import Release
from synqd.models.shortage import outages
from synqd.movers.drainer.breakers import MAIN_ENDPOINTS, BreakerKey
from synqd.movers.drainer.choice import Capacity, Turns, choose
from synqd.movers.drainer.chunk_worker import ChunkWorker
from synqd.movers.drainer.read_backoff import Readings
from synqd.movers.drainer.slots import RequestSlots
from synqd.movers.drainer.state import DrainerDeps, WorkspaceState
from synqd.queue import covered
from synqd.runtime.logs import get_logger
from synqd.synerise import Delivery, Workspace

IDLE = 5.0
"""Longest rest; an intake, a finished chunk or an operator wakes it before."""
LEASE_SECONDS = 600.0
"""A lease outlives every request with its bisections; only a hung worker exceeds it, and is cut then."""
FENCED = 1.0
"""Seconds between looks whether anything may be sent again."""
CUT_SECONDS = 60.0
"""Seconds that a worker may take to end after it was cut; one that does not is a bug."""
READ_AHEAD = 4
"""Requests' worth of items that batch and full lanes read at once: fewer, larger reads of Magento."""
PREPARING = 2
"""Chunks of a workspace that may be read and mapped while all its places are taken by requests."""

log = get_logger("drainer")


@dataclass(slots=True)
class InFlight:
    """A worker under way; ``begun`` and ``cut`` on the monotonic clock."""

    breaker: BreakerKey
    model: Model
    lane: Lane
    worker: ChunkWorker
    begun: float
    cut: float | None = None


class HungCarrier(Exception):
    """A worker that cannot even be cut: a bug, so the process ends and is started again."""


def limiter_fact(workspace: str) -> str:
    """Name of the queue's fact that keeps a workspace's limiter over a restart."""
    return f"limiter {workspace}"


class Drainer:
    """The mover from the outbox to Synerise."""

    name = "drainer"
    patience = 120.0

    def __init__(
        self,
        settings: Settings,
        deps: DrainerDeps,
        entities: Mapping[Model, Entity],
        workspaces: Mapping[str, Workspace],
        wake: Callable[[], None],
    ) -> None:
        """Args: workspaces: by name; wake: called when a chunk has ended."""
        self._settings = settings
        self._deps = deps
        self._entities = entities
        self._wake = wake
        self._workspaces = workspaces
        self._pauses = {name: workspace.limiter.since for name, workspace in workspaces.items()}
        self._states = {
            name: WorkspaceState(Delivery(workspace), RequestSlots(settings.workspaces[name].max_in_flight))
            for name, workspace in workspaces.items()
        }
        self._turns: Mapping[str, Turns] = defaultdict(Turns)
        self._under_way: dict[asyncio.Task[None], InFlight] = {}
        self._readings = Readings()
        self._turning = asyncio.Lock()
        self._stopping = False

    async def tick(self) -> float:
        """Starts as many chunks as there are free places.

        What keeps single models waiting is told to ``Progress`` while the others go on.

        Raises:
            StorageUnavailable: the queue cannot be used.
            HungCarrier: a chunk hangs and cannot be cut.
        """
        async with self._turning:
            self._collect()
            self._cut_hung()
            if self._stopping:
                return IDLE
            await self.save_state()
            if self._deps.lapsed() is not None:
                return FENCED
            ready = await self._ready()
            now = self._deps.clock.now()
            blocked = await self._blocked(now)
            started = False
            for pick in self._choose(ready, now, blocked):
                started |= await self._start(pick)
            return 0.0 if started else self._rest(ready, blocked)

    @property
    def busy(self) -> int:
        """Chunks that are under way."""
        return sum(not task.done() for task in self._under_way)

    async def landed(self, beings: Collection[EntityRef], seconds: float) -> bool:
        """Waits until no chunk with these entities is under way; False if that takes too long."""
        tasks = [task for task, flight in self._under_way.items() if flight.worker.carries(beings)]
        _, pending = await asyncio.wait(tasks, timeout=seconds) if tasks else ((), ())
        return not pending

    async def stop(self, grace: float) -> None:
        """Starts nothing more, lets workers end within ``grace`` seconds, then cuts them."""
        self._stopping = True
        async with self._turning:
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=grace)
            for task in self._under_way:
                task.cancel()
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=CUT_SECONDS)
            self._under_way.clear()
        try:
            await self.save_state()
        except StorageUnavailable as error:
            log.warning("breakers.not_saved", reason=str(error))

    async def save_state(self) -> None:
        """Saves what breakers and limiters have learnt, so that a restart does not hammer."""
        for name, state in self._deps.breakers.changed():
            await self._deps.queue.facts.save_breaker(name, state)
        for name, workspace in self._workspaces.items():
            limiter = workspace.limiter
            if limiter.since != self._pauses[name]:
                await self._deps.queue.facts.set_meta(limiter_fact(name), dumps(limiter.to_json()).decode())
                self._pauses[name] = limiter.since

    def _collect(self) -> None:
        """Takes note of chunks that have ended; a bug in one of them ends the daemon."""
        for task in [task for task in self._under_way if task.done()]:
            flight = self._under_way.pop(task)
            self._deps.breakers.leave(flight.breaker)
            if task.cancelled():
                continue
            try:
                with outages():
                    task.result()
            except (Transient, Denied) as error:
                self._readings.failed(flight.model, error, self._deps.clock.now())
            else:
                self._readings.passed(flight.model)
        if worst := self._deps.lapsed() or self._readings.worst:
            self._deps.progress.hinder(self.name, worst)
        else:
            self._deps.progress.free(self.name)

    def _cut_hung(self) -> None:
        now = self._deps.clock.monotonic()
        for task, flight in self._under_way.items():
            if flight.cut is None and now - flight.begun > LEASE_SECONDS:
                log.error("worker.hung", model=flight.model, workspace=flight.breaker[0])
                flight.cut = now
                task.cancel()
            elif flight.cut is not None and now - flight.cut > CUT_SECONDS:
                raise HungCarrier(f"a chunk of {flight.model} for {flight.breaker[0]} hangs")

    async def _ready(self) -> list[Ready]:
        """What waits in the streams that are switched on; what waits elsewhere leaves as skipped (S4)."""
        found, on = await self._deps.queue.outbox.ready(), self._deps.routes.streams
        off = {entry.stream for entry in found} - on
        if off:
            left = await self._deps.queue.outbox.leave_out(sorted(off))
            log.warning("streams.left_out", items=left, streams=", ".join(f"{m} {s}" for m, s in sorted(off)))
        return [entry for entry in found if entry.stream in on - self._deps.unaddressed]

    def _choose(self, ready: list[Ready], now: float, blocked: set[tuple[str, str]]) -> list[Ready]:
        routes = self._deps.routes.by_store
        workspaces = {store_id: route.workspace for store_id, route in routes.items()}
        places = {name: self._places(name) for name in self._states}
        return choose(ready, int(now * 1000), workspaces, places, self._turns, blocked)

    def _places(self, workspace: str) -> Capacity:
        """One place is always left for live changes of each model, and one for each other model."""
        models = len(self._settings.sync.models)
        most = max(self._settings.workspaces[workspace].max_in_flight + PREPARING, 2 * models)
        used = [flight for flight in self._under_way.values() if flight.breaker[0] == workspace]
        by_model = Counter(flight.model for flight in used)
        lower = sum(flight.lane is not Lane.LIVE for flight in used)
        share = most - models + 1
        return Capacity(
            free=most - len(used),
            lower=most - 1 - lower,
            models={model: share - by_model[model] for model in Model},
        )

    async def _blocked(self, now: float) -> set[tuple[str, str]]:
        """(workspace, model) that cannot be read, that nobody is let through for, or that are held."""
        holds = await self._deps.queue.holds.all()
        blocked = set()
        for workspace, state in self._states.items():
            if state.delivery.throttled_for:
                blocked |= {(workspace, model.value) for model in Model}
                continue
            for model in Model:
                held = covered(holds, workspace, model)
                open_gate = self._deps.breakers.admit((workspace, DECLARED[model].main_endpoint)).go
                if held or not open_gate or self._readings.pause(model, now):
                    blocked.add((workspace, model.value))
        return blocked

    async def _start(self, pick: Ready) -> bool:
        stream = pick.stream
        breaker = (self._deps.routes.workspace(stream.store_id), DECLARED[stream.model].main_endpoint)
        if not self._deps.breakers.admit(breaker).go:
            return False
        most = limit = self._settings.max_items(stream.model)
        if pick.lane is Lane.LIVE and self._settings.sync.continuous == "separate":
            limit = 1
        elif pick.lane is not Lane.LIVE and not self._deps.breakers.careful(breaker):
            most = limit * READ_AHEAD
        most = self._readings.chunk(stream.model, most)
        items = await self._deps.queue.outbox.lease(stream, pick.lane, most, LEASE_SECONDS)
        if not items:
            return False
        if self._stopping:
            await self._deps.queue.outbox.settle([Release(item) for item in items])
            return False
        entity, state = self._entities[stream.model], self._states[breaker[0]]
        worker = ChunkWorker(self._deps, state, entity, stream, items, limit)
        task = asyncio.create_task(worker.carry(), name=f"worker {stream.model} {stream.store_id}")
        self._deps.breakers.enter(breaker)
        self._under_way[task] = InFlight(
            breaker, stream.model, pick.lane, worker, self._deps.clock.monotonic()
        )
        task.add_done_callback(lambda _: self._wake())
        return True

    def _rest(self, ready: list[Ready], blocked: set[tuple[str, str]]) -> float:
        """Until the next item is due, the next pause is over or the next model may be read again."""
        now = self._deps.clock.now()
        ahead = [
            entry.due_at / 1000 - now
            for entry in ready
            if entry.due_at / 1000 > now
            and (self._deps.routes.workspace(entry.stream.store_id), entry.stream.model) not in blocked
        ]
        waits = [
            self._deps.breakers.admit((workspace, endpoint)).wait
            for workspace in self._states
            for endpoint in MAIN_ENDPOINTS
        ]
        waits += [state.delivery.throttled_for for state in self._states.values()]
        waits += [self._readings.pause(model, now) for model in Model]
        finite = [wait for wait in waits if 0 < wait < math.inf] if ready else []
        return max(0.005, min([IDLE, *ahead, *finite]))
