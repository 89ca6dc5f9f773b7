"""Holds requests back: the doer around ``synqd.pacing.limiter``."""

import random
from collections.abc import Mapping

from synqd.pacing import limiter
from synqd.pacing.limiter import LimiterState
from synqd.runtime.clock import Clock
from synqd.synerise.answer import Answer, Failure
from synqd.synerise.obstacles import held
from synqd.synerise.report import ObstacleKind, Postponed
from synqd.synerise.retry_after import retry_after


class Pacer:
    """The turnstile before all requests of a workspace."""

    def __init__(self, clock: Clock, per_second: float | None, state: LimiterState) -> None:
        self._clock = clock
        self._per_second = per_second
        self._chance = random.SystemRandom().random
        self.state = state

    @property
    def paused(self) -> float:
        """Seconds until the pause after a 429 is over."""
        return limiter.paused(self.state, self._clock.now())

    async def turn(self) -> None:
        """Waits for the turn of one request.

        Raises:
            HeldUnavailable: there is a pause; waiting for it here would keep leases for too long.
        """
        self._refuse_while_paused()
        self.state, wait = limiter.take(self.state, self._clock.now(), self._per_second)
        if wait > 0:
            await self._clock.sleep(wait)
            self._refuse_while_paused()

    def hear(self, answer: Answer | Failure) -> None:
        """Takes note of an answer."""
        if isinstance(answer, Failure):
            return
        if answer.status == 429:
            self._pause(answer.headers)
        elif answer.ok:
            self.state = limiter.accepted(self.state)

    def _pause(self, headers: Mapping[str, str]) -> None:
        now = self._clock.now()
        self.state = limiter.throttled(self.state, now, self._chance(), retry_after(headers, now))

    def _refuse_while_paused(self) -> None:
        left = self.paused
        if left > 0:
            raise held(Postponed(ObstacleKind.THROTTLED, f"Synerise asked to wait ({left:.0f} s left)", left))
