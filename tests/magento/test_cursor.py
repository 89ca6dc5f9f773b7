"""The cursor with gaps (semantics S1): no row twice, none lost, whatever the order of commits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from synqd.magento.cursor import (
    GAP_LIFE,
    MOST_GAPS,
    MOST_NARROW,
    MOST_YOUNG,
    NARROW_LIFE,
    NARROW_SURE,
    RUN,
    advance,
    choose,
    expire,
    runs,
)
from synqd.magento.watching import INHERITED, Watching
from synqd.models.change import Cursor, Gap
from tests.support.clocks import HandClock

START = Cursor("log", 0)


def rows(*ids: int) -> list[tuple[int]]:
    return [(number,) for number in ids]


def test_skipped_ids_become_a_gap() -> None:
    cursor, fresh = advance(START, rows(1, 2, 5), now=7)
    assert cursor == Cursor("log", 5, (Gap(3, 4, 7),))
    assert fresh == rows(1, 2, 5)


def test_late_row_splits_its_gap_and_keeps_its_age() -> None:
    cursor, _ = advance(START, rows(9), now=1)
    cursor, fresh = advance(cursor, rows(4, 12), now=2)
    assert cursor == Cursor("log", 12, (Gap(1, 3, 1), Gap(5, 8, 1), Gap(10, 11, 2)))
    assert fresh == rows(4, 12)


def test_filled_gap_is_gone() -> None:
    cursor, _ = advance(START, rows(1, 4), now=1)
    cursor, _ = advance(cursor, rows(2, 3), now=2)
    assert cursor == Cursor("log", 4)


def test_nothing_new_gives_back_the_same_cursor() -> None:
    cursor = Cursor("log", 7, (Gap(2, 3, 1),))
    assert advance(cursor, rows(7, 5), now=9) == (cursor, [])


def test_gaps_expire_after_a_day_and_a_last_look() -> None:
    old, young = Gap(1, 3, 0), Gap(5, 5, 10)
    cursor, waited = Cursor("log", 9, (old, young)), dict.fromkeys((old, young), GAP_LIFE)
    assert expire(cursor, [old, young], GAP_LIFE - 1, watched=waited) == (cursor, 0)
    assert expire(cursor, [old, young], GAP_LIFE, watched=waited) == (Cursor("log", 9, (young,)), 3)
    assert expire(cursor, [], GAP_LIFE * 9, watched=waited) == (cursor, 0)


def test_a_clock_that_is_set_forward_ends_no_gap() -> None:
    gap = Gap(1, 3, 0)
    cursor = Cursor("log", 9, (gap,))
    assert expire(cursor, [gap], GAP_LIFE * 9) == (cursor, 0), "nobody has waited for it"
    assert expire(cursor, [gap], GAP_LIFE * 9, watched={gap: GAP_LIFE - 1}) == (cursor, 0)
    assert expire(cursor, [gap], GAP_LIFE - 1, watched={gap: GAP_LIFE}) == (cursor, 0), "nor one set back"


def test_a_gap_of_this_process_is_waited_for_by_a_clock_that_nobody_sets() -> None:
    clock, gap = HandClock(), Gap(1, 3, 500)
    watching = Watching(clock)
    watching.look(Cursor("log", 9, (gap,)), now=500)
    clock.pass_(7.0)
    clock.jump(GAP_LIFE / 1000)
    watching.look(Cursor("log", 9, (Gap(1, 1, 500),)))
    assert watching.milliseconds("log", Gap(1, 1, 500), 1) == 7_000, "a part has the age of the whole"
    watching.look(Cursor("log", 9))
    assert watching.milliseconds("log", gap, 1) == 0, "what was filled is forgotten"


def test_a_gap_that_an_earlier_process_left_is_waited_for_an_hour_or_its_life() -> None:
    clock, gap = HandClock(), Gap(1, 3, 500)
    watching = Watching(clock)
    watching.look(Cursor("log", 9, (gap,)))
    assert watching.milliseconds("log", gap, 1) == GAP_LIFE - INHERITED
    clock.pass_(INHERITED / 1000)
    assert watching.milliseconds("log", gap, 1) == GAP_LIFE
    assert watching.milliseconds("log", gap, 9) == INHERITED >= NARROW_LIFE


def test_too_many_gaps_give_up_the_oldest() -> None:
    gaps = tuple(Gap(3 * n, 3 * n, since=MOST_GAPS - n) for n in range(1, MOST_GAPS + 3))
    cursor, expired = expire(Cursor("log", 10**9, gaps), (), now=0)
    assert (cursor.gaps, expired) == (gaps[:-2], 2)  # the last ones are the oldest here


def test_gaps_that_a_clusters_ids_leave_are_few_and_live_short() -> None:
    cursor, _ = advance(START, rows(*range(3, 3 * MOST_NARROW + 30, 3), 6_000), now=0)
    narrow, rolled_back = cursor.gaps[:-1], cursor.gaps[-1]
    assert expire(cursor, (), now=NARROW_SURE - 1, step=3) == (cursor, 0), "not before they were looked up"
    cursor, _ = expire(cursor, (), now=NARROW_SURE, step=3)
    assert cursor.gaps == (*narrow[-MOST_NARROW:], rolled_back)
    waited = dict.fromkeys(cursor.gaps, NARROW_LIFE)
    assert expire(cursor, cursor.gaps, NARROW_LIFE - 1, 3, waited) == (cursor, 0)
    cursor, _ = expire(cursor, cursor.gaps, NARROW_LIFE, 3, waited)
    assert cursor.gaps == (rolled_back,)


def test_young_gaps_of_a_cluster_are_bounded_all_the_same() -> None:
    gaps = tuple(Gap(3 * n, 3 * n, 0) for n in range(1, MOST_YOUNG + 3))
    cursor, given_up = expire(Cursor("log", 10**9, gaps), (), now=1, step=3)
    assert (cursor.gaps, given_up) == (gaps[2:], 2)


def test_narrow_neighbours_are_looked_up_as_one_range() -> None:
    narrow = [Gap(3 * n + 1, 3 * n + 2, 0) for n in range(RUN + 2)]
    wide, apart = Gap(100, 103, 0), Gap(110, 111, 0)
    found = runs([*narrow, wide, apart], step=3)
    assert found == [tuple(narrow[:RUN]), tuple(narrow[RUN:]), (wide,), (apart,)]
    assert runs(narrow, step=1) == [(gap,) for gap in narrow], "on a single server they are no neighbours"


@given(total=st.integers(1, 90), most=st.integers(2, 20))
def test_look_ups_are_bounded_and_reach_every_gap(total: int, most: int) -> None:
    gaps = [Gap(3 * n, 3 * n + 1, 0) for n in range(total)]
    seen: set[Gap] = set()
    for turn in range(total + 1):
        chosen = choose(gaps, turn, most)
        assert len(chosen) <= most
        assert chosen == sorted(chosen)
        seen.update(chosen)
    assert seen == set(gaps)


@st.composite
def histories(draw: st.DrawFn) -> list[set[int]]:
    """What can be seen at each look: ids appear in any order, some never, and none goes away."""
    count = draw(st.integers(0, 40))
    looks = draw(st.integers(1, 8))
    appears = [draw(st.integers(0, looks)) for _ in range(count)]  # at `looks`: rolled back
    return [{n + 1 for n, at in enumerate(appears) if at <= look} for look in range(looks)]


@given(history=histories(), page=st.integers(1, 12))
def test_every_row_is_taken_exactly_once(history: list[set[int]], page: int) -> None:
    cursor, taken = START, []
    for now, visible in enumerate([*history, *[history[-1]] * 50]):  # the rest: time to catch up page by page
        tail = sorted(number for number in visible if number >= cursor.high)[:page]
        late = [number for gap in cursor.gaps for number in visible if gap.first <= number <= gap.last]
        before = cursor
        cursor, fresh = advance(cursor, rows(*late, *tail), now)
        taken += [number for (number,) in fresh]
        assert cursor.high >= before.high
        assert_in_order(cursor)
    if page > 1:  # a page of one row holds nothing but the cursor's own
        assert sorted(taken) == sorted(history[-1])


@given(history=histories())
def test_cursor_and_gaps_say_exactly_what_is_missing(history: list[set[int]]) -> None:
    cursor = START
    for now, visible in enumerate(history):
        cursor, _ = advance(cursor, rows(*visible), now)
        missing = {number for gap in cursor.gaps for number in range(gap.first, gap.last + 1)}
        assert cursor.high == max(visible, default=0)
        assert missing == set(range(1, cursor.high + 1)) - visible


def assert_in_order(cursor: Cursor) -> None:
    edges = [edge for gap in cursor.gaps for edge in (gap.first, gap.last)]
    assert edges == sorted(edges)
    assert all(gap.first <= gap.last < cursor.high for gap in cursor.gaps)
