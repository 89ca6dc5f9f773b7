from __future__ import annotations

import json
import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.pacing import breaker
from synqd.pacing.breaker import BreakerPolicy, BreakerState, Phase

POLICY = BreakerPolicy(failures=3, max_in_flight=8)
LONGEST_PAUSE = 900 * 1.25
NOW = 1_700_000_000.0
CHANCE = st.floats(0, 1, exclude_max=True)


def opened(now: float = NOW, retry_after: float | None = None) -> BreakerState:
    state = BreakerState()
    while state.phase is Phase.CLOSED:
        state = breaker.failed(state, now, POLICY, 0.5, "HTTP 503", retry_after)
    return state


@dataclass(frozen=True)
class Step:
    verb: str
    chance: float
    seconds: float
    retry_after: float | None


STEPS = st.builds(
    Step,
    st.sampled_from(["succeeded", "failed", "slowed", "denied", "forbidden", "misused"]),
    CHANCE,
    st.floats(-5000, 5000),
    st.one_of(st.none(), st.floats(0, 1e9)),
)


def after(state: BreakerState, step: Step, now: float) -> BreakerState:
    match step.verb:
        case "succeeded":
            return breaker.succeeded(state, now, POLICY)
        case "failed":
            return breaker.failed(state, now, POLICY, step.chance, "no answer", step.retry_after)
        case "slowed":
            return breaker.slowed(state)
        case "denied":
            return breaker.denied(state, now, POLICY, step.chance, "no key")
        case "forbidden":
            return breaker.forbidden(state, now, POLICY, step.chance, "no permission")
    return breaker.misused(state, now, POLICY, step.chance, "HTTP 415")


@given(st.lists(STEPS, max_size=60))
def test_it_never_closes_without_a_success(steps: list[Step]) -> None:
    state, now = BreakerState(), NOW
    for step in steps:
        now += step.seconds
        before, state = state, after(state, step, now)
        if before.phase is not Phase.CLOSED and state.phase is Phase.CLOSED:
            assert step.verb == "succeeded"


@given(st.lists(STEPS, max_size=60))
def test_it_never_stays_open_for_ever_whatever_the_clock_does(steps: list[Step]) -> None:
    state, now = BreakerState(), NOW
    for step in steps:
        now += step.seconds
        state = after(state, step, now)
        left = breaker.remaining(state, now)
        assert 0 <= left <= 2 * LONGEST_PAUSE
        assert breaker.admit(state, 0, now + left + 0.001).go


@given(st.lists(STEPS, max_size=60), st.integers(0, 20))
def test_outside_of_closed_at_most_one_request_is_under_way(steps: list[Step], in_flight: int) -> None:
    state, now = BreakerState(), NOW
    for step in steps:
        now += step.seconds
        state = after(state, step, now)
        admission = breaker.admit(state, in_flight, now)
        if state.phase is not Phase.CLOSED and admission.go:
            assert admission.probe
            assert in_flight == 0
        assert admission.go == (admission.wait == 0.0)


@given(st.lists(STEPS, max_size=60))
def test_the_state_survives_json(steps: list[Step]) -> None:
    state, now = BreakerState(), NOW
    for step in steps:
        now += step.seconds
        state = after(state, step, now)
    assert BreakerState.from_json(json.loads(json.dumps(state.to_json()))) == state


@pytest.mark.parametrize("stored", [{}, {"phase": "ajar"}, {"phase": "open", "colour": "red"}])
def test_a_foreign_state_is_not_taken(stored: dict[str, str]) -> None:
    with pytest.raises((TypeError, ValueError)):
        BreakerState.from_json(stored)


def test_failures_in_a_row_open_it_and_a_success_between_them_does_not() -> None:
    state = BreakerState()
    for _ in range(10):
        for _ in range(POLICY.failures - 1):
            state = breaker.failed(state, NOW, POLICY, 0.5, "HTTP 500")
        state = breaker.succeeded(state, NOW, POLICY)
    assert state.phase is Phase.CLOSED
    for _ in range(POLICY.failures):
        state = breaker.failed(state, NOW, POLICY, 0.5, "HTTP 500")
    assert state.phase is Phase.OPEN
    assert state.reason == "HTTP 500"


def test_a_pause_ends_with_one_probe() -> None:
    state = opened()
    left = breaker.remaining(state, NOW)
    assert breaker.admit(state, 0, NOW) == (False, False, left)
    due = NOW + left
    assert breaker.admit(state, 0, due) == (True, True, 0.0)
    assert breaker.admit(state, 1, due) == (False, True, math.inf)


