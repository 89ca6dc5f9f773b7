"""Every rule of every kind of item, with a sample that passes and one that is refused."""

from typing import Any

import pytest

from synqd_demo.fake_synerise import Settings
from tests.fake_synerise.api import (
    CLIENTS,
    CUSTOM,
    EVENT,
    EVENTS,
    ITEM,
    PRODUCT,
    PROFILE,
    REMOVED,
    TRANSACTION,
    TRANSACTIONS,
    Api,
    altered,
    money,
)
from tests.fake_synerise.conftest import Connect

SELECTOR = "\ufe0f"

GOOD_PROFILES: list[dict[str, Any]] = [
    {"email": "a@b.pl"},
    {"email": "  a@b.pl "},
    {"email": "żółw@b.pl"},
    {"email": "a+b@x.com"},
    {"email": "o'hara@x.com"},
    {"email": '"any thing"@x.com'},
    {"email": "a@[127.0.0.1]"},
    {"customId": "Zażółć 17"},
    {"customId": " 17 "},
    {"uuid": "8b0c-not-checked-for-form"},
    {"phone": "+48 600-700-800"},
    {"phone": "(12) 345/67"},
    {"customId": "1", "firstName": f"A{SELECTOR}"},
    {"customId": "1", "lastName": "Nowak 😀"},
    {"customId": "1", "birthDate": "1900-01-02"},
    {"customId": "1", "birthDate": "2024-02-29"},
    {"customId": "1", "birthDate": None, "sex": None, "firstName": None, "phone": None},
    {"customId": "1", "sex": "NOT_SPECIFIED"},
    {"customId": "1", "agreements": {"email": True, "sms": "true", "push": "False", "rfid": 0, "wifi": 1}},
    {"customId": "1", "agreements": {"email": None}},
    {"customId": "1", "attributes": {"group": 1, "list": ["a"], "nested": {"a": 1}, "gone": None}},
    {"customId": "1", "attributes": {"email": "reserved, so ignored"}},
    {"customId": "1", "tags": ["a", "b"]},
    {"customId": "1", "unknownField": 1},
    {"customId": "", "email": "a@b.pl"},
]

BAD_PROFILES: list[tuple[Any, str]] = [
    ("text", "body"),
    ({}, "email"),
    ({"firstName": "Anna"}, "email"),
    ({"email": "", "customId": ""}, "email"),
    ({"customId": "   "}, "customId"),
    ({"email": "a@b"}, "email"),
    ({"email": "a..b@c.pl"}, "email"),
    ({"email": "x@y.c1"}, "email"),
    ({"email": "a@żółw.pl"}, "email"),
    ({"email": "a\u00ad@b.pl"}, "email"),
    ({"email": 7}, "email"),
    ({"phone": "512.345.678"}, "phone"),
    ({"phone": "12345"}, "phone"),
    ({"phone": "tel 123456"}, "phone"),
    ({"phone": "+" + "1" * 20}, "phone"),
    ({"customId": 17}, "customId"),
    ({"customId": "17😀"}, "customId"),
    ({"customId": "1\r7"}, "customId"),
    ({"customId": "17\n"}, "customId"),
    ({"customId": "1\u20287"}, "customId"),
    ({"customId": "1\u20297"}, "customId"),
    ({"customId": "1\u00ad7"}, "customId"),
    ({"customId": f"17{SELECTOR}"}, "customId"),
    ({"customId": "1\x007"}, "customId"),
    ({"uuid": "a\u00adb"}, "uuid"),
    ({"uuid": 1}, "uuid"),
    ({"clientId": "1"}, "clientId"),
    ({"customId": "1", "birthDate": "1900-01-01"}, "birthDate"),
    ({"customId": "1", "birthDate": "1990-5-6"}, "birthDate"),
    ({"customId": "1", "birthDate": "2023-02-29"}, "birthDate"),
    ({"customId": "1", "birthDate": 19900506}, "birthDate"),
    ({"customId": "1", "sex": "F"}, "sex"),
    ({"customId": "1", "firstName": "A\x00"}, "firstName"),
    ({"customId": "1", "city": SELECTOR * 2}, "city"),
    ({"customId": "1", "zipCode": 30001}, "zipCode"),
    ({"customId": "1", "agreements": {"email": "yes"}}, "agreements.email"),
    ({"customId": "1", "agreements": {"email": 2}}, "agreements.email"),
    ({"customId": "1", "agreements": [True]}, "agreements"),
    ({"customId": "1", "attributes": {"a\nb": 1}}, "attributes"),
    ({"customId": "1", "attributes": {f"a{SELECTOR}": 1}}, "attributes"),
    ({"customId": "1", "attributes": {"a": "x\x00"}}, "attributes.a"),
    ({"customId": "1", "attributes": "a"}, "attributes"),
    ({"customId": "1", "tags": "a"}, "tags"),
    ({"customId": "1", "tags": ["a", 1]}, "tags[1]"),
    ({"customId": "1", "tags": ["x\x00"]}, "tags[0]"),
]


