"""What all sweeps work with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from synqd.config import Routes
from synqd.entities import Entity
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.names import Model
from synqd.movers.capture.coalesce import Touched, spread, wishes
from synqd.movers.capture.interruption import Interruptions
from synqd.movers.capture.pending import Cause, Pending
from synqd.queue import Queue
from synqd.runtime.clock import Clock


@dataclass(frozen=True)
class SweepDeps:
    """Rooms, and the way to the fan-out.

    Attributes:
        wake: ends the rest of the mover of that name.
        notices: what operators should know or do: name -> sentence.
    """

    routes: Routes
    queue: Queue
    magento: Magento
    entities: Mapping[Model, Entity]
    pending: Pending
    clock: Clock
    wake: Callable[[str], None]
    notices: dict[str, str]
    metrics: Metrics

    @property
    def interruptions(self) -> Interruptions:
        """Where an interruption of the capture is told."""
        return Interruptions(self.queue, self.pending, self.wake, self.routes.settings.sync.models)

    async def tell(self, causes: Iterable[Cause]) -> None:
        """Leaves causes of models that are switched on to the fan-out; safe when this returns."""
        wanted = [cause for cause in causes if cause.model in self.routes.settings.sync.models]
        if wanted:
            await self.pending.add(wanted)
            self.wake("fanout")

    def refresh(self) -> None:
        """Lets all entities forget cached metadata."""
        for entity in self.entities.values():
            entity.refresh()

    async def recall(self, fact: str) -> Any:
        """A fact of the queue file that is kept as JSON; None if it was never noted."""
        saved = await self.queue.facts.meta(fact)
        return None if saved is None else orjson.loads(saved)

    async def note(self, fact: str, value: Any) -> None:
        """Notes such a fact."""
        await self.queue.facts.set_meta(fact, orjson.dumps(value).decode())


async def enqueue(deps: SweepDeps, model: Model, ids: Iterable[int]) -> None:
    """Entities that changed, and those that depend on them, as live changes.

    Raises:
        MagentoUnavailable, StorageUnavailable: none of them.
    """
    touched = {entity_id: Touched(0.0) for entity_id in ids}
    if not touched:
        return
    entity = deps.entities[model]
    spread(touched, await entity.related(deps.magento.source, list(touched)))
    located = await entity.locate(deps.magento.source, deps.routes.shop, list(touched))
    switched_on = frozenset(stream.store_id for stream in deps.routes.streams if stream.model is model)
    wanted, _ = wishes(model, touched, located, switched_on)
    await deps.queue.outbox.intake(wanted)
    deps.wake("drainer")
