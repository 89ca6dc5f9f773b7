"""The operator's verbs, as the control socket asks for them: intents for the queue, and counts from it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from synqd import __version__
from synqd.app.generation import Generation, House
from synqd.app.views import (
    breaker_views,
    check_view,
    condition_view,
    dead_view,
    hold_flag,
    holds,
    job_view,
    stream_view,
)
from synqd.config import Routes, Settings
from synqd.config.scopes import unknown_code
from synqd.control import Caller, Conflict, NotFound, schema
from synqd.exporter import Health
from synqd.logs import get_logger
from synqd.models.errors import Invalid, MagentoUnavailable
from synqd.models.item import Want
from synqd.models.names import Model, Stream
from synqd.queue import DeadFilter, Job

VIA: Mapping[schema.By, str] = {"skus": "sku", "increment_ids": "increment_id", "emails": "email"}

log = get_logger("control")


class Running(Protocol):
    """The process, as far as operations need it."""

    house: House
    settings: Settings
    health: Health
    started: float
    generation: Generation | None
    routes: Routes | None

    def reload(self) -> Settings:
        """Reads the configuration again and begins a new generation; returns the new settings."""


class DaemonOperations:
    """Implements ``synqd.control.Operations``."""

    def __init__(self, daemon: Running) -> None:
        self._daemon = daemon
        self._queue = daemon.house.queue

    async def status(self) -> schema.Status:
        """The daemon at this moment."""
        daemon, clock = self._daemon, self._daemon.house.clock
        counts, oldest = await self._queue.counts(), await self._queue.oldest()
        sizes, flags = await self._queue.sizes(), await self._queue.flags()
        routes = daemon.routes
        streams = sorted(routes.streams, key=lambda one: (one.store_id, one.model)) if routes else []
        census, now = daemon.house.census, clock.now()
        return schema.Status(
            version=__version__,
            enabled=daemon.settings.sync.enabled,
            alive=daemon.health.alive,
            ready=daemon.health.ready,
            uptime=clock.monotonic() - daemon.started,
            checks=[check_view(check) for check in daemon.health.checks()],
            conditions=[condition_view(one) for one in daemon.health.conditions()],
            changelogs=await self._changelogs(),
            breakers=breaker_views(daemon.generation.gates) if daemon.generation else [],
            holds=holds(flags),
            notices=[*daemon.house.notices.values(), *_standing_notices(daemon.settings, routes)],
            queue_bytes=sizes.file + sizes.wal,
            streams=[stream_view(one, routes, counts, oldest, census, now) for one in streams]
            if routes
            else [],
        )

    async def _changelogs(self) -> list[schema.ChangelogView]:
        generation = self._daemon.generation
        if generation is None:
            return []
        cursors = {cursor.source: cursor for cursor in await self._queue.cursors()}
        try:
            lags = await generation.magento.reader.lag(cursors)
        except MagentoUnavailable:
            return []
        return [
            schema.ChangelogView(source=source, rows=lag.rows, seconds=lag.seconds or 0.0)
            for source, lag in sorted(lags.items())
        ]

    async def submit_full(self, request: schema.FullRequest, caller: Caller) -> schema.JobView:
        """Starts a full synchronization."""
        streams = self._streams(request.models, request.stores)
        want = Want.NOTHING if request.changed_only else Want.FORCE
        if request.reassert_consent:
            want |= Want.REASSERT_CONSENT
        return self._submitted(await self._queue.submit_full(streams, want, str(caller)))

    async def submit_batch(
        self,
        header: schema.BatchHeader,
        pages: AsyncIterator[Sequence[int] | Sequence[str]],
        caller: Caller,
    ) -> schema.JobView:
        """Starts a batch job."""
        streams = self._streams((header.model,), header.stores)
        ids = self._ids(header, pages)
        return self._submitted(await self._queue.submit_batch(streams, ids, Want.FORCE, str(caller)))

    def _submitted(self, job: Job) -> schema.JobView:
        log.info("job.submitted", job=job.job_id, kind=job.kind, origin=job.origin)
        if self._daemon.generation:
            self._daemon.generation.wake("jobrunner")
        return job_view(job, self._daemon.routes)

    async def _ids(
        self, header: schema.BatchHeader, pages: AsyncIterator[Sequence[int] | Sequence[str]]
    ) -> AsyncIterator[Sequence[int]]:
        async for page in pages:
            if header.by == "ids":
                yield [int(key) for key in page]
            else:
                yield await self._resolved(header, [str(key) for key in page])

    async def _resolved(self, header: schema.BatchHeader, keys: Sequence[str]) -> list[int]:
        generation = self._daemon.generation
        if generation is None:
            raise MagentoUnavailable("Magento cannot be asked now; submit by ids, or later")
        entity = generation.entities[header.model]
        found = await entity.resolve(generation.magento.source, VIA[header.by], keys)
        unknown = [key for key in keys if not found.get(key)]
        if unknown:
            log.warning("batch.unknown_keys", by=header.by, count=len(unknown))
        return sorted({entity_id for ids in found.values() for entity_id in ids})

    def _streams(self, models: Sequence[Model], stores: Sequence[str]) -> list[Stream]:
        """Streams that are switched on, of these models and store views; empty means all."""
        routes = self._routes()
        codes = {route.store.code: store_id for store_id, route in routes.by_store.items()}
        for code in stores:
            if code not in codes:
                raise Invalid(f"{unknown_code('switched-on store view', code, codes)}", field="stores")
        on = routes.settings.sync.models
        for model in models:
            if model not in on:
                raise Invalid(f"model {model} is not switched on in [sync] models", field="models")
        wanted = [codes[code] for code in stores] or sorted(codes.values())
        streams = [Stream(model, store_id) for model in (models or on) for store_id in wanted]
        if not streams:
            raise Invalid("nothing is switched on: see [sync] models and stores, and [workspaces]")
        return streams

    def _routes(self) -> Routes:
        if not self._daemon.settings.sync.enabled:
            raise Conflict("synchronization is off; set [sync] enabled = true and reload")
        if self._daemon.routes is None:
            raise MagentoUnavailable("the shop's store views are not known yet: Magento does not answer")
        return self._daemon.routes

    async def jobs(self, query: schema.JobQuery) -> schema.JobList:
        """Jobs, newest first."""
        found = await self._queue.jobs(query.limit, query.before, unfinished=query.unfinished)
        more = found[-1].job_id if len(found) == query.limit else None
        return schema.JobList(jobs=[job_view(job, self._daemon.routes) for job in found], next_before=more)

    async def job(self, job_id: int) -> schema.JobView:
        """One job."""
        try:
            return job_view(await self._queue.job(job_id), self._daemon.routes)
        except Invalid as error:
            raise NotFound(str(error), field="id") from error

    async def cancel_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Ends a job and drops what only it wants."""
        await self.job(job_id)
        log.info("job.cancel", job=job_id, by=str(caller))
        try:
            return job_view(await self._queue.cancel_job(job_id, str(caller)), self._daemon.routes)
        except Invalid as error:
            raise Conflict(str(error)) from error

    async def pause_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Stops selecting for a job."""
        await self.job(job_id)
        log.info("job.pause", job=job_id, by=str(caller))
        try:
            return job_view(await self._queue.pause_job(job_id, str(caller)), self._daemon.routes)
        except Invalid as error:
            raise Conflict(str(error)) from error

    async def resume_job(self, job_id: int, caller: Caller) -> schema.JobView:
        """Goes on selecting."""
        await self.job(job_id)
        log.info("job.resume", job=job_id, by=str(caller))
        try:
            resumed = await self._queue.resume_job(job_id, str(caller))
        except Invalid as error:
            raise Conflict(str(error)) from error
        if self._daemon.generation:
            self._daemon.generation.wake("jobrunner")
        return job_view(resumed, self._daemon.routes)

    async def dead_letters(self, query: schema.DeadQuery) -> schema.DeadList:
        """Dead letters, oldest first."""
        which = DeadFilter(model=query.model, store_id=self._store_id(query.store), reason=query.reason)
        found = await self._queue.dead_letters(which, query.limit, query.after)
        letters = [
            schema.DeadView.model_validate(dead_view(one, self._daemon.routes).model_dump()) for one in found
        ]
        more = found[-1].letter_id if len(found) == query.limit else None
        return schema.DeadList(dead_letters=letters, next_after=more)

    async def dead_letter(self, letter_id: int) -> schema.DeadDetail:
        """One dead letter."""
        try:
            return dead_view(await self._queue.dead_letter(letter_id), self._daemon.routes)
        except Invalid as error:
            raise NotFound(str(error), field="id") from error

    async def retry_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        """Enqueues these again."""
        count = await self._queue.retry_dead(self._selection(which))
        log.info("dead.retry", count=count, by=str(caller))
        if self._daemon.generation:
            self._daemon.generation.wake("drainer")
        return schema.Affected(count=count)

    async def discard_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        """Removes these for good."""
        count = await self._queue.discard_dead(self._selection(which))
        log.info("dead.discard", count=count, by=str(caller))
        return schema.Affected(count=count)

    def _selection(self, which: schema.DeadSelection) -> DeadFilter:
        return DeadFilter(which.ids, which.model, self._store_id(which.store), which.reason)

    def _store_id(self, code: str | None) -> int | None:
        """Id of a store view of the shop; an id is taken as it is."""
        if code is None or code.isdecimal():
            return int(code) if code else None
        shop = self._daemon.routes.shop if self._daemon.routes else None
        store = shop.store_by_code(code) if shop else None
        if store is None:
            known = [one.code for one in shop.stores.values()] if shop else []
            raise Invalid(unknown_code("store view", code, known), field="store")
        return store.store_id

    async def pause(self, what: schema.HoldRequest, caller: Caller) -> schema.Holds:
        """Holds delivery; intake goes on."""
        self._check_workspace(what.workspace)
        await self._queue.set_flag(hold_flag(what.workspace, what.model), "1", str(caller))
        log.info("delivery.paused", workspace=what.workspace, model=what.model, by=str(caller))
        return schema.Holds(holds=holds(await self._queue.flags()))

    async def resume(self, what: schema.HoldRequest, caller: Caller) -> schema.Holds:
        """Releases what is held."""
        self._check_workspace(what.workspace)
        released = await self._queue.clear_flag(hold_flag(what.workspace, what.model))
        if not released and (what.workspace or what.model):
            raise Conflict("exactly this is not paused; `synqctl status` shows what is")
        if not what.workspace and not what.model:
            for name in [name for name in await self._queue.flags() if name.startswith("hold/")]:
                await self._queue.clear_flag(name)
        log.info("delivery.resumed", workspace=what.workspace, model=what.model, by=str(caller))
        if self._daemon.generation:
            self._daemon.generation.wake("drainer")
        return schema.Holds(holds=holds(await self._queue.flags()))

    def _check_workspace(self, name: str | None) -> None:
        known = self._daemon.settings.workspaces
        if name is not None and name not in known:
            raise Invalid(f"there is no workspace {name!r}; there is {', '.join(known)}", field="workspace")

    async def reload(self, caller: Caller) -> schema.Reloaded:
        """Reads the configuration again, like SIGHUP."""
        log.info("config.reload", by=str(caller))
        before = self._daemon.settings
        after = self._daemon.reload()
        changed = [name for name in Settings.model_fields if getattr(before, name) != getattr(after, name)]
        needed = [name for name in changed if name in {"queue", "metrics", "control"}]
        return schema.Reloaded(changed=changed, restart_needed=needed)


def _standing_notices(settings: Settings, routes: Routes | None) -> list[str]:
    """What follows from the configuration alone."""
    notices = []
    if not settings.sync.enabled:
        notices.append("synchronization is off: set [sync] enabled = true and reload")
    if routes and routes.unrouted:
        codes = ", ".join(routes.unrouted)
        notices.append(f"store views without a workspace are not synchronized: {codes}")
    return notices
