"""Categories as they were when they were looked at last: place, activity and names, as checksums.

Magento's own log of categories also tells of what shows nowhere (positions, numbers of children, new ones),
so that what it names is compared before it wakes the products in it. Looked at as a whole: a change whose row
has not been read yet is then found early, never missed.
"""

import orjson

from synqd.entities import Source
from synqd.entities.shop_inputs import Sums, category_sums
from synqd.entities.watch import EVERYTHING
from synqd.models.names import Model
from synqd.movers.capture.pending import Cause
from synqd.queue import Queue

FACT = "categories seen"


class Categories:
    """What is remembered of the categories, in the queue file."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._seen: Sums | None = None

    async def changed(self, source: Source) -> list[Cause]:
        """What is another one than remembered; everything where one is gone, or nothing is remembered yet.

        Raises:
            MagentoUnavailable: nobody can tell now.
        """
        saved = await self._queue.facts.meta(FACT)
        self._seen = await category_sums(source)
        if saved is None:
            return [Cause(Model.PRODUCT, EVERYTHING, "categories are looked at for the first time")]
        known: Sums = orjson.loads(saved)
        gone = sorted(known.keys() - self._seen.keys())
        if gone:
            return [Cause(Model.PRODUCT, EVERYTHING, f"category {', '.join(gone[:3])} deleted")]
        different = [key for key, total in self._seen.items() if key in known and known[key] != total]
        return [Cause(Model.PRODUCT, "category", key) for key in sorted(different)]

    async def remember(self) -> None:
        """Remembers what ``changed`` saw, as soon as what it found is safe."""
        if self._seen is not None:
            await self._queue.facts.set_meta(FACT, orjson.dumps(self._seen).decode())
            self._seen = None

    async def begin(self, source: Source) -> None:
        """Looks for the first time, at the first enabling: what was before is for a full synchronization."""
        self._seen = await category_sums(source)
        await self.remember()
