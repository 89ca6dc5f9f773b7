"""What the ledger says is alive is looked up in Magento: deleted rows leave no trace without triggers."""

from synqd.models.errors import Denied, MagentoUnavailable
from synqd.models.item import Wish
from synqd.models.names import Key, Model
from synqd.movers.capture.coalesce import NOWHERE
from synqd.movers.capture.pending import KEYS_WANTED
from synqd.movers.sweeper.deps import SweepDeps

PAGE = 2_000
BETWEEN = 0.1
"""Seconds between two pages, so that a pass over millions is no burden."""
READONLY_EVERY = 900.0
SAFETY_EVERY = 86_400.0
"""Seconds between the beginnings of two passes; with triggers it is a safety net only."""
LOOK_EVERY = 30.0
UNDER_WAY = "keys wanted, under way"
"""Name of the queue's fact that keeps a wish while its pass is made, since a restart may end the pass."""
FACT = "keys looked up"
"""Name of the queue's fact that tells when the last whole pass began, and of what it was."""


class Keys:
    """Wakes entities that are gone, or gone from a store view, a page of the ledger at a time.

    A pass begins by the clock, or at once when a change log has lost rows. Only what is gone is enqueued.
    When the last one began is kept in the queue file: a restart does not cost a pass over millions.
    """

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps
        self._models = list(deps.routes.settings.sync.models)
        self._left: list[Model] = []
        self._after: tuple[int, int] | None = None
        readonly = deps.routes.settings.magento.capture == "readonly"
        self._every = READONLY_EVERY if readonly else SAFETY_EVERY
        self._next: float | None = deps.clock.monotonic() if readonly else None
        self._began = 0.0

    async def run(self) -> float:
        """Looks up the next page of the pass under way, or begins one if it is time."""
        if not self._left and (rest := await self._begin()):
            return rest
        page = await self._deps.queue.ledger.page(self._left[0], self._after, PAGE)
        living = [key for key, entry in page if entry.held_keys]
        try:
            await self._wake(self._left[0], living)
        except (MagentoUnavailable, Denied):
            # Another model may be readable: this one is begun anew after it.
            self._left, self._after = [*self._left[1:], self._left[0]], None
            raise
        self._after = (page[-1][0].entity_id, page[-1][0].store_id) if page else None
        if len(page) < PAGE:
            self._after = None
            self._left.pop(0)
            if not self._left:
                await self._deps.note(FACT, {"began": self._began, **await self._subject()})
                await self._deps.queue.facts.set_meta(UNDER_WAY, "")
        return BETWEEN

    async def _until_first(self) -> float:
        """Seconds until a pass is due after a start: soon, unless there was one of the very same."""
        last = await self._deps.recall(FACT) or {}
        began = last.pop("began", None)
        if began is None or last != await self._subject():
            return LOOK_EVERY
        since = self._deps.clock.now() - began
        # A pass of the future is one of a clock that was set back.
        return LOOK_EVERY if since < 0 else max(LOOK_EVERY, self._every - since)

    async def _subject(self) -> dict[str, object]:
        """What a pass is of: after a change log was made anew, or a model switched on, it says nothing."""
        owner = await self._deps.queue.facts.installation()
        streams = sorted([stream.model.value, stream.store_id] for stream in self._deps.routes.streams)
        return {"log": owner and [owner.installation_id, owner.epoch], "streams": streams}

    async def _begin(self) -> float:
        """Begins a pass if it is time; otherwise the seconds until it is worth another look."""
        now = self._deps.clock.monotonic()
        if self._next is None:
            self._next = now + await self._until_first()
        queue = self._deps.queue
        wanted = await queue.facts.meta(KEYS_WANTED) or await queue.facts.meta(UNDER_WAY)
        if now < self._next and not wanted:
            return min(LOOK_EVERY, max(BETWEEN, self._next - now))
        if wanted:
            # Set down first: a loss that is noticed meanwhile asks for another pass.
            await queue.facts.set_meta(UNDER_WAY, wanted)
            await queue.facts.set_meta(KEYS_WANTED, "")
        self._next, self._began = now + self._every, self._deps.clock.now()
        self._left = list(self._models)
        return 0.0 if self._left else LOOK_EVERY

    async def _wake(self, model: Model, keys: list[Key]) -> None:
        source, shop = self._deps.magento.source, self._deps.routes.shop
        located = await self._deps.entities[model].locate(
            source, shop, sorted({key.entity_id for key in keys})
        )
        gone = {key.entity_id for key in keys if key.store_id not in located.get(key.entity_id, ())}
        if gone:
            await self._deps.queue.outbox.intake(
                [Wish(Key(model, NOWHERE, entity_id)) for entity_id in sorted(gone)]
            )
            self._deps.wake("drainer")
