import asyncio
import base64
from typing import Any

import orjson
import pytest

from synqd_demo.fake_synerise import ALL_PERMISSIONS, ApiKey, Settings
from tests.fake_synerise.api import (
    CLIENTS,
    CUSTOM,
    EVENT,
    EVENTS,
    ITEM,
    LOGIN,
    OLD_LOGIN,
    PROFILE,
    TRANSACTION,
    TRANSACTIONS,
    Api,
    Clock,
)
from tests.fake_synerise.conftest import Connect

SHAPE_A = {"timestamp", "status", "error", "message", "path"}
SHAPE_B = {"status", "error", "message", "timestamp"}
SHAPE_C = {"timestamp", "path", "status", "errorCode", "message", "traceId"}


@pytest.mark.parametrize("path", [LOGIN, OLD_LOGIN])
async def test_each_login_makes_another_token_and_older_ones_stay(api: Api, path: str) -> None:
    first = api.token
    assert (await api.login(path=path)).status == 200
    assert api.token != first
    for token in (first, api.token):
        reply = await api.post(CLIENTS, [PROFILE], headers={"Authorization": f"Bearer {token}"})
        assert reply.status == 202
    assert api.fake.stats()["logins"] == {api.fake.api_key: 2}


@pytest.mark.parametrize(("path", "shape"), [(LOGIN, SHAPE_C), (OLD_LOGIN, SHAPE_A)])
@pytest.mark.parametrize("body", [{}, {"apiKey": 5}, [], "key"], ids=repr)
async def test_login_without_a_key(api: Api, path: str, shape: set[str], body: Any) -> None:
    reply = await api.post(path, body)
    assert (reply.status, reply.document.keys()) == (400, shape)


@pytest.mark.parametrize(("path", "shape"), [(LOGIN, SHAPE_C), (OLD_LOGIN, SHAPE_A)])
@pytest.mark.parametrize("key", ["unknown", "inactive", "profile"])
async def test_login_with_a_useless_key(connect: Connect, path: str, shape: set[str], key: str) -> None:
    keys = [ApiKey(), ApiKey(key="inactive", active=False), ApiKey(key="profile", kind="profile")]
    api = await connect(Settings(api_keys=keys))
    reply = await api.login(key, path)
    assert (reply.status, reply.document.keys()) == (401, shape)


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer nonsense", "Token abc", "Basic nonsense", "Basic ====", "abc"]
)
@pytest.mark.parametrize(
    ("path", "shape"),
    [(CLIENTS, SHAPE_A), ("/catalogs/bags", SHAPE_B), ("/uauth/api-key/permission-check", SHAPE_C)],
)
async def test_unauthorized(api: Api, path: str, shape: set[str], header: str | None) -> None:
    reply = await api.post(path, [], headers={"Authorization": header})
    assert (reply.status, reply.document.keys()) == (401, shape)
    assert reply.document.get("error", "Unauthorized") == "Unauthorized"


@pytest.mark.parametrize("token_format", ["jws", "jwe", "opaque"])
async def test_token_lives_until_its_time(connect: Connect, token_format: str) -> None:
    clock = Clock()
    api = await connect(Settings(token_ttl_s=2, token_format=token_format, now=clock))
    clock.now += 1.9
    assert (await api.post(CLIENTS, [PROFILE])).status == 202
    clock.now += 0.1
    expired = await api.post(CLIENTS, [PROFILE])
    assert (expired.status, expired.document["error"]) == (401, "Token expired.")
    catalogs = await api.get("/catalogs/bags")
    assert (catalogs.status, catalogs.document.keys(), catalogs.document["error"]) == (
        401,
        SHAPE_B,
        "Token expired.",
    )
    await api.login()
    assert (await api.post(CLIENTS, [PROFILE])).status == 202
    assert api.fake.counters["expired_tokens_used"] == 2


async def test_only_a_jws_shows_its_expiry(connect: Connect) -> None:
    clock = Clock()
    jws = await connect(Settings(now=clock, token_ttl_s=60))
    claims = jws.token.split(".")[1]
    assert orjson.loads(base64.urlsafe_b64decode(claims + "=="))["exp"] == int(clock.now) + 60
    assert len((await connect(Settings(token_format="jwe"))).token.split(".")) == 5
    assert "." not in (await connect(Settings(token_format="opaque"))).token


async def test_tokens_can_be_expired_at_once(api: Api) -> None:
    assert api.fake.expire_tokens() == 1
    assert (await api.post(CLIENTS, [PROFILE])).document["error"] == "Token expired."
    await api.login()
    assert (await api.post(CLIENTS, [PROFILE])).status == 202


async def test_refresh(connect: Connect) -> None:
    clock = Clock()
    api = await connect(Settings(token_ttl_s=10, now=clock))
    clock.now += 9
    refreshed = (await api.get("/v4/auth/refresh/profile")).document["token"]
    clock.now += 1
    assert (await api.get("/v4/auth/refresh/profile")).status == 401
    api.token = refreshed
    assert (await api.post(CLIENTS, [PROFILE])).status == 202


async def test_basic_only_where_enabled(connect: Connect) -> None:
    api = await connect(Settings(api_keys=[ApiKey(basic_enabled=True), ApiKey(key="off", workspace_id=2)]))
    good, off = api.fake.settings.api_keys

    async def status(guid: str, key: str, path: str = CLIENTS) -> int:
        credentials = base64.b64encode(f"{guid}:{key}".encode()).decode()
        return (await api.post(path, [], headers={"Authorization": f"Basic {credentials}"})).status

    assert await status(good.guid, good.key) == 202
    assert await status("wrong", good.key) == 401
    assert await status(good.guid, "wrong") == 401
    assert await status(off.guid, off.key) == 401
    assert await status(good.guid, good.key, LOGIN) == 400


