from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from synqd.synerise.packing import MAX_BYTES, fits_alone, halves, join, pack

SIZES = st.lists(st.integers(2, MAX_BYTES - 2), max_size=60)


@given(SIZES, st.integers(1, 10))
def test_requests_keep_order_and_bounds_and_lose_nothing(sizes: list[int], most: int) -> None:
    parts = list(pack(range(len(sizes)), sizes, most))
    assert [index for part in parts for index in part] == list(range(len(sizes)))
    for part in parts:
        assert 1 <= len(part) <= most
        assert sum(sizes[index] for index in part) + len(part) + 1 <= MAX_BYTES


@given(SIZES, st.integers(1, 10))
def test_no_request_could_have_taken_the_next_item_too(sizes: list[int], most: int) -> None:
    parts = list(pack(range(len(sizes)), sizes, most))
    for part, following in itertools.pairwise(parts):
        with_next = sum(sizes[index] for index in (*part, following[0])) + len(part) + 2
        assert len(part) == most or with_next > MAX_BYTES


def test_the_size_is_that_of_the_joined_body() -> None:
    bodies = [b"x" * 449_998, b"y" * 449_999]
    assert len(join(bodies)) == MAX_BYTES
    assert list(pack([0, 1], [len(body) for body in bodies], 10)) == [(0, 1)]
    assert list(pack([0, 1], [449_999, 449_999], 10)) == [(0,), (1,)]
    assert fits_alone(MAX_BYTES - 2)
    assert not fits_alone(MAX_BYTES - 1)


@given(st.lists(st.integers(), min_size=1, max_size=50))
def test_halves_keep_the_order(numbers: list[int]) -> None:
    part = tuple(numbers)
    divided = halves(part)
    assert tuple(index for half in divided for index in half) == part
    assert all(divided)
    if len(part) > 1:
        assert len(divided) == 2
        assert max(map(len, divided)) == (len(part) + 1) // 2
