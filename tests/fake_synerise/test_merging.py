"""Which profile a write means: every defined cell of the merge table, and what surrounds it."""

from typing import Any

import pytest

from synqd_demo.fake_synerise import Settings
from tests.fake_synerise.api import CLIENTS, TRANSACTION, TRANSACTIONS, Api, altered
from tests.fake_synerise.conftest import Connect

ANONYMOUS_UUID: dict[str, Any] = {"uuid": "u"}
RECOGNIZED_UUID: dict[str, Any] = {"uuid": "u", "email": "u@x.pl"}
KNOWN_EMAIL: dict[str, Any] = {"email": "e@x.pl"}
ANONYMOUS_CUSTOM: dict[str, Any] = {"customId": "c"}
RECOGNIZED_CUSTOM: dict[str, Any] = {"customId": "c", "email": "c@x.pl"}

Ids = tuple[str | None, str | None, str | None]


async def left(api: Api, *writes: dict[str, Any]) -> set[Ids]:
    """Write one item after the other; give (e-mail, customId, uuids) of all profiles that are left."""
    for write in writes:
        assert (await api.post(CLIENTS, [write])).status == 202
    return {(p["email"], p["customId"], ",".join(p["uuids"]) or None) for p in api.fake.profiles()}


@pytest.mark.parametrize(
    ("before", "write", "after"),
    [
        # uuid of an anonymous profile
        ([ANONYMOUS_UUID], {"uuid": "u", "email": "e@x.pl"}, {("e@x.pl", None, "u")}),
        ([ANONYMOUS_UUID, KNOWN_EMAIL], {"uuid": "u", "email": "e@x.pl"}, {("e@x.pl", None, "u")}),
        ([ANONYMOUS_UUID], {"uuid": "u", "customId": "c"}, {(None, "c", "u")}),
        ([ANONYMOUS_UUID, ANONYMOUS_CUSTOM], {"uuid": "u", "customId": "c"}, {(None, "c", "u")}),
        ([ANONYMOUS_UUID, RECOGNIZED_CUSTOM], {"uuid": "u", "customId": "c"}, {("c@x.pl", "c", "u")}),
        # uuid of a recognized profile
        ([RECOGNIZED_UUID], {"uuid": "u", "email": "e@x.pl"}, {("e@x.pl", None, "u")}),
        ([RECOGNIZED_UUID], {"uuid": "u", "customId": "c"}, {("u@x.pl", "c", "u")}),
        # e-mail unknown
        ([], {"email": "e@x.pl", "customId": "c"}, {("e@x.pl", "c", None)}),
        ([ANONYMOUS_CUSTOM], {"email": "e@x.pl", "customId": "c"}, {("e@x.pl", "c", None)}),
        ([RECOGNIZED_CUSTOM], {"email": "e@x.pl", "customId": "c"}, {("e@x.pl", "c", None)}),
        # e-mail known
        ([KNOWN_EMAIL], {"email": "e@x.pl", "customId": "c"}, {("e@x.pl", "c", None)}),
    ],
)
async def test_cells_that_store(
    api: Api, before: list[dict[str, Any]], write: dict[str, Any], after: set[Ids]
) -> None:
    assert await left(api, *before, write) == after
    assert api.fake.counters["conflicts"] == 0


@pytest.mark.parametrize(
    ("before", "write"),
    [
        ([RECOGNIZED_UUID, KNOWN_EMAIL], {"uuid": "u", "email": "e@x.pl"}),
        ([RECOGNIZED_UUID, ANONYMOUS_CUSTOM], {"uuid": "u", "customId": "c"}),
        ([RECOGNIZED_UUID, RECOGNIZED_CUSTOM], {"uuid": "u", "customId": "c"}),
        ([KNOWN_EMAIL, ANONYMOUS_CUSTOM], {"email": "e@x.pl", "customId": "c"}),
        ([KNOWN_EMAIL, RECOGNIZED_CUSTOM], {"email": "e@x.pl", "customId": "c"}),
    ],
)
async def test_cells_that_conflict_are_accepted_and_stored_nowhere(
    api: Api, before: list[dict[str, Any]], write: dict[str, Any]
) -> None:
    untouched = await left(api, *before)
    assert await left(api, {**write, "firstName": "Lost"}) == untouched
    assert api.fake.counters["conflicts"] == 1
    assert [conflict["item"]["firstName"] for conflict in api.fake.conflicts()] == ["Lost"]
    assert all(profile["firstName"] is None for profile in api.fake.profiles())
    assert sum(api.fake.arrivals("profile").values()) == len(before)


