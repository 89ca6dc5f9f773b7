"""When two addresses are one, and which are sent at all (S33)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.entities import create_entities
from synqd.entities.identity import email_flaw, increment_id_flaw, profile_uuid
from synqd.models.names import Model
from synqd.models.person import folded
from synqd.models.shop import Shop
from synqd.models.text import is_clean
from tests.support.database import Database
from tests.support.entities import (
    CountingSource,
    Shopkeeper,
    body,
    parcel,
    put,
    reason,
    settings_of,
)

ONE = [("kim@mail.example", "KIM@Mail.Example"), ("żółw@mail.example", "żółW@MAIL.example")]
TWO = [
    ("kim@mail.example", "\u212aim@mail.example"),  # KELVIN SIGN
    ("strasse.f@mail.example", "straße.f@mail.example"),
    ("office@mail.example", "o\ufb03ce@mail.example"),  # a ligature
    ("josé@mail.example", "jose@mail.example"),
    ("josé@mail.example", "JOSÉ@mail.example"),
    ("josé@mail.example", "jose\u0301@mail.example"),
    ("kim@mail.example", " kim@mail.example"),
    ("kim@mail.example", "\uff4bim@mail.example"),  # full width
    ("sim@mail.example", "\u017fim@mail.example"),  # LONG S
    ("ivy@mail.example", "\u0131vy@mail.example"),  # dotless
    ("ivy@mail.example", "\u0130vy@mail.example"),  # dotted
    ("kim@mail.example", "\u200bkim@mail.example"),
]
UNCLEAN = [
    *("\u212aim{}@mail.example", " kim{}@mail.example", "kim{}@mail.example ", "jose\u0301{}@mail.example"),
    *(
        f"k{sign}im{{}}@mail.example"
        for sign in (
            *("\u200b", "\ufeff", "\u200d", "\u00ad", "\u00a0", "\u3000", "\u202e", "\u2066"),
            *("\u0000", "\n", "\t", "\u034f", "\ufe0f", "\u3164"),
        )
    ),
]
"""Addresses that are none of their own; braces stand for a number."""
OTHERS = ["o\ufb03ce", "\uff4bim", "\u017fim", "\u0131vy", "straße", "JOSÉ", "κim", "a" * 64]
"""What stands before the @ of addresses that are."""
SAID = "invisible characters"


@pytest.mark.parametrize(("one", "other"), ONE)
def test_the_case_of_a_to_z_makes_no_other_address(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), TWO)
def test_everything_else_does(one: str, other: str) -> None:
    assert folded(one) != folded(other)
    assert profile_uuid(one) != profile_uuid(other)


@pytest.mark.parametrize("address", UNCLEAN)
def test_an_address_that_differs_from_its_cleaned_form_is_none(address: str) -> None:
    assert SAID in str(email_flaw(address.format("")))
    assert SAID in str(increment_id_flaw(address.format("")))


def test_neither_is_half_a_sign() -> None:
    assert SAID in str(email_flaw("\ud83dkim@mail.example"))
    assert not is_clean("\udcff")


@pytest.mark.parametrize("local", OTHERS)
def test_an_address_that_only_looks_like_another_one_is_one(local: str) -> None:
    assert email_flaw(f"{local}@mail.example") is None


@given(st.text(min_size=1, max_size=6))
def test_what_is_clean_is_never_changed_by_cleaning(text: str) -> None:
    if is_clean(text):
        assert text == text.strip()
        assert text.isprintable()


async def add(database: Database, model: Model, number: int, email: str, place: int = 1) -> None:
    """A customer, order or newsletter row with this address in a website, or store view of that number."""
    if model is Model.CUSTOMER:
        where = {"entity_id": number, "website_id": place, "store_id": place}
        await put(database, "customer_entity", **where, email=email)
    elif model is Model.SUBSCRIBER:
        row = {"subscriber_id": number, "store_id": place, "subscriber_email": email}
        await put(database, "newsletter_subscriber", **row, subscriber_status=1)
    else:
        row = {"entity_id": number, "store_id": place, "increment_id": f"A{number}", "customer_is_guest": 1}
        row |= {"order_currency_code": "USD", "created_at": "2026-03-01 10:00:00"}
        await put(database, "sales_order", **row, customer_email=email)
        await put(database, "sales_order_item", item_id=number, order_id=number, sku="S", qty_ordered=1)


PEOPLE = [Model.CUSTOMER, Model.ORDER, Model.SUBSCRIBER]


def keeper(model: Model, source: CountingSource, shop: Shop) -> Shopkeeper:
    settings = settings_of(order={"guest_profiles": True})
    return Shopkeeper(create_entities()[model], source, shop, settings)


@pytest.mark.parametrize("model", PEOPLE)
async def test_an_address_is_sent_exactly_as_it_is_stored_or_not_at_all(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, model: Model
) -> None:
    shop = keeper(model, scratch_source, scratch_shop)
    for number, address in enumerate(UNCLEAN):
        await add(scratch, model, 60_000, address.format(number))
        assert SAID in reason(await shop.one(1, 60_000)), repr(address)
    for local in OTHERS:
        await add(scratch, model, 60_000, f"{local}.Other@Mail.example")
        for wire in parcel(await shop.one(1, 60_000)).items:
            client = wire.body.get("client", wire.body)
            assert client["email"] == f"{local}.Other@Mail.example"
            assert client.get("uuid", profile_uuid(client["email"])) == profile_uuid(client["email"])


async def test_an_increment_id_is_sent_exactly_as_it_is_stored_or_not_at_all(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    shop = keeper(Model.ORDER, scratch_source, scratch_shop)
    await add(scratch, Model.ORDER, 60_100, "buyer@mail.example")
    for increment_id in ("A60100 ", "A\u200b60100", "jose\u0301"):
        await scratch.sql("UPDATE sales_order SET increment_id = %s WHERE entity_id = 60100", increment_id)
        assert reason(await shop.one(1, 60_100)).startswith("its increment id has invisible")
    await scratch.sql("UPDATE sales_order SET increment_id = 'kim@mail.example' WHERE entity_id = 60100")
    sent = body(await shop.one(1, 60_100))
    assert (sent["orderId"], sent["eventSalt"]) == ("kim@mail.example", "kim@mail.example")


async def test_the_longest_address_and_street_are_sent(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    longest = f"{'a' * 242}@mail.example"
    await add(scratch, Model.CUSTOMER, 60_200, longest)
    street = {"street": "x" * 65_000, "telephone": "", "firstname": "", "lastname": ""}
    where = {"entity_id": 60_200, "parent_id": 60_200, "country_id": "FR", "city": "Paris"}
    await put(scratch, "customer_address_entity", **where, **street)
    await scratch.sql("UPDATE customer_entity SET default_billing = 60200 WHERE entity_id = 60200")
    settings = settings_of(customer={"attributes": ["default_billing"]})
    entity = create_entities()[Model.CUSTOMER]
    sent = body(await Shopkeeper(entity, scratch_source, scratch_shop, settings).one(1, 60_200))
    assert (sent["email"], len(sent["address"])) == (longest, 65_000)


@pytest.mark.parametrize("model", [Model.CUSTOMER, Model.SUBSCRIBER])
async def test_a_batch_takes_nobody_whom_only_the_database_takes_for_the_one(
    scratch: Database, scratch_source: CountingSource, model: Model
) -> None:
    for number, email in (
        (1, "josé.b@mail.example"),
        (2, "Jose.B@mail.example"),
        (3, "jose.b@mail.example "),
    ):
        await add(scratch, model, 60_300 + number, email, number if model is Model.SUBSCRIBER else number - 1)
    found = await create_entities()[model].resolve(scratch_source, "email", ["jose.b@mail.example"])
    assert found == {"jose.b@mail.example": [60_302]}


async def test_a_batch_takes_no_order_whose_number_only_the_database_takes_for_the_one(
    scratch: Database, scratch_source: CountingSource
) -> None:
    for place, increment_id in enumerate(("É-1", "E-1", "e-1"), start=1):
        await add(scratch, Model.ORDER, 60_400 + place, "buyer@mail.example", place)
        await scratch.sql(
            "UPDATE sales_order SET increment_id = %s WHERE entity_id = %s", increment_id, 60_400 + place
        )
    found = await create_entities()[Model.ORDER].resolve(scratch_source, "increment_id", ["E-1"])
    assert found == {"E-1": [60_402]}
