"""The circuit breakers of all endpoints: who may leave, and what an answer means for those who follow.

Trouble is the endpoint's own, but for a refused key: that closes all endpoints of the workspace at once,
which are then tried with one chunk in all, and opened together.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import orjson

from synqd.entities import DECLARED
from synqd.models.text import storable
from synqd.models.wire import Endpoint
from synqd.pacing.breaker import (
    Admission,
    BreakerPolicy,
    BreakerState,
    Phase,
    admit,
    denied,
    failed,
    forbidden,
    misused,
    remaining,
    slowed,
    succeeded,
)
from synqd.runtime.clock import Clock
from synqd.runtime.logs import get_logger
from synqd.synerise import DeliveryReport, ObstacleKind, Postponed

MAIN_ENDPOINTS = frozenset(one.main_endpoint for one in DECLARED.values())

BreakerKey = tuple[str, Endpoint]
SOON = 1.0
"""Seconds after which a request is tried again that waits for the end of another one."""
EVENTS = {
    Phase.DENIED: "breaker.denied",
    Phase.FORBIDDEN: "breaker.forbidden",
    Phase.MISUSED: "breaker.misused",
}

log = get_logger("breaker")


class Breakers:
    """One breaker per workspace and endpoint, with the requests in flight through it."""

    def __init__(
        self, policies: Mapping[str, BreakerPolicy], clock: Clock, words: Callable[[str], str] = storable
    ) -> None:
        """Args: policies: workspace -> thresholds; clock: time; words: what may be kept of an answer's."""
        self._policies = policies
        self._clock = clock
        self._words = words
        self._states: dict[BreakerKey, BreakerState] = {}
        self._in_flight: Counter[BreakerKey] = Counter()
        self._changed: set[BreakerKey] = set()
        self._served: dict[str, float] = {}
        """When a workspace last took something."""
        self._denied: dict[BreakerKey, float] = {}
        """When the key was last refused here, as long as nothing passed here since."""
        self._said: dict[BreakerKey, str] = {}
        """What the last answer said that hindered; never saved (S34)."""

    def restore(self, saved: Mapping[str, str]) -> None:
        """Takes over states from before a restart; what cannot be read starts afresh."""
        for name, text in saved.items():
            workspace, _, endpoint = name.rpartition("/")
            try:
                self._states[workspace, Endpoint(endpoint)] = BreakerState.from_json(orjson.loads(text))
            except (ValueError, TypeError):
                log.warning("breaker.unreadable", breaker=name)

    def changed(self) -> Iterator[tuple[str, str]]:
        """Names and states (JSON) that have to be saved; each counts as saved when the next is asked for."""
        for breaker in list(self._changed):
            state = self._states[breaker]
            yield f"{breaker[0]}/{breaker[1]}", orjson.dumps(state.to_json()).decode()
            if self._states[breaker] == state:
                self._changed.discard(breaker)

    def states(self) -> Mapping[BreakerKey, BreakerState]:
        """All breakers that were ever used."""
        return self._states

    def admit(self, breaker: BreakerKey) -> Admission:
        """Whether one more chunk may start through this gate."""
        state = self._state(breaker)
        probes = self._of(breaker[0]) if state.phase is Phase.DENIED else {breaker}
        return admit(state, sum(self._in_flight[one] for one in probes), self._clock.now())

    def enter(self, breaker: BreakerKey) -> None:
        """A chunk starts."""
        self._in_flight[breaker] += 1

    def leave(self, breaker: BreakerKey) -> None:
        """A chunk ended, one way or the other."""
        self._in_flight[breaker] -= 1

    @contextmanager
    def aside(self, breaker: BreakerKey) -> Iterator[float]:
        """The way of a request through another gate than its chunk's.

        Gives the seconds for which it has to wait; 0 if it may leave, and then it counts as under way inside.
        """
        admission = self.admit(breaker)
        if not admission.go:
            yield SOON if math.isinf(admission.wait) else admission.wait
            return
        self.enter(breaker)
        try:
            yield 0.0
        finally:
            self.leave(breaker)

    def learn(self, breaker: BreakerKey, report: DeliveryReport) -> None:
        """Takes a delivery's outcome into account."""
        obstacle = report.obstacle
        if obstacle:  # its words are kept as JSON, and shown
            obstacle = replace(obstacle, detail=storable(obstacle.detail))
            self._said[breaker] = self._words(storable(obstacle.said))
        if obstacle and obstacle.kind is ObstacleKind.DENIED:
            self._refused(breaker, obstacle)
        elif obstacle:
            self._put(breaker, self._hindered(breaker, obstacle))
        elif report.passed:
            self._passed(breaker)
        # else nothing was sent, or single items failed: that says nothing about the endpoint

    def careful(self, breaker: BreakerKey) -> bool:
        """Whether the endpoint is being tried, or has just recovered: one request's worth at a time."""
        return self._state(breaker) != BreakerState()

    def trouble(self, workspace: str) -> str:
        """Why a workspace cannot take everything now, "" if it can."""
        for (name, endpoint), state in sorted(self._states.items()):
            if name == workspace and state.phase is not Phase.CLOSED:
                return f"{endpoint}: {state.reason}"
        return ""

    def said(self, breaker: BreakerKey) -> str:
        """What the last answer said that hindered here: for the owner-only socket (S34)."""
        return self._said.get(breaker, "")

    def retell(self) -> None:
        """Keeps of what answers said only what may be kept by now: somebody was forgotten."""
        self._said = {breaker: self._words(said) for breaker, said in self._said.items()}

    def pause_left(self, breaker: BreakerKey) -> float:
        """Seconds until the gate may be tried again; 0 when it is open for requests."""
        return remaining(self._state(breaker), self._clock.now())

    def _state(self, breaker: BreakerKey) -> BreakerState:
        return self._states.get(breaker) or BreakerState()

    def _of(self, workspace: str) -> set[BreakerKey]:
        """The gates of a workspace."""
        known = {breaker for breaker in self._states if breaker[0] == workspace}
        return known | {(workspace, endpoint) for endpoint in MAIN_ENDPOINTS}

    def _passed(self, breaker: BreakerKey) -> None:
        now, policy = self._clock.now(), self._policies[breaker[0]]
        if not remaining(self._state(breaker), now):  # else it is from before the pause
            self._served[breaker[0]] = now
            self._denied.pop(breaker, None)
        with_it = {one for one in self._of(breaker[0]) if self._state(one).phase is Phase.DENIED}
        for one in {breaker} | with_it:
            self._put(one, succeeded(self._state(one), now, policy))
            if self._state(one).phase is Phase.CLOSED:
                self._said.pop(one, None)

    def _refused(self, breaker: BreakerKey, obstacle: Postponed) -> None:
        """The key is not accepted: nobody of the workspace needs to try.

        But where others were served since it was refused here, it is this endpoint's own trouble.
        """
        now, policy = self._clock.now(), self._policies[breaker[0]]
        alone = self._served.get(breaker[0], -math.inf) > self._denied.get(breaker, math.inf)
        self._denied[breaker] = now
        chance = random.random()  # noqa: S311  # jitter, not cryptography
        for one in {breaker} if alone else self._of(breaker[0]):
            self._put(one, denied(self._state(one), now, policy, chance, obstacle.detail))

    def _hindered(self, breaker: BreakerKey, obstacle: Postponed) -> BreakerState:
        state, now, policy = self._state(breaker), self._clock.now(), self._policies[breaker[0]]
        chance = random.random()  # noqa: S311  # jitter, not cryptography
        match obstacle.kind:
            case ObstacleKind.THROTTLED:
                return slowed(state)  # its pause is the limiter's
            case ObstacleKind.FORBIDDEN:
                return forbidden(state, now, policy, chance, obstacle.detail)
            case ObstacleKind.MISUSED:
                return misused(state, now, policy, chance, obstacle.detail)
        return failed(state, now, policy, chance, obstacle.detail, obstacle.retry_after)

    def _put(self, breaker: BreakerKey, after: BreakerState) -> None:
        before = self._state(breaker)
        if after == before:
            return
        self._states[breaker] = after
        if (before.phase, before.trips) != (after.phase, after.trips):
            self._changed.add(breaker)
            if before.phase is not after.phase or after.phase is not Phase.CLOSED:
                self._tell(breaker, before, after)

    def _tell(self, breaker: BreakerKey, before: BreakerState, after: BreakerState) -> None:
        told = log.bind(workspace=breaker[0], endpoint=breaker[1])
        if after.phase is Phase.CLOSED:
            told.info("breaker.closed", after=before.phase)
        elif after.phase is Phase.OPEN:
            told.warning("breaker.opened", pause=after.pause, reason=after.reason)
        else:
            told.error(EVENTS[after.phase], pause=after.pause, reason=after.reason)