async def test_three_ids_of_two_profiles(api: Api) -> None:
    write = {"uuid": "u", "email": "c@x.pl", "customId": "c"}
    assert await left(api, ANONYMOUS_UUID, RECOGNIZED_CUSTOM, write) == {("c@x.pl", "c", "u")}


async def test_anonymous_uuid_cannot_join_two_other_profiles(api: Api) -> None:
    await left(api, ANONYMOUS_UUID, KNOWN_EMAIL, RECOGNIZED_CUSTOM)
    await left(api, {"uuid": "u", "email": "e@x.pl", "customId": "c"})
    assert (len(api.fake.profiles()), api.fake.counters["conflicts"]) == (3, 1)


async def test_ids_are_trimmed_and_compared_exactly(api: Api) -> None:
    ids = await left(api, {"customId": " zażółć "}, {"customId": "zażółć"}, {"customId": "zazolc"})
    assert ids == {(None, "zażółć", None), (None, "zazolc", None)}


@pytest.mark.parametrize(("casefold", "profiles"), [(True, 1), (False, 2)])
async def test_case_of_emails(connect: Connect, *, casefold: bool, profiles: int) -> None:
    api = await connect(Settings(email_casefold=casefold))
    await left(api, {"email": "Anna@X.pl"}, {"email": "anna@x.pl"})
    assert len(api.fake.profiles()) == profiles


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("josé@x.pl", "jose@x.pl"),
        ("josé@x.pl", "JOSÉ@x.pl"),
        ("josé@x.pl", "jose\u0301@x.pl"),
        ("kim@x.pl", "\u212aim@x.pl"),
        ("strasse@x.pl", "straße@x.pl"),
    ],
)
async def test_only_the_case_of_a_to_z_makes_no_other_email(api: Api, one: str, other: str) -> None:
    await left(api, {"email": one}, {"email": other})
    assert len(api.fake.profiles()) == 2


async def test_accents_made_no_other_id_before_july_2026(connect: Connect) -> None:
    api = await connect(Settings(fold_accents=True))
    ids = await left(api, {"email": "josé@x.pl", "customId": "é"}, {"email": "jose@x.pl"}, {"customId": "e"})
    assert ids == {("jose@x.pl", "e", None)}


async def test_ids_with_blanks_at_their_ends_are_somebody_elses(api: Api) -> None:
    ids = await left(api, {"email": "e@x.pl", "city": "Gdynia"}, {"email": " e@x.pl", "city": "Sopot"})
    assert ids == {("e@x.pl", None, None)}
    assert [profile["city"] for profile in api.fake.profiles()] == ["Sopot"]
    assert api.fake.counters["trimmed_ids"] == 1


async def test_a_uuid_of_somebody_else_takes_the_profile_over(api: Api) -> None:
    ids = await left(api, RECOGNIZED_UUID, {"uuid": "u", "email": "thief@x.pl"})
    assert ids == {("thief@x.pl", None, "u")}
    assert api.fake.counters["renamed_profiles"] == 1


async def test_phone_is_an_id_only_when_alone(api: Api) -> None:
    phone = "+48 600 700 800"
    await left(api, {"phone": phone}, {"phone": phone, "city": "Gdynia"})
    await left(api, {"phone": phone, "email": "e@x.pl"}, {"phone": phone, "uuid": "u"})
    assert [(p["phone"], p["city"], p["email"], p["uuid"]) for p in api.fake.profiles()] == [
        (phone, "Gdynia", None, None),
        (phone, None, "e@x.pl", None),
        (phone, None, None, "u"),
    ]


