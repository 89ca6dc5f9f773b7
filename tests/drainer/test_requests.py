"""Packing shipments into requests, and wire keys that clash (S8)."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from synqd.models.item import Leased, Want
from synqd.models.names import Key, Lane, Model
from synqd.models.wire import Endpoint, Parcel, WireItem
from synqd.movers.drainer.requests import Shipment, WireKey, pack, without_clashes

ENDPOINTS = st.sampled_from(list(Endpoint))


def shipment(number: int, *items: tuple[Endpoint, str]) -> Shipment:
    leased = Leased(number, Key(Model.PRODUCT, 1, number), 1, 1, 0, Lane.LIVE, 0, Want.NOTHING, None, None)
    wire = tuple(
        WireItem(endpoint, key, {}, "store-1" if endpoint is Endpoint.CATALOG else None)
        for endpoint, key in items
    )
    return Shipment(leased, Parcel(wire, items[-1][1], alive=True))


shipments = st.lists(
    st.lists(st.tuples(ENDPOINTS, st.sampled_from("abcdef")), min_size=1, max_size=2), max_size=25
).map(lambda all_items: [shipment(number, *items) for number, items in enumerate(all_items, 1)])


@given(shipments, st.integers(1, 10))
def test_each_shipment_is_in_one_request_of_its_own_endpoint(all_: list[Shipment], limit: int) -> None:
    requests = list(pack(all_, limit))
    packed = [one.item.row_id for request in requests for one in request.shipments]
    assert sorted(packed) == [one.item.row_id for one in all_]
    for request in requests:
        most = 1 if request.endpoint is Endpoint.CLIENT_DELETE else limit
        assert 1 <= len(request.shipments) <= most
        assert {item.endpoint for item in request.items()} == {request.endpoint}
        rows = [one.item.row_id for one in request.shipments]
        assert rows == sorted(rows), "the order of arrival is kept"


@given(shipments, st.sets(st.sampled_from("abc")))
def test_no_two_shipments_in_flight_share_a_wire_key(all_: list[Shipment], taken: set[str]) -> None:
    busy: set[WireKey] = {(Endpoint.CLIENTS, None, key) for key in taken}
    before = set(busy)
    free, waiting = without_clashes(all_, busy, defaultdict(set))
    assert sorted(one.item.row_id for one in free + waiting) == [one.item.row_id for one in all_]
    seen = set(before)
    for one in free:
        assert seen.isdisjoint(one.keys)
        seen.update(one.keys)
    assert busy == seen
    assert all(not busy.isdisjoint(one.keys) for one in waiting)


def test_what_was_read_before_another_version_left_is_read_again() -> None:
    living, tombstone = shipment(1, (Endpoint.CATALOG, "a")), buried(2, "a")
    key = (Endpoint.CATALOG, "store-1", "a")
    for (model, left), stale in (
        ((Model.PRODUCT, key), [living, tombstone]),
        ((Model.CUSTOMER, key), [tombstone]),  # another model says other things about the same key
        ((Model.PRODUCT, (Endpoint.CATALOG, "store-2", "a")), []),
    ):
        for one in (living, tombstone):
            _, waiting = without_clashes([one], set(), defaultdict(set, {model: {left}}))
            assert (one in waiting) == (one in stale)


def buried(number: int, key: str) -> Shipment:
    wire = WireItem(Endpoint.CATALOG, key, {}, "store-1", tombstone=True)
    return Shipment(shipment(number, (Endpoint.CATALOG, key)).item, Parcel((wire,), key, alive=False))


def test_two_spellings_of_an_address_are_one_mailbox_and_two_of_a_sku_are_two_items() -> None:
    for endpoint, same in ((Endpoint.CLIENTS, True), (Endpoint.EVENTS, True), (Endpoint.CATALOG, False)):
        one, other = shipment(1, (endpoint, "A@b.pl")), shipment(2, (endpoint, "a@B.pl"))
        assert (one.keys == other.keys) is same


def test_the_second_wire_item_leaves_when_the_first_is_settled() -> None:
    rename = shipment(1, (Endpoint.CATALOG, "old"), (Endpoint.CATALOG, "new"))
    assert [request.items()[0].key for request in pack([rename], 10)] == ["old"]
    rename.settled += 1
    assert [request.items()[0].key for request in pack([rename], 10)] == ["new"]
    assert not rename.complete
    rename.settled += 1
    assert rename.complete
