"""The mover: reads, coalesces, enqueues."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from socket import gethostname
from uuid import NAMESPACE_URL, uuid5

from synqd.clock import Clock
from synqd.config import Routes
from synqd.entities import Entity
from synqd.entities.watch import MARKER, SOURCE_ITEM
from synqd.logs import get_logger
from synqd.magento import LogMissing, Magento, ReadPage, mismatch, was_made_again
from synqd.metrics import Metrics
from synqd.models.change import BEYOND, Change, Cursor
from synqd.models.errors import Denied, MagentoUnavailable, Mismatch
from synqd.models.item import Wish
from synqd.models.names import Lane, Model
from synqd.poller.categories import Categories
from synqd.poller.coalesce import coalesce, spread, wishes
from synqd.poller.interruption import Interruptions
from synqd.poller.pending import Cause, Pending
from synqd.poller.source_items import Resolved, resolve
from synqd.queue import Queue

HOLD_EVERY = 20.0
"""Seconds after which the change log is claimed again; a claim lasts for a minute."""

CAPTURE = "capture"
"""Name of the queue's fact that holds the way of capture that worked last."""

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
        self._routes = routes
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
        self._cursors: dict[str, Cursor] = {}
        self._switched_on: dict[Model, frozenset[int]] = {
            model: frozenset(stream.store_id for stream in routes.streams if stream.model is model)
            for model in Model
        }

    async def tick(self) -> float:
        """Reads one page of every log and enqueues what it says.

        Raises:
            MagentoUnavailable, StorageUnavailable: nothing was moved; the same rows are read again.
        """
        try:
            if not self._cursors:
                await self.begin()
            elif self._clock.monotonic() - self._held >= HOLD_EVERY:
                await self._hold()
            pages = await self._magento.reader.read(self._cursors)
        except LogMissing as error:
            await self._give_up(error.sources)
            raise
        await self._take_all(pages)
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
        await self._interruptions.make_up_for_purged()
        await self._learn_kin()
        stored = {cursor.source: cursor for cursor in await self._queue.cursors()}
        known = {source: stored[source] for source in self._magento.reader.sources if source in stored}
        fresh = self._magento.reader.sources.keys() - known.keys()
        capture = self._settings.magento.capture
        before = await self._queue.meta(CAPTURE)
        if fresh:
            known |= await self._begin_fresh(fresh, is_first=not stored and before in (None, capture))
        if before != capture:
            await self._queue.set_meta(CAPTURE, capture)
        # Last: who has held the log once and has no cursor lost its queue file.
        await self._hold()
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
        await self._queue.intake((), new.values())
        log.info("changelog.begun", **{source: cursor.high for source, cursor in sorted(new.items())})
        return new

    async def end(self) -> None:
        """Lets another daemon read the change log at once; otherwise it would wait for a minute."""
        with suppress(MagentoUnavailable, Denied):
            await self._magento.let_go()

    async def _hold(self) -> None:
        await self._magento.hold(holder(self._settings.queue.directory))
        self._held = self._clock.monotonic()

    async def _recognize(self) -> None:
        """Makes sure that a change log that was made again belongs to the queue file."""
        if self._settings.magento.capture != "triggers":
            return
        found = await self._magento.installation()
        if found is None:
            raise LogMissing(list(self._magento.reader.sources))
        remembered = await self._queue.installation()
        if wrong := mismatch(found, remembered):
            raise Mismatch(wrong)
        if was_made_again(found, remembered):
            await self._interruptions.tell(list(Model), "the change log was removed and installed again")
            await self._queue.adopt(found)

    async def _give_up(self, sources: Iterable[str]) -> None:
        """Forgets how far logs that are gone were read: what is made in their place is read as a whole."""
        known = {cursor.source: cursor for cursor in await self._queue.cursors()}
        gone = [known[source] for source in sources if source in known and known[source].high != BEYOND]
        self._cursors = {}
        if gone:
            log.error("changelog.gone", sources=",".join(cursor.source for cursor in gone))
            await self._queue.intake((), [Cursor(cursor.source, BEYOND) for cursor in gone])

    async def _take_all(self, pages: Iterable[ReadPage]) -> None:
        """Takes every page that can be taken; a model that cannot be looked up keeps no other waiting."""
        failure: MagentoUnavailable | Denied | None = None
        try:
            for page in pages:
                try:
                    await self._take(page)
                except (MagentoUnavailable, Denied) as error:
                    failure = failure or error
        except BaseException:
            # The cursors in the queue are the truth; whether the last transaction was committed, it knows.
            self._cursors = {}
            raise
        if failure:
            self._cursors = {}
            raise failure

    async def _take(self, page: ReadPage) -> None:
        cursor = page.cursor
        known = self._cursors.get(cursor.source)
        if known == cursor and known.mark == cursor.mark and not page.changes:
            return
        if page.restarted or page.lost:
            await self._make_good(page)
        wanted, source_skus = await self._wanted(page)
        enqueued = await self._queue.intake(wanted, [cursor], source_skus)
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

    async def _heed_markers(self, page: ReadPage) -> None:
        """``changelog install`` found something missing: what happened before may have escaped (S28)."""
        markers = [change for change in page.changes if change.via == MARKER]
        if markers:
            told = {change.key or "" for change in markers}
            tables = {name for names in told for name in names.split(",")} if all(told) else ()
            until = await self._magento.moment(min(change.age for change in markers))
            await self._interruptions.tell(
                [page.model], "triggers were missing or made anew", tables, until=until
            )

    async def _learn_kin(self) -> None:
        """Lets entities remember who depends on whom, before a deletion takes that knowledge away."""
        if not self._knows_kin:
            for model in self._settings.sync.models:
                await self._entities[model].related(self._magento.intake, [0])
            self._knows_kin = True

    async def _wanted(self, page: ReadPage) -> tuple[list[Wish], Mapping[int, str | None]]:
        """What a page wants sent, and what it says of source items."""
        model, changes = page.model, page.changes
        if not changes:
            return [], {}
        if model not in self._settings.sync.models:
            self._metrics.changes_dropped(model, "switched-off", len(changes))
            return [], {}
        entity = self._entities[model]
        await self._heed_markers(page)
        await self._set_aside(entity, changes)
        narrow = [change for change in changes if change.via not in {*entity.wide, MARKER}]
        found, source_skus = await self._found(entity, narrow)
        touched = coalesce(narrow, found)
        spread(touched, await entity.related(self._magento.intake, list(touched)))
        located = await entity.locate(self._magento.intake, self._routes.shop, list(touched))
        wanted, dropped = wishes(model, touched, located, self._switched_on[model])
        if dropped:
            self._metrics.changes_dropped(model, "store-off", dropped)
        return wanted, source_skus

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
            await self._pending.add(causes)
            self._wake("fanout")

    async def _found(
        self, entity: Entity, changes: Iterable[Change]
    ) -> tuple[dict[tuple[str, str], Sequence[int]], Mapping[int, str | None]]:
        """Entity ids behind the rows that name them indirectly, and what they say of source items."""
        keys: defaultdict[str, set[str]] = defaultdict(set)
        for change in changes:
            if change.via:
                keys[change.via].add(change.key or "")
        found: dict[tuple[str, str], Sequence[int]] = {}
        items = Resolved()
        if numbers := keys.pop(SOURCE_ITEM, None):
            items = await resolve(self._magento.intake, self._queue, entity, sorted(numbers))
            found |= {(SOURCE_ITEM, key): ids for key, ids in items.products.items()}
        for via, names in keys.items():
            resolved = await entity.resolve(self._magento.intake, via, sorted(names))
            found |= {(via, key): ids for key, ids in resolved.items()}
        return found, items.skus
