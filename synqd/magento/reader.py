"""Reads change logs by cursor (semantics S1); the decisions are in ``cursor``.

All logs are read in one statement. For each of them it asks from the cursor's own row on, which costs one
index dive and answers two questions: what is new, and whether the log is still the one that was read. Once a
second, where ids were skipped, the same statement looks those up by primary key. Most looks find nothing, so
a shorter question comes first: whether every log still ends where it was read to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from synqd.clock import Clock, milliseconds
from synqd.entities.base import Row
from synqd.magento.cursor import advance, choose, expire
from synqd.magento.logs import VIEWS, Log
from synqd.magento.pool import Pool
from synqd.magento.purge import purge_batch
from synqd.magento.records import Lag, ReadPage
from synqd.magento.translate import ServerError
from synqd.models.change import Change, Cursor, Gap
from synqd.models.errors import MagentoUnavailable
from synqd.models.names import Model

PAGE = 5_000
"""Rows of a log that one read takes at most."""
LOOK_EVERY = 1.0
"""Seconds between two look-ups of skipped ids."""
MOST_RANGES = 200
"""Ranges of skipped ids in one look-up of a log."""
STEP_EVERY = 60.0
"""Seconds between two questions for the distance of ids: a cluster changes it when a node comes or goes."""
TRAIL = 1_000
"""Ids before the end of a log in which ``heads`` looks for transactions that are still open."""

_Branch = tuple[str, Sequence[Any]]
"""One query of a UNION, with its parameters."""


class LogMissing(MagentoUnavailable):
    """Tables of synqd's own change log are gone: changes escape until they are made again.

    Attributes:
        sources: the names of the logs.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        super().__init__(
            f"the change log is damaged, {', '.join(sources)} is missing: run `synqd changelog install`"
        )
        self.sources = sources


