"""Waiting for a condition on the server's state, so that no test needs a sleep."""

import asyncio
import time
from collections.abc import Callable


class Bell:
    """Rings on every change of the state."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._rung_at = time.monotonic()

    def ring(self) -> None:
        """Wake everybody who waits for a change."""
        self._rung_at = time.monotonic()
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    def until_quiet(self, quiet_s: float) -> float:
        """Give the seconds that are left until the last ring is `quiet_s` ago."""
        return max(0.0, self._rung_at + quiet_s - time.monotonic())

    async def until(self, missing: Callable[[], float], timeout_s: float) -> bool:
        """Wait until `missing()` gives 0; tell whether that came before the time-out.

        `missing` gives the seconds after which it may be met without any change (infinity: only by a change).
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while (pause := missing()) > 0:
            left = deadline - loop.time()
            if left <= 0:
                return False
            await self._change(min(pause, left))
        return True

    async def _change(self, longest_s: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await asyncio.wait([waiter], timeout=longest_s)
        finally:
            self._waiting.discard(waiter)
