"""The mover: which chunks start, and how they end."""

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from orjson import dumps

from synqd.config import Settings
from synqd.drainer.carrier import Carrier
from synqd.drainer.choice import Places, Turns, choose
from synqd.drainer.desk import Desk, Tools
from synqd.drainer.gates import MAIN_ENDPOINT, Gate
from synqd.drainer.reading import Readings
from synqd.drainer.slots import RequestSlots
from synqd.entities import Entity
from synqd.logs import get_logger
from synqd.models.errors import Denied, StorageUnavailable, Transient
from synqd.models.item import Ready
from synqd.models.names import Lane, Model
from synqd.models.person import Being
from synqd.models.settle import Release
from synqd.models.shortage import outages
from synqd.synerise import Delivery, Workspace

IDLE = 5.0
"""Longest rest; an intake, a finished chunk or an operator wakes it before."""
LEASE_SECONDS = 600.0
"""A lease outlives every request with its bisections; only a hung carrier exceeds it, and is cut then."""
FENCED = 1.0
"""Seconds between looks whether anything may be sent again."""
CUT_SECONDS = 60.0
"""Seconds that a carrier may take to end after it was cut; one that does not is a bug."""
READ_AHEAD = 4
"""Requests' worth of items that batch and full lanes read at once: fewer, larger reads of Magento."""
PREPARING = 2
"""Chunks of a workspace that may be read and mapped while all its places are taken by requests."""
HOLD = "hold"
"""Flags ``hold/WORKSPACE/MODEL`` (either may be ``*``) keep delivery from starting."""

log = get_logger("drainer")


@dataclass(slots=True)
class Voyage:
    """A carrier under way; ``begun`` and ``cut`` on the monotonic clock."""

    gate: Gate
    model: Model
    lane: Lane
    carrier: Carrier
    begun: float
    cut: float | None = None


