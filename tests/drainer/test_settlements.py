"""What becomes of an item, from what was said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Leased, LedgerEntry, Want
from synqd.models.names import Key, Lane, Model
from synqd.models.settle import Bury, Retry
from synqd.models.wire import Endpoint, Parcel, WireItem
from synqd.movers.drainer.isolate_mapping import MappingFailure
from synqd.movers.drainer.read_backoff import Readings
from synqd.movers.drainer.requests import Shipment
from synqd.movers.drainer.settlements import (
    FARTHEST,
    RETRIES,
    SUSPECT_ATTEMPTS,
    acked,
    buried,
    flawed,
    held_up,
    postponed,
    premature,
    unchanged,
)
from synqd.runtime.hindrances import PAUSES
from synqd.synerise import ObstacleKind, Postponed, Refused

WIRE = WireItem(Endpoint.CATALOG, "sku", {"itemKey": "sku"}, "store-1")
PARCEL = Parcel((WIRE,), "sku", alive=True, digest=b"now")
CHANCES = st.floats(0, 1, exclude_max=True)


def entry(**values: object) -> LedgerEntry:
    known = {
        "workspace": "main",
        "wire_key": "sku",
        "fields": frozenset(),
        "digest": b"now",
        "settings": "x",
        "alive": True,
        "first_at": 5,
        "last_at": 6,
    }
    return LedgerEntry(**{**known, **values})  # type: ignore[arg-type] # a table of fields


def item(
    *, attempts: int = 0, lane: Lane = Lane.LIVE, want: Want = Want.NOTHING, known: LedgerEntry | None = None
) -> Leased:
    return Leased(1, Key(Model.PRODUCT, 1, 7), 1, 1, attempts, lane, 0, want, None, known)


@given(
    st.sampled_from([kind for kind in ObstacleKind if kind is not ObstacleKind.SUSPECT]),
    st.integers(0, 1000),
    CHANCES,
)
def test_an_outage_is_nobodys_fault_however_long(kind: ObstacleKind, attempts: int, chance: float) -> None:
    settled = postponed(
        Shipment(item(attempts=attempts), PARCEL),
        Postponed(kind, "x", 30.0),
        "main",
        chance,
        45.0,
        keep_payload=True,
    )
    assert isinstance(settled, Retry)
    assert not settled.own_fault
    assert settled.delay >= 45


@given(st.integers(0, 20), CHANCES)
def test_an_item_that_alone_fails_is_parked_after_some_attempts(attempts: int, chance: float) -> None:
    reason = Postponed(ObstacleKind.SUSPECT, "HTTP 500", status=500, answer="oops")
    settled = postponed(
        Shipment(item(attempts=attempts), PARCEL), reason, "main", chance, 0.0, keep_payload=True
    )
    if attempts + 1 < SUSPECT_ATTEMPTS:
        assert isinstance(settled, Retry)
        assert settled.own_fault
    else:
        assert isinstance(settled, Bury)
        assert (settled.reason, settled.status, settled.payload) == ("unservable", 500, '{"itemKey":"sku"}')


@given(st.integers(0, 20), st.booleans(), CHANCES)
def test_what_cannot_be_mapped_is_parked_only_if_others_pass(
    attempts: int, alone: bool, chance: float
) -> None:
    settled = flawed(item(attempts=attempts), MappingFailure("KeyError", alone), "main", chance)
    assert isinstance(settled, Bury) == (alone and attempts + 1 >= SUSPECT_ATTEMPTS)
    if isinstance(settled, Retry):
        assert settled.own_fault == alone


@given(st.floats(0.1, 900), CHANCES)
def test_what_was_not_tried_waits_at_least_the_pause(pause: float, chance: float) -> None:
    settled = held_up(Shipment(item(), PARCEL), pause, chance)
    assert pause <= settled.delay <= pause + 1
    assert not settled.own_fault


@pytest.mark.parametrize("keep", [True, False])
def test_a_dead_letter_keeps_the_payload_only_if_it_may(keep: bool) -> None:
    letter = buried(Shipment(item(), PARCEL), Refused("refused", "bad", 400), "main", keep_payload=keep)
    assert (letter.payload is not None) == keep


@pytest.mark.parametrize(
    ("leased", "equal"),
    [
        (item(known=entry()), True),
        (item(), False),
        (item(known=entry(), lane=Lane.FULL), True),
        (item(known=entry(), lane=Lane.FULL, want=Want.FORCE), False),
        (item(known=entry(), want=Want.FORCE), False),
        (item(known=entry(digest=b"before")), False),
        (item(known=entry(workspace="other")), False),
        (item(known=entry(alive=False)), False),
        (item(known=entry(wire_key="old")), False),
        (item(known=entry(doubt=())), False),
    ],
)
def test_what_synerise_has_already_is_skipped_unless_it_is_forced(leased: Leased, equal: bool) -> None:
    assert unchanged(leased, PARCEL, "main") is equal


@pytest.mark.parametrize(
    ("before", "now", "equal"),
    [(None, None, True), (None, 5, False), (4, 5, False), (5, 5, True), (6, 5, True)],
)
def test_a_later_withdrawal_is_sent_although_nothing_else_has_changed(
    before: int | None, now: int | None, equal: bool
) -> None:
    """S26: it has to be remembered."""
    known = item(known=entry(withdrawn_at=before))
    assert unchanged(known, PARCEL._replace(withdrawn_at=now), "main") is equal


@pytest.mark.parametrize(("attempts", "most"), [(0, 1.0), (1, 2.0), (3, 8.0)])
def test_an_item_at_fault_waits_longer_each_time(attempts: int, most: float) -> None:
    leased, suspect = item(attempts=attempts), Postponed(ObstacleKind.SUSPECT, "HTTP 500", status=500)
    unmapped = flawed(leased, MappingFailure("KeyError", alone=True), "main", 0.5)
    refused = postponed(Shipment(leased, PARCEL), suspect, "main", 0.5, 99.0, keep_payload=True)
    assert isinstance(unmapped, Retry)
    assert isinstance(refused, Retry)
    assert unmapped.delay == refused.delay == most / 2


def test_who_waits_without_a_fault_waits_up_to_a_minute() -> None:
    together = flawed(item(), MappingFailure("TypeError", alone=False), "main", 0.5)
    assert isinstance(together, Retry)
    assert together.delay == 32.0


def test_what_cannot_be_mapped_is_parked_under_the_key_it_was_known_by() -> None:
    keys = []
    for leased in (item(attempts=9, known=entry(wire_key="old")), item(attempts=9)):
        letter = flawed(leased, MappingFailure("KeyError", alone=True), "main", 0.5)
        assert isinstance(letter, Bury)
        keys.append(letter.wire_key)
    assert keys == ["old", "7"]


def test_what_arrived_before_the_way_was_closed_leaves_doubt() -> None:
    rename = PARCEL._replace(items=(WIRE, WIRE))
    assert not held_up(Shipment(item(), rename), 1.0, 0.5).doubtful
    assert held_up(Shipment(item(), rename, settled=1), 1.0, 0.5).doubtful


def test_what_cannot_be_written_leaves_no_payload() -> None:
    letter = buried(Shipment(item(), PARCEL), Refused("unencodable", "NaN"), "main", keep_payload=True)
    assert letter.payload is None


def test_the_ledger_keeps_when_an_item_was_first_sent() -> None:
    assert acked(Shipment(item(known=entry()), PARCEL), "main", "new", 99, 202).entry == entry(
        settings="new", last_at=99, status=202
    )
    assert acked(Shipment(item(), PARCEL), "main", "new", 99, 202).entry.first_at == 99


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 400))
def test_reading_pauses_grow_and_end_and_chunks_shrink(failures: list[bool], most: int) -> None:
    readings, now = Readings(), 1000.0
    row = 0
    for failed in failures:
        if failed:
            readings.failed(Model.PRODUCT, MagentoUnavailable("locked"), now)
            row += 1
            assert 0 < readings.pause(Model.PRODUCT, now) <= PAUSES.cap
        else:
            readings.passed(Model.PRODUCT)
            row = 0
        assert readings.chunk(Model.PRODUCT, most) == max(1, most >> row)
        assert readings.pause(Model.CUSTOMER, now) == 0
        assert (readings.worst is None) == (row == 0)
    assert readings.pause(Model.PRODUCT, now + PAUSES.cap) == 0
    assert readings.pause(Model.PRODUCT, now - 3600) == 0, "a clock that was set back ends it"


@pytest.mark.parametrize(
    ("ahead", "delay"),
    [(-1, None), (0, None), (2, 2), (FARTHEST, RETRIES.cap), (FARTHEST + 1, None)],
    ids=["past", "now", "soon", "time zone", "wrong clock"],
)
def test_what_is_yet_to_happen_waits_unless_a_clock_is_wrong(ahead: float, delay: float | None) -> None:
    verdict = premature(item(), PARCEL._replace(not_before=1000 + ahead), 1000)
    assert verdict is None if delay is None else verdict and verdict.delay == delay
