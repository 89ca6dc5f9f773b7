"""The mover of jobs."""

from collections.abc import Callable, Mapping, Sequence

from synqd.config import Routes, Settings
from synqd.entities import Entity, Source
from synqd.models.names import Lane, Model
from synqd.movers.jobrunner.lookup import LookupDeps, look_up
from synqd.queue import JobKind, Line, Part, Queue
from synqd.runtime.clock import Clock, SystemClock
from synqd.runtime.hindrances import Hindrances
from synqd.runtime.logs import get_logger

PAGE = 2_000
"""Ids selected by one query and enqueued by one transaction."""
TRICKLE = 200
"""Ids that a part may select although the lanes are full, when nothing of it is left in the outbox."""
LOOK_UP = 1_000
"""Keys of a batch looked up at a time."""
IDLE = 5.0
"""Seconds between looks when there is nothing to select; a submitted or resumed job wakes it at once, and one
by the clock begins at the next look."""
FULL = 0.2
"""Seconds between looks while there is no room."""

log = get_logger("jobrunner")


class JobRunner:
    """The mover of jobs."""

    name = "jobrunner"
    patience = 120.0

    def __init__(
        self,
        settings: Settings,
        routes: Routes,
        queue: Queue,
        source: Source,
        entities: Mapping[Model, Entity],
        wake_drainer: Callable[[], None],
        clock: Clock | None = None,
    ) -> None:
        """Args: wake_drainer: called when a page was enqueued; clock: the system's by default."""
        self._settings = settings
        self._routes = routes
        self._queue = queue
        self._source = source
        self._entities = entities
        self._wake_drainer = wake_drainer
        self._clock = clock or SystemClock()
        self.hindrances: Hindrances[Model] = Hindrances()

    async def tick(self) -> float:
        """Enqueues one page of every part that has room; rests when there was none.

        A model that cannot be read waits alone (``hindrances``).

        Raises:
            StorageUnavailable: the queue cannot be written.
        """
        await self._queue.jobs.withdraw()
        moved = await self._queue.jobs.restore() > 0
        moved |= await self._look_up()
        parts = await self._queue.jobs.pageable()
        backlog = self._settings.queue.full_backlog
        room = backlog - await self._waiting() if parts else 0
        for part in parts:
            limit = _limit(part, room, min(PAGE, backlog // 4))
            if limit and not self._waits(part.stream.model):
                with self.hindrances.attempt(part.stream.model, self._clock):
                    moved |= await self._advance(part, limit)
                    room -= limit
        if moved:
            self._wake_drainer()
            return 0.0
        return FULL if parts else IDLE

    def _waits(self, model: Model) -> bool:
        return self.hindrances.pause(model, self._clock.monotonic()) > 0

    async def _waiting(self) -> int:
        """Items of jobs that wait in streams that are switched on."""
        depths, on = (await self._queue.facts.counts()).depth, self._routes.streams
        return sum(n for (stream, lane), n in depths.items() if lane is not Lane.LIVE and stream in on)

    async def _look_up(self) -> bool:
        """Looks up a page of keys that came in while Magento did not answer."""
        places = LookupDeps(self._source, self._routes.shop, self._queue)
        while page := await self._queue.jobs.keys_to_look_up(LOOK_UP, self._readable()):
            with self.hindrances.attempt(page.model, self._clock):
                found = await look_up(places, self._entities[page.model], page.stores, page.given, page.keys)
                await self._queue.jobs.looked_up(page, found.ids, found.unknown)
                return True
        return False

    def _readable(self) -> list[Model]:
        return [model for model in Model if not self._waits(model)]

    async def _advance(self, part: Part, limit: int) -> bool:
        if part.stream not in self._routes.streams:
            return await self._leave_out(part)
        ids: Sequence[int]
        chosen: Sequence[int]
        if part.kind is JobKind.BATCH:
            ids = await self._queue.jobs.batch_page(part, limit)
            chosen = await self._belonging(part, ids)
        else:
            chosen = ids = await self._full_page(part, limit)
        position = ids[-1] if ids else part.position
        wishes = part.wishes(chosen)
        return await self._queue.jobs.advance_part(part.part_id, position, wishes, finished=not ids)

    async def _leave_out(self, part: Part) -> bool:
        """Ends a part whose model or store view was switched off since."""
        log.warning("job.part_left_out", job=part.job_id, model=part.stream.model, store=part.stream.store_id)
        text = "its model or store view is switched off"
        await self._queue.log.note(Line("job.part_left_out", part.job_id, part.stream, text=text))
        return await self._queue.jobs.advance_part(part.part_id, part.position, (), finished=True)

    async def _full_page(self, part: Part, limit: int) -> Sequence[int]:
        entity = self._entities[part.stream.model]
        store = self._routes.by_store[part.stream.store_id].store
        until = part.until
        if until is None:
            until = await entity.high(self._source)
            total = await entity.count(self._source, store)
            await self._queue.jobs.begin_part(part.part_id, until, total)
        return (await entity.page(self._source, store, part.position, limit, until)).ids

    async def _belonging(self, part: Part, ids: Sequence[int]) -> list[int]:
        """Those of the ids that belong to the part's store view, or that Synerise knows from there."""
        model, store_id = part.stream
        located = await self._entities[model].locate(self._source, self._routes.shop, ids)
        missing = [one for one in ids if store_id not in located.get(one, frozenset())]
        known = await self._queue.outbox.whereabouts(model, missing) if missing else {}
        left_out = {one for one in missing if store_id not in known.get(one, frozenset())}
        return [one for one in ids if one not in left_out]


def _limit(part: Part, room: int, page: int) -> int:
    """How many ids a part may select now."""
    if room >= page:
        return page
    return TRICKLE if not part.open else 0
