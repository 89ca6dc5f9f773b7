"""Keeps reading below so many rows a second, for shops whose database has no strength to spare."""

import asyncio

LONGEST = 30.0
"""Seconds that a query waits at most: a limit makes reading slow, never so slow that it looks hung."""


class Pace:
    """Who has read pays by waiting before the next query; unlimited when there is no limit.

    Queries that begin at the same time are not kept from each other, so the limit holds on the average of
    some seconds rather than at each moment.
    """

    def __init__(self, rows_per_second: int | None) -> None:
        """Args: rows_per_second: the limit; None for none."""
        self._limit = rows_per_second
        self._paid_at = 0.0

    async def wait(self) -> None:
        """Until all that was read so far is paid for."""
        if self._limit is None:
            return
        await asyncio.sleep(max(0.0, self._paid_at - asyncio.get_running_loop().time()))

    def read(self, rows: int) -> None:
        """So many rows came."""
        if self._limit is not None:
            now = asyncio.get_running_loop().time()
            self._paid_at = min(max(self._paid_at, now) + rows / self._limit, now + LONGEST)
