from __future__ import annotations

import time
from decimal import Decimal

import pytest

from synqd.models.wire import Endpoint, WireItem
from synqd.synerise.complaints import Complaint
from synqd.synerise.matching import match
from tests.synerise.helpers import client, transaction, transactions

ITEMS = [
    client("a@example.com", phone="12", age=Decimal("1.50"), score=1, optin=True),
    client("b@example.com", phone="34", agreements={"email": "maybe"}),
    client("c@example.com", phone="34", tags=["ok", "\x00"]),
    WireItem(Endpoint.CLIENTS, "17", {"customId": "17"}),
]


def matched(*complaints: Complaint) -> tuple[list[int], bool]:
    found, complete = match(complaints, ITEMS)
    return sorted(found), complete


@pytest.mark.parametrize(
    ("complaint", "index"),
    [
        (Complaint("phone", "", "12"), 0),
        (Complaint("[1].phone", "", "34"), 1),
        (Complaint("clients[2].phone", "", "34"), 2),
        (Complaint("agreements.email", "", "maybe"), 1),
        (Complaint("tags[1]", "", "\x00"), 2),
        (Complaint("[2].tags[1]", "", "\x00"), 2),
        (Complaint("age", "", 1.5), 0),
        (Complaint("age", "", "1.50"), 0),
        (Complaint("score", "", "1"), 0),
        (Complaint("optin", "", True), 0),
        (Complaint("[3].email", "must not be missing", None), 3),
        (Complaint("", "", "17"), 3),
        (Complaint("", "", {"customId": "17"}), 3),
    ],
)
def test_found_for_sure(complaint: Complaint, index: int) -> None:
    assert matched(complaint) == ([index], True)


@pytest.mark.parametrize(
    "complaint",
    [
        Complaint("phone", "two hold it, one is accused", "34"),
        Complaint("phone", "nobody holds it", "99"),
        Complaint("email", "one lacks it, which may be allowed", None),
        Complaint("", "nothing said", None),
        Complaint("[1].phone", "an index that counts from one", "12"),
        Complaint("[9].phone", "an index that is not there", "12"),
        Complaint("[1]", "an index that nothing confirms", None),
        Complaint("phone.number.digits", "a path into a text", "12"),
        Complaint("tags[7]", "a place that is not there", "ok"),
        Complaint("tags[2]", "a place that counts from one", "\x00"),
        Complaint("[4].phone", "an index that counts from one", "34"),
        Complaint("active", "nobody has it", True),
        Complaint("score", "true is not 1", True),
        Complaint("optin", "1 is not true", 1),
        Complaint("age", "another number", "2.50"),
        Complaint("score", "another number", 2),
    ],
)
def test_nobody_is_blamed_without_proof(complaint: Complaint) -> None:
    assert matched(complaint) == ([], False)


def test_as_many_complaints_as_holders_blame_all_of_them() -> None:
    same = Complaint("phone", "malformed", "34")
    assert matched(same, same) == ([1, 2], True)


def test_of_complaints_that_are_alike_the_first_is_told() -> None:
    found, complete = match(
        [Complaint("phone", "malformed", "34"), Complaint("phone", "too short", "34")], ITEMS
    )
    assert complete
    assert [[one.message for one in about] for about in found.values()] == [["malformed"], ["malformed"]]


def test_one_item_may_have_several_complaints() -> None:
    found, complete = match([Complaint("phone", "x", "12"), Complaint("age", "y", 1.5)], ITEMS)
    assert complete
    assert [complaint.message for complaint in found[0]] == ["x", "y"]


def test_what_is_matched_stays_when_something_else_is_not() -> None:
    assert matched(Complaint("phone", "", "12"), Complaint("", "", None)) == ([0], False)


def test_no_complaints_say_nothing() -> None:
    assert matched() == ([], False)


def test_a_number_may_count_the_parts_of_an_item() -> None:
    items = [*transactions(3), transaction(3, sku="broken")]
    found, complete = match([Complaint("products[0].sku", "", "broken")], items)
    assert (list(found), complete) == ([3], True)


def test_many_complaints_about_many_items_hold_up_nobody() -> None:
    items = [client(f"a{n}@example.com", tags=["a", n]) for n in range(1000)]
    honest = [Complaint("email", "", f"a{n}@example.com") for n in range(1000)]
    hostile = [Complaint(f"{'.' * (n % 300)}tags.{n}", "", n) for n in range(3000)]
    begin = time.process_time()
    found, complete = match(honest, items)
    assert (len(found), complete) == (1000, True)
    assert match(hostile, items)[1] is False
    assert match([Complaint("tags." * 10_000, "", 1)], items) == ({}, False)
    assert time.process_time() - begin < 1.0
