"""Notices that a catalog at Synerise is another one than before (semantics S15).

Somebody may delete a catalog, or move it to another workspace; the Synerise room then finds or creates one of
the same name, and an item arrives in a catalog that has nothing else. What the ledger says of the old one is
void, and a full job fills the new one. The id that was known stands in the queue file, so this is noticed
over a restart as well.

Requests that were under way to the old catalog report its id after the new one was seen: for as long as
these may take, the old id says nothing.
"""

import asyncio

from synqd.models.item import Want
from synqd.models.names import Stream
from synqd.queue import Queue
from synqd.runtime.clock import Clock, SystemClock
from synqd.runtime.logs import get_logger

ORIGIN = "catalog gone"
LATE = 900.0
"""Seconds after which no request can be under way any more that began before (a lease is shorter)."""

log = get_logger("drainer")


class CatalogWatch:
    """Knows the id of each workspace's catalogs by name."""

    def __init__(self, queue: Queue, clock: Clock | None = None) -> None:
        self._queue = queue
        self._clock = clock or SystemClock()
        self._known: dict[str, str] = {}
        self._former: dict[tuple[str, str], float] = {}
        """When ids of catalogs were replaced, on the monotonic clock."""
        self._lock = asyncio.Lock()

    async def saw(self, workspace: str, name: str, catalog_id: str, stream: Stream) -> None:
        """Items of a stream went to this catalog; called before they are recorded as sent.

        A crash in between repeats it: the new id is noted last.

        Raises:
            StorageUnavailable: it has to be called again.
        """
        fact = f"catalog {workspace} {name}"
        if self._known.get(fact) == catalog_id:
            return
        async with self._lock:
            known = self._known.get(fact) or await self._queue.facts.meta(fact)
            if known != catalog_id and self._is_late(fact, catalog_id):
                return
            if known != catalog_id:
                if known is not None:
                    await self._replaced(workspace, name, stream)
                    self._former[fact, known] = self._clock.monotonic()
                await self._queue.facts.set_meta(fact, catalog_id)
            self._known[fact] = catalog_id

    def _is_late(self, fact: str, catalog_id: str) -> bool:
        """Whether a request may report this id that left before the catalog was replaced."""
        replaced = self._former.get((fact, catalog_id))
        return replaced is not None and self._clock.monotonic() - replaced < LATE

    async def _replaced(self, workspace: str, name: str, stream: Stream) -> None:
        voided = await self._queue.ledger.void(stream)
        job = await self._queue.jobs.submit_full([stream], Want.FORCE, ORIGIN)
        log.error("catalog.replaced", workspace=workspace, catalog=name, voided=voided, job=job.job_id)
