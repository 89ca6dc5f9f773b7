"""What only so many may do at a time, shared so that live changes come first and nobody takes it all."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from synqd.models.errors import Transient
from synqd.models.names import Lane
from synqd.movers.drainer.choice import SHARE

Claim = tuple[str, bool]
"""What for (the endpoint, the model), and whether it is for a live change."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """Somebody who has asked and was not given a slot yet."""

    claim: Claim
    granted: asyncio.Future[None]


class Slots:
    """``most`` slots, given to live changes first and otherwise in order of arrival."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[Claim] = Counter()
        self._waiting: list[_Waiting] = []
        self._passed_over = 0
        """Slots in a row, at most ``SHARE``, that went to live changes while a lower lane waited."""

    @asynccontextmanager
    async def slot(self, what: str, lane: Lane) -> AsyncIterator[None]:
        """Holds a slot inside."""
        claim = (what, lane is Lane.LIVE)
        await self._acquire(claim)
        try:
            yield
        finally:
            self._taken[claim] -= 1
            self._grant()

    def may(self, claim: Claim) -> bool:
        """Whether one more of this kind may start now."""
        return self._taken.total() < self._most

    async def _acquire(self, claim: Claim) -> None:
        one = _Waiting(claim, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        self._grant()
        try:
            await one.granted
        except asyncio.CancelledError:
            if one.granted.done() and not one.granted.cancelled():
                self._taken[claim] -= 1
            self._waiting = [other for other in self._waiting if other is not one]
            self._grant()
            raise

    def _grant(self) -> None:
        while one := self._next():
            self._waiting.remove(one)
            _, live = one.claim
            lower_waits = any(not other.claim[1] for other in self._waiting)
            self._passed_over = self._passed_over + 1 if live and lower_waits else 0
            self._taken[one.claim] += 1
            one.granted.set_result(None)

    def _next(self) -> _Waiting | None:
        """Who is given the next slot, if anybody may have one."""
        live_first = self._passed_over < SHARE
        for one in sorted(self._waiting, key=lambda one: one.claim[1] is not live_first):
            if not one.granted.cancelled() and self.may(one.claim):
                return one
        return None


RESERVED = 2
"""Requests of a workspace beyond ``max_in_flight``: one for live changes, one for other endpoints."""


class RequestSlots(Slots):
    """The requests of one workspace that may be under way; each is for an endpoint.

    A full synchronization may have ``max_in_flight`` of them. Beyond these, one slot is left for live
    changes, so that they never wait for it, and one for other endpoints, so that they never wait for one that
    hangs. Who wants one request at a time gets that, without either promise.
    """

    def __init__(self, max_in_flight: int) -> None:
        super().__init__(max_in_flight + RESERVED if max_in_flight > 1 else max_in_flight)

    def may(self, claim: Claim) -> bool:
        """Whether one more of this kind may start now."""
        endpoint, live = claim
        if not super().may(claim):
            return False
        if self._most == 1:
            return True
        same = self._taken[endpoint, True] + self._taken[endpoint, False]
        if same >= self._most - 1:
            return False
        lower = sum(number for (_, is_live), number in self._taken.items() if not is_live)
        return live or (lower < self._most - 1 and self._taken[claim] < self._most - RESERVED)


async def together(work: Iterable[Coroutine[None, None, None]]) -> None:
    """Runs everything at the same time; of several errors, one that no waiting heals is raised first."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as failures:
        errors = sorted(failures.exceptions, key=lambda error: isinstance(error, Transient))
        raise errors[0] from None
