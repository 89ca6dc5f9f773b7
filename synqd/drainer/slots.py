"""The requests of one workspace that may be under way at a time, shared so that nobody can take them all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from synqd.models.names import Lane
from synqd.models.wire import Endpoint

Claim = tuple[Endpoint, bool]
"""Endpoint, and whether it is for a live change."""


class Slots:
    """``most`` slots, given in order of arrival to whoever may have one.

    One slot is always left for live changes, so that they never wait for a full synchronization, and one for
    other endpoints, so that they never wait for one that hangs. (Two slots can only keep the first promise,
    a single one none.)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[Claim] = Counter()
        self._waiting: list[tuple[Claim, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def slot(self, endpoint: Endpoint, lane: Lane) -> AsyncIterator[None]:
        """Holds a slot for the length of a request."""
        claim = (endpoint, lane is Lane.LIVE)
        await self._acquire(claim)
        try:
            yield
        finally:
            self._taken[claim] -= 1
            self._grant()

    def may(self, claim: Claim) -> bool:
        """Whether one more of this kind may start now."""
        endpoint, live = claim
        lower = sum(number for (_, is_live), number in self._taken.items() if not is_live)
        same = self._taken[endpoint, True] + self._taken[endpoint, False]
        if self._taken.total() >= self._most:
            return False
        if self._most > 2 and same >= self._most - 1:
            return False
        if live or self._most == 1:
            return True
        kept = 2 if self._most > 2 else 1
        return lower < self._most - 1 and self._taken[claim] < self._most - kept

    async def _acquire(self, claim: Claim) -> None:
        granted = asyncio.get_running_loop().create_future()
        self._waiting.append((claim, granted))
        self._grant()
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self._taken[claim] -= 1
            self._waiting = [one for one in self._waiting if one[1] is not granted]
            self._grant()
            raise

    def _grant(self) -> None:
        still: list[tuple[Claim, asyncio.Future[None]]] = []
        for claim, granted in self._waiting:
            if granted.cancelled():
                continue
            if self.may(claim):
                self._taken[claim] += 1
                granted.set_result(None)
            else:
                still.append((claim, granted))
        self._waiting = still
