"""The mover that spreads a change over the entities that depend on it.

A category, an option or an inventory source may be behind very many products. Few of them become live
changes at once. Many become a batch job with an account of its own, and where nobody can tell whom a change
concerned (the database has dropped the links already) a full one; neither sends what is unchanged.

A full job that is under way is never begun anew for that: what asks for one meanwhile waits, together with
whatever else asks, and is answered by one more when it has ended.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence

from synqd.config import Routes
from synqd.entities import Entity, Source
from synqd.entities.watch import CATEGORY_LOG, EVERYTHING
from synqd.models.errors import Denied, MagentoUnavailable
from synqd.models.item import Want
from synqd.models.names import Model, Stream
from synqd.movers.capture.categories import Categories
from synqd.movers.capture.coalesce import Touched, wishes
from synqd.movers.capture.pending import Cause, Pending, Reported, origin
from synqd.queue import JobKind, JobState, PartState, Queue
from synqd.runtime.clock import Clock, SystemClock
from synqd.runtime.hindrances import Hindrances
from synqd.runtime.logs import get_logger

FEW = 500
"""Entities up to which a change is spread live."""
PAGE = 5_000
"""Ids that are read at a time."""
PATIENCE = 900.0
"""Seconds for which a full job that waits only for its last items is waited for."""
AGAIN = 0.5
"""Seconds between looks while something that is due has to wait."""
OUTAGE = 3
"""Causes in a row that cannot be read, after which the others are not tried either."""

log = get_logger("fanout")


class FanOut:
    """The mover from pending causes to live changes and jobs."""

    name = "fanout"
    patience = 300.0

    def __init__(
        self,
        routes: Routes,
        queue: Queue,
        source: Source,
        entities: Mapping[Model, Entity],
        pending: Pending,
        wake: Callable[[str], None],
        clock: Clock | None = None,
    ) -> None:
        """Args: wake: ends the rest of the mover of that name, for which there is work now."""
        self._routes = routes
        self._queue = queue
        self._source = source
        self._entities = entities
        self._pending = pending
        self._wake = wake
        self._categories = Categories(queue)
        self._clock = clock or SystemClock()
        self._turns = 0
        self.hindrances: Hindrances[Model] = Hindrances()

    async def tick(self) -> float:
        """Spreads what is due; rests until the next. A model or cause that cannot be read waits alone.

        Raises:
            StorageUnavailable: what was not spread stays pending.
        """
        await self._pending.load()
        held_back = False
        for model, told in self._pending.due().items():
            if not self.hindrances.pause(model, self._clock.monotonic()):
                with self.hindrances.attempt(model, self._clock):
                    held_back |= not await self._spread_in_turn(model, told)
        return max(self._pending.rest(), AGAIN if self.hindrances.found or held_back else 0.0)

    async def _spread_in_turn(self, model: Model, told: Mapping[Cause, Reported]) -> bool:
        """Spreads what is due of a model; False if it has to wait for a full job that is at work."""
        everything = [each.first for cause, each in told.items() if cause.via == EVERYTHING]
        if everything and await self._has_to_wait(model, min(everything)):
            return False
        await self._spread_all(model, told)
        return True

    async def _spread_all(self, model: Model, told: Mapping[Cause, Reported]) -> None:
        try:
            await self._spread(model, await self._compared(sorted(told)))
        except (MagentoUnavailable, Denied):
            if len(told) == 1:
                raise
            await self._spread_apart(model, told)
        else:
            await self._pending.done(told)

    async def _spread_apart(self, model: Model, told: Mapping[Cause, Reported]) -> None:
        """Spreads causes one by one, each time from another one on; some failures in a row are an outage.

        Raises:
            MagentoUnavailable, Denied: the first that could not be spread stays pending, and so may others.
        """
        causes = sorted(told)
        start = self._turns % len(causes)
        first, failures = None, 0
        for cause in [*causes[start:], *causes[:start]]:
            try:
                await self._spread(model, await self._compared([cause]))
                await self._pending.done({cause: told[cause]})
                failures = 0
            except (MagentoUnavailable, Denied) as error:
                first, failures = first or error, failures + 1
                if failures == OUTAGE:
                    self._turns += OUTAGE
                    break
        if first:
            raise first

    async def _compared(self, told: Collection[Cause]) -> list[Cause]:
        """The causes that spread now; what a log of Magento's says of categories is compared first."""
        causes = [cause for cause in told if cause.via != CATEGORY_LOG]
        if len(causes) < len(told):
            await self._pending.add(await self._categories.changed(self._source))
            await self._categories.remember()  # what was found is safe by now
        return causes

    async def _has_to_wait(self, model: Model, since: int) -> bool:
        """Whether a full job is at work that this one would have to begin anew.

        One that has selected everything may wait long for its last items (a date that lies ahead): only so
        long is it waited for.
        """
        patient = self._pending.age(since) < PATIENCE
        return any(
            part.stream.model is model
            and (part.state is PartState.PAGING or (part.state is PartState.DRAINING and patient))
            for job in await self._queue.jobs.page(limit=1_000, unfinished=True)
            if job.kind is JobKind.FULL and job.state is JobState.RUNNING
            for part in job.parts
        )

    async def _spread(self, model: Model, causes: Sequence[Cause]) -> None:
        streams = sorted(stream for stream in self._routes.streams if stream.model is model)
        if not streams or not causes:
            return
        for each in self._entities.values():
            each.refresh()
        if any(cause.via == EVERYTHING for cause in causes):
            await self._over_everything(streams, origin(causes))
            return
        ids = await self._first(model, causes)
        if len(ids) > FEW:
            await self._as_job(streams, causes)
        elif ids:
            await self._live(model, ids)
        log.info("change.spread", model=model, cause=origin(causes), entities=min(len(ids), FEW + 1))

    async def _live(self, model: Model, ids: Iterable[int]) -> None:
        touched = {entity_id: Touched(0.0) for entity_id in ids}
        located = await self._entities[model].locate(self._source, self._routes.shop, list(touched))
        switched_on = frozenset(stream.store_id for stream in self._routes.streams if stream.model is model)
        wanted, _ = wishes(model, touched, located, switched_on)
        await self._queue.outbox.intake(wanted)
        self._wake("drainer")

    async def _as_job(self, streams: Sequence[Stream], causes: Sequence[Cause]) -> None:
        pages = self._pages(streams[0].model, causes)
        job = await self._queue.jobs.submit_batch(streams, pages, Want.NOTHING, origin(causes))
        log.info("job.submitted", job=job.job_id, origin=job.origin)
        self._wake("jobrunner")

    async def _over_everything(self, streams: Sequence[Stream], asker: str) -> None:
        """A full job that under way has to begin anew, with what its own operator demanded."""
        wanted: dict[Stream, Want] = dict.fromkeys(streams, Want.NOTHING)
        for job in await self._queue.jobs.page(limit=1_000, unfinished=True):
            for part in job.parts:
                going_on = part.state in (PartState.PAGING, PartState.DRAINING)
                if job.kind is JobKind.FULL and going_on and part.stream in wanted:
                    wanted[part.stream] |= part.want
        for want in sorted(set(wanted.values())):
            chosen = [stream for stream in streams if wanted[stream] == want]
            job = await self._queue.jobs.submit_full(chosen, want, asker)
            log.info("job.submitted", job=job.job_id, origin=job.origin)
        self._wake("jobrunner")

    async def _first(self, model: Model, causes: Iterable[Cause]) -> set[int]:
        """The entities concerned, as soon as they are more than a few only the first."""
        found: set[int] = set()
        async for page in self._pages(model, causes, FEW + 1):
            found.update(page)
            if len(found) > FEW:
                break
        return found

    async def _pages(
        self, model: Model, causes: Iterable[Cause], size: int = PAGE
    ) -> AsyncIterator[Sequence[int]]:
        entity = self._entities[model]
        for cause in causes:
            after = 0
            while page := await entity.reach(self._source, cause.via, cause.key, after, size):
                related = await entity.related(self._source, page)
                yield sorted({*page, *(other for others in related.values() for other in others)})
                after = page[-1]
