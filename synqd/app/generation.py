"""One configuration at work: the movers it runs, and how they end."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from synqd.app.parts import DaemonParts
from synqd.config import Routes, Settings
from synqd.entities import Entity
from synqd.entities.addressed import unaddressed
from synqd.magento import Magento
from synqd.models.names import Model
from synqd.movers.capture import Pending
from synqd.movers.drainer import Drainer
from synqd.movers.drainer.breakers import Breakers
from synqd.movers.drainer.catalogs import CatalogWatch
from synqd.movers.drainer.state import DrainerDeps
from synqd.movers.fanout import FanOut
from synqd.movers.janitor import Janitor, JanitorParts
from synqd.movers.jobrunner import JobRunner
from synqd.movers.poller import Poller
from synqd.movers.scheduler import Scheduler
from synqd.movers.sweeper import SweepDeps, Sweeper, all_sweeps
from synqd.movers.verifier import Verifier
from synqd.runtime.logs import get_logger
from synqd.runtime.supervisor import Divided, Loop, Mover
from synqd.synerise import Workspace

GRACE = 20.0
"""Seconds that requests under way get at a stop."""

log = get_logger("app")


@dataclass(frozen=True)
class Parts:
    """What a generation is made of.

    Attributes:
        settings: the configuration.
        routes: which store view goes to which workspace.
        house: what outlives generations.
        magento: the shop's database, open.
        entities: what is known of each model.
        workspaces: the workspaces of Synerise by name, open.
        gates: the circuit breakers.
        again: called when the shop's layout or configuration has changed, so that a new generation is due.
    """

    settings: Settings
    routes: Routes
    house: DaemonParts
    magento: Magento
    entities: Mapping[Model, Entity]
    workspaces: Mapping[str, Workspace]
    breakers: Breakers
    again: Callable[[], None]


@dataclass(frozen=True)
class Generation:
    """One configuration at work; made by ``assemble``."""

    parts: Parts
    turnings: Mapping[str, Loop]
    poller: Poller
    drainer: Drainer

    def wake(self, mover: str) -> None:
        """Ends the rest of a mover: there is something for it to do."""
        self.turnings[mover].wake()

    def retell(self) -> None:
        """Keeps of reasons and of what answers said only what may be kept by now: somebody was forgotten."""
        self.parts.breakers.retell()
        self.parts.house.progress.retell()
        for turning in self.turnings.values():
            if isinstance(turning.mover, Divided):
                turning.mover.hindrances.retell(self.parts.house.queue.people.blotted)

    async def run(self) -> None:
        """Runs the movers until they are stopped; what no waiting can heal is raised."""
        async with asyncio.TaskGroup() as group:
            for name, turning in self.turnings.items():
                group.create_task(turning.run(), name=name)

    async def stop(self, grace: float = GRACE) -> None:
        """Ends in order: intake, then what is under way, then upkeep.

        Args: grace: seconds that requests under way get.
        """
        for name in ("poller", "fanout", "sweeper", "scheduler", "jobrunner", "verifier"):
            self.turnings[name].stop()
        await self.drainer.stop(grace)
        for name in ("drainer", "janitor"):
            self.turnings[name].stop()


def _served(routes: Routes) -> Iterator[tuple[str, str, Model]]:
    """Workspace, store view and model of everything that is synchronized."""
    for stream in sorted(routes.streams):
        route = routes.by_store[stream.store_id]
        yield route.workspace, route.store.code, stream.model


def assemble(parts: Parts) -> Generation:
    """The movers of a configuration, tied together; none of them runs yet."""
    turnings: dict[str, Loop] = {}

    def wake(mover: str) -> None:
        turnings[mover].wake()

    def wake_drainer() -> None:
        wake("drainer")

    settings, routes, house = parts.settings, parts.routes, parts.house
    queue, clock, source, entities = house.queue, house.clock, parts.magento.source, parts.entities
    queue.outbox.serve(routes.streams)
    pending = Pending(queue, clock)
    drainer = Drainer(settings, _delivering(parts), entities, parts.workspaces, wake_drainer)
    poller = Poller(routes, queue, parts.magento, entities, pending, house.metrics, clock, wake)
    sweeping = SweepDeps(
        routes, queue, parts.magento, entities, pending, clock, wake, house.notices, house.metrics
    )
    movers: list[Mover] = [
        poller,
        FanOut(routes, queue, source, entities, pending, wake, clock),
        Sweeper(all_sweeps(sweeping), clock),
        drainer,
        JobRunner(settings, routes, queue, source, entities, wake_drainer, clock),
        Verifier(settings, routes, queue, source, entities, parts.workspaces, clock, wake_drainer),
        Scheduler(settings, routes, queue, clock),
        Janitor(_upkeep(parts)),
    ]
    turnings |= {mover.name: Loop(mover, clock, house.progress) for mover in movers}
    house.metrics.expect(_served(routes), turnings)
    if routes.unrouted:
        log.warning("stores.without_workspace", stores=",".join(routes.unrouted))
    return Generation(parts, turnings, poller, drainer)


def _delivering(parts: Parts) -> DrainerDeps:
    house = parts.house
    stores = [route.store for route in parts.routes.by_store.values()]
    return DrainerDeps(
        parts.routes,
        house.queue,
        parts.magento.source,
        parts.breakers,
        CatalogWatch(house.queue, house.clock),
        house.metrics,
        house.progress,
        house.clock,
        readers=max(1, parts.settings.magento.connections // 2),
        unaddressed=unaddressed(parts.routes.shop.config, stores),
        lapsed=parts.magento.lapsed,
    )


def _upkeep(parts: Parts) -> JanitorParts:
    house = parts.house
    return JanitorParts(
        parts.settings,
        parts.routes,
        house.queue,
        parts.magento,
        parts.entities,
        house.census,
        house.metrics,
        house.clock,
        parts.again,
        house.notices,
    )
