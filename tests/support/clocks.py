"""A clock that is turned by hand."""

import asyncio


class HandClock:
    """``now`` and ``monotonic`` move only by ``pass_``; ``sleep`` passes the time at once."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self.pass_(seconds)
        await asyncio.sleep(0)

    def pass_(self, seconds: float) -> None:
        self._now += seconds
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Somebody sets the clock: only the time of day moves."""
        self._now += seconds
