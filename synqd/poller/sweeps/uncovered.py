"""Tables with triggers of Magento's that none of its logs covers: summed up now and then (S28).

No trigger of synqd's may stand there. So their rows are summed up by the database, by buckets of entities
where a row names its entity, else as a whole, and what has another sum is compared. Operators are warned of
it.
"""

from collections.abc import Iterable, Sequence

from synqd.entities.surroundings import BUCKET, changed_buckets
from synqd.entities.watch import EVERYTHING, RANGE, Watch
from synqd.magento import Split, Way
from synqd.models.names import Model
from synqd.poller.pending import Cause
from synqd.poller.sweeps.rules import ranges
from synqd.poller.sweeps.tools import Tools

FACT = "uncovered tables"
LOOK_EVERY = 60.0
SHARE = 20.0
"""A look that takes long is done less often: it may take a twentieth of the time."""
_COLUMNS = (
    "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s"
)
_WHOLE = "-1"
"""Bucket of a table whose rows do not name their entity."""


class Uncovered:
    """Finds changes in tables that nothing tells of."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def run(self) -> float:
        """Compares all sums with those of the last look; the first look at a table only notes them."""
        begun = self._tools.clock.monotonic()
        known: dict[str, dict[str, int]] = await self._tools.recall(FACT) or {}
        sums: dict[str, dict[str, int]] = {}
        for model, watch in self._swept(await self._tools.magento.split()):
            name = f"{model} {watch.table} {watch.via or watch.entity}"
            sums[name] = await self._sums(watch)
            if name in known:
                await self._tools.tell(_causes(model, watch, known[name], sums[name]))
        if sums != known:
            await self._tools.note(FACT, sums)
        return max(LOOK_EVERY, SHARE * (self._tools.clock.monotonic() - begun))

    def _swept(self, split: Split) -> list[tuple[Model, Watch]]:
        tables = {table for table, each in split.items() if each.way is Way.SWEEP}
        return [
            (model, watch)
            for model in self._tools.routes.settings.sync.models
            for watch in self._tools.entities[model].watches
            if watch.table in tables
        ]

    async def _sums(self, watch: Watch) -> dict[str, int]:
        source = self._tools.magento.source
        if not await source.has_table(watch.table):
            return {}
        prefix = self._tools.routes.settings.magento.table_prefix
        there = [str(name) for (name,) in await source.fetch(_COLUMNS, [prefix + watch.table])]
        text = ", ".join(f"COALESCE(`{name}`, '~')" for name in _counting(watch, there))
        bucket = f"`{watch.column}` DIV {BUCKET}" if _names_entity(watch) else _WHOLE
        rows = await source.fetch(
            f"SELECT {bucket} AS bucket, COUNT(*) * 4294967296 + SUM(CRC32(CONCAT_WS('|', {text})))"
            f" FROM {{{watch.table}}} GROUP BY bucket"
        )
        return {str(number): int(total or 0) for number, total in rows}


def _names_entity(watch: Watch) -> bool:
    return not watch.via and watch.column is not None


def _counting(watch: Watch, there: Sequence[str]) -> list[str]:
    wanted = [name for name in there if name in watch.only] or [
        name for name in there if name not in watch.ignore
    ]
    return sorted({*wanted, *([watch.column] if watch.column else [])})


def _causes(model: Model, watch: Watch, known: dict[str, int], sums: dict[str, int]) -> Iterable[Cause]:
    changed = changed_buckets(known, sums)
    if not changed:
        return []
    if _names_entity(watch):
        return [Cause(model, RANGE, ids) for ids in ranges(changed)]
    return [Cause(model, EVERYTHING, f"{watch.table} changed")]