class HungCarrier(Exception):
    """A carrier that cannot even be cut: a bug, so the process ends and is started again."""


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
        tools: Tools,
        entities: Mapping[Model, Entity],
        workspaces: Mapping[str, Workspace],
        wake: Callable[[], None],
    ) -> None:
        """Args: workspaces: by name; wake: called when a chunk has ended."""
        self._settings = settings
        self._tools = tools
        self._entities = entities
        self._wake = wake
        self._workspaces = workspaces
        self._pauses = {name: workspace.limiter.since for name, workspace in workspaces.items()}
        self._desks = {
            name: Desk(Delivery(workspace), RequestSlots(settings.workspaces[name].max_in_flight))
            for name, workspace in workspaces.items()
        }
        self._turns: Mapping[str, Turns] = defaultdict(Turns)
        self._voyages: dict[asyncio.Task[None], Voyage] = {}
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
            if self._tools.lapsed() is not None:
                return FENCED
            ready = await self._ready()
            now = self._tools.clock.now()
            blocked = await self._blocked(now)
            started = False
            for pick in self._choose(ready, now, blocked):
                started |= await self._start(pick)
            return 0.0 if started else self._rest(ready, blocked)

    @property
    def busy(self) -> int:
        """Chunks that are under way."""
        return sum(not task.done() for task in self._voyages)

    async def landed(self, beings: Collection[Being], seconds: float) -> bool:
        """Waits until no chunk with these entities is under way; False if that takes too long."""
        tasks = [task for task, voyage in self._voyages.items() if voyage.carrier.carries(beings)]
        _, pending = await asyncio.wait(tasks, timeout=seconds) if tasks else ((), ())
        return not pending

    async def stop(self, grace: float) -> None:
        """Starts nothing more, lets carriers end within ``grace`` seconds, then cuts them."""
        self._stopping = True
        async with self._turning:
            if self._voyages:
                await asyncio.wait(self._voyages, timeout=grace)
            for task in self._voyages:
                task.cancel()
            if self._voyages:
                await asyncio.wait(self._voyages, timeout=CUT_SECONDS)
            self._voyages.clear()
        try:
            await self.save_state()
        except StorageUnavailable as error:
            log.warning("breakers.not_saved", reason=str(error))

    async def save_state(self) -> None:
        """Saves what breakers and limiters have learnt, so that a restart does not hammer."""
        for name, state in self._tools.gates.changed():
            await self._tools.queue.save_breaker(name, state)
        for name, workspace in self._workspaces.items():
            limiter = workspace.limiter
            if limiter.since != self._pauses[name]:
                await self._tools.queue.set_meta(limiter_fact(name), dumps(limiter.to_json()).decode())
                self._pauses[name] = limiter.since

    def _collect(self) -> None:
        """Takes note of chunks that have ended; a bug in one of them ends the daemon."""
        for task in [task for task in self._voyages if task.done()]:
            voyage = self._voyages.pop(task)
            self._tools.gates.leave(voyage.gate)
            if task.cancelled():
                continue
            try:
                with outages():
                    task.result()
            except (Transient, Denied) as error:
                self._readings.failed(voyage.model, error, self._tools.clock.now())
            else:
                self._readings.passed(voyage.model)
        if worst := self._tools.lapsed() or self._readings.worst:
            self._tools.progress.hinder(self.name, worst)
        else:
            self._tools.progress.free(self.name)

    def _cut_hung(self) -> None:
        now = self._tools.clock.monotonic()
        for task, voyage in self._voyages.items():
            if voyage.cut is None and now - voyage.begun > LEASE_SECONDS:
                log.error("carrier.hung", model=voyage.model, workspace=voyage.gate[0])
                voyage.cut = now
                task.cancel()
            elif voyage.cut is not None and now - voyage.cut > CUT_SECONDS:
                raise HungCarrier(f"a chunk of {voyage.model} for {voyage.gate[0]} hangs")

    async def _ready(self) -> list[Ready]:
        """What waits in the streams that are switched on; what waits elsewhere leaves as skipped (S4)."""
        found, on = await self._tools.queue.ready(), self._tools.routes.streams
        off = {entry.stream for entry in found} - on
        if off:
            left = await self._tools.queue.leave_out(sorted(off))
            log.warning("streams.left_out", items=left, streams=", ".join(f"{m} {s}" for m, s in sorted(off)))
        return [entry for entry in found if entry.stream in on]

    def _choose(self, ready: list[Ready], now: float, blocked: set[tuple[str, str]]) -> list[Ready]:
        routes = self._tools.routes.by_store
        workspaces = {store_id: route.workspace for store_id, route in routes.items()}
        places = {name: self._places(name) for name in self._desks}
        return choose(ready, int(now * 1000), workspaces, places, self._turns, blocked)

    def _places(self, workspace: str) -> Places:
        """One place is always left for live changes of each model, and one for each other model."""
        models = len(self._settings.sync.models)
        most = max(self._settings.workspaces[workspace].max_in_flight + PREPARING, 2 * models)
        used = [voyage for voyage in self._voyages.values() if voyage.gate[0] == workspace]
        by_model = Counter(voyage.model for voyage in used)
        lower = sum(voyage.lane is not Lane.LIVE for voyage in used)
        share = most - models + 1
        return Places(
            free=most - len(used),
            lower=most - 1 - lower,
            models={model: share - by_model[model] for model in Model},
        )

    async def _blocked(self, now: float) -> set[tuple[str, str]]:
        """(workspace, model) that cannot be read, that nobody is let through for, or that are held."""
        flags = await self._tools.queue.flags()
        blocked = set()
        for workspace, desk in self._desks.items():
            if desk.delivery.throttled_for:
                blocked |= {(workspace, model.value) for model in Model}
                continue
            for model in Model:
                held = any(
                    f"{HOLD}/{part}/{name}" in flags for part in (workspace, "*") for name in (model, "*")
                )
                open_gate = self._tools.gates.admit((workspace, MAIN_ENDPOINT[model])).go
                if held or not open_gate or self._readings.pause(model, now):
                    blocked.add((workspace, model.value))
        return blocked

    async def _start(self, pick: Ready) -> bool:
        stream = pick.stream
        gate = (self._tools.routes.workspace(stream.store_id), MAIN_ENDPOINT[stream.model])
        if not self._tools.gates.admit(gate).go:
            return False
        most = limit = self._settings.max_items(stream.model)
        if pick.lane is Lane.LIVE and self._settings.sync.continuous == "separate":
            limit = 1
        elif pick.lane is not Lane.LIVE and not self._tools.gates.careful(gate):
            most = limit * READ_AHEAD
        most = self._readings.chunk(stream.model, most)
        items = await self._tools.queue.lease(stream, pick.lane, most, LEASE_SECONDS)
        if not items:
            return False
        if self._stopping:
            await self._tools.queue.settle([Release(item) for item in items])
            return False
        entity, desk = self._entities[stream.model], self._desks[gate[0]]
        carrier = Carrier(self._tools, desk, entity, stream, items, limit)
        task = asyncio.create_task(carrier.carry(), name=f"carrier {stream.model} {stream.store_id}")
        self._tools.gates.enter(gate)
        self._voyages[task] = Voyage(gate, stream.model, pick.lane, carrier, self._tools.clock.monotonic())
        task.add_done_callback(lambda _: self._wake())
        return True

    def _rest(self, ready: list[Ready], blocked: set[tuple[str, str]]) -> float:
        """Until the next item is due, the next pause is over or the next model may be read again."""
        now = self._tools.clock.now()
        ahead = [
            entry.due_at / 1000 - now
            for entry in ready
            if entry.due_at / 1000 > now
            and (self._tools.routes.workspace(entry.stream.store_id), entry.stream.model) not in blocked
        ]
        waits = [
            self._tools.gates.admit((workspace, endpoint)).wait
            for workspace in self._desks
            for endpoint in set(MAIN_ENDPOINT.values())
        ]
        waits += [desk.delivery.throttled_for for desk in self._desks.values()]
        waits += [self._readings.pause(model, now) for model in Model]
        finite = [wait for wait in waits if 0 < wait < math.inf] if ready else []
        return max(0.005, min([IDLE, *ahead, *finite]))
