"""Consent: whose word counts, when it is sent, when it is withdrawn (semantics S8, S10)."""

from __future__ import annotations

from typing import Any

import pytest

from synqd.entities.identity import profile_uuid
from synqd.entities.subscriber import SubscriberEntity
from synqd.models.item import Want
from synqd.models.names import Lane
from synqd.models.shop import Shop
from synqd.models.wire import Skip
from tests.support.database import Database
from tests.support.entities import (
    WORKSPACE,
    CountingSource,
    Shopkeeper,
    body,
    leased,
    parcel,
    reason,
    remembered,
    settings_of,
)

EARLY, LATE = "2026-01-01 00:00:00", "2026-02-01 00:00:00"


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
    await add(scratch, 30_003, "wavering@news.example", 1)
    renewed = await shop.one(1, 30_003, known=remembered(withdrawn))
    assert body(renewed)["agreements"] == {"email": True}


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
    assert reason(await shop.one(1, 30_022)).startswith("its e-mail is none")


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
    assert replaced == Skip("another subscription of the same e-mail is newer", moved=True)
