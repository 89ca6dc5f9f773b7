"""Full and batch jobs."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence

from synqd.app.operations.base import Verb, want_of
from synqd.app.views import job_view
from synqd.control import Caller, Conflict, NotFound, schema
from synqd.entities import DECLARED
from synqd.models.errors import Denied, Invalid, MagentoUnavailable, quoting
from synqd.models.item import Want
from synqd.models.names import Model, Stream
from synqd.movers.jobrunner import LookupDeps, look_up
from synqd.pacing.breaker import Phase
from synqd.queue import BatchPage, Hold, Job, JobState, covered
from synqd.runtime.logs import get_logger

LOOK_UP_TIMEOUT = 5.0
"""Seconds for looking up a page of keys; after that all keys left are looked up later."""

log = get_logger("control")


class JobOperations(Verb):
    """Verbs for jobs."""

    async def submit_full(self, request: schema.FullRequest, caller: Caller) -> schema.JobView:
        """Starts a full synchronization."""
        streams = self._streams(request.models, request.stores)
        job = await self._queue.jobs.submit_full(streams, want_of(request), str(caller))
        return await self._submitted(job)

    async def submit_batch(
        self,
        header: schema.BatchHeader,
        pages: AsyncIterator[Sequence[int] | Sequence[str]],
        caller: Caller,
    ) -> schema.JobView:
        """Starts a batch job."""
        streams = self._streams((header.model,), header.stores)
        found = self._look_up(header, streams, pages)
        job = await self._queue.jobs.submit_batch(streams, found, Want.FORCE, str(caller), header.by)
        return await self._submitted(job)

    async def _submitted(self, job: Job) -> schema.JobView:
        log.info("job.submitted", job=job.job_id, kind=job.kind, origin=job.origin)
        self._wake("jobrunner")
        return await self._shown(job)

    async def _look_up(
        self,
        header: schema.BatchHeader,
        streams: Sequence[Stream],
        pages: AsyncIterator[Sequence[int] | Sequence[str]],
    ) -> AsyncIterator[BatchPage]:
        """Turns keys into ids as they come; while Magento does not answer, they stay keys for later."""
        stores = {stream.store_id for stream in streams}
        answers = True
        async for page in pages:
            keys = [str(key) for key in page]
            found = await self._found(header, stores, keys) if answers else None
            answers = found is not None
            yield found or BatchPage(later=keys)

    async def _found(
        self, header: schema.BatchHeader, stores: set[int], keys: Sequence[str]
    ) -> BatchPage | None:
        generation = self._daemon.generation
        if generation is None:
            return None
        parts = generation.parts
        places = LookupDeps(parts.magento.source, parts.routes.shop, self._queue)
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT):
                found = await look_up(places, parts.entities[header.model], stores, header.by, keys)
        except (MagentoUnavailable, Denied, TimeoutError) as error:
            log.warning("batch.keys_kept", reason=str(error) or "Magento takes too long")
            return None
        return BatchPage(found.ids, found.unknown)

    async def jobs(self, query: schema.JobQuery) -> schema.JobList:
        """Jobs, newest first."""
        found = await self._queue.jobs.page(query.limit, query.before, unfinished=query.unfinished)
        more = found[-1].job_id if len(found) == query.limit else None
        holds = await self._queue.holds.all()
        return schema.JobList(jobs=[self._view(job, holds) for job in found], next_before=more)

    async def job(self, job_id: int) -> schema.JobView:
        """One job."""
        try:
            return await self._shown(await self._queue.jobs.get(job_id))
        except Invalid as error:
            raise NotFound(str(error), field="id") from error

    async def cancel_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Ends a job and drops what only it wants."""
        await self.job(job_id)
        log.info("job.cancel", job=job_id, by=str(caller))
        try:
            return await self._shown(await self._queue.jobs.cancel(job_id, str(caller)))
        except Invalid as error:
            raise Conflict(str(error)) from error

    async def pause_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Stops a job; what is in flight is delivered."""
        await self.job(job_id)
        log.info("job.pause", job=job_id, by=str(caller))
        try:
            return await self._shown(await self._queue.jobs.pause(job_id, str(caller)))
        except Invalid as error:
            raise Conflict(str(error)) from error

    async def resume_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Goes on where a job was paused."""
        await self.job(job_id)
        log.info("job.resume", job=job_id, by=str(caller))
        try:
            resumed = await self._queue.jobs.resume(job_id, str(caller))
        except Invalid as error:
            raise Conflict(str(error)) from error
        self._wake("jobrunner")
        return await self._shown(resumed)

    async def _shown(self, job: Job) -> schema.JobView:
        return self._view(job, await self._queue.holds.all())

    def _view(self, job: Job, holds: Collection[Hold]) -> schema.JobView:
        return job_view(job, self._daemon.routes, self._paces.of(job), self._waits_for(job, holds))

    def _waits_for(self, job: Job, holds: Collection[Hold]) -> str | None:
        """What an unfinished job waits for; None while it goes on."""
        if job.state.final:
            return None
        if job.state is JobState.PAUSED:
            return "paused by an operator"
        obstacle = self._obstacle(("jobrunner", "drainer"))
        if obstacle is not None:
            return obstacle
        places = self._left(job)
        if places and all(covered(holds, workspace, model) for workspace, model in places):
            return "delivery is paused; synqctl resume releases it"
        closed = [self._closed(workspace, model) for workspace, model in places]
        return closed[0] if closed and all(closed) else None

    def _left(self, job: Job) -> list[tuple[str, Model]]:
        """Workspaces and models of what the job has left in the outbox."""
        routes = self._daemon.routes
        waiting = [part.stream for part in job.parts if part.open] if routes else []
        return [
            (routes.workspace(stream.store_id), stream.model)
            for stream in waiting
            if routes and stream in routes.streams
        ]

    def _closed(self, workspace: str, model: Model) -> str | None:
        """Why nothing of a model can be sent to a workspace now; None if something can."""
        generation, endpoint = self._daemon.generation, DECLARED[model].main_endpoint
        if generation is None:
            return None
        breaker = (workspace, endpoint)
        state = generation.parts.breakers.states().get(breaker)
        if state is None or state.phase is Phase.CLOSED:
            return None
        told = quoting(state.reason, generation.parts.breakers.said(breaker))
        rest = round(generation.parts.breakers.pause_left(breaker))
        again = f"next try in {rest} s" if rest else "it is being tried"
        return f"circuit breaker of {workspace} {endpoint} is {state.phase}: {told}; {again}"
