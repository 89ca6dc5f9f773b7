"""From a page of a change log to what it wants sent."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from synqd.config import Routes
from synqd.entities import Entity
from synqd.entities.watch import MARKER, SOURCE_ITEM
from synqd.magento import Magento, ReadPage
from synqd.metrics import Metrics
from synqd.models.change import Change
from synqd.models.item import Wish
from synqd.models.names import Model
from synqd.movers.capture.coalesce import coalesce, spread, wishes
from synqd.movers.capture.interruption import Interruptions
from synqd.movers.capture.pending import Cause, Pending
from synqd.movers.capture.source_items import Resolved, resolve
from synqd.queue import Queue


class Wanted:
    """Merges the rows of each entity, adds who depends on it, and finds the store views (S4).

    What concerns very many entities is left to the fan-out. It is safe there before this returns.
    """

    def __init__(
        self,
        routes: Routes,
        queue: Queue,
        magento: Magento,
        entities: Mapping[Model, Entity],
        pending: Pending,
        metrics: Metrics,
        wake: Callable[[str], None],
        interruptions: Interruptions,
    ) -> None:
        """Args: wake: ends the rest of the mover of that name, for which there is work now."""
        self._settings = routes.settings
        self._routes = routes
        self._queue = queue
        self._magento = magento
        self._entities = entities
        self._pending = pending
        self._metrics = metrics
        self._wake = wake
        self._interruptions = interruptions
        self._switched_on: dict[Model, frozenset[int]] = {
            model: frozenset(stream.store_id for stream in routes.streams if stream.model is model)
            for model in Model
        }

    async def of(self, page: ReadPage) -> tuple[list[Wish], Mapping[int, str | None]]:
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
