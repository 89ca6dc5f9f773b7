"""What the carriers of one workspace know of items that failed or had to wait."""

from typing import cast

import pytest

from synqd.drainer.desk import CLASHES, ISOLATE_AFTER, MOST_STRIKES, Desk
from synqd.drainer.requests import WireKey
from synqd.drainer.slots import RequestSlots
from synqd.models.names import Key, Model
from synqd.models.wire import Endpoint
from synqd.synerise import Delivery

ONE, OTHER = Key(Model.CUSTOMER, 1, 1), Key(Model.CUSTOMER, 1, 2)
WIRE: WireKey = (Endpoint.CLIENTS, None, "anna@example.com")


@pytest.fixture
def desk() -> Desk:
    return Desk(cast(Delivery, None), RequestSlots(2))  # nothing is delivered here


def test_an_item_is_suspicious_when_its_request_has_failed_twice_in_a_row(desk: Desk) -> None:
    assert not desk.suspicious([ONE])
    for _ in range(ISOLATE_AFTER - 1):
        desk.strike(ONE)
    assert not desk.suspicious([ONE, OTHER])
    desk.strike(ONE)
    assert desk.suspicious([OTHER, ONE])
    assert not desk.suspicious([OTHER])
    desk.relieve([ONE])
    assert not desk.suspicious([ONE])


def test_each_look_at_a_key_in_flight_comes_later_until_it_was_free(desk: Desk) -> None:
    pauses = [desk.clash(ONE) for _ in range(10)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (CLASHES.base, CLASHES.cap)
    assert desk.clash(OTHER) == CLASHES.base
    desk.part([ONE])
    assert desk.clash(ONE) == CLASHES.base


def test_so_many_items_are_kept_in_mind_and_no_more(desk: Desk) -> None:
    for number in range(MOST_STRIKES):
        desk.strike(Key(Model.CUSTOMER, 1, number))
    assert len(desk.strikes) == MOST_STRIKES
    desk.strike(ONE)
    assert desk.strikes == {ONE: 1}


def test_only_who_is_reading_learns_what_was_put_down(desk: Desk) -> None:
    with desk.reading() as first:
        desk.busy.add(WIRE)
        with desk.reading() as second:
            desk.put_down(Model.CUSTOMER, {WIRE})
        desk.put_down(Model.PRODUCT, {WIRE})
        desk.put_down(Model.ORDER, set())
    desk.put_down(Model.SUBSCRIBER, {WIRE})
    assert desk.busy == set()
    assert first == {Model.CUSTOMER: {WIRE}, Model.PRODUCT: {WIRE}}
    assert second == {Model.CUSTOMER: {WIRE}}


def test_what_stays_as_it_was_is_told_to_other_readers_unless_it_moves(desk: Desk) -> None:
    busy, passed, still = (
        (Endpoint.CLIENTS, None, name) for name in ("busy@a.com", "passed@a.com", "still@a.com")
    )
    desk.busy.add(busy)
    with desk.reading() as mine, desk.reading() as other:
        mine[Model.ORDER].add(passed)
        stands = {1: busy, 2: passed, 3: still}
        assert desk.moving(Model.CUSTOMER, stands, mine) == {1, 2}
        assert desk.moving(Model.CUSTOMER, {}, mine) == set()
    assert mine == {Model.ORDER: {passed}}
    assert other == {Model.CUSTOMER: {still}}