def transaction(**changes: Any) -> dict[str, Any]:
    return altered(TRANSACTION, **changes)


def with_product(**changes: Any) -> dict[str, Any]:
    return transaction(products=[PRODUCT, altered(PRODUCT, **changes)])


GOOD_TRANSACTIONS: list[dict[str, Any]] = [
    transaction(),
    transaction(client={"id": 5}),
    transaction(client={"uuid": "u-1"}),
    transaction(client={"customId": "zażółć"}),
    transaction(recordedAt="2024-05-01T10:11:12"),
    transaction(recordedAt="2024-05-01T10:11:12.123456+02:00"),
    transaction(recordedAt=REMOVED),
    transaction(eventSalt=REMOVED),
    transaction(revenue=money(0), value=money(0)),
    transaction(discountAmount=money(0.01)),
    transaction(metadata={"anything": [1, {"a": None}]}),
    transaction(extra="free"),
    with_product(regularPrice=money(50), tax=23, categories=["a"], free={"a": 1}),
    with_product(quantity=-1),
    with_product(quantity=0.5),
]

BAD_TRANSACTIONS: list[tuple[Any, str]] = [
    ([], "body"),
    (transaction(client=REMOVED), "client"),
    (transaction(client={}), "client.email"),
    (transaction(client={"phone": "600700800"}), "client.email"),
    (transaction(client={"email": "a@b"}), "client.email"),
    (transaction(client={"customId": "1😀"}), "client.customId"),
    (transaction(client={"id": "5"}), "client.id"),
    (transaction(orderId=REMOVED), "orderId"),
    (transaction(orderId=""), "orderId"),
    (transaction(orderId=42), "orderId"),
    (transaction(paymentInfo=REMOVED), "paymentInfo"),
    (transaction(paymentInfo="checkmo"), "paymentInfo"),
    (transaction(products=REMOVED), "products"),
    (transaction(products=[]), "products"),
    (transaction(products=["sku"]), "products[0]"),
    (with_product(sku=""), "products[1].sku"),
    (with_product(name=REMOVED), "products[1].name"),
    (with_product(quantity="1"), "products[1].quantity"),
    (with_product(quantity=REMOVED), "products[1].quantity"),
    (with_product(quantity=True), "products[1].quantity"),
    (with_product(finalUnitPrice=REMOVED), "products[1].finalUnitPrice"),
    (with_product(finalUnitPrice=money(-1)), "products[1].finalUnitPrice.amount"),
    (with_product(regularPrice=money("5")), "products[1].regularPrice.amount"),
    (with_product(finalUnitPrice=money(1, "EUR")), "revenue.currency"),
    (transaction(revenue=REMOVED), "revenue"),
    (transaction(revenue=98.4), "revenue"),
    (transaction(revenue=money("98.4")), "revenue.amount"),
    (transaction(revenue=money(-0.01)), "revenue.amount"),
    (transaction(revenue=money(1, "zł")), "revenue.currency"),
    (transaction(revenue=money(1, None)), "revenue.currency"),
    (transaction(value=REMOVED), "value"),
    (transaction(value=money(1, "EUR")), "revenue.currency"),
    (transaction(discountAmount=money(0)), "discountAmount.amount"),
    (transaction(discountAmount=money(-5)), "discountAmount.amount"),
    (transaction(discountAmount=None), "discountAmount"),
    (transaction(source=REMOVED), "source"),
    (transaction(source="WEB"), "source"),
    (transaction(recordedAt="yesterday"), "recordedAt"),
    (transaction(recordedAt=1714558272), "recordedAt"),
    (transaction(eventSalt=42), "eventSalt"),
    (transaction(metadata=[]), "metadata"),
]


