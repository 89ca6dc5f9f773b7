"""Status and the log."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from synqd import __version__
from synqd.app.operations.base import Verb
from synqd.app.views import (
    breaker_views,
    check_view,
    condition_view,
    hold_views,
    item_view,
    line_view,
    outdated,
    store_code,
    stream_view,
)
from synqd.config import Routes, Settings
from synqd.control import NotFound, schema
from synqd.entities import DECLARED
from synqd.models.errors import Denied, Invalid, MagentoUnavailable
from synqd.models.names import Model
from synqd.queue import Counts, LogFilter

LAG_TIMEOUT = 0.15
"""Seconds that the status waits for Magento; without an answer it leaves the change logs out."""
RESOLVE_TIMEOUT = 2.0
"""Seconds that a question about one entity waits for Magento; the queue file knows all that was ever sent."""
MOST_ITEMS = 200
"""Items that are shown for one key."""


class LookOperations(Verb):
    """Verbs that only look."""

    async def status(self) -> schema.Status:
        """The daemon at this moment."""
        daemon, clock = self._daemon, self._daemon.house.clock
        counts, oldest = await self._queue.facts.counts(), await self._queue.facts.oldest()
        sizes, holds = await self._queue.file.sizes(), await self._queue.holds.all()
        routes = daemon.routes
        streams = sorted(routes.streams, key=lambda one: (one.store_id, one.model)) if routes else []
        census, now = daemon.house.census, clock.now()
        notices = [*daemon.house.notices.values(), *_standing_notices(daemon.settings, routes, counts)]
        return schema.Status(
            version=__version__,
            enabled=daemon.settings.sync.enabled,
            alive=daemon.health.alive,
            ready=daemon.health.ready,
            uptime=clock.monotonic() - daemon.started,
            checks=[
                check_view(check, daemon.house.progress.in_full(check.name))
                for check in daemon.health.checks()
            ],
            conditions=[condition_view(one) for one in daemon.health.conditions()],
            changelogs=await self._changelogs(),
            breakers=breaker_views(daemon.generation.parts.breakers) if daemon.generation else [],
            holds=hold_views(holds),
            notices=notices,
            queue_bytes=sizes.file + sizes.wal,
            streams=[stream_view(one, routes, counts, oldest, census, now) for one in streams]
            if routes
            else [],
        )

    async def _changelogs(self) -> list[schema.ChangelogView]:
        generation = self._daemon.generation
        if generation is None:
            return []
        cursors = {cursor.source: cursor for cursor in await self._queue.capture.cursors()}
        try:
            async with asyncio.timeout(LAG_TIMEOUT):
                lags = await generation.parts.magento.reader.lag(cursors)
        except (MagentoUnavailable, Denied, TimeoutError):
            return []
        return [
            schema.ChangelogView(source=source, rows=lag.rows, seconds=lag.seconds or 0.0)
            for source, lag in sorted(lags.items())
        ]

    async def log(self, query: schema.LogQuery) -> schema.LogView:
        """Lines of the synchronization log, and all that is known of one entity."""
        store_id = self._store_id(query.store)
        entities = await self._named(query.entity, query.model) if query.entity is not None else None
        which = LogFilter(query.job, query.model, store_id, tuple(entities) if entities is not None else None)
        lines = await self._queue.log.page(which, query.limit, query.after)
        if query.job and not lines:
            await self._known(query.job)
        items = await self._items(entities or [], store_id) if query.after is None else []
        last = lines[-1].number if lines else query.after or 0
        return schema.LogView(
            lines=[line_view(line, self._daemon.routes) for line in lines], items=items, last=last
        )

    async def _known(self, job_id: int) -> None:
        """Raises NotFound for a job that there is not: it has no lines either."""
        try:
            await self._queue.jobs.get(job_id)
        except Invalid as error:
            raise NotFound(str(error), field="job") from error

    async def _items(
        self, entities: Sequence[tuple[Model, int]], store_id: int | None
    ) -> list[schema.ItemView]:
        routes, found = self._daemon.routes, []
        for model, entity_id in entities:
            facts = [
                item_view(one, routes)
                for one in await self._queue.ledger.facts(model, entity_id)
                if store_id in (None, one.key.store_id)
            ]
            found += facts or [schema.ItemView.unknown(model, entity_id)]
        return found[:MOST_ITEMS]

    async def _named(self, key: str, model: Model | None) -> list[tuple[Model, int]]:
        """Entities behind an id, SKU, increment id or e-mail.

        Raises:
            Invalid: nothing is known of it.
        """
        models = [model] if model else list(Model)
        named = await self._queue.ledger.named(key, list(self._daemon.settings.workspaces), models)
        found = set(named) | await self._in_magento(key, models)
        if key.isascii() and key.isdecimal() and not key.startswith("0") and len(key) <= 18:
            ids = [(one, int(key)) for one in models]
            # A model that was named means it; without one, an id is only what something is known of.
            found |= {one for one in ids if one not in found and await self._queue.ledger.facts(*one)}
            found |= set(ids) if model and not found else set()
        if not found:
            raise Invalid(f"nothing is known of {key!r}: neither sent, waiting nor failed", field="entity")
        return sorted(found)

    async def _in_magento(self, key: str, models: Sequence[Model]) -> set[tuple[Model, int]]:
        """Entities that Magento has under a name; none while it does not answer."""
        generation = self._daemon.generation
        if generation is None:
            return set()
        found: set[tuple[Model, int]] = set()
        try:
            async with asyncio.timeout(RESOLVE_TIMEOUT):
                for model, given in _ways(models):
                    entity, source = generation.parts.entities[model], generation.parts.magento.source
                    resolved = await entity.resolve(source, DECLARED[entity.model].keys[given], [key])
                    found |= {(model, entity_id) for ids in resolved.values() for entity_id in ids}
        except (MagentoUnavailable, Denied, TimeoutError):
            return found
        return found


def _ways(models: Sequence[Model]) -> Iterator[tuple[Model, schema.By]]:
    """By what entities can be named, apart from their ids."""
    for given, able in schema.IDENTIFIED.items():
        if given != "ids":
            yield from ((model, given) for model in models if model in able)


def _standing_notices(settings: Settings, routes: Routes | None, counts: Counts) -> Iterator[str]:
    """What follows from configuration and counts alone."""
    if not settings.sync.enabled:
        yield "synchronization is off: set [sync] enabled = true and reload"
    if routes and routes.unrouted:
        codes = ", ".join(routes.unrouted)
        yield f"store views without a workspace are not synchronized: {codes}"
    if routes:
        yield from _outdated_notices(routes, counts)


def _outdated_notices(routes: Routes, counts: Counts) -> Iterator[str]:
    """What was sent under older settings, and what would refresh it."""
    stores: Mapping[Model, dict[str, int]] = defaultdict(dict)
    for stream in sorted(routes.streams):
        if number := outdated(stream, routes, counts):
            stores[stream.model][store_code(routes, stream.store_id)] = number
    for model, numbers in stores.items():
        chosen = " ".join(f"--store {code}" for code in numbers)
        yield (
            f"{sum(numbers.values())} {model} items were last sent under older settings;"
            f" `synqctl full --model {model} {chosen}` refreshes them"
        )
