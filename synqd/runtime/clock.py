"""Time, injected: tests turn it by hand, a jump of the wall clock is a test case and not an accident."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the house may ask about time."""

    def now(self) -> float:
        """Wall clock, seconds since the epoch; may jump."""

    def monotonic(self) -> float:
        """Seconds that only grow; for durations and deadlines inside one process."""

    async def sleep(self, seconds: float) -> None:
        """Rest without blocking the loop."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Wall clock, seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Rest without blocking the loop."""
        await asyncio.sleep(seconds)


def milliseconds(seconds: float) -> int:
    """Seconds as whole milliseconds, the unit of every stored time."""
    return round(seconds * 1000)


def utc(clock: Clock) -> datetime:
    """The clock's present as an aware UTC datetime."""
    return datetime.fromtimestamp(clock.now(), UTC)
