from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.pacing import limiter
from synqd.pacing.limiter import LONGEST, LimiterState

CHANCE = st.floats(0, 1, exclude_max=True)
NOW = 1_700_000_000.0


def test_without_a_ceiling_nothing_waits() -> None:
    state = LimiterState()
    for _ in range(1000):
        state, wait = limiter.take(state, NOW, None)
        assert wait == 0.0


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.floats(0.2, 50))
def test_no_more_requests_start_than_the_ceiling_and_one_burst_allow(
    pauses: list[float], rate: float
) -> None:
    state, now, starts = LimiterState(), NOW, []
    for pause in pauses:
        now += pause
        state, wait = limiter.take(state, now, rate)
        starts.append(now + wait)
    starts.sort()
    burst = max(1.0, rate)
    for first in range(len(starts)):
        for last in range(first, len(starts)):
            assert last - first + 1 <= burst + (starts[last] - starts[first]) * rate + 1e-3


def test_the_full_rate_is_reached() -> None:
    state, waits = LimiterState(), []
    for _ in range(30):
        state, wait = limiter.take(state, NOW, 10.0)
        waits.append(wait)
    assert waits[:10] == [0.0] * 10
    assert waits[-1] == pytest.approx(2.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_clock_jumps_neither_open_the_floodgates_nor_stop_the_flow(jumps: list[float]) -> None:
    state, now = LimiterState(), NOW
    for count, jump in enumerate(jumps, 1):
        now += jump
        state, wait = limiter.take(state, now, 5.0)
        assert 0 <= wait <= count / 5.0
        assert state.tokens is not None
        assert state.tokens <= 5.0


@given(st.floats(0.1, 1e9), CHANCE)
def test_a_pause_lasts_as_long_as_asked_and_at_most_a_quarter_of_an_hour(asked: float, chance: float) -> None:
    state = limiter.throttled(LimiterState(), NOW, chance, asked)
    wanted = min(asked, LONGEST)
    assert limiter.paused(state, NOW) == pytest.approx(wanted)
    assert limiter.paused(state, NOW + wanted * 0.99) > 0
    assert limiter.paused(state, NOW + wanted + 0.001) == 0.0


@pytest.mark.parametrize("nothing", [None, 0.0])
def test_pauses_grow_while_the_server_names_none(nothing: float | None) -> None:
    state, now, pauses = LimiterState(), NOW, []
    for _ in range(9):
        state = limiter.throttled(state, now, 0.0, nothing)
        pauses.append(limiter.paused(state, now))
        now += pauses[-1] + 0.001
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == 60.0
    state = limiter.throttled(limiter.accepted(state), now, 0.0, nothing)
    assert limiter.paused(state, now) == 1.0


def test_requests_that_were_under_way_together_count_once() -> None:
    state = LimiterState()
    for _ in range(8):
        state = limiter.throttled(state, NOW, 0.0, None)
    assert state.throttles == 1


def test_a_shorter_pause_does_not_cut_a_longer_one() -> None:
    state = limiter.throttled(LimiterState(), NOW, 0.0, 60.0)
    assert limiter.paused(limiter.throttled(state, NOW + 1, 0.0, 2.0), NOW + 1) == pytest.approx(59.0)
    assert limiter.paused(limiter.throttled(state, NOW + 1, 0.0, 90.0), NOW + 1) == pytest.approx(90.0)


@given(st.floats(0.1, LONGEST), st.floats(-1e7, 1e7))
def test_a_clock_jump_makes_a_pause_at_most_twice_as_long(asked: float, jump: float) -> None:
    state = limiter.throttled(LimiterState(), NOW, 0.5, asked)
    assert 0 <= limiter.paused(state, NOW + jump) <= 2 * asked + 1e-6


@given(CHANCE, st.one_of(st.none(), st.floats(0, 1e6)))
def test_the_state_survives_json(chance: float, asked: float | None) -> None:
    state, _ = limiter.take(limiter.throttled(LimiterState(), NOW, chance, asked), NOW, 3.0)
    assert LimiterState.from_json(json.loads(json.dumps(state.to_json()))) == state
