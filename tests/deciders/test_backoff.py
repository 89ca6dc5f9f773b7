from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from synqd.pacing.backoff import Backoff

CHANCE = st.floats(0, 1, exclude_max=True)
POLICY = Backoff(base=2.0, cap=60.0)


@given(st.integers(min_value=-5, max_value=10**9), CHANCE)
def test_a_delay_lies_between_nothing_and_the_cap(attempts: int, chance: float) -> None:
    assert 0 <= POLICY.delay(attempts, chance) <= 60.0


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    assert [POLICY.ceiling(n) for n in range(1, 8)] == [2, 4, 8, 16, 32, 60, 60]


def test_jitter_is_full() -> None:
    assert POLICY.delay(3, 0.0) == 0.0
    assert POLICY.delay(3, 0.5) == 4.0


@given(st.integers(1, 100), CHANCE, st.floats(0, 900))
def test_what_the_server_asked_for_is_never_undercut(attempts: int, chance: float, asked: float) -> None:
    delay = POLICY.delay(attempts, chance, asked)
    assert asked <= delay <= max(60.0, asked + POLICY.base)


def test_those_who_were_told_the_same_come_back_spread() -> None:
    delays = {POLICY.delay(1, chance, 30.0) for chance in (0.0, 0.3, 0.6, 0.9)}
    assert len(delays) == 4
