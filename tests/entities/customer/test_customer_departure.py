"""What a deleted account and a left e-mail address cause (semantics S8)."""

from __future__ import annotations

import pytest

from synqd.entities.customer import CustomerEntity
from synqd.entities.identity import profile_uuid
from synqd.models.item import LedgerEntry
from synqd.models.shop import Shop
from synqd.models.wire import Endpoint, Parcel, Skip
from tests.support.database import Database
from tests.support.entities import (
    WORKSPACE,
    CountingSource,
    Shopkeeper,
    body,
    doubted,
    parcel,
    reason,
    settings_of,
)

GONE = 999_001


def known(email: str, *, alive: bool = True, workspace: str = WORKSPACE) -> LedgerEntry:
    return LedgerEntry(workspace, email, frozenset({"email"}), b"", "settings", alive, 1, 1)


def keeper(source: CountingSource, shop: Shop, **customer: str) -> Shopkeeper:
    return Shopkeeper(CustomerEntity(), source, shop, settings_of(customer=customer))


async def test_deleted_account_becomes_an_event_that_is_the_same_at_every_retry(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    shop = keeper(dump_source, dump_shop)
    first = parcel(await shop.one(1, GONE, known=known("left@shop.example"), first_at=1_795_000_000_123))
    again = parcel(await shop.one(1, GONE, known=known("left@shop.example"), first_at=1_795_000_000_123))
    assert first == again
    (wire,) = first.items
    assert (wire.endpoint, wire.key, wire.tombstone, first.alive) == (
        Endpoint.EVENTS,
        "left@shop.example",
        True,
        False,
    )
    sent = body(first)
    assert sent["type"] == "custom"
    assert sent["action"] == "client.deleteAccount"
    assert sent["client"] == {"email": "left@shop.example"}
    assert sent["eventSalt"] == f"m2-del-{GONE}"
    assert sent["time"] == "2026-11-18T11:06:40.123Z"


async def test_a_deletion_has_the_time_of_its_row_in_the_change_log(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    values = {"hint": "left@shop.example", "deleted_at": 1_795_000_000_123}
    sent = [
        body(await keeper(dump_source, dump_shop).one(1, GONE, known=entry, first_at=first_at, **values))
        for entry, first_at in (
            (None, 1),
            (known("left@shop.example"), 2),
            (doubted(known("left@shop.example")), 3),
        )
    ]
    assert sent[0] == sent[1] == sent[2]
    assert sent[0]["time"] == "2026-11-18T11:06:40.123Z"


async def test_a_deletion_in_doubt_is_told_of_the_last_address_only(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    before = doubted(known("old@shop.example"), "new@shop.example")
    shop = keeper(dump_source, dump_shop)
    for values in ({}, {"hint": "new@shop.example"}):
        assert [one.key for one in parcel(await shop.one(1, GONE, known=before, **values)).items] == [
            "new@shop.example"
        ]
    assert body(await shop.one(1, GONE, known=before, hint="old@shop.example"))["client"] == {
        "email": "old@shop.example"
    }


async def test_change_log_tells_the_address_where_the_ledger_knows_nothing(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    sent = body(await keeper(dump_source, dump_shop).one(1, GONE, hint="Old@Shop.example"))
    assert sent["client"] == {"email": "Old@Shop.example"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "not in Magento, and never sent"),
        ({"known": known("a@shop.example", alive=False), "hint": "a@shop.example"}, "gone"),
        ({"known": known("a@shop.example", workspace="other")}, "gone"),
    ],
    ids=["never sent", "told before", "known to another workspace only"],
)
async def test_nothing_is_told_of_accounts_that_synerise_does_not_have(
    dump_source: CountingSource, dump_shop: Shop, values: dict[str, object], expected: str
) -> None:
    assert reason(await keeper(dump_source, dump_shop).one(1, GONE, **values)) == expected


async def test_nobody_is_told_of_the_deletion_of_somebody_with_a_similar_address(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    for email in ("victim@shop.example ", "\u212aim@shop.example"):
        assert "invisible" in reason(await keeper(dump_source, dump_shop).one(1, GONE, hint=email))


async def test_remove_deletes_the_profile_by_customer_id(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    shop = keeper(dump_source, dump_shop, delete="remove")
    (wire,) = parcel(await shop.one(1, GONE, known=known("left@shop.example"))).items
    assert (wire.endpoint, wire.key, wire.tombstone) == (Endpoint.CLIENT_DELETE, str(GONE), True)


async def test_remove_cannot_work_without_customer_ids(dump_source: CountingSource, dump_shop: Shop) -> None:
    shop = keeper(dump_source, dump_shop, delete="remove", custom_id="none")
    outcome = await shop.one(1, GONE, known=known("left@shop.example"))
    assert "no profile can be removed" in reason(outcome)
    assert outcome.moved, "it does not live any more, whatever becomes of the profile"  # type: ignore[union-attr]


async def test_ignore_tells_nothing(dump_source: CountingSource, dump_shop: Shop) -> None:
    shop = keeper(dump_source, dump_shop, delete="ignore")
    outcome = await shop.one(1, GONE, known=known("left@shop.example"))
    assert outcome == Skip('deleted; [customer] delete = "ignore"', moved=True)
    elsewhere = known("left@shop.example", workspace="other")
    assert await shop.one(1, GONE, known=elsewhere, hint="left@shop.example") == outcome._replace(moved=False)


@pytest.mark.parametrize("delete", ["event", "remove"])
async def test_profile_of_a_living_customer_with_the_same_address_is_left_alone(
    dump_source: CountingSource, dump_shop: Shop, delete: str
) -> None:
    shop = keeper(dump_source, dump_shop, delete=delete)
    outcome = await shop.one(1, GONE, known=known("RONI_COST@example.com"))
    assert outcome == Skip("deleted; another customer has the e-mail now", moved=True)


async def test_new_address_takes_the_agreement_along(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await scratch.sql("UPDATE customer_entity SET email = 'new.name@shop.example' WHERE entity_id = 17")
    await scratch.sql(
        "INSERT INTO newsletter_subscriber (store_id, customer_id, subscriber_email, subscriber_status)"
        " VALUES (1, 17, 'new.name@shop.example', 1)"
    )
    shop = keeper(scratch_source, scratch_shop)
    moved = parcel(await shop.one(1, 17, known=known("Customer016@mail.example")))
    off, profile = moved.items
    assert (off.key, off.tombstone, off.body) == (
        "Customer016@mail.example",
        True,
        {
            "email": "Customer016@mail.example",
            "uuid": profile_uuid("Customer016@mail.example"),
            "agreements": {"email": False},
        },
    )
    assert (profile.key, profile.tombstone, profile.body["customId"]) == (
        "new.name@shop.example",
        False,
        "17",
    )
    assert (moved.wire_key, moved.alive) == ("new.name@shop.example", True)


async def test_old_address_that_another_customer_has_keeps_its_agreement(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await scratch.sql("UPDATE customer_entity SET email = 'second.name@shop.example' WHERE entity_id = 18")
    await scratch.sql(
        "INSERT INTO newsletter_subscriber (store_id, customer_id, subscriber_email, subscriber_status)"
        " VALUES (1, 18, 'second.name@shop.example', 1)"
    )
    shop = keeper(scratch_source, scratch_shop)
    (profile,) = parcel(await shop.one(1, 18, known=known("Customer001@mail.example"))).items
    assert profile.key == "second.name@shop.example"


@pytest.mark.parametrize(
    "old",
    ["nobody.subscribed@shop.example", "ROni_cost@example.com", "Customer001@mail.example"],
    ids=["no newsletter row moved", "letter case alone", "somebody else has it"],
)
async def test_old_address_is_left_alone(dump_source: CountingSource, dump_shop: Shop, old: str) -> None:
    outcome: Parcel = parcel(await keeper(dump_source, dump_shop).one(1, 9, known=known(old)))
    assert [wire.tombstone for wire in outcome.items] == [False]