def event(**changes: Any) -> dict[str, Any]:
    return altered(EVENT, **changes)


GOOD_EVENTS: list[dict[str, Any]] = [
    event(),
    event(action="a" * 32),
    event(action="A-b.c_9"),
    event(params=REMOVED, time=REMOVED, eventSalt=REMOVED),
    event(params={"email": "anna@example.test"}),
    event(type="cancelled-transaction", action=REMOVED, params={"orderId": "42"}),
]

BAD_EVENTS: list[tuple[Any, str]] = [
    ("text", "body"),
    (event(label=""), "label"),
    (event(label=REMOVED), "label"),
    (event(client={}), "client.email"),
    (event(type=REMOVED), "type"),
    (event(type="unheard-of"), "type"),
    (event(action=REMOVED), "action"),
    (event(action="a" * 33), "action"),
    (event(action="client deleted"), "action"),
    (event(params="a"), "params"),
    (event(params={"email": "other@example.test"}), "params.email"),
    (event(time="2024-13-01T00:00:00Z"), "time"),
    (event(eventSalt=1), "eventSalt"),
    (event(type="cancelled-transaction", params={}), "params.orderId"),
]


@pytest.mark.parametrize("item", GOOD_PROFILES, ids=repr)
async def test_good_profile_is_stored(api: Api, item: dict[str, Any]) -> None:
    reply = await api.post(CLIENTS, [item])
    assert (reply.status, reply.body, reply.headers["Content-Length"]) == (202, b"", "0")
    assert len(api.fake.profiles()) == 1


@pytest.mark.parametrize(("item", "field"), BAD_PROFILES, ids=repr)
async def test_bad_profile_is_refused_with_its_field(api: Api, item: Any, field: str) -> None:
    reply = await api.post(CLIENTS, [item, PROFILE])
    assert (reply.status, [error["field"] for error in reply.document]) == (207, [field])
    assert [profile["email"] for profile in api.fake.profiles()] == [PROFILE["email"]]


@pytest.mark.parametrize("item", GOOD_TRANSACTIONS, ids=repr)
async def test_good_transaction_is_stored(api: Api, item: dict[str, Any]) -> None:
    for number in range(5):
        await api.post(CLIENTS, [{"customId": f"someone {number}"}])
    assert (await api.post(TRANSACTIONS, [item])).status == 202
    assert [stored["orderId"] for stored in api.fake.transactions()] == ["000000042"]


@pytest.mark.parametrize(("item", "field"), BAD_TRANSACTIONS, ids=repr)
async def test_bad_transaction_is_refused_with_its_field(api: Api, item: Any, field: str) -> None:
    reply = await api.post(TRANSACTIONS, [item, TRANSACTION])
    assert (reply.status, [error["field"] for error in reply.document["errors"]]) == (400, [field])
    assert api.fake.transactions() == []


@pytest.mark.parametrize("item", GOOD_EVENTS, ids=repr)
async def test_good_event_is_stored(api: Api, item: dict[str, Any]) -> None:
    assert (await api.post(EVENTS, [item])).status == 202
    assert len(api.fake.events()) == 1


@pytest.mark.parametrize(("item", "field"), BAD_EVENTS, ids=repr)
async def test_bad_event_is_refused_with_its_field(api: Api, item: Any, field: str) -> None:
    reply = await api.post(EVENTS, [item])
    assert (reply.status, [error["field"] for error in reply.document["errors"]]) == (400, [field])
    assert api.fake.events() == []


