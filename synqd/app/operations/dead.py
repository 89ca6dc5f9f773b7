"""Dead letters."""

from synqd.app.operations.base import Verb
from synqd.app.views import dead_view
from synqd.control import Caller, NotFound, schema
from synqd.models.errors import Invalid
from synqd.queue import DeadFilter, Line
from synqd.runtime.logs import get_logger

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
        count = await self._queue.dead.retry(self._selection(which))
        log.info("dead.retry", count=count, by=str(caller))
        await self._queue.log.note(Line("dead.retried", text=str(caller), facts={"items": count}))
        self._wake("drainer")
        return schema.Affected(count=count)

    async def discard_dead(self, which: schema.DeadSelection, caller: Caller) -> schema.Affected:
        """Removes these for good."""
        count = await self._queue.dead.discard(self._selection(which))
        log.info("dead.discard", count=count, by=str(caller))
        await self._queue.log.note(Line("dead.discarded", text=str(caller), facts={"items": count}))
        return schema.Affected(count=count)

    def _selection(self, which: schema.DeadSelection) -> DeadFilter:
        return DeadFilter(which.ids, which.model, self._store_id(which.store), which.reason)
