"""Moves jobs forward: pages entity ids by key from Magento (or a batch's list) into the outbox.

One ``tick()`` enqueues at most one page of each part that has room. Page, membership and position are one
transaction of the queue, so a kill at any line means that the page is read again or is done, never both. A
full part stops selecting while its lane holds ``full_backlog`` items, so queue and memory stay flat at any
size; it ends at the high-water mark read when it began: rows that come later are live changes.
"""

from collections.abc import Callable, Mapping

from synqd.config import Routes, Settings
from synqd.entities import Entity, Source
from synqd.logs import get_logger
from synqd.models.item import Wish
from synqd.models.names import Key, Lane, Model
from synqd.queue import JobKind, Part, Queue

PAGE = 2_000
"""Ids selected by one query and enqueued by one transaction."""
IDLE = 2.0
"""Seconds between looks when there is nothing to select; a submitted job wakes it at once."""

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
    ) -> None:
        """Args: wake_drainer: called when a page was enqueued."""
        self._settings = settings
        self._routes = routes
        self._queue = queue
        self._source = source
        self._entities = entities
        self._wake_drainer = wake_drainer
        self._marks: dict[int, int] = {}

    async def tick(self) -> float:
        """Enqueues one page of every part that has room; rests when there was none."""
        parts = await self._queue.pageable()
        if not parts:
            self._marks.clear()
            return IDLE
        room = self._settings.queue.full_backlog - await self._waiting()
        moved = False
        for part in parts:
            if room < PAGE and part.position:
                continue
            moved |= await self._advance(part)
            room -= PAGE
        if moved:
            self._wake_drainer()
        return 0.0 if moved else 0.2

    async def _waiting(self) -> int:
        counts = await self._queue.counts()
        return sum(depth for (_, lane), depth in counts.depth.items() if lane is not Lane.LIVE)

    async def _advance(self, part: Part) -> bool:
        if part.stream not in self._routes.streams:
            log.warning(
                "job.part_ignored", job=part.job_id, model=part.stream.model, store=part.stream.store_id
            )
            return await self._queue.advance_part(part.part_id, part.position, (), finished=True)
        ids = await self._select(part)
        lane = Lane.FULL if part.kind is JobKind.FULL else Lane.BATCH
        wishes = [
            Wish(Key(*part.stream, entity_id), lane, want=part.want, part_id=part.part_id)
            for entity_id in ids
        ]
        position = ids[-1] if ids else part.position
        total = await self._total(part) if not part.position else None
        return await self._queue.advance_part(part.part_id, position, wishes, finished=not ids, total=total)

    async def _select(self, part: Part) -> list[int]:
        if part.kind is JobKind.BATCH:
            return await self._queue.batch_page(part, PAGE)
        entity = self._entities[part.stream.model]
        if part.part_id not in self._marks:
            self._marks[part.part_id] = await entity.high(self._source)
        store = self._routes.by_store[part.stream.store_id].store
        until = self._marks[part.part_id]
        page = await entity.page(self._source, store, part.position, PAGE, until)
        return list(page.ids)

    async def _total(self, part: Part) -> int | None:
        if part.kind is JobKind.BATCH:
            return None
        store = self._routes.by_store[part.stream.store_id].store
        return await self._entities[part.stream.model].count(self._source, store)
