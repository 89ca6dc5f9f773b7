"""Notices that a catalog at Synerise is another one than before (semantics S15).

Somebody may delete a catalog, or move it to another workspace; the Synerise room then finds or creates one of
the same name, and an item arrives in a catalog that has nothing else. What the ledger says of the old one is
void, and a full job fills the new one. The id that was known stands in the queue file, so this is noticed
over a restart as well.
"""

import asyncio

from synqd.logs import get_logger
from synqd.models.item import Want
from synqd.models.names import Stream
from synqd.queue import Queue

ORIGIN = "catalog gone"

log = get_logger("drainer")


class CatalogWatch:
    """Knows the id of each workspace's catalogs by name."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._known: dict[str, str] = {}
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
            known = self._known.get(fact) or await self._queue.meta(fact)
            if known != catalog_id:
                if known is not None:
                    await self._replaced(workspace, name, stream)
                await self._queue.set_meta(fact, catalog_id)
            self._known[fact] = catalog_id

    async def _replaced(self, workspace: str, name: str, stream: Stream) -> None:
        voided = await self._queue.void(stream)
        job = await self._queue.submit_full([stream], Want.FORCE, ORIGIN)
        log.error("catalog.replaced", workspace=workspace, catalog=name, voided=voided, job=job.job_id)
