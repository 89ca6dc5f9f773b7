"""Changes that concern very many entities, from the moment they were read until they are spread.

They are kept in the queue file, so a crash forgets none; one that is told again is one. A cause waits for a
moment of quiet, since a shop writes such things in several transactions (a category has a row a store view).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

from synqd.entities.watch import CATEGORY_LOG, CATEGORY_ROW, EVERYTHING, RANGE, SINCE, VERSION
from synqd.models.names import Model
from synqd.queue import Queue
from synqd.runtime.clock import Clock, milliseconds

FACT = "fan-outs"
"""Name of the queue's fact that holds them."""
KEYS_WANTED = "keys wanted"
"""Name of the queue's fact that asks for a look at what is gone, since nothing else may tell."""
QUIET = 0.5
CEILING = 5.0
"""Seconds that a cause waits since it was told last, and at most since it was told first."""
MOST_KEYS = 1_000
"""Causes of one kind beyond which they are one: everything."""

_WORDS: Mapping[str, str] = {
    "category": "category {} changed",
    "option": "option {} changed",
    "attribute": "attribute {} changed",
    "source": "inventory source {} changed",
    "region": "region {} changed",
    CATEGORY_LOG: "category {} changed",
    CATEGORY_ROW: "row {} of a category changed",
    VERSION: "another version of the content is current ({})",
    SINCE: "orders changed while capture was interrupted",
    "day": "special prices of {}",
    RANGE: "rule prices or missed changes, ids {}",
    EVERYTHING: "{}",
}


class Cause(NamedTuple):
    """Something that entities of a model depend on, as ``Entity.reach`` takes it."""

    model: Model
    via: str
    key: str

    def __str__(self) -> str:
        return _WORDS.get(self.via, f"{self.via} {{}} changed").format(self.key)


class Reported(NamedTuple):
    """When a cause was told of first and last, in milliseconds since the epoch."""

    first: int
    last: int


def origin(causes: Iterable[Cause]) -> str:
    """Who asks for a job, for people: one cause, and how many more."""
    named = sorted(map(str, causes))
    return named[0] if len(named) == 1 else f"{named[0]} and {len(named) - 1} more"


class Pending:
    """The causes that were not spread yet."""

    def __init__(self, queue: Queue, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock
        self._told: dict[Cause, Reported] = {}
        self._loaded = False

    def __len__(self) -> int:
        return len(self._told)

    async def load(self) -> None:
        """Takes up what an earlier process left; once."""
        if self._loaded:
            return
        saved = orjson.loads(await self._queue.facts.meta(FACT) or "[]")
        self._told |= {Cause(Model(model), via, key): Reported(*told) for model, via, key, told in saved}
        self._loaded = True

    async def add(self, causes: Iterable[Cause]) -> None:
        """Remembers causes; they are safe when this returns.

        Raises:
            StorageUnavailable: they are not.
        """
        now = self._now()
        for cause in causes:
            self._told[cause] = Reported(min(now, self._told.get(cause, Reported(now, now)).first), now)
        self._bound(now)
        await self._save()

    def due(self) -> Mapping[Model, Mapping[Cause, Reported]]:
        """What has been quiet for long enough, by model."""
        ready: dict[Model, dict[Cause, Reported]] = defaultdict(dict)
        for cause, told in self._told.items():
            if self._wait(told) <= 0:
                ready[cause.model][cause] = told
        return ready

    def age(self, since: int) -> float:
        """Seconds since a moment in milliseconds since the epoch."""
        return max(0.0, (self._now() - since) / 1000)

    def rest(self) -> float:
        """Seconds until the next is due; a long time if there is none."""
        return max(0.0, min((self._wait(told) for told in self._told.values()), default=60.0))

    async def done(self, spread: Mapping[Cause, Reported]) -> None:
        """Forgets those that were not told of again meanwhile."""
        for cause, told in spread.items():
            if self._told.get(cause) == told:
                del self._told[cause]
        await self._save()

    def _wait(self, told: Reported) -> float:
        now = self._now()
        if now < told.first:
            return 0.0  # the clock was set back
        due = min(told.last + milliseconds(QUIET), told.first + milliseconds(CEILING))
        return (due - now) / 1000

    def _bound(self, now: int) -> None:
        counts: dict[tuple[Model, str], int] = defaultdict(int)
        for cause in self._told:
            counts[cause.model, cause.via] += 1
        for (model, via), count in counts.items():
            if count > MOST_KEYS and via != EVERYTHING:
                self._told = {cause: told for cause, told in self._told.items() if cause[:2] != (model, via)}
                everything = Cause(model, EVERYTHING, f"more than {MOST_KEYS} changes of kind {via}")
                self._told[everything] = Reported(now, now)

    async def _save(self) -> None:
        rows = [(*cause, list(told)) for cause, told in self._told.items()]
        await self._queue.facts.set_meta(FACT, orjson.dumps(rows).decode())

    def _now(self) -> int:
        return milliseconds(self._clock.now())
