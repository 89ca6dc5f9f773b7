"""What is checked before items are: routes, headers, sizes, syntax, and what a batch answers as a whole."""

import gzip
from typing import Any

import orjson
import pytest

from synqd_demo.fake_synerise import ApiKey, Settings
from tests.fake_synerise.api import (
    CLIENTS,
    CUSTOM,
    EVENT,
    EVENTS,
    ITEM,
    PROFILE,
    TRANSACTION,
    TRANSACTIONS,
    Api,
    altered,
)
from tests.fake_synerise.conftest import Connect

BAD_PROFILE = {"email": "bad"}


def many(count: int) -> list[dict[str, Any]]:
    return [{"customId": str(number)} for number in range(count)]


def padded(size: int) -> bytes:
    """Give a batch of one profile that is exactly `size` bytes long."""
    bare = len(orjson.dumps([{"customId": "1", "firstName": ""}]))
    return orjson.dumps([{"customId": "1", "firstName": "x" * (size - bare)}])


async def test_unknown_path_and_wrong_method(api: Api) -> None:
    unknown = await api.post("/v4/nowhere", {})
    assert (unknown.status, unknown.document["path"]) == (404, "/v4/nowhere")
    wrong = await api.get(CLIENTS)
    assert (wrong.status, wrong.document["error"]) == (405, "Method Not Allowed")


async def test_shape_of_v4_errors(api: Api) -> None:
    reply = await api.post("/v4/clients", BAD_PROFILE)
    document = reply.document
    assert document.keys() == {"timestamp", "status", "error", "message", "path", "errors"}
    assert document["errors"] == [
        {
            "code": 2,
            "field": "email",
            "message": "must be a well-formed e-mail address",
            "rejectedValue": "bad",
        }
    ]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 202),
        ("application/json; charset=utf-8", 202),
        ("text/plain", 415),
        (None, 415),
    ],
)
async def test_content_type(api: Api, content_type: str | None, status: int) -> None:
    reply = await api.post(CLIENTS, [PROFILE], headers={"Content-Type": content_type})
    assert reply.status == status


async def test_api_version_is_required_on_v4_data_only(api: Api, connect: Connect) -> None:
    without = {"Api-Version": None}
    assert (await api.post(CLIENTS, [PROFILE], headers=without)).status == 400
    assert (await api.get("/catalogs/bags", headers=without)).status == 200
    lenient = await connect(Settings(require_api_version=False))
    assert (await lenient.post(CLIENTS, [PROFILE], headers=without)).status == 202


@pytest.mark.parametrize("body", [b"", b"{", b'[{"a":NaN}]', b"\xff", b'[{"customId":"\\ud83d"}]'])
async def test_malformed_json(api: Api, body: bytes) -> None:
    assert (await api.post(CLIENTS, None, body=body)).status == 400


@pytest.mark.parametrize(
    ("path", "body"), [(CLIENTS, {}), (TRANSACTIONS, "a"), ("/v4/clients", []), (CUSTOM, 1)]
)
async def test_wrong_top_level_type(api: Api, path: str, body: Any) -> None:
    assert (await api.post(path, body)).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b'[{"customId":"1","customId":"2"}]',
        b'[{"customId":"1","attributes":{"a":1, "b":2, "a":3}}]',
        b'[ {"customId" : "1", "customId" : "1"} ]',
    ],
)
async def test_duplicate_keys_refuse_the_whole_request(api: Api, body: bytes) -> None:
    reply = await api.post(CLIENTS, None, body=body)
    assert (reply.status, "Duplicate" in reply.document["message"]) == (400, True)


async def test_spaces_and_escapes_are_no_duplicates(api: Api) -> None:
    body = b'[ {"customId" : "1", "firstName": "\\u0141", "attributes": {"a": 1.50, "b": "\\": \\"a\\":"}} ]'
    assert (await api.post(CLIENTS, None, body=body)).status == 202
    assert api.fake.profiles()[0]["firstName"] == "Ł"


@pytest.mark.parametrize(("count", "status"), [(0, 202), (1000, 202), (1001, 400)])
async def test_item_count(api: Api, count: int, status: int) -> None:
    assert (await api.post(CLIENTS, many(count))).status == status
    assert len(api.fake.profiles()) == (count if status == 202 else 0)


@pytest.mark.parametrize(("size", "status"), [(1_000_000, 202), (1_000_001, 413)])
async def test_body_size(api: Api, size: int, status: int) -> None:
    assert (await api.post(CLIENTS, None, body=padded(size))).status == status


async def test_sizes_and_their_statuses_are_settings(connect: Connect) -> None:
    api = await connect(
        Settings(
            max_items={"clients": 2, "transactions": 1, "events": 1, "items": 1},
            max_body_bytes={"clients": 2000, "transactions": 300, "events": 300, "items": 60},
            too_many_bytes_status=400,
            too_many_items_status=413,
        )
    )
    assert (await api.post(CLIENTS, many(3))).status == 413
    assert (await api.post(EVENTS, [EVENT, EVENT])).status == 400
    assert (await api.post(TRANSACTIONS, [TRANSACTION])).status == 400
    bag = api.fake.create_catalog("store-1")
    reply = await api.post(f"/catalogs/bags/{bag.bag_id}/items/batch", [ITEM])
    assert (reply.status, isinstance(reply.document, str)) == (400, True)


