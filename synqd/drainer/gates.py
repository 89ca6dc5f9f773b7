"""The circuit breakers of all endpoints: who may leave, and what an answer means for those who follow."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import orjson

from synqd.breaker import (
    Admission,
    BreakerPolicy,
    BreakerState,
    Phase,
    admit,
    failed,
    forbidden,
    misused,
    remaining,
    succeeded,
)
from synqd.clock import Clock
from synqd.logs import get_logger
from synqd.models.names import Model
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
FIRST_LOOK = 10.0
"""Seconds of the first pause after a refusal of rights; the next are twice as long up to the policy's."""
EVENTS = {Phase.FORBIDDEN: "breaker.forbidden", Phase.MISUSED: "breaker.misused"}

log = get_logger("breaker")


class Gates:
    """One breaker per workspace and endpoint, with the requests in flight through it."""

    def __init__(self, policies: Mapping[str, BreakerPolicy], clock: Clock) -> None:
        """Args: policies: workspace -> thresholds; clock: time."""
        self._policies = policies
        self._clock = clock
        self._states: dict[Gate, BreakerState] = {}
        self._in_flight: Counter[Gate] = Counter()
        self._changed: set[Gate] = set()

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
        return admit(self._state(gate), self._in_flight[gate], self._clock.now())

    def enter(self, gate: Gate) -> None:
        """A chunk starts."""
        self._in_flight[gate] += 1

    def leave(self, gate: Gate) -> None:
        """A chunk ended, one way or the other."""
        self._in_flight[gate] -= 1

    def learn(self, gate: Gate, report: DeliveryReport) -> None:
        """Takes a delivery's outcome into account."""
        before = self._state(gate)
        obstacle = report.obstacle
        if obstacle:
            after = self._hindered(gate, obstacle)
        elif report.passed:
            after = self._passed(gate)
        else:
            return  # nothing was sent, or single items failed: that says nothing about the endpoint
        if after != before:
            self._states[gate] = after
            if (before.phase, before.trips) != (after.phase, after.trips):
                self._changed.add(gate)
                self._tell(gate, before, after)

    def careful(self, gate: Gate) -> bool:
        """Whether the endpoint is being tried, or has just recovered: one request's worth at a time."""
        return self._state(gate) != BreakerState()

    def trouble(self, workspace: str) -> str:
        """Why a workspace cannot take everything now, "" if it can."""
        for (name, endpoint), state in sorted(self._states.items()):
            if name == workspace and state.phase is not Phase.CLOSED:
                return f"{endpoint}: {state.reason}"
        return ""

    def pause_left(self, gate: Gate) -> float:
        """Seconds until the gate may be tried again; 0 when it is open for requests."""
        return remaining(self._state(gate), self._clock.now())

    def _state(self, gate: Gate) -> BreakerState:
        return self._states.get(gate) or BreakerState()

    def _passed(self, gate: Gate) -> BreakerState:
        return succeeded(self._state(gate), self._clock.now(), self._policies[gate[0]])

    def _hindered(self, gate: Gate, obstacle: Postponed) -> BreakerState:
        state, now, policy = self._state(gate), self._clock.now(), self._policies[gate[0]]
        chance = random.random()  # noqa: S311  # jitter, not cryptography
        match obstacle.kind:
            case Hold.DENIED | Hold.FORBIDDEN:
                # A hiccup of the login, or a right that is granted at once, should not cost minutes.
                pause = min(policy.forbidden, FIRST_LOOK * 2.0 ** min(state.trips, 30))
                return forbidden(state, now, replace(policy, forbidden=pause), chance, obstacle.detail)
            case Hold.MISUSED:
                return misused(state, now, policy, chance, obstacle.detail)
        return failed(state, now, policy, chance, obstacle.detail, obstacle.retry_after)

    def _tell(self, gate: Gate, before: BreakerState, after: BreakerState) -> None:
        told = log.bind(workspace=gate[0], endpoint=gate[1])
        if after.phase is Phase.CLOSED:
            told.info("breaker.closed", after=before.phase)
        elif after.phase is Phase.OPEN:
            told.warning("breaker.opened", pause=after.pause, reason=after.reason)
        else:
            told.error(EVENTS[after.phase], pause=after.pause, reason=after.reason)
