"""One configuration at work: what is opened for it, the movers it runs, and how it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import orjson

from synqd.app.layout import remember
from synqd.app.observer import RequestMetrics
from synqd.breaker import BreakerPolicy
from synqd.clock import Clock
from synqd.config import Routes, Settings, read_secret
from synqd.config.scopes import check_codes
from synqd.drainer import Drainer
from synqd.drainer.catalogs import CatalogWatch
from synqd.drainer.desk import Tools
from synqd.drainer.gates import Gates
from synqd.drainer.mover import limiter_fact
from synqd.entities import Entity, create_entities
from synqd.janitor import REBUILT, Census, Charge, Janitor
from synqd.jobrunner import JobRunner
from synqd.limiter import LimiterState
from synqd.logs import get_logger
from synqd.magento import Level, Magento, mismatch
from synqd.metrics import Metrics
from synqd.models.errors import Denied, Fatal, Mismatch
from synqd.models.names import Model
from synqd.poller import FanOut, Pending, Poller, Sweeper, all_sweeps
from synqd.poller import Tools as SweepTools
from synqd.queue import Queue
from synqd.scheduler import Scheduler
from synqd.supervisor import Mover, Progress, Turning
from synqd.synerise import Workspace, open_workspace
from synqd.verifier import Verifier

GRACE = 20.0
"""Seconds that requests under way get at a stop."""

log = get_logger("app")


@dataclass(frozen=True)
class House:
    """What outlives generations."""

    queue: Queue
    metrics: Metrics
    progress: Progress
    census: Census
    clock: Clock
    notices: dict[str, str]
    """What operators should know or do: name -> sentence."""


@dataclass(frozen=True)
class Generation:
    """One configuration at work; made by ``generation``."""

    settings: Settings
    routes: Routes
    magento: Magento
    entities: Mapping[Model, Entity]
    workspaces: Mapping[str, Workspace]
    gates: Gates
    turnings: Mapping[str, Turning]
    poller: Poller
    drainer: Drainer

    def wake(self, mover: str) -> None:
        """Ends the rest of a mover: there is something for it to do."""
        self.turnings[mover].wake()

    async def run(self) -> None:
        """Runs the movers until they are stopped; what no waiting can heal is raised."""
        async with asyncio.TaskGroup() as group:
            for name, turning in self.turnings.items():
                group.create_task(turning.run(), name=name)

    async def stop(self) -> None:
        """Ends in order: intake, then what is under way, then upkeep."""
        for name in ("poller", "fanout", "sweeper", "scheduler", "jobrunner", "verifier"):
            self.turnings[name].stop()
        await self.drainer.stop(GRACE)
        for name in ("drainer", "janitor"):
            self.turnings[name].stop()


@asynccontextmanager
async def generation(
    settings: Settings, house: House, again: Callable[[], None]
) -> AsyncIterator[Generation]:
    """Opens Magento and Synerise, checks that they belong together with the queue, and makes the movers.

    Args:
        settings: the configuration.
        house: what outlives generations.
        again: called when the shop's layout or configuration has changed, so that a new generation is due.

    Raises:
        Fatal: something that an operator has to put right.
        MagentoUnavailable: the database does not answer; worth another try.
    """
    entities = create_entities()
    watches = {model: entity.watches for model, entity in entities.items()}
    async with AsyncExitStack() as stack:
        magento = await stack.enter_async_context(Magento.open(settings.magento, watches, house.clock))
        try:
            await check_installation(settings, magento, house.queue)
            routes = Routes.build(settings, await magento.shop())
        except Denied as error:
            raise Fatal(str(error)) from error
        check_codes(settings, routes.shop)
        await remember(house.queue, routes.shop)
        workspaces = {
            name: await stack.enter_async_context(_workspace(name, settings, house))
            for name in settings.workspaces
        }
        gates = await _gates(settings, house)
        composed = _compose(settings, routes, house, magento, entities, workspaces, gates, again)
        await rewind(magento, house.queue)
        await composed.poller.begin()
        try:
            yield composed
        finally:
            # Already done at an orderly stop; after a mover's bug, before Magento and Synerise are closed.
            await composed.drainer.stop(0.0)
            await composed.poller.end()


async def check_installation(settings: Settings, magento: Magento, queue: Queue) -> None:
    """Whether change log, database and queue file belong together (S3) and the log is being written.

    Raises:
        Fatal: no change log, or triggers are missing.
        Mismatch: another database, or another queue file.
    """
    if settings.magento.capture != "triggers":
        return
    installed = await magento.installation()
    if installed is None:
        raise Fatal("the change log is not installed in Magento's database; run `synqd changelog install`")
    remembered = await queue.installation()
    if remembered is None:
        await queue.adopt(installed)
    elif remembered != installed:
        raise Mismatch(mismatch(remembered, installed))
    for finding in await magento.changelog.verify():
        if finding.level is Level.ERROR:
            raise Fatal(f"change log: {finding.message}; {finding.remedy}")


async def rewind(magento: Magento, queue: Queue) -> None:
    """After a rebuild, reading begins at the oldest retained row of each log, not at its end (S17)."""
    if not await queue.meta(REBUILT) or await queue.cursors():
        return
    tails = await magento.reader.tails()
    await queue.intake((), tails.values())
    log.info("changelog.rewound", **{source: cursor.high for source, cursor in sorted(tails.items())})


@asynccontextmanager
async def _workspace(name: str, settings: Settings, house: House) -> AsyncIterator[Workspace]:
    section = settings.workspaces[name]
    key = read_secret(section.api_key_file, f"[workspaces.{name}] api_key_file")
    observer = RequestMetrics(house.metrics)
    limiter = _limiter(await house.queue.meta(limiter_fact(name)))
    async with open_workspace(
        name, section, key, clock=house.clock, observer=observer, limiter=limiter
    ) as workspace:
        yield workspace


def _limiter(saved: str | None) -> LimiterState | None:
    try:
        return LimiterState.from_json(orjson.loads(saved)) if saved else None
    except (ValueError, TypeError):
        return None  # another version wrote it: a pause forgotten costs one request


async def _gates(settings: Settings, house: House) -> Gates:
    policies = {
        name: BreakerPolicy(max_in_flight=section.max_in_flight)
        for name, section in settings.workspaces.items()
    }
    gates = Gates(policies, house.clock)
    gates.restore({name: saved.state for name, saved in (await house.queue.breakers()).items()})
    return gates


def _compose(
    settings: Settings,
    routes: Routes,
    house: House,
    magento: Magento,
    entities: Mapping[Model, Entity],
    workspaces: Mapping[str, Workspace],
    gates: Gates,
    again: Callable[[], None],
) -> Generation:
    turnings: dict[str, Turning] = {}

    def wake(mover: str) -> None:
        turnings[mover].wake()

    def wake_drainer() -> None:
        wake("drainer")

    tools = _tools(settings, routes, house, magento, gates)
    drainer = Drainer(settings, tools, entities, workspaces, wake_drainer)
    pending = Pending(house.queue, house.clock)
    poller = Poller(routes, house.queue, magento, entities, pending, house.metrics, house.clock, wake)
    sweeping = SweepTools(routes, house.queue, magento, entities, pending, house.clock, wake, house.notices)
    movers: list[Mover] = [
        poller,
        FanOut(routes, house.queue, magento.source, entities, pending, wake),
        Sweeper(all_sweeps(sweeping), house.clock),
        drainer,
        JobRunner(settings, routes, house.queue, magento.source, entities, wake_drainer),
        Verifier(
            settings,
            routes,
            house.queue,
            magento.source,
            entities,
            workspaces,
            house.clock,
            wake_drainer,
        ),
        Scheduler(settings, routes, house.queue, house.clock),
        Janitor(_charge(settings, routes, house, magento, entities, again)),
    ]
    turnings |= {mover.name: Turning(mover, house.clock, house.progress) for mover in movers}
    if routes.unrouted:
        log.warning("stores.without_workspace", stores=",".join(routes.unrouted))
    return Generation(settings, routes, magento, entities, workspaces, gates, turnings, poller, drainer)


def _tools(settings: Settings, routes: Routes, house: House, magento: Magento, gates: Gates) -> Tools:
    return Tools(
        routes,
        house.queue,
        magento.source,
        gates,
        CatalogWatch(house.queue),
        house.metrics,
        house.progress,
        house.clock,
        readers=max(1, settings.magento.connections // 2),
    )


def _charge(
    settings: Settings,
    routes: Routes,
    house: House,
    magento: Magento,
    entities: Mapping[Model, Entity],
    again: Callable[[], None],
) -> Charge:
    return Charge(
        settings,
        routes,
        house.queue,
        magento,
        entities,
        house.census,
        house.metrics,
        house.clock,
        again,
        house.notices,
    )
