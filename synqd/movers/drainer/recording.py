"""What was sent is recorded, however long the queue file cannot be written (S16)."""

import asyncio
from collections.abc import Awaitable, Callable, Sized
from typing import TypeVar

from synqd.models.errors import StorageUnavailable
from synqd.pacing.backoff import Backoff
from synqd.runtime.clock import Clock
from synqd.runtime.logs import get_logger

T = TypeVar("T")

STORAGE = Backoff(base=0.5, cap=15.0)
"""Pauses between attempts to record what became of items."""

log = get_logger("drainer")


class Recording:
    """Does for one chunk what has to be done for sure.

    Args:
        clock: of the pauses between two tries.
        items: those of the chunk that are still open; counted for the log.
    """

    def __init__(self, clock: Clock, items: Sized) -> None:
        self._clock = clock
        self._items = items

    async def surely(self, work: Callable[[], Awaitable[T]], *, shielded: bool = True) -> T:
        """Does it as soon as the queue file can be written: what was sent would have to be sent again.

        Meanwhile the chunk keeps its place, so sending comes to rest by itself when nothing can be recorded.
        """
        failures = 0
        while True:
            try:
                return await (asyncio.shield(asyncio.ensure_future(work())) if shielded else work())
            except StorageUnavailable as error:
                failures += 1
                if failures == 1:
                    log.warning("outcome.not_recorded", items=len(self._items), reason=str(error))
                await self._clock.sleep(STORAGE.ceiling(failures))