async def test_gzip_only_where_accepted(api: Api, connect: Connect) -> None:
    body, headers = gzip.compress(orjson.dumps([PROFILE])), {"Content-Encoding": "gzip"}
    assert (await api.post(CLIENTS, None, body=body, headers=headers)).status == 415
    open_minded = await connect(Settings(accept_gzip=True))
    assert (await open_minded.post(CLIENTS, None, body=body, headers=headers)).status == 202
    assert (await open_minded.post(CLIENTS, None, body=b"no gzip", headers=headers)).status == 400
    bomb = gzip.compress(padded(1_000_001))
    assert (await open_minded.post(CLIENTS, None, body=bomb, headers=headers)).status == 413


@pytest.mark.parametrize(
    ("mode", "status", "stored"), [("207", 207, 1), ("400", 400, 0), ("202_drop", 202, 1)]
)
async def test_partly_bad_profiles(connect: Connect, mode: str, status: int, stored: int) -> None:
    api = await connect(Settings(clients_partial=mode))
    assert (await api.post(CLIENTS, [PROFILE, BAD_PROFILE])).status == status
    assert len(api.fake.profiles()) == stored
    assert api.fake.counters["refused_items"] == 1


@pytest.mark.parametrize(
    ("mode", "status", "stored"), [("400_all", 400, 0), ("400_some", 400, 1), ("207", 207, 1)]
)
async def test_partly_bad_transactions_and_items(
    connect: Connect, mode: str, status: int, stored: int
) -> None:
    api = await connect(Settings(transactions_partial=mode, items_partial=mode))
    bag = api.fake.create_catalog("store-1")
    transactions = await api.post(TRANSACTIONS, [TRANSACTION, altered(TRANSACTION, orderId="")])
    items = await api.post(f"/catalogs/bags/{bag.bag_id}/items/batch", [altered(ITEM, itemKey=""), ITEM])
    assert (transactions.status, items.status) == (status, status)
    assert (len(api.fake.transactions()), len(api.fake.items("store-1"))) == (stored, stored)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("errors", ["email"]),
        ("indexed", ["[1].email"]),
    ],
)
async def test_shape_of_207_with_fields(connect: Connect, shape: str, expected: list[str]) -> None:
    api = await connect(Settings(shape_207=shape))
    reply = await api.post(CLIENTS, [PROFILE, BAD_PROFILE])
    assert [error["field"] for error in reply.document] == expected


async def test_shape_of_207_like_uauth_and_empty(connect: Connect) -> None:
    uauth = await (await connect(Settings(shape_207="uauth"))).post(CLIENTS, [PROFILE, BAD_PROFILE])
    assert [error.keys() for error in uauth.document] == [
        {"timestamp", "path", "status", "errorCode", "message", "traceId"}
    ]
    empty = await (await connect(Settings(shape_207="empty"))).post(CLIENTS, [PROFILE, BAD_PROFILE])
    assert (empty.status, empty.body) == (207, b"")


async def test_single_forms(api: Api) -> None:
    assert (await api.post("/v4/clients", PROFILE)).status == 202
    assert (await api.post("/v4/transactions", TRANSACTION)).status == 202
    bag = api.fake.create_catalog("store-1")
    assert (await api.post(f"/catalogs/bags/{bag.bag_id}/items", ITEM)).status == 200
    counts = (len(api.fake.profiles()), len(api.fake.transactions()), len(api.fake.items("store-1")))
    assert counts == (1, 1, 1)


async def test_delayed_storing(connect: Connect) -> None:
    api = await connect(Settings(apply_delay_ms=60_000))
    assert (await api.post(CLIENTS, [PROFILE])).status == 202
    assert api.fake.profiles() == []
    api.fake.configure(apply_delay_ms=1)
    await api.post(CLIENTS, [{"customId": "18"}])
    await api.fake.wait(items=1, timeout_s=10)
    assert [profile["customId"] for profile in api.fake.profiles()] == ["18"]


@pytest.mark.parametrize(("mode", "arrived"), [("cheap", 1000), ("none", 0)])
async def test_benchmark_modes_store_nothing(connect: Connect, mode: str, arrived: int) -> None:
    api = await connect(Settings(validation=mode, keep_bodies=False))
    bag = api.fake.create_catalog("store-1")
    assert (await api.post(CLIENTS, many(1000))).status == 202
    assert (await api.post(f"/catalogs/bags/{bag.bag_id}/items/batch", [ITEM])).status == 200
    assert (await api.post(TRANSACTIONS, [TRANSACTION])).status == 202
    assert (api.fake.profiles(), api.fake.transactions(), api.fake.items("store-1")) == ([], [], {})
    assert sum(api.fake.arrivals("profile").values()) == arrived
    assert [entry.body for entry in api.fake.requests()] == [None] * 4


async def test_workspaces_of_two_keys_are_apart(connect: Connect) -> None:
    other = ApiKey(key="other-key", workspace_id=2, workspace_name="other")
    api = await connect(Settings(api_keys=[ApiKey(), other]))
    await api.post(CLIENTS, [PROFILE])
    await api.login("other-key")
    await api.post(CLIENTS, [PROFILE])
    assert [profile["workspace"] for profile in api.fake.profiles()] == ["demo", "other"]
    assert len(api.fake.profiles("other")) == 1
    assert api.fake.digest("demo") != api.fake.digest("other")
    assert sorted(api.fake.arrivals("profile")) == [("demo", "", "17"), ("other", "", "17")]
