"""Rows that say themselves when they changed: with read-only capture all there is for most models.

Only ``updated_at`` columns (and those that keep a time of their own) are asked. What moves none of them is
not seen here: attribute values and other child rows written by SQL, and deleted rows.
"""

from collections.abc import Sequence

from synqd.entities import Stamped
from synqd.entities.base import Row
from synqd.models.names import Model
from synqd.movers.sweeper.deps import SweepDeps, enqueue

FACT = "stamps seen"
OVERLAP = 2 * 3600
"""Seconds before the last look that are looked at again: transactions commit after their time stamps."""
MOST_SEEN = 200_000
SHORTEST = 120
"""Rows of a table that are looked at again at most: while more change within the overlap, it is shorter; and
the seconds that it always has."""
FRESH = 2
"""Seconds within which a row may change again without its time stamp, which counts seconds, moving."""
PAGE = 5_000
LOOK_EVERY = 2.0
SHARE = 20.0
"""A look may take a twentieth of the time: without an index it reads the whole table."""


class Stamps:
    """Reads one table's changed and new rows; where it stands is kept in the queue file."""

    def __init__(self, deps: SweepDeps, model: Model, table: Stamped) -> None:
        self._deps = deps
        self._model = model
        self._table = table
        self._fact = f"{FACT} {table.table}"
        self._seen: dict[int, int] = {}

    async def run(self) -> float:
        """Enqueues what changed since the last look; the first look only notes where to begin (S4)."""
        begun = self._deps.clock.monotonic()
        now, high = await self._present()
        known = await self._deps.recall(self._fact)
        if known is None:
            await self._take(now - OVERLAP, high, now, is_first=True)
            ruled_out = 0
        else:
            last, last_high, ruled_out = (*known, 0)[:3]
            await self._take(min(max(last - OVERLAP, ruled_out), last - SHORTEST), last_high, now)
        since = self._forget(max(now - OVERLAP, ruled_out))
        await self._deps.note(self._fact, [now, high, since])
        return max(LOOK_EVERY, SHARE * (self._deps.clock.monotonic() - begun))

    async def _present(self) -> tuple[int, int]:
        """The database's time, in seconds since the epoch, and the highest key."""
        table = self._table
        sql = f"SELECT UNIX_TIMESTAMP(), COALESCE(MAX({table.key}), 0) FROM {{{table.table}}}"
        ((now, high),) = await self._deps.magento.source.fetch(sql)
        return int(now), int(high)

    async def _take(self, since: int, high: int, now: int, *, is_first: bool = False) -> None:
        """Enqueues what is new since a moment; at the first look it is only remembered."""
        after = 0
        while rows := await self._page(since, high, after):
            fresh = [row for row in rows if self._is_fresh(row, now)]
            if not is_first:
                await enqueue(self._deps, self._model, {int(row[1]) for row in fresh if row[1]})
            self._seen |= {row[0]: int(row[2]) for row in fresh}
            after = rows[-1][0]
            if len(rows) < PAGE:
                return

    def _forget(self, since: int) -> int:
        """Forgets what is too old to be looked at again, or the oldest of too much; returns how far."""
        if len(self._seen) > MOST_SEEN:
            since = max(since, sorted(self._seen.values())[-MOST_SEEN])
        self._seen = {key: stamp for key, stamp in self._seen.items() if stamp >= since - SHORTEST}
        return since

    async def _page(self, since: int, high: int, after: int) -> Sequence[Row]:
        key, entity, stamp = self._table.key, self._table.entity, self._table.stamp
        return await self._deps.magento.source.fetch(
            f"SELECT {key}, {entity}, COALESCE(UNIX_TIMESTAMP({stamp}), 0) FROM {{{self._table.table}}}"
            f" WHERE {key} > %s AND ({stamp} >= FROM_UNIXTIME(%s) OR {key} > %s) ORDER BY {key} LIMIT {PAGE}",
            (after, since, high),
        )

    def _is_fresh(self, row: Row, now: int) -> bool:
        return self._seen.get(row[0]) != int(row[2]) or int(row[2]) >= now - FRESH


RESERVATIONS = "reservations seen"
WINDOW = 1_000
"""Ids before the highest one seen that are looked at again: ids are given before transactions commit."""


class Reservations:
    """Orders reserve stock in rows that are only ever added: what is salable changes with nothing else."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps
        self._seen: set[int] = set()

    async def run(self) -> float:
        """Enqueues the products that reservations name; the first look only notes where to begin."""
        source = self._deps.magento.source
        if not await source.has_table("inventory_reservation"):
            return 60.0
        high = await self._deps.recall(RESERVATIONS)
        if high is None:
            ((high,),) = await source.fetch(
                "SELECT COALESCE(MAX(reservation_id), 0) FROM {inventory_reservation}"
            )
            await self._deps.note(RESERVATIONS, int(high))
            return LOOK_EVERY
        rows = await source.fetch(
            "SELECT reservation_id, sku FROM {inventory_reservation} WHERE reservation_id > %s"
            f" ORDER BY reservation_id LIMIT {PAGE}",
            (high - WINDOW,),
        )
        fresh = [row for row in rows if row[0] not in self._seen]
        if fresh:
            await self._enqueue(sorted({sku for _, sku in fresh}))
            await self._deps.note(RESERVATIONS, max(int(high), int(rows[-1][0])))
        self._seen = {row[0] for row in rows}
        return 0.0 if len(rows) == PAGE else LOOK_EVERY

    async def _enqueue(self, skus: Sequence[str]) -> None:
        entity = self._deps.entities[Model.PRODUCT]
        found = await entity.resolve(self._deps.magento.source, "sku", skus)
        ids = {entity_id for each in found.values() for entity_id in each}
        await enqueue(self._deps, Model.PRODUCT, ids)
