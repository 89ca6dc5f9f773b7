"""Reads change logs by cursor (semantics S1); the decisions are in ``cursor``.

All logs are read in one statement. For each of them it asks from the cursor's own row on, which costs one
index dive and answers two questions: what is new, and whether the log is still the one that was read. Once a
second, where ids were skipped, the same statement looks those up by primary key. Most looks find nothing, so
a shorter question comes first: whether every log still ends where it was read to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from synqd.entities.base import Row
from synqd.magento.asking import (
    PAGE,
    Asked,
    Branch,
    change_of,
    end,
    ends,
    first_unread,
    is_the_same,
    lag_of,
    marked,
    together,
)
from synqd.magento.cursor import advance, choose, expire, runs
from synqd.magento.log_tables import VIEWS, Log
from synqd.magento.pool import Pool
from synqd.magento.purge import purge_batch
from synqd.magento.records import Lag, ReadPage
from synqd.magento.translate import ServerError
from synqd.magento.watching import Watching
from synqd.models.change import AHEAD, Cursor, Gap
from synqd.models.errors import MagentoUnavailable
from synqd.models.names import Model
from synqd.runtime.clock import Clock, milliseconds

LOOK_EVERY = 1.0
"""Seconds between two look-ups of skipped ids."""
MOST_RANGES = 200
"""Ranges of skipped ids in one look-up of a log."""
STEP_EVERY = 60.0
"""Seconds between two questions for the distance of ids: a cluster changes it when a node comes or goes."""
TRAIL = 1_000
"""Ids before the end of a log in which ``heads`` looks for transactions that are still open."""


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


class DefinerGone(MagentoUnavailable):
    """The account that the triggers run as is gone or lacks rights: writes of the *shop* fail now."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"the triggers of the change log cannot run, so WRITES OF THE SHOP FAIL: {text}; give the account"
            " back with its rights, or run `synqd changelog uninstall --triggers` as an account that may"
        )


