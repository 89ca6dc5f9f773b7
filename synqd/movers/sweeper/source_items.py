"""Learns the SKUs of all source items, a page at a time, where only Magento's own log tells of them."""

from synqd.entities.watch import EVERYTHING, SOURCE_ITEM
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.movers.capture.source_items import DOUBT, LEARNED
from synqd.movers.sweeper.deps import SweepDeps

PAGE = 5_000
BETWEEN = 0.05
"""Seconds between two pages, so that a pass over millions is no burden."""
LAST_LOOK = 10.0
"""Seconds from the last page to the end of doubt: rows that were written before are read by then."""
LOOK_EVERY = 60.0
_PAGE = (
    "SELECT source_item_id, sku FROM {inventory_source_item} WHERE source_item_id > %s"
    f" ORDER BY source_item_id LIMIT {PAGE}"
)


class SourceItems:
    """Fills the memory of source items once; the change log keeps it up from then on.

    A change of one that is not known yet is made good when all are: then products are compared, once.
    """

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps

    async def run(self) -> float:
        """Reads the next page; forgets everything where another way of capture needs no memory."""
        wanted = await self._is_wanted()
        known = await self._deps.recall(LEARNED)
        if not wanted:
            if known is not None:
                await self._deps.note(LEARNED, None)
                await self._deps.queue.capture.forget_source_skus()
            return LOOK_EVERY
        state = known or {"after": 0, "done": False, "ended": False}
        if state["done"]:
            return LOOK_EVERY
        return await self._finish(state) if state["ended"] else await self._learn(state)

    async def _learn(self, state: dict[str, int | bool]) -> float:
        rows = await self._deps.magento.source.fetch(_PAGE, [state["after"]])
        await self._deps.queue.capture.learn_source_skus([(int(number), str(sku)) for number, sku in rows])
        ended = len(rows) < PAGE
        after = rows[-1][0] if rows else state["after"]
        await self._deps.note(LEARNED, {"after": int(after), "done": False, "ended": ended})
        return LAST_LOOK if ended else BETWEEN

    async def _finish(self, state: dict[str, int | bool]) -> float:
        if await self._deps.queue.facts.meta(DOUBT):
            await self._deps.tell([Cause(Model.PRODUCT, EVERYTHING, "source items are known from now on")])
            await self._deps.queue.facts.set_meta(DOUBT, "")
        await self._deps.note(LEARNED, {**state, "done": True})
        return LOOK_EVERY

    async def _is_wanted(self) -> bool:
        if not await self._deps.magento.source.has_table("inventory_source_item"):
            return False
        if self._deps.routes.settings.magento.capture == "readonly":
            return True
        split = await self._deps.magento.split()
        return any(one.via == SOURCE_ITEM for each in split.values() for one in each.listeners)
