"""The process: lock, queue, faces and signals, and one generation after the other."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from synqd.app.generation import GRACE, Generation
from synqd.app.heartbeat import Heartbeat
from synqd.app.lookahead import Reload
from synqd.app.notifying import Notifying
from synqd.app.off_duty import EVERY as OFF_DUTY_EVERY
from synqd.app.off_duty import keep_log_short
from synqd.app.opening import generation
from synqd.app.operations import DaemonOperations
from synqd.app.parts import DaemonParts
from synqd.app.reloading import Reloader
from synqd.app.shop_cache import recall
from synqd.app.snapshot import look
from synqd.app.standing import Standing
from synqd.app.storage import QUEUE_FILE, check, move_aside, open_queue, queue_settings
from synqd.config import Routes, Settings, hold_secrets, load_settings
from synqd.config.change import ConfigChange
from synqd.control import ControlServer
from synqd.exporter import Exporter, Health
from synqd.metrics import Metrics, Snapshot
from synqd.models.errors import Fatal, StorageUnavailable, Transient
from synqd.models.shortage import outages
from synqd.movers.janitor import Census, rebuilt_notice
from synqd.queue import REBUILT, Corrupt, Removed
from synqd.runtime.clock import Clock, SystemClock
from synqd.runtime.lock import locked
from synqd.runtime.logs import configure, get_logger
from synqd.runtime.rights import give_up, owner
from synqd.runtime.signals import Signals
from synqd.runtime.supervisor import Progress
from synqd.runtime.systemd import Notifier

LONGEST_WAIT = 15.0

log = get_logger("app")


def run(config: Path) -> None:
    """Runs the daemon until it is told to stop; root becomes the owner of the state directory for good.

    Raises:
        Fatal: something that an operator has to put right, in one line.
    """
    settings = load_settings(config)
    configure(settings.log.format, settings.log.level)
    directory = settings.queue.directory
    if user := owner(directory):
        hold_secrets(settings)
        give_up(directory)
        log.warning("rights.given_up", user=str(user), remedy="let the service manager start it as that user")
    with locked(directory) as used:
        asyncio.run(Daemon(settings, config, used=used).run())


class Daemon:
    """One process; the lock on the state directory is held by whoever runs it."""

    house: DaemonParts

    def __init__(
        self, settings: Settings, config: Path, clock: Clock | None = None, *, used: bool = False
    ) -> None:
        """Args: used: whether a daemon has worked with the state directory before."""
        self.settings = settings
        self.generation: Generation | None = None
        self.routes: Routes | None = None
        self._config = config
        self._used = used
        self._clock = clock or SystemClock()
        self.started = self._clock.monotonic()
        self._metrics = Metrics()
        self._progress = Progress(self._clock, turns=lambda mover, ok: self._metrics.turned(mover, ok=ok))
        self.health = Health(self._clock, self._progress)
        self._notifier = Notifier.from_environment()
        self._stopping = asyncio.Event()
        self._again = asyncio.Event()
        self._reloader = Reloader(config, settings, self._metrics, self._clock, self._change_over)
        self._standing = Standing(self.health, self._notifier)

    async def run(self) -> None:
        """Opens everything in order, works until SIGTERM or SIGINT, and closes in reverse order.

        Raises:
            Fatal: something that an operator has to put right.
            Exception: a bug in a mover; the service manager starts the daemon again.
        """
        try:
            await self._run_on()
        except Corrupt as error:
            log.error("queue.broken", reason=str(error))
            with self._signals():
                aside = await move_aside(error, self._clock.now(), self._wait_for_disk)
            if aside is not None:
                log.error("queue.set_aside", name=str(aside))
                # Once: a file that breaks again at once lies on a bad disk, which somebody has to look at.
                await self._run_on()
        log.info("daemon.stopped")

    async def _run_on(self) -> None:
        """Works on when somebody took the queue file away, which was put back then."""
        while True:
            try:
                return await self._run()
            except Removed as error:
                log.error("queue.removed", reason=str(error))

    async def _run(self) -> None:
        path = self.settings.queue.directory / QUEUE_FILE
        async with AsyncExitStack() as stack:
            stack.enter_context(self._signals())
            queue = await open_queue(
                stack, path, self.settings, self._clock, self._wait_for_disk, used=self._used
            )
            if queue is None:
                return
            self._progress.words = queue.people.blotted
            self.house = DaemonParts(queue, self._metrics, self._progress, Census(), self._clock, {})
            # Before the faces: requests that waited in the control socket during a restart name store views.
            with suppress(StorageUnavailable):
                if rebuilt := await queue.facts.meta(REBUILT):
                    self.house.notices[REBUILT] = rebuilt_notice(rebuilt)
                self.routes = await recall(queue, self.settings)
            await stack.enter_async_context(self._faces())
            self._metrics.reloaded(ok=True, at=self._clock.now())
            log.info("daemon.opened", config=str(self._config), enabled=self.settings.sync.enabled)
            if not self.settings.sync.enabled:
                log.warning("sync.off", remedy="set [sync] enabled = true when ready, then synqctl reload")
            await self._work()
            self._notifier.stopping("closing")

    async def _wait_for_disk(self, error: Transient, failures: int) -> bool:
        """Waits for room or rights; False if the daemon is to stop before."""
        self._notifier.ready(f"waiting for the disk: {error}")
        await self._back_off(failures)
        return not self._stopping.is_set()

    async def reload(self) -> Reload:
        """Reads the configuration again, see ``Reloader``.

        Raises:
            ConfigError: it is wrong; nothing was changed, and the old one works on.
        """
        return await self._reloader.reload(lambda: self.settings, self.house.queue)

    def _change_over(self, change: ConfigChange) -> None:
        self.settings = change.after
        self.house.queue.file.tune(queue_settings(change.after))
        if "log" in change.sections:
            configure(self.settings.log.format, self.settings.log.level)
        self._notifier.reloading()
        if change.needs_generation:
            self._again.set()
        else:
            self._notifier.ready(self._status_line())

    @asynccontextmanager
    async def _faces(self) -> AsyncIterator[None]:
        listen, allowed = self.settings.metrics.listen, self.settings.metrics.allowed_hosts
        async with (
            Exporter(listen, self._metrics, self.health, self._look, self._clock, allowed),
            ControlServer(DaemonOperations(self), self.settings.control),
        ):
            yield

    async def _look(self) -> Snapshot:
        breakers = self.generation.parts.breakers if self.generation else None
        return await look(self.house, self.settings, self.routes, breakers, self.health)

    def _signals(self) -> Signals:
        return Signals({signal.SIGTERM: self._stop, signal.SIGINT: self._stop, signal.SIGHUP: self._hangup})

    def _stop(self) -> None:
        log.info("daemon.stopping")
        self._notifier.stopping("ending what is under way")
        self._stopping.set()

    def _hangup(self) -> None:
        self._reloader.soon(lambda: self.settings, self.house.queue)

    async def _work(self) -> None:
        """One generation after the other, until the stop; beside them a heartbeat and a look at the file.

        Raises:
            Corrupt: the queue file turned out to be broken.
        """
        try:
            async with asyncio.TaskGroup() as group:
                beside = [
                    group.create_task(self._heartbeat().run(), name="heartbeat"),
                    group.create_task(check(self.house.queue, self._clock), name="check"),
                    group.create_task(self._notifying().run(), name="notifying"),
                ]
                await self._generations()
                for task in beside:
                    task.cancel()
        except BaseExceptionGroup as failures:
            raise _worst(failures) from None

    async def _generations(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._again.clear()
            if await self._generation():
                failures = 0
            else:
                failures += 1
                await self._back_off(failures)

    async def _generation(self) -> bool:
        """Runs one generation to its end; False if it could not begin, or ended by what may pass."""
        if not self.settings.sync.enabled:
            self.health.usable("sync", ok=True, detail="off")
            self._notifier.ready(self._status_line())
            await self._rest_off_duty()
            return True
        try:
            with outages():
                return await self._try_generation()
        except Transient as error:
            storage = isinstance(error, StorageUnavailable)
            self.health.usable("queue" if storage else "magento", ok=False, detail=str(error))
            self._notifier.ready(self._status_line())
            log.warning("queue.waiting" if storage else "magento.waiting", reason=str(error))
            return False

    async def _try_generation(self) -> bool:
        """The same; an outage that keeps it from beginning is raised."""
        try:
            self.routes = await recall(self.house.queue, self.settings) or self.routes
            async with generation(self.settings, self.house, self._again.set) as current:
                await self._standing.begin(self.house.queue, self.settings)
                self.generation, self.routes = current, current.parts.routes
                self.health.usable("magento", ok=True)
                self._notifier.ready(self._status_line())
                log.info("generation.begun", stores=len(current.parts.routes.by_store))
                await self._turn(current)
                return True
        except Fatal as error:
            await self._standing.take(error, self.house.queue, self.settings)
            return False
        finally:
            if self.generation is not None:
                for name in self.generation.parts.workspaces:
                    self.health.forget(f"synerise {name}")
            self.generation = None

    async def _rest_off_duty(self) -> None:
        """Waits while synchronization is off, until a stop or a reload."""
        while not (self._stopping.is_set() or self._again.is_set()):
            await keep_log_short(self.settings, self.house.queue)
            await self._pause(OFF_DUTY_EVERY)

    async def _turn(self, current: Generation) -> None:
        """Lets the movers work until a stop, a reload, or an error that no waiting heals."""
        movers = asyncio.create_task(current.run(), name="movers")
        ending = asyncio.create_task(self._pause(None), name="ending")
        try:
            await asyncio.wait([movers, ending], return_when=asyncio.FIRST_COMPLETED)
            if not movers.done():
                # At a reload chunks under way end; at a stop the service manager does not wait for long.
                await current.stop(GRACE if self._stopping.is_set() else self._longest_request())
            await movers
        except BaseExceptionGroup as failures:
            raise _worst(failures) from None
        finally:
            ending.cancel()
            movers.cancel()
            await asyncio.wait([movers, ending])

    def _longest_request(self) -> float:
        """Seconds after which every request has had its answer, or its time-out."""
        timeouts = [section.timeout for section in self.settings.workspaces.values()]
        return max([GRACE, *(2 * seconds for seconds in timeouts)])

    async def _back_off(self, failures: int) -> None:
        """Waits longer after each failure, but only until a stop or a reload."""
        await self._pause(min(LONGEST_WAIT, 0.5 * 2 ** min(failures, 10)))

    async def _pause(self, seconds: float | None) -> None:
        """Waits that long, or for ever, but only until a stop or a reload."""
        waits = [
            asyncio.create_task(self._stopping.wait()),
            asyncio.create_task(self._again.wait()),
        ]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _notifying(self) -> Notifying:
        return Notifying(self.house, lambda: self.settings, lambda: self.generation)

    def _heartbeat(self) -> Heartbeat:
        return Heartbeat(self.house, self.health, self._notifier, lambda: self.generation, self._status_line)

    def _status_line(self) -> str:
        if not self.settings.sync.enabled:
            return "synchronization is off"
        return "synchronizing" if self.generation else "waiting for Magento"


def _worst(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error to report: a message for the operator if there is one, else the first."""
    flat: list[BaseException] = []
    for error in failures.exceptions:
        flat += [_worst(error)] if isinstance(error, BaseExceptionGroup) else [error]
    return next((error for error in flat if isinstance(error, Fatal)), flat[0])
