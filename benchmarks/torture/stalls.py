"""Whether this process stood still: then answers of its fake Synerise may have come too late."""

import asyncio
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

TICK = 0.05


class Stalls:
    """Watches the event loop inside ``async with``."""

    def __init__(self) -> None:
        self._longest = 0.0
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watch = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watch:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    def longest(self) -> float:
        """Seconds for which it stood still at most since this was last asked."""
        longest, self._longest = self._longest, 0.0
        return longest

    async def _look(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(TICK)
            self._longest = max(self._longest, time.monotonic() - before - TICK)
