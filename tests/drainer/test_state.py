"""What the workers of one workspace know of items that failed or had to wait."""

from typing import cast

import pytest

from synqd.models.names import Key, Model
from synqd.models.wire import Endpoint
from synqd.movers.drainer.requests import WireKey
from synqd.movers.drainer.slots import RequestSlots
from synqd.movers.drainer.state import CLASHES, ISOLATE_AFTER, MOST_STRIKES, WorkspaceState
from synqd.synerise import Delivery

ONE, OTHER = Key(Model.CUSTOMER, 1, 1), Key(Model.CUSTOMER, 1, 2)
WIRE: WireKey = (Endpoint.CLIENTS, None, "anna@example.com")


@pytest.fixture
def state() -> WorkspaceState:
    return WorkspaceState(cast(Delivery, None), RequestSlots(2))  # nothing is delivered here


def test_an_item_is_suspicious_when_its_request_has_failed_twice_in_a_row(state: WorkspaceState) -> None:
    assert not state.suspicious([ONE])
    for _ in range(ISOLATE_AFTER - 1):
        state.strike(ONE)
    assert not state.suspicious([ONE, OTHER])
    state.strike(ONE)
    assert state.suspicious([OTHER, ONE])
    assert not state.suspicious([OTHER])
    state.relieve([ONE])
    assert not state.suspicious([ONE])


def test_each_look_at_a_key_in_flight_comes_later_until_it_was_free(state: WorkspaceState) -> None:
    pauses = [state.clash(ONE) for _ in range(10)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (CLASHES.base, CLASHES.cap)
    assert state.clash(OTHER) == CLASHES.base
    state.part([ONE])
    assert state.clash(ONE) == CLASHES.base


def test_so_many_items_are_kept_in_mind_and_no_more(state: WorkspaceState) -> None:
    for number in range(MOST_STRIKES):
        state.strike(Key(Model.CUSTOMER, 1, number))
    assert len(state.strikes) == MOST_STRIKES
    state.strike(ONE)
    assert state.strikes == {ONE: 1}


def test_only_who_is_reading_learns_what_was_put_down(state: WorkspaceState) -> None:
    with state.reading() as first:
        state.busy.add(WIRE)
        with state.reading() as second:
            state.put_down(Model.CUSTOMER, {WIRE})
        state.put_down(Model.PRODUCT, {WIRE})
        state.put_down(Model.ORDER, set())
    state.put_down(Model.SUBSCRIBER, {WIRE})
    assert state.busy == set()
    assert first == {Model.CUSTOMER: {WIRE}, Model.PRODUCT: {WIRE}}
    assert second == {Model.CUSTOMER: {WIRE}}


def test_what_stays_as_it_was_is_told_to_other_readers_unless_it_moves(state: WorkspaceState) -> None:
    busy, passed, still = (
        (Endpoint.CLIENTS, None, name) for name in ("busy@a.com", "passed@a.com", "still@a.com")
    )
    state.busy.add(busy)
    with state.reading() as mine, state.reading() as other:
        mine[Model.ORDER].add(passed)
        stands = {1: busy, 2: passed, 3: still}
        assert state.moving(Model.CUSTOMER, stands, mine) == {1, 2}
        assert state.moving(Model.CUSTOMER, {}, mine) == set()
    assert mine == {Model.ORDER: {passed}}
    assert other == {Model.CUSTOMER: {still}}