async def test_permission_check(api: Api) -> None:
    api.fake.revoke("TRACKER_CREATE")
    names = ["API_BATCH_CLIENT_CREATE", "TRACKER_CREATE", "UNHEARD_OF"]
    expected = {
        "businessProfileName": "demo",
        "permissions": {"API_BATCH_CLIENT_CREATE": True, "TRACKER_CREATE": False, "UNHEARD_OF": False},
    }
    path = "/uauth/api-key/permission-check"
    assert (await api.post(path, names)).document == expected
    assert (await api.post(path, {"permissionsToCheck": names})).document == expected
    assert (await api.post(path, {"permissions": names})).status == 400
    assert (await api.post(path, [1])).status == 400


CALLS: list[tuple[str, str, str, Any]] = [
    ("API_BATCH_CLIENT_CREATE", "POST", CLIENTS, [PROFILE]),
    ("API_CLIENT_CREATE", "POST", "/v4/clients", PROFILE),
    ("API_CLIENT_READ", "GET", "/v4/clients/by-email/anna@example.test", None),
    ("API_CLIENT_READ", "GET", "/v4/clients/by-customid/17", None),
    ("API_CLIENT_DELETE", "DELETE", "/v4/clients/by-customid/17", None),
    ("API_BATCH_TRANSACTION_CREATE", "POST", TRANSACTIONS, [TRANSACTION]),
    ("API_TRANSACTION_CREATE", "POST", "/v4/transactions", TRANSACTION),
    ("API_CUSTOM_EVENTS_CREATE", "POST", CUSTOM, EVENT),
    ("API_CUSTOM_EVENTS_CREATE", "POST", EVENTS, [EVENT]),
    (
        "API_CUSTOM_EVENTS_CREATE",
        "POST",
        "/v4/events/cancelled-transaction",
        {**EVENT, "params": {"orderId": "1"}},
    ),
    ("CATALOGS_CATALOG_READ", "GET", "/catalogs/bags", None),
    ("CATALOGS_CATALOG_CREATE", "POST", "/catalogs/bags", {"name": "store-2"}),
    ("CATALOGS_CATALOG_READ", "GET", "/catalogs/bags/1000", None),
    ("CATALOGS_CATALOG_READ", "GET", "/catalogs/bags/1000/keys", None),
    ("CATALOGS_CATALOG_READ", "GET", "/catalogs/bags/1000/items/itemKey/24-MB01", None),
    ("CATALOGS_ITEM_BATCH_CATALOG_CREATE", "POST", "/catalogs/bags/1000/items", ITEM),
    ("CATALOGS_ITEM_BATCH_CATALOG_CREATE", "POST", "/catalogs/bags/1000/items/batch", [ITEM]),
    (
        "TRACKER_CREATE",
        "POST",
        "/business-profile-service/tracker/get-or-create-by-domain",
        {"domain": "shop.example"},
    ),
]


@pytest.mark.parametrize(("permission", "method", "path", "body"), CALLS, ids=[call[2] for call in CALLS])
async def test_each_permission_alone(api: Api, permission: str, method: str, path: str, body: Any) -> None:
    api.fake.create_catalog("store-1")
    await api.post(CLIENTS, [PROFILE])
    await api.post("/catalogs/bags/1000/items", ITEM)
    api.fake.revoke(permission)
    refused = await api.call(method, path, body)
    shape = SHAPE_B if path.startswith("/catalogs") else SHAPE_A
    assert (refused.status, refused.document.keys(), refused.document["error"]) == (403, shape, "Forbidden")
    assert permission in refused.document["message"]
    for other in ALL_PERMISSIONS - {permission}:
        api.fake.revoke(other)
    api.fake.grant(permission)
    assert (await api.call(method, path, body)).status in (200, 202)


def test_every_permission_guards_something() -> None:
    assert {call[0] for call in CALLS} == ALL_PERMISSIONS


async def test_deactivated_and_rotated_keys(api: Api) -> None:
    key = api.fake.api_key
    api.fake.deactivate(key)
    assert (await api.post(CLIENTS, [PROFILE])).status == 401
    assert (await api.login()).status == 401
    api.fake.activate(key)
    assert (await api.post(CLIENTS, [PROFILE])).status == 202
    api.fake.rotate(key, "new-key")
    assert (await api.post(CLIENTS, [PROFILE])).status == 401
    assert (await api.login(key)).status == 401
    assert (await api.login("new-key")).status == 200
    await api.post(CLIENTS, [{"customId": "18"}])
    assert len(api.fake.profiles("demo")) == 2


async def test_parallel_logins_are_counted(api: Api) -> None:
    assert api.fake.stats()["most_parallel_logins"] == 1
    api.fake.configure(latency_ms=20)
    await asyncio.gather(*(api.login() for _ in range(3)))
    assert api.fake.stats()["most_parallel_logins"] == 3


async def test_denied_action(connect: Connect) -> None:
    api = await connect(Settings(api_keys=[ApiKey(event_denylist={"client.deleteAccount"})]))
    assert (await api.post(CUSTOM, EVENT)).status == 403
    assert (await api.post(CUSTOM, {**EVENT, "action": "another"})).status == 202
