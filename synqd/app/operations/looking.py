"""The status."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping

from synqd import __version__
from synqd.app.operations.base import Verb
from synqd.app.views import (
    Figures,
    breaker_views,
    check_view,
    condition_view,
    hold_views,
    outdated,
    store_code,
    stream_view,
)
from synqd.config import Routes, Settings
from synqd.control import schema
from synqd.models.errors import Denied, MagentoUnavailable
from synqd.models.names import Model
from synqd.queue import Counts

LAG_TIMEOUT = 0.15
"""Seconds that the status waits for Magento; without an answer it leaves the change logs out."""


class LookOperations(Verb):
    """The verb that looks at everything."""

    async def status(self) -> schema.Status:
        """The daemon at this moment."""
        daemon, clock = self._daemon, self._daemon.house.clock
        counts, oldest = await self._queue.facts.counts(), await self._queue.facts.oldest()
        sizes, holds = await self._queue.file.sizes(), await self._queue.holds.all()
        routes = daemon.routes
        streams = sorted(routes.streams, key=lambda one: (one.store_id, one.model)) if routes else []
        left_out, turnover = await self._queue.facts.left_out(), self._queue.facts.turnover
        figures = Figures(counts, oldest, left_out, turnover, daemon.house.census, clock.now())
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
            streams=[stream_view(one, routes, figures) for one in streams] if routes else [],
            unplaced={model: number for model, number in daemon.house.census.unplaced.items() if number},
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
