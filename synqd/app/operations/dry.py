"""What a synchronization would do."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from synqd.app.dry_run import DryRunner, Tally
from synqd.app.generation import Generation
from synqd.app.operations.base import Verb, want_of
from synqd.app.views import store_code
from synqd.control import Caller, Conflict, schema
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Want
from synqd.models.names import Lane
from synqd.movers.jobrunner import LookupDeps, look_up
from synqd.runtime.logs import get_logger

LONGEST = 60.0
"""Seconds for looking; figures of what was not reached by then are estimated."""
MOST_KEYS = 100_000
"""Keys of a batch that are looked at."""
MOST_TOLD = 100
"""Keys that lead to nothing and are named."""
LATELY = 20
"""Jobs whose pace is asked for."""

log = get_logger("control")


class DryOperations(Verb):
    """Verbs that only tell what others would do."""

    _looking = asyncio.Lock()

    async def dry_full(self, request: schema.FullRequest, caller: Caller) -> schema.DryRun:
        """What a full synchronization would do."""
        streams, generation = self._streams(request.models, request.stores), self._at_work()
        async with self._alone():
            log.info("dry_run.full", by=str(caller), streams=len(streams))
            runner = DryRunner(generation, want_of(request), Lane.FULL)
            tallies = await runner.full(sorted(streams, key=lambda one: (one.store_id, one.model)), LONGEST)
            return await self._answer(tallies)

    async def dry_batch(
        self,
        header: schema.BatchHeader,
        pages: AsyncIterator[Sequence[int] | Sequence[str]],
        caller: Caller,
    ) -> schema.DryRun:
        """What a batch would do."""
        streams, generation = self._streams((header.model,), header.stores), self._at_work()
        keys = [str(key) async for page in pages for key in page]
        if len(keys) > MOST_KEYS:
            raise Conflict(f"a dry run takes at most {MOST_KEYS:,} keys")
        async with self._alone():
            log.info("dry_run.batch", by=str(caller), keys=len(keys))
            places = LookupDeps(generation.parts.magento.source, generation.parts.routes.shop, self._queue)
            stores = {stream.store_id for stream in streams}
            entity = generation.parts.entities[header.model]
            found = await look_up(places, entity, stores, header.by, keys)
            tallies = await DryRunner(generation, Want.FORCE, Lane.BATCH).batch(streams, found.ids)
            unknown = [schema.UnknownKey(key=key, reason=why) for key, why in found.unknown.items()]
            return await self._answer(tallies, unknown)

    def _at_work(self) -> Generation:
        generation = self._daemon.generation
        if generation is None:
            raise MagentoUnavailable(f"nothing can be looked at ({self._obstacle(()) or 'it is starting'})")
        return generation

    def _alone(self) -> asyncio.Lock:
        """One at a time: it reads as much as a synchronization.

        Raises: Conflict while another one is looking.
        """
        if self._looking.locked():
            raise Conflict("another dry run is looking; wait for its end")
        return self._looking

    async def _answer(
        self, tallies: Sequence[Tally], unknown: Sequence[schema.UnknownKey] = ()
    ) -> schema.DryRun:
        estimated = any(tally.looked_at < tally.total for tally in tallies)
        rate = await self._rate()
        items = sum(tally.scaled().send + tally.scaled().remove for tally in tallies)
        return schema.DryRun(
            estimated=estimated,
            seconds=items / rate if rate else None,
            unknown=len(unknown),
            unknown_keys=unknown[:MOST_TOLD],
            parts=[self._part(tally) for tally in tallies],
        )

    def _part(self, tally: Tally) -> schema.DryPart:
        scaled, model = tally.scaled(), tally.stream.model
        return schema.DryPart(
            model=model,
            store=store_code(self._daemon.routes, tally.stream.store_id),
            total=tally.total,
            looked_at=tally.looked_at,
            send=scaled.send,
            remove=scaled.remove,
            unchanged=scaled.unchanged,
            skipped=scaled.reasons.total(),
            reasons=dict(scaled.reasons.most_common()),
            requests=scaled.requests(self._daemon.settings.max_items(model)),
        )

    async def _rate(self) -> float | None:
        """Items a second of the synchronization that sent something last."""
        for job in await self._queue.jobs.page(LATELY):
            rate = self._paces.of(job).rate
            if rate and sum(part.sent for part in job.parts):
                return rate
        return None