def test_pauses_grow_with_each_failed_probe_and_have_a_cap() -> None:
    state, now, pauses = opened(), NOW, []
    for _ in range(12):
        pauses.append(state.pause)
        now += state.pause
        state = breaker.failed(state, now, POLICY, 0.5, "HTTP 503")
    assert pauses[:4] == [1.5, 3.0, 6.0, 12.0]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 90.0


def test_requests_from_before_the_pause_neither_lengthen_nor_end_it() -> None:
    state = opened()
    assert breaker.failed(state, NOW + 0.1, POLICY, 0.5, "HTTP 503") == state
    assert breaker.succeeded(state, NOW + 0.1, POLICY) == state


def test_retry_after_opens_at_once_is_kept_and_is_capped() -> None:
    state = breaker.failed(BreakerState(), NOW, POLICY, 0.5, "HTTP 503", 300.0)
    assert state.phase is Phase.OPEN
    assert 300 <= state.pause <= 330
    longer = breaker.failed(state, NOW + 10, POLICY, 0.5, "HTTP 503", 500.0)
    assert breaker.remaining(longer, NOW + 10) == 500.0
    huge = breaker.failed(BreakerState(), NOW, POLICY, 0.0, "HTTP 503", 86_400.0)
    assert huge.pause == 900.0


def test_after_recovery_the_flow_grows_with_each_success() -> None:
    state = breaker.succeeded(opened(), NOW + 1000, POLICY)
    grown = []
    for _ in range(4):
        grown.append(state.allowed)
        state = breaker.succeeded(state, NOW + 1000, POLICY)
    assert grown == [1, 2, 4, breaker.FULL]
    assert breaker.admit(BreakerState(allowed=2), 2, NOW) == (False, False, math.inf)


def test_only_full_speed_forgets_earlier_pauses() -> None:
    state = breaker.succeeded(opened(), NOW + 1000, POLICY)
    for _ in range(POLICY.failures):
        state = breaker.failed(state, NOW + 1000, POLICY, 0.5, "HTTP 503")
    assert state.pause == 3.0
    state = breaker.succeeded(state, NOW + 2000, POLICY)
    for _ in range(3):
        state = breaker.succeeded(state, NOW + 2000, POLICY)
    assert state == BreakerState()


def test_a_refused_key_missing_rights_and_misuse_are_phases_of_their_own() -> None:
    lacking = breaker.forbidden(BreakerState(), NOW, POLICY, 0.5, "API_BATCH_CLIENT_CREATE is missing")
    assert (lacking.phase, lacking.pause) == (Phase.FORBIDDEN, 10.0)
    refused = breaker.denied(BreakerState(), NOW, POLICY, 0.5, "HTTP 401")
    assert (refused.phase, refused.pause) == (Phase.DENIED, 10.0)
    wrong = breaker.misused(BreakerState(), NOW, POLICY, 0.5, "HTTP 415")
    assert (wrong.phase, wrong.pause) == (Phase.MISUSED, 600.0)
    assert breaker.forbidden(lacking, NOW + 1, POLICY, 0.9, "again") == lacking
    again = breaker.forbidden(lacking, NOW + 10, POLICY, 0.5, "still missing")
    assert (again.since, again.pause, again.reason) == (NOW + 10, 20.0, "still missing")
    assert breaker.succeeded(again, NOW + 1000, POLICY).phase is Phase.CLOSED


def test_after_a_429_requests_begin_one_at_a_time_without_a_pause_of_the_breaker() -> None:
    state = breaker.slowed(BreakerState())
    assert (state.phase, state.allowed, state.failures) == (Phase.CLOSED, 1, 0)
    assert breaker.slowed(opened()) == opened()


def test_an_outage_during_missing_rights_waits_like_an_outage() -> None:
    denied = breaker.forbidden(BreakerState(), NOW, POLICY, 0.5, "no permission")
    state = breaker.failed(denied, NOW + 400, POLICY, 0.5, "HTTP 503")
    assert state.phase is Phase.OPEN


@given(st.floats(-1e7, 1e7))
def test_a_clock_jump_makes_a_pause_at_most_twice_as_long(jump: float) -> None:
    state = opened(retry_after=600.0)
    assert 0 <= breaker.remaining(state, NOW + jump) <= 2 * state.pause
