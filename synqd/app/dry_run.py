"""What a full or batch synchronization would do: reads and maps as it would, and counts; nothing leaves.

Of a large shop only as much is looked at as there is time for, evenly over models and store views; the
figures are multiplied then, and said to be an estimate.
"""

import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace

from synqd.app.generation import Generation
from synqd.entities import Context, Entity
from synqd.entities.person import marks_of
from synqd.models.item import Leased, LedgerEntry, Want
from synqd.models.names import Key, Lane, Stream
from synqd.models.person import FORGOTTEN
from synqd.models.shop import StoreView
from synqd.models.wire import Endpoint, Parcel, Skip
from synqd.movers.drainer.isolate_mapping import MappingFailure, compose
from synqd.movers.drainer.settlements import unchanged
from synqd.runtime.clock import utc

PAGE = 200
"""Entities that are read and mapped at a time: live changes have their turn in between."""


@dataclass
class Tally:
    """What would become of the items of a stream."""

    stream: Stream
    total: int = 0
    looked_at: int = 0
    send: int = 0
    remove: int = 0
    unchanged: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    wires: Counter[tuple[Endpoint, str | None]] = field(default_factory=Counter)
    """Wire items by the call that carries them."""

    def requests(self, limit: int) -> int:
        """Requests that carry them, ``limit`` items each; a deletion is a request of its own."""
        return sum(
            n if endpoint is Endpoint.CLIENT_DELETE else math.ceil(n / limit)
            for (endpoint, _), n in self.wires.items()
        )

    def scaled(self) -> "Tally":
        """As it would be if all of it were like what was looked at."""
        if not self.looked_at or self.looked_at >= self.total:
            return self
        by = self.total / self.looked_at
        times = Counter({name: round(n * by) for name, n in self.reasons.items()})
        wires = Counter({call: round(n * by) for call, n in self.wires.items()})
        figures = {name: round(getattr(self, name) * by) for name in ("send", "remove", "unchanged")}
        return replace(self, reasons=times, wires=wires, **figures)


class DryRunner:
    """Looks at streams of one generation."""

    def __init__(self, generation: Generation, want: Want, lane: Lane) -> None:
        """Args: want, lane: of the items, as the synchronization would have them."""
        self._parts = generation.parts
        self._want = want
        self._lane = lane

    async def full(self, streams: Sequence[Stream], seconds: float) -> list[Tally]:
        """Everything of these streams, as far as there is time for it."""
        clock, tallies = self._parts.house.clock, []
        end = clock.monotonic() + seconds
        for done, stream in enumerate(streams):
            entity, store = self._parts.entities[stream.model], self._store(stream)
            source = self._parts.magento.source
            tally = Tally(stream, total=await entity.count(source, store))
            until = clock.monotonic() + max(0.0, end - clock.monotonic()) / (len(streams) - done)
            async for ids in self._pages(entity, stream):
                await self._look(entity, tally, ids)
                if clock.monotonic() > until:
                    break
            else:
                tally.total = tally.looked_at
            tallies.append(tally)
        return tallies

    async def batch(self, streams: Sequence[Stream], ids: Sequence[int]) -> list[Tally]:
        """Those of the ids that belong to each of the streams, or that Synerise knows from there."""
        tallies = []
        for stream in streams:
            entity, tally = self._parts.entities[stream.model], Tally(stream)
            for start in range(0, len(ids), PAGE):
                page = await self._belonging(entity, stream, ids[start : start + PAGE])
                await self._look(entity, tally, page)
            tally.total = tally.looked_at
            tallies.append(tally)
        return tallies

    async def _pages(self, entity: Entity, stream: Stream) -> AsyncIterator[Sequence[int]]:
        source, store, after = self._parts.magento.source, self._store(stream), 0
        until = await entity.high(source)
        while ids := (await entity.page(source, store, after, PAGE, until)).ids:
            yield ids
            after = ids[-1]

    async def _belonging(self, entity: Entity, stream: Stream, ids: Sequence[int]) -> list[int]:
        located = await entity.locate(self._parts.magento.source, self._parts.routes.shop, ids)
        missing = [one for one in ids if stream.store_id not in located.get(one, frozenset())]
        outbox = self._parts.house.queue.outbox
        known = await outbox.whereabouts(stream.model, missing) if missing else {}
        left_out = {one for one in missing if stream.store_id not in known.get(one, frozenset())}
        return [one for one in ids if one not in left_out]

    async def _look(self, entity: Entity, tally: Tally, ids: Sequence[int]) -> None:
        if not ids:
            return
        parts, queue = self._parts, self._parts.house.queue
        route = parts.routes.by_store[tally.stream.store_id]
        place = (parts.routes.settings, parts.routes.shop, route.store, route.workspace)
        context = Context(*place, utc(parts.house.clock), queue.ledger)
        keys = [Key(*tally.stream, entity_id) for entity_id in ids]
        known = await queue.ledger.known(keys)
        items = [self._item(key, known.get(key)) for key in keys]
        results = await compose(entity, parts.magento.source, context, items, healthy=True)
        tally.looked_at += len(items)
        self._count(tally, zip(items, results, strict=True), route.workspace)

    def _count(
        self, tally: Tally, found: Iterable[tuple[Leased, Parcel | Skip | MappingFailure]], workspace: str
    ) -> None:
        people, skips = self._parts.house.queue.people, self._parts.settings.sync.skip_unchanged
        for item, result in found:
            if isinstance(result, MappingFailure):
                tally.reasons[f"cannot be mapped: {result.detail}"] += 1
            elif isinstance(result, Skip):
                tally.reasons[result.reason] += 1
            elif people.has_forgotten and people.forgotten(marks_of(item, result)):
                tally.reasons[FORGOTTEN] += 1
            elif not result.items or (skips and unchanged(item, result, workspace)):
                tally.unchanged += 1
            else:
                tally.send += result.alive
                tally.remove += not result.alive
                tally.wires.update((wire.endpoint, wire.catalog) for wire in result.items)

    def _item(self, key: Key, known: LedgerEntry | None) -> Leased:
        return Leased(0, key, 0, 1, 0, self._lane, 0, self._want, None, known)

    def _store(self, stream: Stream) -> StoreView:
        return self._parts.routes.by_store[stream.store_id].store
