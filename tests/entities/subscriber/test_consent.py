"""Consent: whose word counts, when it is sent, when it is withdrawn (semantics S8, S10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synqd.entities.identity import profile_uuid
from synqd.entities.subscriber import SubscriberEntity
from synqd.entities.valid import epoch_seconds
from synqd.models.item import LedgerEntry, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.models.shop import Shop
from synqd.models.wire import Heir, Parcel, Skip
from synqd.queue import Queue, QueueSettings
from tests.support.database import Database
from tests.support.entities import (
    WORKSPACE,
    CountingSource,
    Shopkeeper,
    body,
    doubted,
    leased,
    parcel,
    reason,
    remembered,
    settings_of,
)

EARLIER, EARLY, LATE = "2025-01-01 00:00:00", "2026-01-01 00:00:00", "2026-02-01 00:00:00"


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0)) as opened:
        yield opened


@pytest.fixture
def shop(scratch_source: CountingSource, scratch_shop: Shop) -> Shopkeeper:
    return Shopkeeper(SubscriberEntity(), scratch_source, scratch_shop, settings_of())


async def add(database: Database, entity_id: int, email: str, status: int = 1, **columns: Any) -> None:
    values = {"subscriber_id": entity_id, "store_id": 1, "change_status_at": EARLY, **columns}
    values |= {"subscriber_email": email, "subscriber_status": status}
    marks = ", ".join(["%s"] * len(values))
    await database.sql(
        f"REPLACE INTO newsletter_subscriber ({', '.join(values)}) VALUES ({marks})", *values.values()
    )


@pytest.mark.parametrize(("status", "agreed"), [(1, True), (2, False), (3, False), (4, False)])
async def test_only_subscribed_is_an_agreement(
    scratch: Database, shop: Shopkeeper, status: int, *, agreed: bool
) -> None:
    await add(scratch, 30_001, "Status@news.example", status)
    assert body(await shop.one(1, 30_001)) == {
        "email": "Status@news.example",
        "uuid": profile_uuid("Status@news.example"),
        "agreements": {"email": agreed},
    }


async def test_full_run_does_not_give_the_same_agreement_again(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 30_002, "given@news.example")
    before = remembered(await shop.one(1, 30_002))
    assert "sent before" in reason(await shop.one(1, 30_002, known=before))
    wanted = Want.FORCE | Want.REASSERT_CONSENT
    assert body(await shop.one(1, 30_002, known=before, want=wanted))["agreements"] == {"email": True}


async def test_withdrawal_is_sent_and_sent_again_and_a_new_agreement_after_it(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_003, "wavering@news.example")
    given = remembered(await shop.one(1, 30_003))
    await add(scratch, 30_003, "wavering@news.example", 3)
    withdrawn = await shop.one(1, 30_003, known=given, lane=Lane.LIVE, want=Want.NOTHING)
    assert body(withdrawn)["agreements"] == {"email": False}
    again = await shop.one(1, 30_003, known=remembered(withdrawn))
    assert body(again)["agreements"] == {"email": False}
    await add(scratch, 30_003, "wavering@news.example", 1, change_status_at=LATE)
    renewed = await shop.one(1, 30_003, known=remembered(withdrawn))
    assert body(renewed)["agreements"] == {"email": True}


@pytest.mark.parametrize("changed", [EARLIER, EARLY, None], ids=["earlier", "the same", "none"])
async def test_no_agreement_undoes_a_withdrawal_that_was_said_at_the_same_time_or_later(
    scratch: Database, shop: Shopkeeper, queue: Queue, changed: str | None
) -> None:
    email = f"firm{changed}@news.example".replace(" ", "-").replace(":", "-")
    await add(scratch, 30_030, email, 3)
    await told(queue, 30_030, remembered(await shop.one(1, 30_030)))
    await add(scratch, 30_030, email, 1, change_status_at=changed)
    assert "a later withdrawal" in reason(await by_ledger(shop, queue, 30_030))
    await add(scratch, 30_030, email, 1, change_status_at=LATE)
    assert body(await by_ledger(shop, queue, 30_030))["agreements"] == {"email": True}


async def test_a_row_that_is_gone_keeps_its_withdrawal(
    scratch: Database, shop: Shopkeeper, queue: Queue
) -> None:
    await add(scratch, 30_031, "left@news.example", 3, change_status_at=LATE)
    await told(queue, 30_031, remembered(await shop.one(1, 30_031)))
    await scratch.sql("DELETE FROM newsletter_subscriber WHERE subscriber_id = 30031")
    await add(scratch, 30_032, "Left@news.example", 1, store_id=2)
    assert "a later withdrawal" in reason(await by_ledger(shop, queue, 30_032, 2))
    farewell = parcel(await by_ledger(shop, queue, 30_031, deleted_at=1_800_000_000_000))
    assert body(farewell)["agreements"] == {"email": False}
    assert farewell.withdrawn_at == 1_800_000_000_000


async def test_a_row_that_is_gone_agrees_for_nobody(
    scratch: Database, shop: Shopkeeper, queue: Queue
) -> None:
    await add(scratch, 30_033, "second.heir@news.example", 1, change_status_at=LATE)
    await told(queue, 30_033, remembered(await shop.one(1, 30_033)))
    await scratch.sql("DELETE FROM newsletter_subscriber WHERE subscriber_id = 30033")
    await add(scratch, 30_034, "second.heir@news.example", 1, store_id=2)
    farewell = parcel(await by_ledger(shop, queue, 30_033, deleted_at=1_800_000_000_000))
    assert body(farewell)["agreements"] == {"email": True}
    assert farewell.withdrawn_at is None


async def test_a_row_without_a_store_view_keeps_its_withdrawal(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 30_035, "lost@news.example", 3, store_id=None, change_status_at=LATE)
    await add(scratch, 30_036, "lost@news.example", 1)
    told_for_both = parcel(await shop.one(1, 30_036))
    assert body(told_for_both)["agreements"] == {"email": False}
    await add(scratch, 30_035, "lost@news.example", 1, store_id=None, change_status_at=LATE)
    assert body(await shop.one(1, 30_036))["agreements"] == {"email": True}


async def test_the_ledger_learns_when_a_word_was_said(scratch: Database, shop: Shopkeeper) -> None:
    early = 1_767_225_600_000
    for status, expected in ((1, (early, None)), (3, (None, early))):
        await add(scratch, 30_037, "when@news.example", status)
        sent = parcel(await shop.one(1, 30_037))
        assert (sent.agreed_at, sent.withdrawn_at) == expected
    await scratch.sql("DELETE FROM newsletter_subscriber WHERE subscriber_id = 30037")
    gone = parcel(await shop.one(1, 30_037, hint="when@news.example", deleted_at=77, first_at=99))
    assert gone.withdrawn_at == 77


async def test_what_an_older_synqd_sent_does_not_keep_the_present_word_back(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_038, "older@news.example", 3)
    before = remembered(await shop.one(1, 30_038))._replace(withdrawn_at=None)
    await add(scratch, 30_038, "older@news.example", 1)
    assert body(await shop.one(1, 30_038, known=before))["agreements"] == {"email": True}


@pytest.mark.parametrize(
    ("known", "status", "changed", "leaves"),
    [
        ({}, 1, EARLY, True),
        ({"agreed_at": EARLY}, 1, EARLY, False),
        ({"agreed_at": EARLY}, 1, LATE, True),
        ({"withdrawn_at": EARLY}, 1, EARLY, False),
        ({"withdrawn_at": EARLY}, 1, LATE, True),
        ({"agreed_at": LATE}, 3, EARLY, True),
        ({"withdrawn_at": EARLY}, 3, EARLY, True),
    ],
    ids=["new", "given", "given anew", "older", "newer", "withdrawn", "withdrawn again"],
)
async def test_in_doubt_a_withdrawal_leaves_always_and_an_agreement_only_if_it_is_newer(
    scratch: Database,
    shop: Shopkeeper,
    known: dict[str, str],
    status: int,
    changed: str,
    *,
    leaves: bool,
) -> None:
    await add(scratch, 30_039, "doubt@news.example", status, change_status_at=changed)
    said = {name: int(epoch_seconds(at) * 1000) for name, at in known.items()}
    before = remembered(await shop.one(1, 30_039))._replace(
        agreed_at=said.get("agreed_at"), withdrawn_at=said.get("withdrawn_at")
    )
    outcome = await shop.one(1, 30_039, known=doubted(before))
    if leaves:
        assert body(outcome)["agreements"] == {"email": status == 1}
    else:
        assert "only if it is newer" in reason(outcome)


async def test_an_agreement_in_doubt_leaves_on_demand(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 30_041, "demand@news.example")
    before = doubted(remembered(await shop.one(1, 30_041)))
    wanted = Want.FORCE | Want.REASSERT_CONSENT
    assert body(await shop.one(1, 30_041, known=before, want=wanted))["agreements"] == {"email": True}


async def test_all_addresses_in_doubt_are_withdrawn(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 30_040, "first@news.example")
    before = doubted(remembered(await shop.one(1, 30_040)), "second@news.example")
    await add(scratch, 30_040, "third@news.example")
    moved = parcel(await shop.one(1, 30_040, known=before))
    assert [(wire.key, wire.body["agreements"]["email"]) for wire in moved.items] == [
        ("first@news.example", False),
        ("second@news.example", False),
        ("third@news.example", True),
    ]
    await scratch.sql("DELETE FROM newsletter_subscriber WHERE subscriber_id = 30040")
    farewell = parcel(await shop.one(1, 30_040, known=before))
    assert [wire.key for wire in farewell.items] == ["first@news.example", "second@news.example"]


async def told(queue: Queue, entity_id: int, entry: LedgerEntry) -> None:
    """Records that something was sent."""
    await queue.outbox.intake([Wish(Key(Model.SUBSCRIBER, 1, entity_id), quiet=9)])
    (item,) = await queue.outbox.lease(Stream(Model.SUBSCRIBER, 1), Lane.LIVE, 1, 60)
    await queue.outbox.settle([Ack(item, entry)])


async def by_ledger(
    shop: Shopkeeper, queue: Queue, entity_id: int, store_id: int = 1, **values: Any
) -> Parcel | Skip:
    """What is sent for one item, by what the queue file knows."""
    key = Key(Model.SUBSCRIBER, store_id, entity_id)
    item = leased(
        shop.entity, store_id, entity_id, known=(await queue.ledger.known([key])).get(key), **values
    )
    context = replace(shop.context(store_id), ledger=queue.ledger)
    (outcome,) = await shop.entity.compose(shop.source, context, [item])
    return outcome


async def test_agreement_sent_to_another_workspace_is_new_here(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 30_004, "moved@news.example")
    elsewhere = remembered(await shop.one(1, 30_004), "other")
    assert body(await shop.one(1, 30_004, known=elsewhere))["agreements"] == {"email": True}


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        ((1, EARLY), (3, LATE), 1),
        ((1, LATE), (3, EARLY), 0),
        ((1, EARLY), (3, EARLY), 1),
        ((3, EARLY), (1, EARLY), 0),
        ((1, None), (3, EARLY), 1),
    ],
    ids=["later no", "later yes", "tie", "tie the other way", "never changed"],
)
async def test_latest_word_on_an_email_wins_in_its_workspace(
    scratch: Database,
    shop: Shopkeeper,
    first: tuple[int, str | None],
    second: tuple[int, str | None],
    winner: int,
) -> None:
    await add(scratch, 30_010, "Twice@news.example", first[0], change_status_at=first[1])
    await add(scratch, 30_011, "twice@news.example", second[0], change_status_at=second[1], store_id=2)
    outcomes = [await shop.one(1, 30_010), await shop.one(2, 30_011)]
    assert body(outcomes[winner])["agreements"] == {"email": (first, second)[winner][0] == 1}
    assert "newer" in reason(outcomes[1 - winner])


async def test_other_workspaces_have_no_say(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 30_012, "apart@news.example", 1)
    await add(scratch, 30_013, "apart@news.example", 3, change_status_at=LATE, store_id=3)
    assert body(await shop.one(1, 30_012))["agreements"] == {"email": True}
    assert body(await shop.one(3, 30_013))["agreements"] == {"email": False}


@pytest.mark.parametrize("told_by", ["ledger", "change log"])
async def test_deleted_subscriber_withdraws(scratch: Database, shop: Shopkeeper, told_by: str) -> None:
    await add(scratch, 30_014, "bye@news.example")
    values: dict[str, Any] = {"hint": "bye@news.example"}
    if told_by == "ledger":
        values = {"known": remembered(await shop.one(1, 30_014))}
    await scratch.sql("DELETE FROM newsletter_subscriber WHERE subscriber_id = 30014")
    farewell = parcel(await shop.one(1, 30_014, **values))
    assert body(farewell)["agreements"] == {"email": False}
    assert (farewell.alive, farewell.items[0].tombstone) == (False, True)
    told = remembered(farewell)
    assert reason(await shop.one(1, 30_014, known=told, hint="bye@news.example")) == "gone"


async def test_deleted_row_leaves_the_word_of_the_one_that_stays(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 30_015, "heir@news.example", 1, store_id=2)
    farewell = parcel(await shop.one(1, 30_016, hint="heir@news.example"))
    assert body(farewell)["agreements"] == {"email": True}
    assert not farewell.items[0].tombstone


async def test_changed_email_withdraws_the_old_one(scratch: Database, shop: Shopkeeper) -> None:
    await add(scratch, 30_017, "old@news.example")
    before = remembered(await shop.one(1, 30_017))
    await add(scratch, 30_017, "new@news.example")
    moved = parcel(await shop.one(1, 30_017, known=before))
    assert [(wire.key, wire.tombstone, wire.body["agreements"]) for wire in moved.items] == [
        ("old@news.example", True, {"email": False}),
        ("new@news.example", False, {"email": True}),
    ]
    assert moved.wire_key == "new@news.example"


async def test_changed_email_leaves_an_old_one_alone_that_somebody_else_has(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_018, "kept@news.example")
    before = remembered(await shop.one(1, 30_018))
    await add(scratch, 30_018, "fresh@news.example")
    await add(scratch, 30_019, "kept@news.example", store_id=2)
    assert [wire.key for wire in parcel(await shop.one(1, 30_018, known=before)).items] == [
        "fresh@news.example"
    ]


async def test_subscriber_that_moved_is_sent_for_its_new_store_view_only(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_020, "mover@news.example", store_id=1)
    before = remembered(await shop.one(1, 30_020))
    await add(scratch, 30_020, "mover@news.example", store_id=2)
    here = await shop.one(1, 30_020, known=before)
    assert here == Skip("subscribed in another store view since", moved=True)
    assert body(await shop.one(2, 30_020))["agreements"] == {"email": True}


async def test_subscriber_that_left_the_workspace_withdraws_there(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_021, "emigrant@news.example", store_id=1)
    before = remembered(await shop.one(1, 30_021))
    assert before.workspace == WORKSPACE
    await add(scratch, 30_021, "emigrant@news.example", store_id=3)
    assert body(await shop.one(1, 30_021, known=before))["agreements"] == {"email": False}
    assert isinstance(await shop.one(1, 30_021), Skip)


@pytest.mark.parametrize("email", ["no address", "x@y"])
async def test_impossible_email_skips_the_subscriber(scratch: Database, shop: Shopkeeper, email: str) -> None:
    await add(scratch, 30_022, email)
    assert reason(await shop.one(1, 30_022)).startswith("Synerise does not accept its e-mail")


@pytest.mark.parametrize("email", ["", None])
async def test_subscriber_without_an_email_counts_as_gone(
    scratch: Database, shop: Shopkeeper, email: str | None
) -> None:
    await add(scratch, 30_023, "was@news.example")
    before = remembered(await shop.one(1, 30_023))
    await scratch.sql(
        "UPDATE newsletter_subscriber SET subscriber_email = %s WHERE subscriber_id = 30023", email
    )
    assert reason(await shop.one(1, 30_023)) == "not in Magento, and never sent"
    assert body(await shop.one(1, 30_023, known=before))["agreements"] == {"email": False}


async def test_number_of_queries_does_not_depend_on_the_chunk(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    keeper = Shopkeeper(SubscriberEntity(), dump_source, dump_shop, settings_of())
    counts = []
    for ids in ([1], list(range(1, 82))):
        dump_source.queries.clear()
        await keeper.compose(1, [leased(keeper.entity, 1, each) for each in ids])
        counts.append(len(dump_source.queries))
    assert counts == [1, 1]


async def test_a_subscription_that_a_newer_one_of_its_e_mail_replaced_is_no_old_version(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_090, "replaced@news.example", change_status_at=EARLY)
    before = remembered(await shop.one(1, 30_090))
    await add(scratch, 30_091, "Replaced@news.example", change_status_at=LATE)
    replaced = await shop.one(1, 30_090, known=before)
    heirs = (heir(30_091, "Replaced@news.example"),)
    assert replaced == Skip("another subscription of the same e-mail is newer", moved=True, heirs=heirs)


@pytest.mark.parametrize("status", [2, 4], ids=["not active", "unconfirmed"])
@pytest.mark.parametrize(("confirmed", "agreed"), [(1, True), (3, False)], ids=["agreed", "withdrew"])
async def test_a_row_that_nobody_confirmed_says_nothing_for_whom_a_confirmed_one_speaks(
    scratch: Database, shop: Shopkeeper, status: int, confirmed: int, *, agreed: bool
) -> None:
    await add(scratch, 30_092, "anna@news.example", confirmed)
    await add(scratch, 30_093, "Anna@news.example", status, store_id=2, change_status_at=LATE)
    assert body(await shop.one(1, 30_092))["agreements"] == {"email": agreed}
    assert "is not confirmed" in reason(await shop.one(2, 30_093))
    await add(scratch, 30_093, "Anna@news.example", 1, store_id=2, change_status_at="2026-03-01 00:00:00")
    assert body(await shop.one(2, 30_093))["agreements"] == {"email": True}, "now it is confirmed"


async def test_a_row_that_waits_for_a_confirmation_withdraws_nothing_and_keeps_what_was_withdrawn(
    scratch: Database, shop: Shopkeeper, queue: Queue
) -> None:
    await add(scratch, 30_094, "waiting@news.example", 2)
    waiting = parcel(await shop.one(1, 30_094))
    assert (body(waiting)["agreements"], waiting.withdrawn_at) == ({"email": False}, None)
    await told(queue, 30_094, remembered(waiting))
    await add(scratch, 30_094, "waiting@news.example", 1)
    assert body(await by_ledger(shop, queue, 30_094))["agreements"] == {"email": True}, "in the same second"
    await add(scratch, 30_094, "waiting@news.example", 3)
    await told(queue, 30_094, remembered(await by_ledger(shop, queue, 30_094)))
    await add(scratch, 30_094, "waiting@news.example", 4, change_status_at=LATE)
    again = parcel(await by_ledger(shop, queue, 30_094))
    assert again.withdrawn_at == int(epoch_seconds(EARLY) * 1000)


async def test_an_older_agreement_is_not_renewed_by_an_unconfirmed_claim(
    scratch: Database, shop: Shopkeeper, queue: Queue
) -> None:
    await add(scratch, 30_095, "left.again@news.example", 1, change_status_at=EARLIER, store_id=2)
    await add(scratch, 30_096, "left.again@news.example", 3, change_status_at=EARLY)
    await told(queue, 30_096, remembered(await by_ledger(shop, queue, 30_096)))
    await add(scratch, 30_096, "left.again@news.example", 2, change_status_at=LATE)
    assert "a later withdrawal" in reason(await by_ledger(shop, queue, 30_095, 2))


@pytest.mark.parametrize(
    ("one", "other"),
    [("strasse.f@news.example", "straße.f@news.example"), ("josé@news.example", "jose@news.example")],
)
async def test_addresses_that_are_two_decide_nothing_for_each_other(
    scratch: Database, shop: Shopkeeper, one: str, other: str
) -> None:
    await add(scratch, 30_097, one, 1)
    await add(scratch, 30_098, other, 3, change_status_at=LATE)
    sent = await shop.compose(1, [leased(shop.entity, 1, 30_097), leased(shop.entity, 1, 30_098)])
    assert [(body(each)["email"], body(each)["agreements"]["email"]) for each in sent] == [
        (one, True),
        (other, False),
    ]


async def test_a_left_address_that_somebody_else_has_is_that_ones_to_speak_for(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_099, "passed.on@news.example")
    before = remembered(await shop.one(1, 30_099))
    await add(scratch, 30_099, "fresh.one@news.example")
    await add(scratch, 30_100, "passed.on@news.example", 3, store_id=2)
    moved = parcel(await shop.one(1, 30_099, known=before))
    assert [wire.key for wire in moved.items] == ["fresh.one@news.example"]
    assert moved.heirs == (heir(30_100, "passed.on@news.example", 2),)


def heir(entity_id: int, email: str, store_id: int = 1) -> Heir:
    return Heir(Key(Model.SUBSCRIBER, store_id, entity_id), email)


async def test_an_address_that_is_left_to_somebody_else_names_that_one(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_112, "ours@news.example")
    before = doubted(remembered(await shop.one(1, 30_112)), "nobodys@news.example")
    await add(scratch, 30_112, "brand.new@news.example")
    await add(scratch, 30_113, "Ours@news.example", 3, store_id=2)
    moved = parcel(await shop.one(1, 30_112, known=before))
    assert [wire.key for wire in moved.items] == ["nobodys@news.example", "brand.new@news.example"]
    assert moved.heirs == (heir(30_113, "Ours@news.example", 2),)


async def test_who_loses_an_address_to_a_newer_row_still_withdraws_the_former_ones(
    scratch: Database, shop: Shopkeeper
) -> None:
    await add(scratch, 30_114, "former@news.example")
    before = remembered(await shop.one(1, 30_114))
    await add(scratch, 30_114, "shared@news.example")
    await add(scratch, 30_115, "shared@news.example", change_status_at=LATE)
    lost = parcel(await shop.one(1, 30_114, known=before))
    assert [(wire.key, wire.tombstone) for wire in lost.items] == [("former@news.example", True)]
    assert not lost.alive


async def test_of_several_addresses_of_a_deleted_row_the_ledger_keeps_one_that_was_withdrawn(
    scratch: Database, shop: Shopkeeper
) -> None:
    """It finds withdrawals by that address; the others' words are those of whoever has them now."""
    await add(scratch, 30_116, "own@news.example")
    addresses = ("agreed@news.example", "withdrawn@news.example")
    before = doubted(remembered(await shop.one(1, 30_116)), *addresses)
    await scratch.sql("DELETE FROM newsletter_subscriber WHERE subscriber_id = 30116")
    for entity_id, email, status in zip((30_117, 30_118), addresses, (1, 3), strict=True):
        await add(scratch, entity_id, email, status)
    farewell = parcel(await shop.one(1, 30_116, known=before, deleted_at=7_000))
    assert [(one.key, one.body["agreements"]["email"], one.tombstone) for one in farewell.items] == [
        ("agreed@news.example", True, False),
        ("withdrawn@news.example", False, False),
        ("own@news.example", False, True),
    ]
    assert (farewell.wire_key, farewell.withdrawn_at) == ("own@news.example", 7_000)
    said = [remembered(await shop.one(1, one)).digest for one in (30_117, 30_118)]
    assert farewell.heirs == (
        Heir(Key(Model.SUBSCRIBER, 1, 30_117), addresses[0], said[0]),
        Heir(Key(Model.SUBSCRIBER, 1, 30_118), addresses[1], said[1]),
    )