class ChangeReader:
    """Reads the change logs of all models.

    Attributes:
        sources: name of each log (= ``Cursor.source``) -> its model.
    """

    def __init__(
        self,
        pool: Pool,
        logs: Sequence[Log],
        clock: Clock,
        lapsed: Callable[[], MagentoUnavailable | None] = lambda: None,
    ) -> None:
        """Args: lapsed: why nothing may be read and purged now, since another daemon may do so."""
        self._lapsed = lapsed
        self._pool = pool
        self._clock = clock
        self._logs = {log.source: log for log in logs}
        self.sources: Mapping[str, Model] = {log.source: log.model for log in logs}
        self._looked_at: dict[str, float] = {}
        self._turns: dict[str, int] = {}
        self._watching = Watching(clock)
        self._step = 1
        self._step_asked_at: float | None = None

    async def read(self, cursors: Mapping[str, Cursor]) -> list[ReadPage]:
        """The next page of each log for which there is a cursor (by source); none if all logs have been read.

        A page whose cursor is not stored is read again by the next call with the old cursor.

        Raises:
            LogMissing: tables of synqd's own logs are gone; nothing was read.
            MagentoUnavailable, Denied: nothing was read.
        """
        self._make_sure()
        present = await self._present(cursors)
        looks = {source: self._due(cursors[source]) for source in present}
        if not any(looks.values()) and await self._at_their_ends(present, cursors):
            return []
        if any(looks.values()):
            await self._learn_step()
        asked = [Asked(self._logs[source], cursors[source], looks[source], self._step) for source in present]
        branches = [branch for each in asked for branch in each.branches()]
        answer: dict[int, list[Row]] = {}
        for row in await self._found(*together(branches), present):
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
            sql = (
                f"SELECT version_id, {self._logs[source].mark} FROM {{{source}}}"
                " WHERE version_id > %s AND version_id <= %s"
            )
            rows = await self._pool.fetch(sql, (start.high, last))
            heads[source] = marked(advance(start, rows, self._now())[0], rows)
        return heads

    async def make_sure_of(self, cursors: Mapping[str, Cursor]) -> None:
        """Makes sure that the server that is read has what was read before, which may have been of another.

        Rows of a replica that has not come so far are older than what was sent, and no log would tell that
        they are.

        Raises:
            MagentoUnavailable: it is such a replica; it will have come so far.
        """
        if not self._pool.reads_replica:
            return
        for source, (_, last) in (await self._bounds(await self._present(cursors))).items():
            read = f"SELECT 1 FROM {{{source}}} WHERE version_id = %s"
            high = cursors[source].high
            if last < high and await self._pool.ask_primary(read, (high,)):
                raise MagentoUnavailable(
                    f"the replica that is read does not have yet what was read before ({source} ends at"
                    f" {last} there, {high} was read): nothing is read or sent until it has caught up"
                )

    async def tails(self) -> dict[str, Cursor]:
        """Cursors before the oldest retained row of each log, for a rebuilt queue file (S17)."""
        bounds = await self._bounds(await self._present(self._logs))
        return {
            source: Cursor(source, max(0, first - 1), mark=AHEAD) for source, (first, _) in bounds.items()
        }

    async def lag(self, cursors: Mapping[str, Cursor]) -> dict[str, Lag]:
        """How far reading is behind, by source; one round trip of two index dives a log."""
        sources = await self._present(source for source in cursors if source in self._logs)
        branches = [first_unread(self._logs[source], cursors[source]) for source in sources]
        behind = {sources[row[0]]: row[1:] for row in await self._union(branches)}
        return {source: lag_of(self._logs[source], cursors[source], behind.get(source)) for source in sources}

    async def purge(self, cursors: Mapping[str, Cursor], keep_seconds: float) -> int:
        """Deletes a batch of rows per log: older than ``keep_seconds``, and read by the cursor given.

        Returns:
            The number of rows deleted; 0 when nothing is left to purge, and always for Magento's own logs.

        Raises:
            MagentoUnavailable, Denied: what was deleted so far stays deleted.
        """
        self._make_sure()
        # Cursors of the other way of capture stay in the queue file; its logs are not read now.
        mine = [cursor for source, cursor in cursors.items() if source in self._logs]
        own = [cursor for cursor in mine if self._logs[cursor.source].own]
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

    def _make_sure(self) -> None:
        if (lapsed := self._lapsed()) is not None:
            raise lapsed

    async def _present(self, sources: Iterable[str]) -> list[str]:
        """Those of the logs that exist; Magento's own belong to modules that may be missing."""
        return [source for source in sources if self._logs[source].own or await self._pool.has_table(source)]

    async def _at_their_ends(self, sources: Sequence[str], cursors: Mapping[str, Cursor]) -> bool:
        """Whether the last row of each log is the one that its cursor stands on; of an empty one, none."""
        if not sources:
            return True
        highest = [end(cursors[source]) for source in sources]
        sql = ends(tuple((source, self._logs[source].mark) for source in sources))
        return bool((await self._found(sql, highest, sources))[0][0])

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

    async def _page(self, asked: "Asked", tail: list[Row], found: list[Row]) -> ReadPage:
        cursor, log = asked.cursor, asked.log
        witness = tail[0] if tail and tail[0][0] == cursor.high else None
        expects_none = cursor.high == 0 or cursor.mark == AHEAD
        lost = tail[0][0] - cursor.high - 1 if tail and witness is None and not expects_none else 0
        if not is_the_same(cursor, log, tail, witness):
            start = await self._restart(cursor, log, witness)
            if start is not None:
                return ReadPage(log.model, start, (), more=True, restarted=True, lost=max(0, lost))
        now = self._now()
        self._watching.look(cursor)
        reached, fresh = advance(cursor, found + tail, now)
        reached = marked(reached, tail)
        self._watching.look(reached, now)
        # A look-up that was cut off did not see all of its gaps.
        seen = [] if len(found) == PAGE else asked.look
        watched = {gap: self._watching.milliseconds(cursor.source, gap, self._step) for gap in seen}
        reached, expired = expire(reached, seen, now, self._step, watched)
        changes = [change_of(log.model, row) for row in fresh]
        more = len(tail) == PAGE + 1 or len(found) == PAGE
        return ReadPage(log.model, reached, changes, more=more, lost=lost, expired=expired)

    async def _restart(self, cursor: Cursor, log: Log, witness: Row | None) -> Cursor | None:
        """Where to begin again with a log that was truncated, purged unread, or is another one.

        Magento empties its own logs while their ids go on, so that one of its logs is another one only if it
        ends before the cursor or has another row in that place.
        """
        first, last = (await self._bounds([log.source]))[log.source]
        if not log.own and witness is None and (last >= cursor.high or last == 0):
            return None
        return Cursor(cursor.source, max(0, first - 1), mark=AHEAD)

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
        return sorted(gap for run in choose(runs(cursor.gaps, self._step), turn, MOST_RANGES) for gap in run)

    async def _bounds(self, sources: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Lowest and highest id of each log; 0 where it is empty."""
        names = list(sources)
        branches = [(f"SELECT MIN(version_id), MAX(version_id) FROM {{{name}}}", ()) for name in names]
        rows = await self._union(branches)
        return {names[number]: (first or 0, last or 0) for number, first, last in rows}

    async def _union(self, branches: Sequence[Branch]) -> list[Row]:
        return await self._pool.fetch(*together(branches)) if branches else []

    def _now(self) -> int:
        return milliseconds(self._clock.now())
