"""Links between products that go by cascade, or change while nobody looks, leave no row that says both ends.

While the daemon runs it knows all links and wakes both ends. What changed while it was down shows as other
sums, by buckets of products, at the start; the later looks keep the sums young. With content staging parts of
bundles go by cascade from a table that does not say whose they were: there each look compares.
"""

from synqd.entities.shop_inputs import changed_buckets, link_sums
from synqd.entities.watch import RANGE
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.movers.sweeper.deps import SweepDeps
from synqd.movers.sweeper.rules import ranges

FACT = "links"
LOOK_EVERY = 60.0
SHARE = 20.0
"""A look that takes long is done less often: it may take a twentieth of the time."""


class Links:
    """Wakes composites and variants whose links changed before this daemon knew them."""

    def __init__(self, deps: SweepDeps) -> None:
        self._deps = deps
        self._is_first = True

    async def run(self) -> float:
        """At the start compares all links with those of the last look; later looks mostly only note them."""
        begun = self._deps.clock.monotonic()
        known = await self._deps.recall(FACT)
        sums = dict(await link_sums(self._deps.magento.source))
        if known is not None and (self._is_first or await self._deps.magento.versions.are_there()):
            changed = ranges(changed_buckets(known, sums))
            await self._deps.tell(Cause(Model.PRODUCT, RANGE, ids) for ids in changed)
        if sums != known:
            await self._deps.note(FACT, sums)
        self._is_first = False
        return max(LOOK_EVERY, SHARE * (self._deps.clock.monotonic() - begun))
