"""What workers share: all of them (``DrainerDeps``), and those of one workspace (``WorkspaceState``)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field

from synqd.config import Routes
from synqd.entities import Source
from synqd.metrics import Metrics
from synqd.models.errors import Transient
from synqd.models.names import Key, Lane, Model, Stream
from synqd.movers.drainer.breakers import Breakers
from synqd.movers.drainer.catalogs import CatalogWatch
from synqd.movers.drainer.requests import Overtaken, WireKey
from synqd.movers.drainer.slots import RequestSlots, Slots
from synqd.pacing.backoff import Backoff
from synqd.queue import Queue
from synqd.runtime.clock import Clock
from synqd.runtime.supervisor import Progress
from synqd.synerise import Delivery

CLASHES = Backoff(base=0.1, cap=5.0)
"""Pauses of an item whose wire key is in flight: each look at it reads Magento."""
MOST_STRIKES = 10_000
ISOLATE_AFTER = 2
"""Times that an item's request failed before its next one tells culprits from an outage (S14)."""


@dataclass(frozen=True)
class DrainerDeps:
    """What all workers share.

    Attributes:
        readers: chunks of a model that may be read from Magento at a time: fewer than there are connections,
            so that one locked table does not keep all other models waiting.
        unaddressed: streams whose items wait for the addresses that they show (S31).
        lapsed: why nothing may be sent now although everything works: another daemon may do so. None if it
            may.
    """

    routes: Routes
    queue: Queue
    source: Source
    breakers: Breakers
    catalogs: CatalogWatch
    metrics: Metrics
    progress: Progress
    clock: Clock
    readers: int = 2
    unaddressed: frozenset[Stream] = frozenset()
    lapsed: Callable[[], Transient | None] = lambda: None
    healthy: dict[Model, bool] = field(default_factory=dict)
    """Whether the last chunk of a model could be composed."""
    _reading: dict[Model, Slots] = field(default_factory=dict)

    def reading(self, model: Model, lane: Lane) -> AbstractAsyncContextManager[None]:
        """Holds back all but ``readers`` chunks of a model; live changes come first."""
        return self._reading.setdefault(model, Slots(self.readers)).slot(model, lane)


@dataclass
class WorkspaceState:
    """What all workers of one workspace share.

    Attributes:
        delivery: the way to Synerise.
        slots: requests under way at a time.
        busy: wire keys in flight (S8).
        strikes: how often items' requests failed in a row; only a hint, so it may be lost.
        clashes: how often in a row items had to wait for their wire key; likewise.
    """

    delivery: Delivery
    slots: RequestSlots
    busy: set[WireKey] = field(default_factory=set)
    strikes: Counter[Key] = field(default_factory=Counter)
    clashes: Counter[Key] = field(default_factory=Counter)
    _readings: list[Overtaken] = field(default_factory=list)

    @contextmanager
    def reading(self) -> Iterator[Overtaken]:
        """Gives what leaves for Synerise while a chunk is read inside: of that, the chunk may be older."""
        overtaken: Overtaken = defaultdict(set)
        self._readings.append(overtaken)
        try:
            yield overtaken
        finally:
            self._readings = [one for one in self._readings if one is not overtaken]

    def put_down(self, model: Model, keys: set[WireKey]) -> None:
        """These wire keys are not in flight any more."""
        self.busy -= keys
        for overtaken in self._readings if keys else ():
            overtaken[model] |= keys

    def moving(self, model: Model, stands: Mapping[int, WireKey], overtaken: Overtaken) -> set[int]:
        """Items of a chunk that need not be sent again, but whose key is, or was meanwhile, sent for another.

        Args:
            model: of the chunk.
            stands: their rows and keys; of those that are not moving, what others are reading may be older.
            overtaken: what has left while the chunk was read.
        """
        left = self.busy.union(*overtaken.values())
        moving = {row_id for row_id, key in stands.items() if key in left}
        for other in self._readings if stands else ():
            if other is not overtaken:
                other[model].update(key for row_id, key in stands.items() if row_id not in moving)
        return moving

    def suspicious(self, keys: Iterable[Key]) -> bool:
        """Whether one of these items has failed so often that a request with it is worth halving."""
        strikes = self.strikes
        return bool(strikes) and any(strikes.get(key, 0) >= ISOLATE_AFTER for key in keys)

    def relieve(self, keys: Iterable[Key]) -> None:
        """The items' request did not fail."""
        for key in keys if self.strikes else ():
            self.strikes.pop(key, None)

    def strike(self, key: Key) -> None:
        """The item's request failed once more."""
        _count(self.strikes, key)

    def clash(self, key: Key) -> float:
        """The item's wire key is in flight once more; returns the seconds until it is worth another look."""
        return CLASHES.ceiling(_count(self.clashes, key))

    def part(self, keys: Iterable[Key]) -> None:
        """The items' wire keys were free."""
        for key in keys if self.clashes else ():
            self.clashes.pop(key, None)


def _count(counter: Counter[Key], key: Key) -> int:
    if len(counter) >= MOST_STRIKES:
        counter.clear()
    counter[key] += 1
    return counter[key]
