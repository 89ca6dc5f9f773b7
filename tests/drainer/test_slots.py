"""Who may have a request under way, while others hang."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.models.names import Lane
from synqd.models.wire import Endpoint
from synqd.movers.drainer.choice import SHARE
from synqd.movers.drainer.slots import RESERVED, RequestSlots, Slots

CLAIMS = st.tuples(st.sampled_from(list(Endpoint)), st.booleans())


def fill(slots: RequestSlots, claims: list[tuple[Endpoint, bool]]) -> int:
    """Takes what may be taken, in order; returns how many."""
    taken = 0
    for claim in claims:
        if slots.may(claim):
            slots._taken[claim] += 1
            taken += 1
    return taken


@given(st.integers(1, 12), st.lists(CLAIMS, max_size=40))
def test_never_more_than_there_are(most: int, claims: list[tuple[Endpoint, bool]]) -> None:
    assert fill(RequestSlots(most), claims) <= (most + RESERVED if most > 1 else 1)


@given(st.integers(1, 12))
def test_a_full_synchronization_may_have_all_of_them(most: int) -> None:
    assert fill(RequestSlots(most), [(Endpoint.CATALOG, False)] * 20) == most


@given(
    st.integers(2, 12),
    st.lists(st.sampled_from(list(Endpoint)), max_size=40),
    st.sampled_from(list(Endpoint)),
)
def test_lower_lanes_always_leave_one_for_a_live_change(
    most: int, endpoints: list[Endpoint], live: Endpoint
) -> None:
    slots = RequestSlots(most)
    fill(slots, [(endpoint, False) for endpoint in endpoints])
    assert slots.may((live, True))


@given(st.integers(2, 12), st.lists(st.booleans(), max_size=40))
def test_one_endpoint_always_leaves_one_for_the_others(most: int, lanes: list[bool]) -> None:
    slots = RequestSlots(most)
    fill(slots, [(Endpoint.CATALOG, live) for live in lanes])
    assert slots.may((Endpoint.CLIENTS, True))


async def test_waiting_is_in_order_of_arrival_and_ends_with_a_release() -> None:
    slots = Slots(1)
    order: list[int] = []

    async def use(number: int) -> None:
        async with slots.slot(Endpoint.CLIENTS, Lane.LIVE):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(use(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_live_changes_are_served_first_and_leave_a_share() -> None:
    slots = Slots(1)
    order: list[Lane] = []

    async def use(lane: Lane) -> None:
        async with slots.slot(Endpoint.CLIENTS, lane):
            order.append(lane)
            await asyncio.sleep(0)

    async with slots.slot(Endpoint.CLIENTS, Lane.FULL):
        waiting = [asyncio.create_task(use(lane)) for lane in [Lane.FULL] * 2 + [Lane.LIVE] * 10]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    lives = [Lane.LIVE] * SHARE
    assert order == [*lives, Lane.FULL, *lives, Lane.FULL, *[Lane.LIVE] * (10 - 2 * SHARE)]


@pytest.mark.parametrize("granted", [False, True])
async def test_a_cancelled_wait_loses_no_slot(granted: bool) -> None:
    slots = Slots(1)

    async def use() -> None:
        async with slots.slot(Endpoint.CLIENTS, Lane.LIVE):
            pass

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(slots.slot(Endpoint.CLIENTS, Lane.LIVE))
        waiting = asyncio.create_task(use())
        await asyncio.sleep(0)
        if granted:
            await stack.aclose()  # the slot is given to it, and before it runs, it is cancelled
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5), slots.slot(Endpoint.CLIENTS, Lane.LIVE):
        assert slots._taken.total() == 1
