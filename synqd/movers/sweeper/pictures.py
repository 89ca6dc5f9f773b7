"""Pictures that leave the gallery take their links along by foreign keys, which no trigger sees.

A product's save wakes it anyway; what is deleted by SQL alone, and with read-only capture every change of a
gallery, shows as other sums, by buckets of products. Looked at only where ``media_gallery`` is sent.
"""

from synqd.entities.shop_inputs import changed_buckets, picture_sums
from synqd.entities.watch import RANGE
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.rules import ranges

FACT = "pictures"
LOOK_EVERY = 60.0
SHARE = 20.0
"""A look that takes long is done less often: it may take a twentieth of the time."""


class Pictures:
    """Wakes the products whose gallery is another one."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps

    async def run(self) -> float:
        """Compares all galleries with those of the last look; the first look only notes them."""
        if not self._is_wanted():
            return LOOK_EVERY
        begun = self._deps.clock.monotonic()
        known = await self._deps.recall(FACT)
        sums = dict(await picture_sums(self._deps.magento.source))
        if known is not None:
            changed = ranges(changed_buckets(known, sums))
            await self._deps.tell(Cause(Model.PRODUCT, RANGE, ids) for ids in changed)
        if sums != known:
            await self._deps.note(FACT, sums)
        return max(LOOK_EVERY, SHARE * (self._deps.clock.monotonic() - begun))

    def _is_wanted(self) -> bool:
        routes = self._deps.routes
        chosen = (routes.settings.product.at(route.store).attributes for route in routes.by_store.values())
        return any(codes == "all" or "media_gallery" in codes for codes in chosen)
