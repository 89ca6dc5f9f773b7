"""The mover: which chunks start, and how they end."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Mapping

from synqd.backoff import Backoff
from synqd.config import Settings
from synqd.drainer.carrier import Carrier, Desk, Tools
from synqd.drainer.choice import Places, Turns, choose
from synqd.drainer.gates import MAIN_ENDPOINT, Gate
from synqd.entities import Entity
from synqd.logs import get_logger
from synqd.models.errors import Denied, Transient
from synqd.models.item import Ready
from synqd.models.names import Lane, Model
from synqd.synerise import Delivery

IDLE = 5.0
"""Longest rest; an intake, a finished chunk or an operator wakes it before."""
LEASE_SECONDS = 600.0
"""A lease outlives every request with its bisections; only a hung carrier exceeds it."""
READ_AHEAD = 4
"""Requests' worth of items that batch and full lanes read at once: fewer, larger reads of Magento."""
PREPARING = 2
"""Chunks of a workspace that may be read and mapped while all its places are taken by requests."""
HOLD = "hold"
"""Flags ``hold/WORKSPACE/MODEL`` (either may be ``*``) keep delivery from starting."""

log = get_logger("drainer")


class Drainer:
    """The mover from the outbox to Synerise."""

    name = "drainer"
    patience = 120.0

    def __init__(
        self,
        settings: Settings,
        tools: Tools,
        entities: Mapping[Model, Entity],
        deliveries: Mapping[str, Delivery],
        wake: Callable[[], None],
    ) -> None:
        """Args: deliveries: workspace -> way to Synerise; wake: called when a chunk has ended."""
        self._settings = settings
        self._tools = tools
        self._entities = entities
        self._wake = wake
        self._desks = {
            name: Desk.of(delivery, settings.workspaces[name].max_in_flight)
            for name, delivery in deliveries.items()
        }
        self._turns: Mapping[str, Turns] = defaultdict(Turns)
        self._carriers: dict[asyncio.Task[None], Gate] = {}
        self._reading = Pause()
        self._stopping = False

    async def tick(self) -> float:
        """Starts as many chunks as there are free places.

        Raises:
            Transient, Denied: what kept a chunk from being read or recorded.
        """
        self._collect()
        await self._save_breakers()
        if self._stopping:
            return IDLE
        now = self._tools.clock.now()
        held_back = self._reading.left(now)
        if held_back:
            return held_back
        ready = await self._tools.queue.ready(self._tools.routes.streams)
        started = False
        for pick in self._choose(ready, now, await self._blocked()):
            started |= await self._start(pick)
        return 0.0 if started else self._rest(ready)

    async def stop(self, grace: float) -> None:
        """Starts nothing more, lets carriers end within ``grace`` seconds, then cuts them."""
        self._stopping = True
        if self._carriers:
            await asyncio.wait(self._carriers, timeout=grace)
        for task in self._carriers:
            task.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)
        await self._save_breakers()

    def _collect(self) -> None:
        """Takes note of chunks that have ended; a bug in one of them ends the daemon."""
        passing: list[Transient | Denied] = []
        for task in [task for task in self._carriers if task.done()]:
            self._tools.gates.leave(self._carriers.pop(task))
            try:
                task.result()
            except (Transient, Denied) as error:
                passing.append(error)
            else:
                self._reading.end()
        if passing:
            self._reading.prolong(self._tools.clock.now())
            raise passing[0]

    async def _save_breakers(self) -> None:
        for name, state in self._tools.gates.changed():
            await self._tools.queue.save_breaker(name, state)

    def _choose(self, ready: list[Ready], now: float, blocked: set[tuple[str, str]]) -> list[Ready]:
        routes = self._tools.routes.by_store
        workspaces = {store_id: route.workspace for store_id, route in routes.items()}
        places = {name: self._places(name) for name in self._desks}
        return choose(ready, int(now * 1000), workspaces, places, self._turns, blocked)

    def _places(self, workspace: str) -> Places:
        most = self._settings.workspaces[workspace].max_in_flight
        used = sum(gate[0] == workspace for gate in self._carriers.values())
        return Places(free=max(0, most + PREPARING - used), kept=min(1, most - 1))

    async def _blocked(self) -> set[tuple[str, str]]:
        """(workspace, model) whose breaker lets nobody through, or that an operator holds."""
        flags = await self._tools.queue.flags()
        blocked = set()
        for workspace in self._desks:
            for model in Model:
                held = any(
                    f"{HOLD}/{part}/{name}" in flags for part in (workspace, "*") for name in (model, "*")
                )
                if held or not self._tools.gates.admit((workspace, MAIN_ENDPOINT[model])).go:
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
        items = await self._tools.queue.lease(stream, pick.lane, most, LEASE_SECONDS)
        if not items:
            return False
        entity, desk = self._entities[stream.model], self._desks[gate[0]]
        carrier = Carrier(self._tools, desk, entity, stream, items, limit)
        task = asyncio.create_task(carrier.carry(), name=f"carrier {stream.model} {stream.store_id}")
        self._tools.gates.enter(gate)
        self._carriers[task] = gate
        task.add_done_callback(lambda _: self._wake())
        return True

    def _rest(self, ready: list[Ready]) -> float:
        """Until the next item is due or the next breaker may be probed."""
        now = self._tools.clock.now()
        ahead = [entry.due_at / 1000 - now for entry in ready if entry.due_at / 1000 > now]
        waits = [
            self._tools.gates.admit((workspace, endpoint)).wait
            for workspace in self._desks
            for endpoint in set(MAIN_ENDPOINT.values())
        ]
        finite = [wait for wait in waits if 0 < wait < math.inf] if ready else []
        return max(0.005, min([IDLE, *ahead, *finite]))


class Pause:
    """Keeps a Magento that cannot be read from being asked for one chunk after the other."""

    def __init__(self) -> None:
        self._until = 0.0
        self._failures = 0
        self._backoff = Backoff(base=0.5, cap=15.0)

    def left(self, now: float) -> float:
        """Seconds that nothing should be read."""
        return min(max(0.0, self._until - now), self._backoff.cap)

    def prolong(self, now: float) -> None:
        """A chunk could not be read."""
        self._failures += 1
        self._until = now + self._backoff.ceiling(self._failures)

    def end(self) -> None:
        """A chunk was read."""
        self._failures = 0
        self._until = 0.0
