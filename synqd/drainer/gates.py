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

from synqd.breaker import (
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
from synqd.clock import Clock
from synqd.logs import get_logger
from synqd.models.names import Model
from synqd.models.text import storable
from synqd.models.wire import Endpoint
from synqd.synerise import DeliveryReport, Hold, Postponed

MAIN_ENDPOINT: Mapping[Model, Endpoint] = {
    Model.CUSTOMER: Endpoint.CLIENTS,
    Model.ORDER: Endpoint.TRANSACTIONS,
    Model.PRODUCT: Endpoint.CATALOG,
    Model.SUBSCRIBER: Endpoint.CLIENTS,
}
"""The endpoint that nearly all items of a model go to: its breaker decides whether the model is leased."""

Gate = tuple[str, Endpoint]
SOON = 1.0
"""Seconds after which a request is tried again that waits for the end of another one."""
EVENTS = {
    Phase.DENIED: "breaker.denied",
    Phase.FORBIDDEN: "breaker.forbidden",
    Phase.MISUSED: "breaker.misused",
}

log = get_logger("breaker")


class Gates:
    """One breaker per workspace and endpoint, with the requests in flight through it."""

    def __init__(
        self, policies: Mapping[str, BreakerPolicy], clock: Clock, words: Callable[[str], str] = storable
    ) -> None:
        """Args: policies: workspace -> thresholds; clock: time; words: what may be kept of an answer's."""
        self._policies = policies
        self._clock = clock
        self._words = words
        self._states: dict[Gate, BreakerState] = {}
        self._in_flight: Counter[Gate] = Counter()
        self._changed: set[Gate] = set()
        self._served: dict[str, float] = {}
        """When a workspace last took something."""
        self._denied: dict[Gate, float] = {}
        """When the key was last refused here, as long as nothing passed here since."""
        self._said: dict[Gate, str] = {}
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
        for gate in list(self._changed):
            state = self._states[gate]
            yield f"{gate[0]}/{gate[1]}", orjson.dumps(state.to_json()).decode()
            if self._states[gate] == state:
                self._changed.discard(gate)

    def states(self) -> Mapping[Gate, BreakerState]:
        """All breakers that were ever used."""
        return self._states

    def admit(self, gate: Gate) -> Admission:
        """Whether one more chunk may start through this gate."""
        state = self._state(gate)
        probes = self._of(gate[0]) if state.phase is Phase.DENIED else {gate}
        return admit(state, sum(self._in_flight[one] for one in probes), self._clock.now())

    def enter(self, gate: Gate) -> None:
        """A chunk starts."""
        self._in_flight[gate] += 1

    def leave(self, gate: Gate) -> None:
        """A chunk ended, one way or the other."""
        self._in_flight[gate] -= 1

    @contextmanager
    def aside(self, gate: Gate) -> Iterator[float]:
        """The way of a request through another gate than its chunk's.

        Gives the seconds for which it has to wait; 0 if it may leave, and then it counts as under way inside.
        """
        admission = self.admit(gate)
        if not admission.go:
            yield SOON if math.isinf(admission.wait) else admission.wait
            return
        self.enter(gate)
        try:
            yield 0.0
        finally:
            self.leave(gate)

    def learn(self, gate: Gate, report: DeliveryReport) -> None:
        """Takes a delivery's outcome into account."""
        obstacle = report.obstacle
        if obstacle:  # its words are kept as JSON, and shown
            obstacle = replace(obstacle, detail=storable(obstacle.detail))
            self._said[gate] = self._words(storable(obstacle.said))
        if obstacle and obstacle.kind is Hold.DENIED:
            self._refused(gate, obstacle)
        elif obstacle:
            self._put(gate, self._hindered(gate, obstacle))
        elif report.passed:
            self._passed(gate)
        # else nothing was sent, or single items failed: that says nothing about the endpoint

    def careful(self, gate: Gate) -> bool:
        """Whether the endpoint is being tried, or has just recovered: one request's worth at a time."""
        return self._state(gate) != BreakerState()

    def trouble(self, workspace: str) -> str:
        """Why a workspace cannot take everything now, "" if it can."""
        for (name, endpoint), state in sorted(self._states.items()):
            if name == workspace and state.phase is not Phase.CLOSED:
                return f"{endpoint}: {state.reason}"
        return ""

    def said(self, gate: Gate) -> str:
        """What the last answer said that hindered here: for the owner-only socket (S34)."""
        return self._said.get(gate, "")

    def retell(self) -> None:
        """Keeps of what answers said only what may be kept by now: somebody was forgotten."""
        self._said = {gate: self._words(said) for gate, said in self._said.items()}

    def pause_left(self, gate: Gate) -> float:
        """Seconds until the gate may be tried again; 0 when it is open for requests."""
        return remaining(self._state(gate), self._clock.now())

    def _state(self, gate: Gate) -> BreakerState:
        return self._states.get(gate) or BreakerState()

    def _of(self, workspace: str) -> set[Gate]:
        """The gates of a workspace."""
        known = {gate for gate in self._states if gate[0] == workspace}
        return known | {(workspace, endpoint) for endpoint in MAIN_ENDPOINT.values()}

    def _passed(self, gate: Gate) -> None:
        now, policy = self._clock.now(), self._policies[gate[0]]
        if not remaining(self._state(gate), now):  # else it is from before the pause
            self._served[gate[0]] = now
            self._denied.pop(gate, None)
        with_it = {one for one in self._of(gate[0]) if self._state(one).phase is Phase.DENIED}
        for one in {gate} | with_it:
            self._put(one, succeeded(self._state(one), now, policy))
            if self._state(one).phase is Phase.CLOSED:
                self._said.pop(one, None)

    def _refused(self, gate: Gate, obstacle: Postponed) -> None:
        """The key is not accepted: nobody of the workspace needs to try.

        But where others were served since it was refused here, it is this endpoint's own trouble.
        """
        now, policy = self._clock.now(), self._policies[gate[0]]
        alone = self._served.get(gate[0], -math.inf) > self._denied.get(gate, math.inf)
        self._denied[gate] = now
        chance = random.random()  # noqa: S311  # jitter, not cryptography
        for one in {gate} if alone else self._of(gate[0]):
            self._put(one, denied(self._state(one), now, policy, chance, obstacle.detail))

    def _hindered(self, gate: Gate, obstacle: Postponed) -> BreakerState:
        state, now, policy = self._state(gate), self._clock.now(), self._policies[gate[0]]
        chance = random.random()  # noqa: S311  # jitter, not cryptography
        match obstacle.kind:
            case Hold.THROTTLED:
                return slowed(state)  # its pause is the limiter's
            case Hold.FORBIDDEN:
                return forbidden(state, now, policy, chance, obstacle.detail)
            case Hold.MISUSED:
                return misused(state, now, policy, chance, obstacle.detail)
        return failed(state, now, policy, chance, obstacle.detail, obstacle.retry_after)

    def _put(self, gate: Gate, after: BreakerState) -> None:
        before = self._state(gate)
        if after == before:
            return
        self._states[gate] = after
        if (before.phase, before.trips) != (after.phase, after.trips):
            self._changed.add(gate)
            if before.phase is not after.phase or after.phase is not Phase.CLOSED:
                self._tell(gate, before, after)

    def _tell(self, gate: Gate, before: BreakerState, after: BreakerState) -> None:
        told = log.bind(workspace=gate[0], endpoint=gate[1])
        if after.phase is Phase.CLOSED:
            told.info("breaker.closed", after=before.phase)
        elif after.phase is Phase.OPEN:
            told.warning("breaker.opened", pause=after.pause, reason=after.reason)
        else:
            told.error(EVENTS[after.phase], pause=after.pause, reason=after.reason)
