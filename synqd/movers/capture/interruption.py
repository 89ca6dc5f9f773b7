"""Changes may have escaped: what they may concern is compared, once, and what is gone looked for (S28)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import orjson

from synqd.entities.watch import EVERYTHING, SINCE
from synqd.models.names import Model
from synqd.movers.capture.pending import KEYS_WANTED, Cause, Pending
from synqd.queue import Queue
from synqd.runtime.logs import get_logger

SOUND = "capture seen sound"
"""Name of the queue's fact that holds the marks of the last look at which capture was sound."""
GOOD_UNTIL = "capture made good until"
"""With a model behind it, name of the queue's fact that holds the moment up to which nothing is missing."""
PURGED = "change log purged unread"
"""Name of the queue's fact that holds the models of which rows were deleted while synchronization was off."""
OVERLAP = 600
"""Seconds before that look from which on rows are compared: transactions commit after their time stamps."""
STAMPED = frozenset({"sales_order", "sales_order_item", "sales_order_data_exporter_cl"})
"""Where an order's own time stamps tell what changed, so that not every order has to be compared."""
FEW_ORDERS = 100_000
"""So many are compared all the same: a line that was deleted by SQL leaves no time stamp behind."""

log = get_logger("capture")


@dataclass(frozen=True)
class Interruptions:
    """Where an interruption is told; several before the comparison begins make one."""

    queue: Queue
    pending: Pending
    wake: Callable[[str], None]
    switched_on: Collection[Model]

    async def tell(
        self, models: Collection[Model], what: str, tables: Collection[str] = (), until: str | None = None
    ) -> None:
        """Leaves a comparison of these models to the fan-out; safe when this returns.

        Args:
            models: whose changes may have escaped.
            what: what happened, for people.
            tables: the tables concerned, without prefix; none for any.
            until: the moment of the database's clock at which it had ended, if that is known.

        Raises:
            StorageUnavailable: it is not safe.
        """
        concerned = sorted(set(models) & set(self.switched_on))
        if not concerned:
            return
        log.warning("capture.interrupted", models=",".join(concerned), what=what)
        await self.queue.facts.set_meta(KEYS_WANTED, what)
        stamped = bool(tables) and set(tables) <= STAMPED and await self._has_many_orders()
        since = await self._last_sound() if stamped else None
        await self.pending.add(_cause(model, what, since) for model in concerned)
        for model in concerned if until is not None else ():
            await self.queue.facts.set_meta(f"{GOOD_UNTIL} {model}", until or "")
        self.wake("fanout")
        self.wake("sweeper")

    async def make_up_for_purged(self) -> None:
        """Has the models compared of which rows went unread while synchronization was off (S4)."""
        saved = orjson.loads(await self.queue.facts.meta(PURGED) or "[]")
        if saved:
            await self.tell([Model(name) for name in saved], "rows went unread while synchronization was off")
            await self.queue.facts.set_meta(PURGED, "")

    async def good_until(self) -> dict[Model, str]:
        """The moment up to which each model was made good last."""
        return {model: await self.queue.facts.meta(f"{GOOD_UNTIL} {model}") or "" for model in Model}

    async def _has_many_orders(self) -> bool:
        alive = (await self.queue.facts.counts()).alive
        return sum(number for stream, number in alive.items() if stream.model is Model.ORDER) > FEW_ORDERS

    async def _last_sound(self) -> int | None:
        """When capture was last seen sound, seconds since the epoch by the database's clock."""
        saved = await self.queue.facts.meta(SOUND)
        return int(orjson.loads(saved)["at"]) if saved else None


def _cause(model: Model, what: str, since: int | None) -> Cause:
    if model is Model.ORDER and since is not None:
        return Cause(model, SINCE, str(since - OVERLAP))
    return Cause(model, EVERYTHING, what)
