"""Opens what a configuration needs, checks that it belongs together, and makes it a generation."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager

import orjson

from synqd.app.generation import Generation, Parts, assemble
from synqd.app.metrics_observer import RequestMetrics
from synqd.app.parts import DaemonParts
from synqd.app.shop_cache import recall_codes, remember, remember_codes
from synqd.config import Routes, Settings, read_secret
from synqd.config.drift import adapt
from synqd.config.scopes import check_codes
from synqd.entities import create_entities
from synqd.magento import Fault, Level, LogMissing, Magento, ServerError, mismatch
from synqd.models.change import Installation
from synqd.models.errors import ConfigError, Denied, Fatal, Mismatch
from synqd.models.names import Model
from synqd.models.shop import Shop
from synqd.movers.capture import Interruptions, Pending
from synqd.movers.drainer.breakers import Breakers
from synqd.movers.drainer.mover import limiter_fact
from synqd.movers.janitor import rebuilt_notice
from synqd.movers.poller import CAPTURE
from synqd.pacing.breaker import BreakerPolicy
from synqd.pacing.limiter import LimiterState
from synqd.queue import FORGOTTEN_LOST, REBUILT, UNSURE, Queue
from synqd.runtime.clock import utc
from synqd.runtime.logs import get_logger
from synqd.synerise import Workspace, open_workspace

DRIFT = "shop edited"
"""Name of the notice about codes that the shop has no more."""

log = get_logger("app")


@asynccontextmanager
async def generation(
    settings: Settings, house: DaemonParts, again: Callable[[], None]
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
        magento = await stack.enter_async_context(
            Magento.open(settings.magento, watches, house.clock, settings.shop.config)
        )
        try:
            await check_installation(settings, magento, house.queue)
            shop = await magento.shop()
        except Denied as error:
            raise Fatal(str(error)) from error
        except ServerError as error:
            raise Fatal(f"{error}: are magento.database and magento.table_prefix right?") from error
        fitting = await _fitting(settings, shop, house)
        routes = Routes.build(fitting, shop)
        check_codes(fitting, shop)
        await remember(house.queue, shop)
        await remember_codes(house.queue, settings, shop)
        workspaces = {
            name: await stack.enter_async_context(_workspace(name, settings, house))
            for name in settings.workspaces
        }
        breakers = await _breakers(settings, house)
        parts = Parts(fitting, routes, house, magento, entities, workspaces, breakers, again)
        composed = assemble(parts)
        await rewind(magento, house, settings.sync.models)
        await composed.poller.begin()
        try:
            yield composed
        finally:
            # Already done at an orderly stop; after a mover's bug, before Magento and Synerise are closed.
            await composed.drainer.stop(0.0)
            await composed.poller.end()


async def _fitting(settings: Settings, shop: Shop, house: DaemonParts) -> Settings:
    """The settings without what the shop has no more, and with the names of now; operators are told (S27)."""
    fitting, drifts = adapt(settings, shop, await recall_codes(house.queue))
    house.metrics.drifted(len(drifts))
    told = "; ".join(str(drift) for drift in drifts)
    if not told:
        house.notices.pop(DRIFT, None)
    elif house.notices.get(DRIFT) != told:
        log.error("config.drifted", reason=told)
        house.notices[DRIFT] = told
    return fitting


async def check_installation(settings: Settings, magento: Magento, queue: Queue) -> None:
    """Whether change log, database and queue file belong together (S3) and the log is being written.

    What is wrong with a log that this queue file has read before is waited for or told, not refused: changes
    are made good as soon as it is mended (S28).

    Raises:
        Fatal: no change log, or triggers are missing, and this queue file has read none yet.
        LogMissing: the change log that was read is gone.
        Mismatch: another database, or another queue file.
    """
    if settings.magento.capture != "triggers":
        return
    installed, remembered = await installations(magento, queue)
    if installed is None:
        raise LogMissing(list(magento.reader.sources))
    for finding in await magento.changelog.verify():
        if finding.level is Level.ERROR and finding.fault is not Fault.CONFLICT and remembered is None:
            raise Fatal(f"change log: {finding.subject} {finding.message}; {finding.remedy}")
    if remembered is None:
        await queue.facts.adopt(installed)


async def installations(magento: Magento, queue: Queue) -> tuple[Installation | None, Installation | None]:
    """The change log that is there, and the one that the queue file has read; they belong together (S3).

    Raises:
        ConfigError: there is no change log and never was one.
        Mismatch: another database, or another queue file.
    """
    found, remembered = await magento.installation(), await queue.facts.installation()
    if found is None and remembered is None:
        raise ConfigError(
            "the change log is not installed in Magento's database; run `synqd changelog install`"
        )
    if found is not None and (wrong := mismatch(found, remembered)):
        raise Mismatch(wrong)
    return found, remembered


async def rewind(magento: Magento, house: DaemonParts, models: Collection[Model] = tuple(Model)) -> None:
    """After a loss of the queue file, reading begins at the oldest retained row of each log (S17).

    It is only at the first start ever that it begins at the end (S4): then nobody has read the log before.
    Magento's own logs hold little of what happened, so with them everything is compared, too.
    """
    queue = house.queue
    noted = await queue.facts.meta(REBUILT) or ""
    if await queue.capture.cursors() or await queue.facts.meta(CAPTURE) or noted.endswith(UNSURE):
        return
    was_read = await magento.was_read()
    if not noted:
        if was_read is False:
            return
        # With the file went the knowledge of who had been forgotten (S20).
        await _note_rebuilt(house, FORGOTTEN_LOST if was_read else UNSURE)
        if was_read is None:
            return
        log.error("queue.lost", remedy="it is begun anew from the change log")
    if was_read is None:
        pending = Pending(queue, house.clock)
        await pending.load()
        await Interruptions(queue, pending, lambda _: None, models).tell(models, "the queue file was lost")
    tails = await magento.reader.tails()
    await queue.outbox.intake((), tails.values())
    log.info("changelog.rewound", **{source: cursor.high for source, cursor in sorted(tails.items())})


async def _note_rebuilt(house: DaemonParts, how: str) -> None:
    fact = f"{utc(house.clock).isoformat()} {how}"
    await house.queue.facts.set_meta(REBUILT, fact)
    house.notices[REBUILT] = rebuilt_notice(fact)


@asynccontextmanager
async def _workspace(name: str, settings: Settings, house: DaemonParts) -> AsyncIterator[Workspace]:
    section = settings.workspaces[name]
    key = read_secret(section.api_key_file, f"[workspaces.{name}] api_key_file")
    observer = RequestMetrics(house.metrics)
    limiter = _limiter(await house.queue.facts.meta(limiter_fact(name)))
    async with open_workspace(
        name, section, key, clock=house.clock, observer=observer, limiter=limiter
    ) as workspace:
        yield workspace


def _limiter(saved: str | None) -> LimiterState | None:
    try:
        return LimiterState.from_json(orjson.loads(saved)) if saved else None
    except (ValueError, TypeError):
        return None  # another version wrote it: a pause forgotten costs one request


async def _breakers(settings: Settings, house: DaemonParts) -> Breakers:
    policies = {
        name: BreakerPolicy(max_in_flight=section.max_in_flight)
        for name, section in settings.workspaces.items()
    }
    breakers = Breakers(policies, house.clock, house.queue.people.blotted)
    breakers.restore({name: saved.state for name, saved in (await house.queue.facts.breakers()).items()})
    return breakers
