"""Dead letters."""

from collections.abc import Sequence

from synqd.app.operations.base import Verb
from synqd.app.views import dead_view
from synqd.control import Caller, Conflict, NotFound, schema
from synqd.models.errors import Invalid
from synqd.queue import DeadFilter, Line
from synqd.runtime.logs import get_logger

MOST_TOLD = 10
"""Unknown numbers that are named."""

log = get_logger("control")


class DeadOperations(Verb):
    """Verbs for dead letters."""

    async def dead_letters(self, query: schema.DeadQuery) -> schema.DeadList:
        """Dead letters, oldest first."""
        which = DeadFilter(model=query.model, store_id=self._store_id(query.store), reason=query.reason)
        found = await self._queue.dead.page(which, query.limit, query.after)
        letters = [
            schema.DeadView.model_validate(dead_view(one, self._daemon.routes).model_dump()) for one in found
        ]
        more = found[-1].letter_id if len(found) == query.limit else None
        return schema.DeadList(dead_letters=letters, next_after=more)

    async def dead_letter(self, letter_id: int) -> schema.DeadDetail:
        """One dead letter."""
        try:
            return dead_view(await self._queue.dead.get(letter_id), self._daemon.routes)
        except Invalid as error:
            raise NotFound(str(error), field="id") from error

    async def retry_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        """Enqueues these again."""
        await self._exist(which.ids)
        count = await self._queue.dead.retry(self._selection(which))
        if which.ids and not count:
            raise Conflict("their model or store view is switched off; nothing was changed")
        log.info("dead.retry", count=count, by=str(caller))
        await self._queue.log.note(Line("dead.retried", text=str(caller), facts={"items": count}))
        self._wake("drainer")
        return schema.Affected(count=count)

    async def discard_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        """Removes these for good."""
        await self._exist(which.ids)
        count = await self._queue.dead.discard(self._selection(which))
        log.info("dead.discard", count=count, by=str(caller))
        await self._queue.log.note(Line("dead.discarded", text=str(caller), facts={"items": count}))
        return schema.Affected(count=count)

    async def _exist(self, ids: Sequence[int]) -> None:
        """All or nothing. Raises: NotFound for a number that no dead letter has."""
        if missing := await self._queue.dead.missing(ids) if ids else []:
            told = ", ".join(map(str, missing[:MOST_TOLD])) + (
                " and more" if len(missing) > MOST_TOLD else ""
            )
            raise NotFound(f"there is no dead letter {told}; nothing was changed", field="ids")

    def _selection(self, which: schema.DeadSelection) -> DeadFilter:
        return DeadFilter(which.ids, which.model, self._store_id(which.store), which.reason)
