"""What carriers share: all of them (``Tools``), and those of one workspace (``Desk``)."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from synqd.clock import Clock
from synqd.config import Routes
from synqd.drainer.catalogs import CatalogWatch
from synqd.drainer.gates import Gates
from synqd.drainer.requests import WireKey
from synqd.drainer.slots import Slots
from synqd.entities import Source
from synqd.metrics import Metrics
from synqd.models.names import Key, Model
from synqd.queue import Queue
from synqd.supervisor import Progress
from synqd.synerise import Delivery

MOST_STRIKES = 10_000
ISOLATE_AFTER = 2
"""Times that an item's request failed before its next one tells culprits from an outage (S14)."""


@dataclass(frozen=True)
class Tools:
    """What all carriers share.

    Attributes:
        readers: chunks of a model that may be read from Magento at a time: fewer than there are connections,
            so that one locked table does not keep all other models waiting.
    """

    routes: Routes
    queue: Queue
    source: Source
    gates: Gates
    catalogs: CatalogWatch
    metrics: Metrics
    progress: Progress
    clock: Clock
    readers: int = 2
    healthy: dict[Model, bool] = field(default_factory=dict)
    """Whether the last chunk of a model could be composed."""
    _reading: dict[Model, asyncio.Semaphore] = field(default_factory=dict)

    def reading(self, model: Model) -> asyncio.Semaphore:
        """Holds back all but ``readers`` chunks of a model."""
        return self._reading.setdefault(model, asyncio.Semaphore(self.readers))


@dataclass
class Desk:
    """What all carriers of one workspace share.

    Attributes:
        delivery: the way to Synerise.
        slots: requests under way at a time.
        busy: wire keys in flight (S8).
        strikes: how often items' requests failed in a row; only a hint, so it may be lost.
    """

    delivery: Delivery
    slots: Slots
    busy: set[WireKey] = field(default_factory=set)
    strikes: Counter[Key] = field(default_factory=Counter)

    def suspicious(self, keys: Iterable[Key]) -> bool:
        """Whether one of these items has failed so often that a request with it is worth halving."""
        return any(self.strikes[key] >= ISOLATE_AFTER for key in keys)

    def strike(self, key: Key) -> None:
        """The item's request failed once more."""
        if len(self.strikes) >= MOST_STRIKES:
            self.strikes.clear()
        self.strikes[key] += 1
