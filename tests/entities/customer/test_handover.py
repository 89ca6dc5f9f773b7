"""How customers get to e-mails that others have, or had (semantics S8, S9)."""

from collections.abc import Mapping

import pytest

from synqd.entities.customer.handover import Entry, Handover, Move, Way, round_trip
from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Model


def entry(
    number: int,
    email: str,
    model: Model = Model.CUSTOMER,
    *,
    alive: bool = True,
    doubt: tuple[str, ...] | None = None,
    fields: str = "",
    at: int = 1,
) -> Entry:
    names = frozenset(fields.split())
    sent = LedgerEntry("main", email, names, b"", "settings", alive and doubt is None, 1, at, doubt=doubt)
    return Key(model, 1, number), sent


def reader(number: int, email: str, *, alive: bool = True) -> Entry:
    return entry(number, email, Model.SUBSCRIBER, alive=alive)


ONE, TWO, THREE = entry(1, "a"), entry(2, "b"), entry(3, "c")
MOVE = Move(("a",), "b")


@pytest.mark.parametrize(
    ("entries", "present", "way"),
    [
        pytest.param([ONE], {}, Way.FREE, id="nobody has it"),
        pytest.param([ONE, TWO], {2: "c"}, Way.WAIT, id="the other leaves it"),
        pytest.param([ONE, TWO, THREE], {2: "c", 3: "d"}, Way.WAIT, id="a row of three"),
        pytest.param([ONE, TWO], {2: "a"}, Way.RING, id="they swap"),
        pytest.param([ONE, entry(2, "B")], {2: "A"}, Way.RING, id="they swap, with capitals"),
        pytest.param([ONE, TWO, THREE], {2: "c", 3: "a"}, Way.RING, id="a ring of three"),
        pytest.param([ONE, TWO, THREE], {2: "c", 3: "b"}, Way.WAIT, id="a ring of others"),
        pytest.param([ONE, TWO], {2: "B"}, Way.TAKEN, id="the other stays"),
        pytest.param([ONE, TWO], {2: ""}, Way.TAKEN, id="the other cannot be sent"),
        pytest.param([ONE, TWO, THREE], {2: "c", 3: "c"}, Way.TAKEN, id="the other's other stays"),
        pytest.param([ONE, TWO], {}, Way.TAKEN, id="the other is deleted, its profile is not"),
        pytest.param([ONE, entry(2, "b", alive=False)], {}, Way.TAKEN, id="the other was deleted"),
        pytest.param([ONE, entry(2, "b", alive=False)], {2: "c"}, Way.FREE, id="it has left a store view"),
        pytest.param([ONE, TWO, entry(3, "b")], {2: "c", 3: "d"}, Way.TAKEN, id="two have it"),
        pytest.param([ONE, TWO, entry(3, "b", at=2)], {2: "x", 3: "a"}, Way.RING, id="one had it before"),
        pytest.param([entry(1, "a", at=2), entry(3, "a"), TWO], {3: "a"}, Way.TAKEN, id="it has its own"),
        pytest.param([ONE, entry(2, "b", doubt=())], {2: "c"}, Way.WAIT, id="nobody knows"),
        pytest.param(
            [ONE, entry(2, "x", doubt=("b",))], {2: "c"}, Way.WAIT, id="nobody knows, by another key"
        ),
        pytest.param([entry(1, "b"), entry(2, "a")], {2: "a"}, Way.FREE, id="its own, and an heir"),
        pytest.param([ONE, reader(9, "b")], {}, Way.TAKEN, id="a reader without an account"),
        pytest.param([ONE, reader(8, "b")], {}, Way.TAKEN, id="its own subscription, sent first"),
        pytest.param([ONE, reader(7, "b")], {}, Way.FREE, id="a subscription of an account that left"),
        pytest.param([ONE, reader(9, "b", alive=False)], {}, Way.FREE, id="a reader who was never told"),
        pytest.param([ONE, TWO, reader(9, "b")], {2: "c"}, Way.WAIT, id="the reader of the account"),
    ],
)
def test_how_an_email_is_reached(entries: list[Entry], present: Mapping[int, str], way: Way) -> None:
    found = Handover(entries, {1: "b", **present}, {7: 2, 8: 1, 9: 0})
    assert found.way(1, MOVE)[0] is way


def test_a_profile_that_is_removed_is_waited_for_and_then_gone() -> None:
    assert Handover([ONE, TWO], {1: "b"}, removes=True).way(1, MOVE)[0] is Way.WAIT
    assert Handover([ONE, entry(2, "b", alive=False)], {1: "b"}, removes=True).way(1, MOVE)[0] is Way.FREE


def test_a_ring_turns_beginning_with_the_first_and_leaves_the_others_their_fields() -> None:
    found = Handover([ONE, entry(2, "b", fields="city phone"), THREE], {1: "b", 2: "c", 3: "a"})
    way, ring = found.way(1, MOVE)
    assert way is Way.RING
    assert [wire.body for wire in round_trip(1, MOVE, ring)] == [
        {"email": "a", "customId": "synqd-parked-1"},
        {"email": "b", "customId": "1"},
        {"email": "c", "customId": "2"},
        {"email": "a", "customId": "3"},
    ]
    assert found.inherited(1, MOVE) == {"city", "phone"}


def test_whoever_was_cut_off_in_the_midst_of_a_ring_turns_it_again_and_the_others_wait() -> None:
    entries = [entry(1, "a", doubt=("b", "c")), TWO, THREE]
    present = {1: "b", 2: "c", 3: "a"}
    assert Handover(entries, present).way(1, Move(("a", "c"), "b")) == (Way.RING, [(2, "c"), (3, "a")])
    assert Handover(entries, present).way(2, Move(("b",), "c"))[0] is Way.WAIT
    assert Handover(entries, present).way(3, Move(("c",), "a"))[0] is Way.WAIT


def test_the_others_of_a_ring_follow_from_its_end() -> None:
    present = {1: "b", 2: "c", 3: "a"}
    one = entry(1, "b", fields="city")
    assert Handover([one, TWO, THREE], present).way(2, Move(("b",), "c"))[0] is Way.FREE
    assert Handover([one, TWO, THREE], present).way(3, Move(("c",), "a"))[0] is Way.FREE
    assert Handover([one, TWO, THREE], present).inherited(2, Move(("b",), "c")) == {"city"}
