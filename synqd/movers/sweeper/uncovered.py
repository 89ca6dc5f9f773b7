"""What no log tells of in tables on which Magento's own triggers stand: summed up now and then (S28).

No trigger of synqd's may stand there. So rows are summed up by the database, by buckets of entities where a
row names its entity, else as a whole, and what has another sum is compared. ``Uncovered`` does so with tables
that none of Magento's logs covers; operators are warned of it. ``Spelling`` does so with texts in tables
behind a log: Magento's triggers compare by the database's collation, to which "Red" and "RED" are one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from synqd.entities.shop_inputs import BUCKET, changed_buckets
from synqd.entities.watch import EVERYTHING, RANGE, Watch
from synqd.magento import Way
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.rules import ranges

SHARE = 20.0
"""A look that takes long is done less often: it may take a twentieth of the time."""
_COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s"
    " AND FIND_IN_SET('select', privileges)"
)
_WHOLE = "-1"
"""Bucket of a table whose rows do not name their entity."""


class _Sums(ABC):
    """Compares sums of tables with those of the last look; the first look at a table only notes them."""

    fact: str
    """Name of the queue's fact that holds the sums."""
    every: float
    """Seconds between two looks."""
    way: Way
    """Which tables are looked at."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps

    @abstractmethod
    def _counting(self, watch: Watch, there: Sequence[str]) -> list[str]:
        """The columns that count, of those that may be read; none where nothing is to be summed up."""

    async def run(self) -> float:
        """Compares all sums with those of the last look."""
        begun = self._deps.clock.monotonic()
        known: dict[str, dict[str, int]] = await self._deps.recall(self.fact) or {}
        sums: dict[str, dict[str, int]] = {}
        for model, watch in await self._watches():
            found = await self._sums(watch)
            if found is None:
                continue
            name = f"{model} {watch.table} {watch.via or watch.entity}"
            sums[name] = found
            if name in known:
                await self._deps.tell(_causes(model, watch, known[name], sums[name]))
        if sums != known:
            await self._deps.note(self.fact, sums)
        return max(self.every, SHARE * (self._deps.clock.monotonic() - begun))

    async def _watches(self) -> list[tuple[Model, Watch]]:
        split = await self._deps.magento.split()
        tables = {table for table, each in split.items() if each.way is self.way}
        return [
            (model, watch)
            for model in self._deps.routes.settings.sync.models
            for watch in self._deps.entities[model].watches
            if watch.table in tables
        ]

    async def _sums(self, watch: Watch) -> dict[str, int] | None:
        source = self._deps.magento.source
        prefix = self._deps.routes.settings.magento.table_prefix
        there = [str(name) for (name,) in await source.fetch(_COLUMNS, [prefix + watch.table])]
        counting = self._counting(watch, there)
        if not counting:
            return None
        text = ", ".join(f"COALESCE(`{name}`, '~')" for name in counting)
        bucket = f"`{watch.column}` DIV {BUCKET}" if _names_entity(watch) else _WHOLE
        rows = await source.fetch(
            f"SELECT {bucket} AS bucket, COUNT(*) * 4294967296 + SUM(CRC32(CONCAT_WS('|', {text})))"
            f" FROM {{{watch.table}}} GROUP BY bucket"
        )
        return {str(number): int(total or 0) for number, total in rows}


class Uncovered(_Sums):
    """Finds changes in tables that nothing tells of."""

    fact = "uncovered tables"
    every = 60.0
    way = Way.SWEEP

    def _counting(self, watch: Watch, there: Sequence[str]) -> list[str]:
        wanted = [name for name in there if name in watch.only]
        wanted = wanted or [name for name in there if name not in watch.ignore]
        return sorted({*wanted, *(name for name in there if name == watch.column)})


class Spelling(_Sums):
    """Finds texts that are only spelled in another way, which Magento's own logs do not tell of."""

    fact = "spelling of texts"
    every = 300.0
    way = Way.LOG

    def _counting(self, watch: Watch, there: Sequence[str]) -> list[str]:
        spelled = [name for name in there if name in watch.spelling]
        place = {name for name in there if name in _PLACE}
        if "row_id" in there:  # the number of a version's row; what is read says whose it is, all the same
            place.add("entity_id")
        return sorted({*spelled, *place}) if spelled else []


_PLACE = ("entity_id", "attribute_id", "store_id")
"""Columns that say of what a text is the value."""


def _names_entity(watch: Watch) -> bool:
    return not watch.via and watch.column is not None


def _causes(model: Model, watch: Watch, known: dict[str, int], sums: dict[str, int]) -> Iterable[Cause]:
    changed = changed_buckets(known, sums)
    if not changed:
        return []
    if _names_entity(watch):
        return [Cause(model, RANGE, ids) for ids in ranges(changed)]
    return [Cause(model, EVERYTHING, f"{watch.table} changed")]
