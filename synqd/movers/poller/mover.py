"""The mover: reads, coalesces, enqueues."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress

from synqd.config import Routes
from synqd.entities import Entity
from synqd.magento import LogMissing, Magento, ReadPage
from synqd.metrics import Metrics
from synqd.models.change import BEYOND, Cursor
from synqd.models.errors import Denied, MagentoUnavailable, StorageUnavailable
from synqd.models.names import Lane, Model
from synqd.movers.capture.categories import Categories
from synqd.movers.capture.interruption import Interruptions
from synqd.movers.capture.pending import KEYS_WANTED, Pending
from synqd.movers.poller.claims import Claims
from synqd.movers.poller.wanted import Wanted
from synqd.queue import Queue
from synqd.runtime.clock import Clock
from synqd.runtime.hindrances import Hindrances
from synqd.runtime.logs import get_logger

HOLD_EVERY = 20.0
"""Seconds after which the change log is claimed again; a claim lasts for a minute."""
AT_ONCE = 0.2
"""Seconds that a turn waits for its rows to be enqueued; a model that takes longer goes on by itself."""

CAPTURE = "capture"
"""Name of the queue's fact that holds the way of capture that worked last."""

log = get_logger("poller")


class Poller:
    """The mover from the change log to the outbox."""

    name = "poller"
    patience = 120.0

    def __init__(
        self,
        routes: Routes,
        queue: Queue,
        magento: Magento,
        entities: Mapping[Model, Entity],
        pending: Pending,
        metrics: Metrics,
        clock: Clock,
        wake: Callable[[str], None],
    ) -> None:
        """Args: wake: ends the rest of the mover of that name, for which there is work now."""
        self._settings = routes.settings
        self._is_claimed = routes.settings.magento.capture == "triggers"
        self._queue = queue
        self._magento = magento
        self._entities = entities
        self._pending = pending
        self._metrics = metrics
        self._clock = clock
        self._wake = wake
        self._held = 0.0
        self._knows_kin = False
        self._interruptions = Interruptions(queue, pending, wake, routes.settings.sync.models)
        self._claims = Claims(queue, magento, self._interruptions, clock, routes.settings.queue.directory)
        self._wanted = Wanted(routes, queue, magento, entities, pending, metrics, wake, self._interruptions)
        self._cursors: dict[str, Cursor] = {}
        self._taking: dict[Model, asyncio.Task[None]] = {}
        """Models whose rows are being enqueued; meanwhile no more of theirs are read."""
        self.hindrances: Hindrances[Model] = Hindrances()

    async def tick(self) -> float:
        """Reads one page of every log and enqueues what it says.

        The rows of each model are looked up beside those of the others: one that cannot be looked up, or not
        soon, keeps no other waiting (``hindrances``).

        Raises:
            MagentoUnavailable: the logs cannot be read.
            StorageUnavailable: nothing was moved; the same rows are read again.
        """
        await self._collect()
        try:
            if not self._cursors:
                await self.begin()
            elif self._clock.monotonic() - self._held >= HOLD_EVERY or self._lapsed():
                await self._hold()
            await self._learn_kin()
            pages = await self._magento.reader.read(self._readable())
        except LogMissing as error:
            await self._give_up(error.sources)
            raise
        self._start(pages)
        if self._taking:
            await asyncio.wait(self._taking.values(), timeout=AT_ONCE)
            await self._collect()
        more = any(page.more for page in pages)
        return 0.0 if more else self._settings.magento.poll_interval

    async def begin(self) -> None:
        """Takes the cursors from the queue; logs that were never read begin at their present end (S4).

        Raises:
            MagentoUnavailable, StorageUnavailable: it has to be done again.
            Mismatch: this is not the change log that the queue file knows (S3).
        """
        await self._pending.load()
        if self._is_claimed:
            await self._claims.recognize()
        if await self._queue.facts.claim():
            await self._hold()  # first: before anything is taken in from an old database, or an old file
        await self._interruptions.make_up_for_purged()
        await self._learn_kin()
        stored = {cursor.source: cursor for cursor in await self._queue.capture.cursors()}
        known = {source: stored[source] for source in self._magento.reader.sources if source in stored}
        await self._magento.reader.make_sure_of(known)
        fresh = self._magento.reader.sources.keys() - known.keys()
        capture = self._settings.magento.capture
        before = await self._queue.facts.meta(CAPTURE)
        if fresh:
            known |= await self._begin_fresh(fresh, is_first=not stored and before in (None, capture))
        if before != capture:
            await self._queue.facts.set_meta(CAPTURE, capture)
        if not await self._queue.facts.claim():
            await self._hold()  # last: who has held the log once and has no cursor lost its queue file
        for model in self._settings.sync.models:
            self._metrics.changes_maybe_lost(model, 0)
        self._cursors = known

    async def _begin_fresh(self, fresh: Collection[str], *, is_first: bool) -> dict[str, Cursor]:
        """Begins logs that were never read at their present end.

        At the first enabling that is all (S4). In a file that has read other logs, another way of capture
        comes up for the one before: what happened between the two is made good.
        """
        await Categories(self._queue).begin(self._magento.intake)
        heads = await self._magento.reader.heads()
        new = {source: heads[source] for source in fresh if source in heads}
        if not is_first:
            models = {self._magento.reader.sources[source] for source in fresh}
            await self._interruptions.tell(models, "another way of capture began")
        await self._queue.outbox.intake((), new.values())
        log.info("changelog.begun", **{source: cursor.high for source, cursor in sorted(new.items())})
        return new

    async def end(self) -> None:
        """Lets another daemon read the change log at once; otherwise it would wait for a minute."""
        with suppress(StorageUnavailable):
            await self._drop()
        with suppress(MagentoUnavailable, Denied, StorageUnavailable):
            await self._claims.let_go()

    def _lapsed(self) -> MagentoUnavailable | None:
        return self._magento.lapsed() if self._is_claimed else None

    async def _hold(self) -> None:
        if self._is_claimed:
            await self._claims.renew()
        self._held = self._clock.monotonic()

    async def _give_up(self, sources: Iterable[str]) -> None:
        """Forgets how far logs that are gone were read: what is made in their place is read as a whole."""
        await self._drop()  # or a page of before would be recorded after that
        known = {cursor.source: cursor for cursor in await self._queue.capture.cursors()}
        gone = [known[source] for source in sources if source in known and known[source].high != BEYOND]
        self._cursors = {}
        if gone:
            log.error("changelog.gone", sources=",".join(cursor.source for cursor in gone))
            await self._queue.outbox.intake((), [Cursor(cursor.source, BEYOND) for cursor in gone])

    def _readable(self) -> dict[str, Cursor]:
        """Cursors of the models whose rows may be read now."""
        now, models = self._clock.monotonic(), self._magento.reader.sources
        busy = {model for model in Model if model in self._taking or self.hindrances.pause(model, now)}
        return {source: cursor for source, cursor in self._cursors.items() if models[source] not in busy}

    def _start(self, pages: Iterable[ReadPage]) -> None:
        by_model: defaultdict[Model, list[ReadPage]] = defaultdict(list)
        for page in pages:
            by_model[page.model].append(page)
        for model, its in by_model.items():
            task = asyncio.create_task(self._take_all(model, its), name=f"changes of {model}")
            task.add_done_callback(lambda _: self._wake(self.name))
            self._taking[model] = task

    async def _take_all(self, model: Model, pages: Iterable[ReadPage]) -> None:
        with self.hindrances.attempt(model, self._clock):
            for page in pages:
                await self._take(page)

    async def _collect(self) -> None:
        """Takes note of what was enqueued.

        Raises:
            StorageUnavailable: something could not be.
            Exception: a bug.
        """
        done = [model for model, task in self._taking.items() if task.done()]
        failed = [task for task in map(self._taking.pop, done) if task.exception()]
        if failed:
            # The cursors in the queue are the truth; whether the last transaction was committed, it knows.
            await self._drop()
            self._cursors = {}
            await failed[0]

    async def _drop(self) -> None:
        """Ends what is being looked up; what was handed to the queue is written all the same."""
        tasks = list(self._taking.values())
        self._taking.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if tasks:
            # After all that was handed in: cursors are read on another connection, which must see it.
            await self._queue.facts.meta(KEYS_WANTED)

    async def _take(self, page: ReadPage) -> None:
        if lapsed := self._lapsed():
            raise lapsed  # the look-ups took so long that another daemon may have read the same rows
        cursor = page.cursor
        known = self._cursors.get(cursor.source)
        if known == cursor and known.mark == cursor.mark and not page.changes:
            return
        if page.restarted or page.lost:
            await self._hold()  # another log may be that of an older database
            await self._make_good(page)
        wanted, source_skus = await self._wanted.of(page)
        enqueued = await self._queue.outbox.intake(wanted, [cursor], source_skus)
        self._cursors[cursor.source] = cursor
        if page.changes:
            self._metrics.changes_read(page.model, len(page.changes))
            self._metrics.enqueued(page.model, Lane.LIVE, enqueued.added)
            log.debug("changes.read", model=page.model, rows=len(page.changes), enqueued=enqueued.added)
            self._wake("drainer")

    async def _make_good(self, page: ReadPage) -> None:
        """Rows were gone before they were read: everything of the model is compared, and what is gone too."""
        source = page.cursor.source
        log.error("changelog.maybe_lost", source=source, rows=page.lost, restarted=page.restarted)
        self._metrics.changes_maybe_lost(page.model, max(1, page.lost))
        await self._interruptions.tell([page.model], f"log {source} lost rows")

    async def _learn_kin(self) -> None:
        """Lets entities remember who depends on whom, before a deletion takes that knowledge away."""
        now, models = self._clock.monotonic(), self._settings.sync.models
        if not self._knows_kin and not any(self.hindrances.pause(model, now) for model in models):
            for model in models:
                with self.hindrances.attempt(model, self._clock):
                    await self._entities[model].related(self._magento.intake, [0])
            self._knows_kin = not self.hindrances.found