class ChangeReader:
    """Reads the change logs of all models.

    Attributes:
        sources: name of each log (= ``Cursor.source``) -> its model.
    """

    def __init__(self, pool: Pool, logs: Sequence[Log], clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._logs = {log.source: log for log in logs}
        self.sources: Mapping[str, Model] = {log.source: log.model for log in logs}
        self._looked_at: dict[str, float] = {}
        self._turns: dict[str, int] = {}
        self._step = 1
        self._step_asked_at: float | None = None

    async def read(self, cursors: Mapping[str, Cursor]) -> list[ReadPage]:
        """The next page of each log for which there is a cursor (by source); none if all logs have been read.

        A page whose cursor is not stored is read again by the next call with the old cursor.

        Raises:
            LogMissing: tables of synqd's own logs are gone; nothing was read.
            MagentoUnavailable, Denied: nothing was read.
        """
        present = await self._present(cursors)
        looks = {source: self._due(cursors[source]) for source in present}
        if not any(looks.values()) and await self._at_their_ends(present, cursors):
            return []
        asked = [_Asked(self._logs[source], cursors[source], looks[source]) for source in present]
        if any(each.look for each in asked):
            await self._learn_step()
        branches = [branch for each in asked for branch in each.branches()]
        answer: dict[int, list[Row]] = {}
        for row in await self._found(*_together(branches), present):
            answer.setdefault(row[0], []).append(row[1:])
        pages, place = [], 0
        for each in asked:
            tail = answer.get(place, [])
            found = answer.get(place + 1, []) if each.look else []
            place += 2 if each.look else 1
            pages.append(await self._page(each, tail, found))
        return pages

    async def heads(self) -> dict[str, Cursor]:
        """Cursors at the present end of each log, for first enabling (S4).

        Ids skipped shortly before the end stay in the cursors as gaps: their transactions may still be open.
        """
        heads = {}
        for source, (_, last) in (await self._bounds(await self._present(self._logs))).items():
            start = Cursor(source, max(0, last - TRAIL))
            sql = f"SELECT version_id FROM {{{source}}} WHERE version_id > %s AND version_id <= %s"
            rows = await self._pool.fetch(sql, (start.high, last))
            heads[source], _ = advance(start, rows, self._now())
        return heads

    async def tails(self) -> dict[str, Cursor]:
        """Cursors before the oldest retained row of each log, for a rebuilt queue file (S17)."""
        bounds = await self._bounds(await self._present(self._logs))
        return {source: Cursor(source, max(0, first - 1)) for source, (first, _) in bounds.items()}

    async def lag(self, cursors: Mapping[str, Cursor]) -> dict[str, Lag]:
        """How far reading is behind, by source; one round trip of two index dives a log."""
        sources = await self._present(cursors)
        branches = [_first_unread(self._logs[source], cursors[source]) for source in sources]
        behind = {sources[row[0]]: row[1:] for row in await self._union(branches)}
        return {source: _lag(self._logs[source], cursors[source], behind.get(source)) for source in sources}

    async def purge(self, cursors: Mapping[str, Cursor], keep_seconds: float) -> int:
        """Deletes a batch of rows per log: older than ``keep_seconds``, and read by the cursor given.

        Returns:
            The number of rows deleted; 0 when nothing is left to purge, and always for Magento's own logs.

        Raises:
            MagentoUnavailable, Denied: what was deleted so far stays deleted.
        """
        own = [cursor for source, cursor in cursors.items() if self._logs[source].own]
        if not own:
            return 0
        async with self._pool.writer() as session:
            return sum([await purge_batch(session, cursor, keep_seconds) for cursor in own])

    async def off(self) -> list[str]:
        """Logs of Magento's that are not written now: their view is switched off, or there is none."""
        views = {VIEWS[source]: source for source, log in self._logs.items() if not log.own}
        if not views:
            return []
        sql = "SELECT view_id FROM {mview_state} WHERE mode = 'enabled' AND view_id IN %s"
        enabled = {view for (view,) in await self._pool.fetch(sql, (list(views),))}
        return sorted(source for view, source in views.items() if view not in enabled)

    async def _present(self, sources: Iterable[str]) -> list[str]:
        """Those of the logs that exist; Magento's own belong to modules that may be missing."""
        return [source for source in sources if self._logs[source].own or await self._pool.has_table(source)]

    async def _at_their_ends(self, sources: Sequence[str], cursors: Mapping[str, Cursor]) -> bool:
        """Whether the last row of each log is the one that its cursor stands on; of an empty one, none."""
        highs = [cursors[source].high for source in sources]
        return not highs or bool((await self._found(_ends(tuple(sources)), highs, sources))[0][0])

    async def _found(self, sql: str, args: Sequence[Any], sources: Sequence[str]) -> list[Row]:
        """What a query of these logs gives; tells which of them are gone if it fails for that reason."""
        try:
            return await self._pool.fetch(sql, args)
        except ServerError as error:
            own = [source for source in sources if self._logs[source].own]
            gone = [source for source in own if not await self._pool.has_table(source, known_for=0)]
            if gone:
                raise LogMissing(gone) from error
            raise

    async def _page(self, asked: "_Asked", tail: list[Row], found: list[Row]) -> ReadPage:
        cursor, log = asked.cursor, asked.log
        witnessed = cursor.high == 0 or bool(tail and tail[0][0] == cursor.high)
        if not tail and not witnessed and (start := await self._restart(cursor, log)):
            return ReadPage(log.model, start, (), more=True, restarted=True)
        lost = tail[0][0] - cursor.high - 1 if tail and not witnessed else 0
        now = self._now()
        reached, fresh = advance(cursor, found + tail, now)
        # A look-up that was cut off did not see all of its gaps.
        seen = [] if len(found) == PAGE else asked.look
        reached, expired = expire(reached, seen, now, self._step)
        changes = [_change(log.model, row) for row in fresh]
        more = len(tail) == PAGE + 1 or len(found) == PAGE
        return ReadPage(log.model, reached, changes, more=more, lost=lost, expired=expired)

    async def _restart(self, cursor: Cursor, log: Log) -> Cursor | None:
        """Where to begin again if a log ends before the cursor: it was truncated, or is another one.

        Magento empties its own logs while their ids go on; synqd never deletes the row that a cursor stands
        on.
        """
        first, last = (await self._bounds([log.source]))[log.source]
        if last >= cursor.high or (last == 0 and not log.own):
            return None
        return Cursor(cursor.source, max(0, first - 1))

    async def _learn_step(self) -> None:
        """Asks how far apart the server's ids are (``auto_increment_increment``)."""
        now = self._clock.monotonic()
        if self._step_asked_at is None or now - self._step_asked_at >= STEP_EVERY:
            ((self._step,),) = await self._pool.fetch("SELECT @@GLOBAL.auto_increment_increment")
            self._step_asked_at = now

    def _due(self, cursor: Cursor) -> list[Gap]:
        """The gaps that this read looks up; none if the last look-up was less than a second ago."""
        if not cursor.gaps:
            return []
        now = self._clock.monotonic()
        if now - self._looked_at.get(cursor.source, -LOOK_EVERY) < LOOK_EVERY:
            return []
        self._looked_at[cursor.source] = now
        turn = self._turns[cursor.source] = self._turns.get(cursor.source, -1) + 1
        return choose(cursor.gaps, turn, MOST_RANGES)

    async def _bounds(self, sources: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Lowest and highest id of each log; 0 where it is empty."""
        names = list(sources)
        branches = [(f"SELECT MIN(version_id), MAX(version_id) FROM {{{name}}}", ()) for name in names]
        rows = await self._union(branches)
        return {names[number]: (first or 0, last or 0) for number, first, last in rows}

    async def _union(self, branches: Sequence[_Branch]) -> list[Row]:
        return await self._pool.fetch(*_together(branches)) if branches else []

    def _now(self) -> int:
        return milliseconds(self._clock.now())


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one read asks of one log: rows from the cursor on, and those of some gaps."""

    log: Log
    cursor: Cursor
    look: list[Gap]

    def branches(self) -> list[_Branch]:
        select = f"SELECT {self.log.columns} FROM {{{self.log.source}}} WHERE"
        # From the cursor's own row on: a page and one.
        tail = f"{select} version_id >= %s ORDER BY version_id LIMIT {PAGE + 1}", (self.cursor.high,)
        if not self.look:
            return [tail]
        ranges = " OR ".join(["version_id BETWEEN %s AND %s"] * len(self.look))
        bounds = [number for gap in self.look for number in (gap.first, gap.last)]
        return [tail, (f"{select} {ranges} ORDER BY version_id LIMIT {PAGE}", bounds)]


@cache
def _ends(sources: tuple[str, ...]) -> str:
    """Whether the highest id of each log is the one given; of an empty log, 0."""
    ends = [f"(SELECT COALESCE(MAX(version_id), 0) FROM {{{source}}}) = %s" for source in sources]
    return f"SELECT {' AND '.join(ends)}"


def _together(branches: Sequence[_Branch]) -> _Branch:
    """Queries as one statement; each row begins with the number of its query."""
    selects = [f"({sql.replace('SELECT ', f'SELECT {n}, ', 1)})" for n, (sql, _) in enumerate(branches)]
    return " UNION ALL ".join(selects), [value for _, values in branches for value in values]


def _change(model: Model, row: Row) -> Change:
    version_id, entity_id, store_id, via, key, deleted, age, at = row
    seconds, when = max(0.0, (age or 0) / 1e6), None if at is None else int(at)
    # A UNION of logs with ids of different widths answers with decimals.
    return Change(int(version_id), model, int(entity_id), via, key, store_id, bool(deleted), seconds, when)


def _first_unread(log: Log, cursor: Cursor) -> _Branch:
    highest = f"(SELECT MAX(version_id) FROM {{{log.source}}})"
    where = "WHERE version_id > %s ORDER BY version_id LIMIT 1"
    return f"SELECT {highest}, {log.age} FROM {{{log.source}}} {where}", (cursor.high,)


def _lag(log: Log, cursor: Cursor, first_unread: Row | None) -> Lag:
    if first_unread is None:
        return Lag(0, 0.0 if log.own else None)
    last, age = first_unread
    return Lag(last - cursor.high, max(0.0, age / 1e6) if log.own else None)
