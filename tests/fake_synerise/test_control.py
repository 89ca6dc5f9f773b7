"""Inspection, waiting and control: in the same process and over the routes below /__fake/."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from synqd_demo.fake_synerise import ApiKey, FakeSynerise, Settings
from synqd_demo.fake_synerise.control import is_loopback
from tests.fake_synerise.api import (
    CLIENTS,
    CUSTOM,
    EVENT,
    ITEM,
    PROFILE,
    TRANSACTION,
    TRANSACTIONS,
    Api,
    Clock,
)
from tests.fake_synerise.conftest import Connect


async def control(api: Api, method: str, path: str, document: Any = None) -> Any:
    async with api.session.request(method, f"{api.fake.url}/__fake/{path}", json=document) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def fill(api: Api) -> None:
    api.fake.create_catalog("store-1")
    await api.post(CLIENTS, [PROFILE, {"customId": "18"}])
    await api.post(TRANSACTIONS, [TRANSACTION])
    await api.post(CUSTOM, EVENT)
    await api.post("/catalogs/bags/1000/items/batch", [ITEM])


async def test_journal(connect: Connect) -> None:
    api = await connect(Settings(now=Clock()))
    await api.post(CLIENTS, [PROFILE])
    login, write = api.fake.requests()
    assert (login.number, login.method, login.items, login.workspace) == (1, "POST", 0, "")
    assert (write.number, write.time, write.path, write.status) == (2, 1_714_558_272.0, CLIENTS, 202)
    assert (write.items, write.workspace, write.fault) == (1, "demo", "")
    assert write.headers["authorization"] == f"...{api.token[-4:]}"
    assert api.token not in str(write.document())
    assert write.body == b'[{"email":"anna@example.test","customId":"17","firstName":"Anna"}]'
    assert len(write.sha256) == 64
    assert api.fake.requests(since=1) == [write]
    assert await control(api, "GET", "requests?since=1") == [write.document()]
    assert await control(api, "GET", "requests?path=login") == [login.document()]


async def test_bodies_are_dropped_when_not_kept(connect: Connect) -> None:
    api = await connect(Settings(keep_bodies=False, journal_size=2))
    await api.post(CLIENTS, [PROFILE])
    await api.post(CLIENTS, [PROFILE])
    entries = api.fake.requests()
    assert [(entry.number, entry.body, entry.headers, len(entry.sha256)) for entry in entries] == [
        (2, None, {}, 64),
        (3, None, {}, 64),
    ]


async def test_stats(api: Api) -> None:
    await fill(api)
    stats = await control(api, "GET", "stats")
    assert stats == api.fake.stats()
    assert (stats["requests"], stats["finished"], stats["open"]) == (5, 5, 0)
    assert stats["stored"] == {"profile": 2, "transaction": 1, "event": 1, "item": 1}
    assert stats["distinct"] == stats["stored"]
    assert (stats["connections_opened"], stats["requests_on_reused_connections"]) == (1, 4)
    route = stats["routes"]["POST /v4/clients/batch"]
    assert (route["requests"], route["items"], route["statuses"]) == (1, 2, {"202": 1})
    assert 0 < route["p50_ms"] <= route["p95_ms"]
    assert "POST /catalogs/bags/{}/items/batch" in stats["routes"]


async def test_stored_state(api: Api) -> None:
    await fill(api)
    assert [p["customId"] for p in await control(api, "GET", "profiles")] == ["17", "18"]
    assert [p["customId"] for p in await control(api, "GET", "profiles?customId=18")] == ["18"]
    assert [p["customId"] for p in await control(api, "GET", "profiles?offset=1&limit=1")] == ["18"]
    assert await control(api, "GET", "profiles?workspace=other") == []
    assert [t["orderId"] for t in await control(api, "GET", "transactions?orderId=000000042")] == [
        "000000042"
    ]
    assert [e["action"] for e in await control(api, "GET", "events")] == [
        "product.buy",
        "client.deleteAccount",
    ]
    assert [i["value"] for i in await control(api, "GET", "catalogs/1000/items")] == [ITEM["value"]]
    assert [(c["name"], c["items"]) for c in await control(api, "GET", "catalogs")] == [("store-1", 1)]
    assert await control(api, "GET", "arrivals?kind=item") == [["demo", "store-1", "24-MB01", 1]]
    digest = api.fake.digest()
    for path in ("digest", "profiles?digest=1", "catalogs/1000/items?digest=1"):
        assert await control(api, "GET", path) == {"digest": digest}


async def test_reset_brings_the_start_back(connect: Connect) -> None:
    api = await connect(Settings(faults=[{"action": "status", "nth": 1, "path": "nowhere"}]))
    await fill(api)
    api.fake.revoke("TRACKER_CREATE")
    api.fake.configure(token_ttl_s=5)
    api.fake.clear_faults()
    empty = FakeSynerise().digest()
    assert api.fake.digest() != empty
    await control(api, "POST", "reset")
    assert (api.fake.digest(), api.fake.requests(), dict(api.fake.counters)) == (empty, [], {})
    assert (await api.post(CLIENTS, [PROFILE])).status == 401
    assert api.fake.settings.token_ttl_s == 3600
    assert len(api.fake.world.faults.rules) == 1
    await api.login()
    assert (await api.post("/business-profile-service/tracker/get-or-create-by-domain", {})).status == 400


async def test_a_request_open_during_a_reset_does_no_harm(api: Api) -> None:
    api.fake.add_fault("never", count=1)
    waiting = asyncio.create_task(api.post(CLIENTS, [PROFILE]))
    await api.fake.wait(counters={"fault.never": 1})
    api.fake.reset()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await api.login()
    assert (api.fake.stats()["open"], api.fake.stats()["most_open"]) == (0, 1)


async def test_a_reset_forgets_what_waits_to_be_stored(connect: Connect) -> None:
    api = await connect(Settings(apply_delay_ms=10))
    await api.post(CLIENTS, [PROFILE])
    api.fake.reset()
    await api.login()
    await api.post(CLIENTS, [{"customId": "18"}])
    await api.fake.wait(items=1)
    assert list(api.fake.arrivals("profile")) == [("demo", "", "18")]


async def test_configuration_while_running(api: Api) -> None:
    document = await control(api, "POST", "config", {"clients_partial": "400", "max_items": {"clients": 1}})
    assert (document["clients_partial"], document["max_items"]["clients"]) == ("400", 1)
    assert document["max_items"]["items"] == 1000
    assert await control(api, "GET", "config") == document
    assert (await api.post(CLIENTS, [PROFILE, PROFILE])).status == 400
    rate = {"limit": 1, "window_s": 60, "scope": "path"}
    await control(api, "POST", "config", {"rate": rate, "latency_ms": {"/v4/": [0, 1]}})
    assert [(await api.post(CLIENTS, [])).status for _ in range(2)] == [202, 429]
    await control(api, "POST", "config", {"rate": None})
    assert (await api.post(CLIENTS, [])).status == 202


async def test_keys_faults_and_tokens_while_running(api: Api) -> None:
    key = api.fake.api_key
    await control(api, "POST", f"keys/{key}", {"revoke": "API_BATCH_CLIENT_CREATE"})
    assert (await api.post(CLIENTS, [])).status == 403
    await control(api, "POST", f"keys/{key}", {"grant": "API_BATCH_CLIENT_CREATE"})
    assert (await api.post(CLIENTS, [])).status == 202
    (rule,) = await control(api, "POST", "faults", {"action": "status", "count": 1})
    assert (await api.post(CLIENTS, [])).status == 503
    assert (rule["fired"], (await control(api, "GET", "faults"))[0]["fired"]) == (0, 1)
    await control(api, "DELETE", "faults")
    assert await control(api, "GET", "faults") == []
    assert await control(api, "POST", "tokens/expire") == {"expired": 1}
    assert (await api.post(CLIENTS, [])).document["error"] == "Token expired."
    changed = await control(api, "POST", f"keys/{key}", {"new_key": "other", "active": False})
    assert (changed["key"], changed["active"]) == ("other", False)
    assert (await api.login("other")).status == 401


async def test_catalogs_while_running(api: Api) -> None:
    bag = await control(api, "POST", "catalogs", {"name": "store-1"})
    await control(api, "POST", f"catalogs/{bag['id']}", {"workspace_id": 2})
    assert (await api.get(f"/catalogs/bags/{bag['id']}")).status == 403
    await control(api, "DELETE", f"catalogs/{bag['id']}")
    assert (await api.get(f"/catalogs/bags/{bag['id']}")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "document", "status"),
    [
        ("POST", "config", {"unheard_of": 1}, 400),
        ("POST", "config", {"latency_ms": "fast"}, 400),
        ("POST", "config", {"clients_partial": "500"}, 400),
        ("POST", "faults", {"action": "explode"}, 400),
        ("POST", "wait", {"unheard_of": 1}, 400),
        ("POST", "keys/unknown", {"active": False}, 404),
        ("POST", "keys/0b9f2a70-1111-4222-8333-444455556666", {"unheard_of": 1}, 404),
        ("GET", "catalogs/5/items", None, 404),
        ("GET", "requests?since=x", None, 400),
        ("GET", "unheard-of", None, 404),
        ("PUT", "stats", None, 404),
    ],
)
async def test_wrong_control_calls(api: Api, method: str, path: str, document: Any, status: int) -> None:
    async with api.session.request(method, f"{api.fake.url}/__fake/{path}", json=document) as response:
        assert (response.status, list(await response.json())) == (status, ["error"])


async def test_control_is_not_part_of_what_is_seen(api: Api) -> None:
    api.fake.add_fault("status")
    before = api.fake.stats()["requests"]
    assert await control(api, "GET", "health") == {"status": "ok"}
    assert api.fake.stats()["requests"] == before


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("", False),
        (None, False),
    ],
)
def test_control_is_for_loopback_peers(peer: str | None, *, allowed: bool) -> None:
    assert is_loopback(peer) is allowed


async def test_wait_for_requests_items_and_counters(api: Api) -> None:
    waiting = [
        asyncio.create_task(api.fake.wait(requests=2, path=CLIENTS)),
        asyncio.create_task(api.fake.wait(items=3)),
        asyncio.create_task(api.fake.wait(items=1, kind="transaction")),
        asyncio.create_task(api.fake.wait(counters={"unsalted": 1})),
        asyncio.create_task(api.fake.wait(until=lambda: len(api.fake.profiles()) == 2)),
    ]

    async def done() -> list[bool]:
        for _ in range(3):
            await asyncio.sleep(0)
        return [task.done() for task in waiting]

    assert await done() == [False] * 5
    await api.post(CLIENTS, [PROFILE])
    assert await done() == [False] * 5
    await api.post(CLIENTS, [{"customId": "18"}])
    assert await done() == [True, False, False, False, True]
    await api.post(TRANSACTIONS, [TRANSACTION])
    assert await done() == [True, True, True, False, True]
    await api.post(CUSTOM, {**EVENT, "eventSalt": ""})
    assert await done() == [True] * 5


async def test_wait_for_silence(api: Api) -> None:
    api.fake.configure(latency_ms=20)
    writing = asyncio.create_task(api.post(CLIENTS, [PROFILE]))
    await api.fake.wait(until=lambda: api.fake.stats()["open"] == 1)
    await api.fake.wait(idle_s=0.01)
    assert api.fake.stats()["finished"] == 2
    assert (await writing).status == 202
    await api.post(CLIENTS, [PROFILE])
    start = time.monotonic()
    await api.fake.wait(idle_s=0.1)
    assert time.monotonic() - start > 0.05


async def test_wait_gives_up_with_the_state(api: Api) -> None:
    with pytest.raises(TimeoutError, match=r"'finished': 1"):
        await api.fake.wait(requests=9, timeout_s=0.01)
    url = f"{api.fake.url}/__fake/wait"
    async with api.session.post(url, json={"requests": 9, "timeout_s": 0.01}) as response:
        assert response.status == 408
    async with api.session.post(url, json={"requests": 1, "timeout_s": 5}) as response:
        assert (response.status, (await response.json())["finished"]) == (200, 1)


async def write_everything(api: Api) -> list[tuple[Any, ...]]:
    for number in range(40):
        try:
            await api.post(CLIENTS, [{"customId": str(number)}])
        except aiohttp.ClientError:
            continue
    api.fake.clear_faults()
    await fill(api)
    return [
        (e.number, e.time, e.method, e.path, e.status, e.items, e.sha256, e.fault)
        for e in api.fake.requests()
    ]


async def test_same_seed_same_journal(connect: Connect) -> None:
    async def run(seed: int) -> tuple[str, list[tuple[Any, ...]], str]:
        faults = [
            {"action": "status", "probability": 0.2, "path": "clients"},
            {"action": "reset_after_apply", "probability": 0.2, "path": "clients"},
        ]
        api = await connect(Settings(seed=seed, now=Clock(), faults=faults, api_keys=[ApiKey()]))
        return api.token, await write_everything(api), api.fake.digest()

    first, again, other = await run(1), await run(1), await run(2)
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]