@pytest.mark.parametrize(
    ("item", "good"),
    [
        (ITEM, True),
        (altered(ITEM, value={}), True),
        (altered(ITEM, value={"a": {"nested": [1, {"b": 2}]}, "with.dot": 1}), True),
        (altered(ITEM, itemKey=""), False),
        (altered(ITEM, itemKey=5), False),
        (altered(ITEM, itemKey=REMOVED), False),
        (altered(ITEM, value=REMOVED), False),
        (altered(ITEM, value="text"), False),
        ("text", False),
    ],
    ids=repr,
)
async def test_item_rules(api: Api, item: Any, *, good: bool) -> None:
    bag = api.fake.create_catalog("store-1")
    reply = await api.post(f"/catalogs/bags/{bag.bag_id}/items/batch", [item])
    assert reply.status == (200 if good else 400)
    assert reply.body == b"true" if good else isinstance(reply.document, str)
    assert len(api.fake.items("store-1")) == good


async def test_several_faults_of_one_item_keep_the_order_of_fields(api: Api) -> None:
    reply = await api.post(CLIENTS, [{"email": "a@b", "sex": "F", "phone": "1"}, {"email": "c@d"}])
    fields = [(error["field"], error["rejectedValue"]) for error in reply.document]
    assert fields == [("email", "a@b"), ("phone", "1"), ("sex", "F"), ("email", "c@d")]


async def test_cancelled_transaction_gets_its_action_from_the_server(api: Api) -> None:
    item = event(action="ignored", params={"orderId": "42"})
    assert (await api.post("/v4/events/cancelled-transaction", item)).status == 202
    assert [stored["action"] for stored in api.fake.events()] == ["transaction.cancel"]


async def test_event_email_is_compared_with_the_stored_profile(api: Api) -> None:
    await api.post(CLIENTS, [PROFILE])
    good = event(client={"customId": "17"}, params={"email": PROFILE["email"]})
    bad = event(client={"customId": "17"}, params={"email": "other@example.test"})
    assert (await api.post(CUSTOM, good)).status == 202
    assert (await api.post(CUSTOM, bad)).status == 400


async def test_charge_as_custom_event_makes_no_purchase(api: Api) -> None:
    assert (await api.post(CUSTOM, event(action="transaction.charge"))).status == 202
    assert api.fake.counters["bad_charge"] == 1
    assert [stored["action"] for stored in api.fake.events()] == ["transaction.charge"]
    assert api.fake.transactions() == []


async def test_unknown_and_reserved_names_are_counted(api: Api) -> None:
    await api.post(CLIENTS, [altered(PROFILE, strange=1, attributes={"source": "x", "mine": 1})])
    assert (api.fake.counters["unknown_keys"], api.fake.counters["reserved_attributes"]) == (1, 1)
    assert api.fake.profiles()[0]["attributes"] == {"mine": 1}


@pytest.mark.parametrize(
    ("setting", "path", "item", "lenient"),
    [
        ({"strict_unknown": True}, CLIENTS, altered(PROFILE, strange=1), False),
        ({"int_custom_id": True}, CLIENTS, {"customId": 17}, True),
        ({"require_source": False}, TRANSACTIONS, transaction(source=REMOVED), True),
    ],
    ids=str,
)
async def test_rules_that_are_settings(
    connect: Connect, setting: dict[str, Any], path: str, item: Any, *, lenient: bool
) -> None:
    api = await connect(Settings(**setting))
    assert ((await api.post(path, [item])).status == 202) is lenient


async def test_strict_item_names(connect: Connect) -> None:
    api = await connect(Settings(strict_item_names=True))
    bag = api.fake.create_catalog("store-1")
    path = f"/catalogs/bags/{bag.bag_id}/items/batch"
    assert (await api.post(path, [altered(ITEM, value={"with.dot": 1})])).status == 400
    assert (await api.post(path, [altered(ITEM, value={"_with-dash9": 1})])).status == 200


async def test_odd_item_names_are_only_counted(api: Api) -> None:
    bag = api.fake.create_catalog("store-1")
    path = f"/catalogs/bags/{bag.bag_id}/items/batch"
    await api.post(path, [altered(ITEM, value={"with.dot": 1, "fine": 1, "ą": 2})])
    assert api.fake.counters["bad_attribute_names"] == 2