async def test_number_updates_and_creates_nothing(api: Api) -> None:
    await left(api, {"clientId": 99, "city": "Gdynia"})
    assert (api.fake.profiles(), api.fake.counters["unknown_numbers"]) == ([], 1)
    await left(api, KNOWN_EMAIL, {"clientId": 1, "city": "Gdynia"})
    assert [(p["email"], p["city"]) for p in api.fake.profiles()] == [("e@x.pl", "Gdynia")]


async def test_null_removes(api: Api) -> None:
    full = {
        "customId": "c",
        "phone": "600700800",
        "city": "Gdynia",
        "tags": ["a"],
        "attributes": {"a": 1, "b": 2},
        "agreements": {"email": "true", "sms": 0},
    }
    await left(api, full)
    assert api.fake.profiles()[0]["agreements"] == {"email": True, "sms": False}
    nulls = {"customId": "c", "phone": None, "city": None, "tags": None}
    await left(api, {**nulls, "attributes": {"a": None}, "agreements": {"sms": None}})
    profile = api.fake.profiles()[0]
    assert (profile["phone"], profile["city"], profile["tags"]) == (None, None, [])
    assert (profile["attributes"], profile["agreements"]) == ({"b": 2}, {"email": True})


async def test_a_partial_write_leaves_the_rest(api: Api) -> None:
    await left(
        api, {"customId": "c", "city": "Gdynia", "attributes": {"a": 1}}, {"customId": "c", "sex": "OTHER"}
    )
    profile = api.fake.profiles()[0]
    assert (profile["city"], profile["sex"], profile["attributes"]) == ("Gdynia", "OTHER", {"a": 1})


async def test_merged_fields_and_events_follow(api: Api) -> None:
    order = altered(TRANSACTION, client={"uuid": "u"})
    await api.post(TRANSACTIONS, [order])
    await left(api, {"uuid": "u", "city": "Gdynia", "company": "A"}, {"email": "e@x.pl", "company": "B"})
    await left(api, {"uuid": "u", "email": "e@x.pl"})
    (profile,) = api.fake.profiles()
    assert (profile["city"], profile["company"]) == ("Gdynia", "B")
    assert api.fake.transactions()[0]["profile"]["email"] == "e@x.pl"
    await api.post(TRANSACTIONS, [order])
    assert (api.fake.counters["overwrites"], api.fake.counters["salt_misuse"]) == (1, 0)


async def test_order_within_a_batch(api: Api) -> None:
    await api.post(CLIENTS, [{"customId": "c", "city": "first"}, {"customId": "c", "city": "second"}])
    assert api.fake.profiles()[0]["city"] == "second"


async def test_read_and_delete(api: Api) -> None:
    await left(api, {"email": "e+1@x.pl", "customId": "a/b c"})
    assert (await api.get("/v4/clients/by-email/e%2B1%40x.pl")).document["customId"] == "a/b c"
    assert (await api.get("/v4/clients/by-customid/a%2Fb%20c")).document["email"] == "e+1@x.pl"
    assert (await api.call("DELETE", "/v4/clients/by-customid/a%2Fb%20c")).status == 202
    assert (await api.call("DELETE", "/v4/clients/by-custom-id/a%2Fb%20c")).status == 404
    assert (await api.get("/v4/clients/by-email/e%2B1%40x.pl")).status == 404
    assert api.fake.profiles() == []


@pytest.mark.parametrize("kept", ["by-customid", "by-custom-id"])
async def test_spelling_of_delete(connect: Connect, kept: str) -> None:
    api = await connect(Settings(delete_paths=[kept]))
    await left(api, ANONYMOUS_CUSTOM)
    (gone,) = {"by-customid", "by-custom-id"} - {kept}
    refused = await api.call("DELETE", f"/v4/clients/{gone}/c")
    assert (refused.status, "no route" in refused.document["message"]) == (404, True)
    assert len(api.fake.profiles()) == 1
    assert (await api.call("DELETE", f"/v4/clients/{kept}/c")).status == 202
    assert api.fake.profiles() == []
