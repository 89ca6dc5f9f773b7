"""The mover: reads, coalesces, enqueues."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from socket import gethostname
from uuid import NAMESPACE_URL, uuid5

from synqd.clock import Clock
from synqd.config import Routes
from synqd.entities import Entity
from synqd.entities.watch import EVERYTHING
from synqd.hindrances import Hindrances
from synqd.logs import get_logger
from synqd.magento import LogMissing, Magento, ReadPage, mismatch
from synqd.metrics import Metrics
from synqd.models.change import BEYOND, Change, Cursor
from synqd.models.errors import Denied, MagentoUnavailable, Mismatch, StorageUnavailable
from synqd.models.item import Wish
from synqd.models.names import Lane, Model
from synqd.poller.coalesce import coalesce, spread, wishes
from synqd.poller.pending import KEYS_WANTED, Cause, Pending
from synqd.queue import Queue

HOLD_EVERY = 20.0
"""Seconds after which the change log is claimed again; a claim lasts for a minute."""
AT_ONCE = 0.2
"""Seconds that a turn waits for its rows to be enqueued; a model that takes longer goes on by itself."""

log = get_logger("poller")


def holder(directory: Path) -> str:
    """Who reads the change log: this host's daemon with that state directory."""
    return str(uuid5(NAMESPACE_URL, f"synqd://{gethostname()}{directory.absolute()}"))


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
        self._routes = routes
        self._queue = queue
        self._magento = magento
        self._entities = entities
        self._pending = pending
        self._metrics = metrics
        self._clock = clock
        self._wake = wake
        self._held = 0.0
        self._knows_kin_since: float | None = None
        self._cursors: dict[str, Cursor] = {}
        self._taking: dict[Model, asyncio.Task[None]] = {}
        """Models whose rows are being enqueued; meanwhile no more of theirs are read."""
        self.hindrances: Hindrances[Model] = Hindrances()
        self._switched_on: dict[Model, frozenset[int]] = {
            model: frozenset(stream.store_id for stream in routes.streams if stream.model is model)
            for model in Model
        }

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
        await self._recognize()
        await self._pending.load()
        await self._learn_kin()
        stored = {cursor.source: cursor for cursor in await self._queue.cursors()}
        known = {source: stored[source] for source in self._magento.reader.sources if source in stored}
        fresh = self._magento.reader.sources.keys() - known.keys()
        if fresh:
            heads = await self._magento.reader.heads()
            new = {source: heads[source] for source in fresh}
            await self._queue.intake((), new.values())
            log.info("changelog.begun", **{source: cursor.high for source, cursor in sorted(new.items())})
            known |= new
        # Last: who has held the log once and has no cursor lost its queue file.
        await self._hold()
        for model in self._settings.sync.models:
            self._metrics.changes_maybe_lost(model, 0)
        self._cursors = known

    async def end(self) -> None:
        """Lets another daemon read the change log at once; otherwise it would wait for a minute."""
        with suppress(StorageUnavailable):
            await self._drop()
        with suppress(MagentoUnavailable, Denied):
            await self._magento.let_go()

    def _lapsed(self) -> MagentoUnavailable | None:
        return self._magento.lapsed() if self._is_claimed else None

    async def _hold(self) -> None:
        await self._magento.hold(holder(self._settings.queue.directory))
        self._held = self._clock.monotonic()

    async def _recognize(self) -> None:
        """Makes sure that a change log that was made again belongs to the queue file."""
        if not self._is_claimed:
            return
        found = await self._magento.installation()
        if found is None:
            raise LogMissing(list(self._magento.reader.sources))
        if wrong := mismatch(found, await self._queue.installation()):
            raise Mismatch(wrong)

    async def _give_up(self, sources: Iterable[str]) -> None:
        """Forgets how far logs that are gone were read: what is made in their place is read as a whole."""
        await self._drop()  # or a page of before would be recorded after that
        known = {cursor.source: cursor for cursor in await self._queue.cursors()}
        gone = [known[source] for source in sources if source in known and known[source].high != BEYOND]
        self._cursors = {}
        if gone:
            log.error("changelog.gone", sources=",".join(cursor.source for cursor in gone))
            await self._queue.intake((), [Cursor(cursor.source, BEYOND) for cursor in gone])

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
            await self._queue.meta(KEYS_WANTED)

    async def _take(self, page: ReadPage) -> None:
        if lapsed := self._lapsed():
            raise lapsed  # the look-ups took so long that another daemon may have read the same rows
        cursor = page.cursor
        if cursor == self._cursors.get(cursor.source) and not page.changes:
            return
        if page.restarted or page.lost:
            await self._make_good(page)
        wanted = await self._wanted(page)
        enqueued = await self._queue.intake(wanted, [cursor])
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
        if page.model in self._settings.sync.models:
            await self._queue.set_meta(KEYS_WANTED, source)
            await self._pending.add([Cause(page.model, EVERYTHING, f"log {source} lost rows")])
            self._wake("fanout")
            self._wake("sweeper")

    async def _learn_kin(self) -> None:
        """Lets entities remember who depends on whom, before a deletion takes that knowledge away."""
        now, models = self._clock.monotonic(), self._settings.sync.models
        if self._knows_kin_since is None and not any(self.hindrances.pause(model, now) for model in models):
            for model in self._settings.sync.models:
                with self.hindrances.attempt(model, self._clock):
                    await self._entities[model].related(self._magento.intake, [0])
            if not self.hindrances.found:
                self._knows_kin_since = self._clock.monotonic()

    async def _wanted(self, page: ReadPage) -> list[Wish]:
        model, changes = page.model, page.changes
        if not changes:
            return []
        if model not in self._settings.sync.models:
            self._metrics.changes_dropped(model, "switched-off", len(changes))
            return []
        entity = self._entities[model]
        await self._set_aside(entity, changes)
        narrow = [change for change in changes if change.via not in entity.wide]
        touched = coalesce(narrow, await self._found(entity, narrow))
        spread(touched, await entity.related(self._magento.intake, list(touched)))
        located = await entity.locate(self._magento.intake, self._routes.shop, list(touched))
        wanted, dropped = wishes(model, touched, located, self._switched_on[model])
        if dropped:
            self._metrics.changes_dropped(model, "store-off", dropped)
        return wanted

    async def _set_aside(self, entity: Entity, changes: Sequence[Change]) -> None:
        """Leaves what concerns very many entities to the fan-out, safely before the cursor moves on."""
        causes = {
            Cause(entity.model, change.via, change.key or "")
            for change in changes
            if change.via in entity.wide
        }
        if causes:
            for each in self._entities.values():
                each.refresh()
        if "composite" in entity.wide and any(change.deleted and self._unseen(change) for change in changes):
            causes.add(Cause(entity.model, "composite", "all"))
        if causes:
            await self._pending.add(causes)
            self._wake("fanout")

    def _unseen(self, change: Change) -> bool:
        """Whether it happened before the daemon knew who depends on whom; then nobody can tell any more."""
        since = self._knows_kin_since
        return since is None or change.age > self._clock.monotonic() - since

    async def _found(self, entity: Entity, changes: Iterable[Change]) -> dict[tuple[str, str], Sequence[int]]:
        """Entity ids behind the rows that name them indirectly."""
        keys: defaultdict[str, set[str]] = defaultdict(set)
        for change in changes:
            if change.via:
                keys[change.via].add(change.key or "")
        found: dict[tuple[str, str], Sequence[int]] = {}
        for via, names in keys.items():
            resolved = await entity.resolve(self._magento.intake, via, sorted(names))
            found |= {(via, key): ids for key, ids in resolved.items()}
        return found
