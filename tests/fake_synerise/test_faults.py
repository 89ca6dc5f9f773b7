"""Every fault, seen from a bare socket or from a plain client."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from synqd_demo.fake_synerise import FakeSynerise, Settings, SettingsError
from synqd_demo.fake_synerise.faults import ACTIONS
from tests.fake_synerise.api import CLIENTS, ITEM, PROFILE, Api, Clock, RawConnection, request_bytes
from tests.fake_synerise.conftest import Connect


@pytest.fixture
async def raw(fake: FakeSynerise) -> AsyncIterator[RawConnection]:
    connection = await RawConnection.open(fake)
    yield connection
    await connection.close()


def profiles(fake: FakeSynerise) -> list[str]:
    return [profile["customId"] for profile in fake.profiles()]


@pytest.mark.parametrize(("action", "stored"), [("reset_before", []), ("reset_after_apply", ["17"])])
async def test_reset(api: Api, raw: RawConnection, action: str, stored: list[str]) -> None:
    api.fake.add_fault(action)
    raw.post(CLIENTS, api.token, [PROFILE])
    with pytest.raises(ConnectionResetError):
        await raw.read_all()
    assert profiles(api.fake) == stored
    (entry,) = api.fake.requests(path=CLIENTS)
    assert (entry.status, entry.fault) == (0, action)


async def test_reset_in_the_middle_of_a_request(api: Api, raw: RawConnection) -> None:
    api.fake.add_fault("reset_mid_request", after_bytes=100)
    request = request_bytes(CLIENTS, api.token, orjson.dumps([PROFILE] * 20))
    body_at = request.index(b"\r\n\r\n") + 4
    raw.send(request[: body_at + 99])
    await api.fake.wait(counters={"fault.reset_mid_request": 1})
    assert api.fake.world.journal.open == 1
    raw.send(request[body_at + 99 : body_at + 200])
    with pytest.raises(ConnectionResetError):
        await raw.read_all()
    assert profiles(api.fake) == []
    assert len(api.fake.requests(path=CLIENTS)[0].body or b"") >= 100


async def test_never(api: Api, raw: RawConnection) -> None:
    api.fake.add_fault("never")
    raw.post(CLIENTS, api.token, [PROFILE])
    await api.fake.wait(until=lambda: api.fake.world.journal.open == 1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await raw.read_all()
    await raw.close()
    await api.fake.wait(requests=1, path=CLIENTS)
    assert (api.fake.requests(path=CLIENTS)[0].status, profiles(api.fake)) == (0, [])


async def test_stopping_ends_requests_that_wait(api: Api, raw: RawConnection) -> None:
    api.fake.add_fault("never")
    raw.post(CLIENTS, api.token, [PROFILE])
    await api.fake.wait(until=lambda: api.fake.world.journal.open == 1)
    await api.fake.stop()
    assert await raw.read_all() == b""
    assert (api.fake.stats()["open"], api.fake.listening) == (0, False)


async def test_stopping_ends_idle_connections(api: Api, raw: RawConnection) -> None:
    raw.post(CLIENTS, api.token, [PROFILE])
    await raw.read_reply()
    async with asyncio.timeout(10):
        await api.fake.stop()
    assert await raw.read_all() == b""


async def test_stopping_cuts_off_a_peer_that_does_not_read(api: Api) -> None:
    raw = await RawConnection.open(api.fake, receive_buffer=4096)
    raw.post(CLIENTS, api.token, [PROFILE])
    await raw.read_reply()
    for transport in api.fake._http.transports():
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    api.fake.add_fault("status", body="huge")
    raw.post(CLIENTS, api.token, [PROFILE])
    await api.fake.wait(requests=2, path=CLIENTS)
    async with asyncio.timeout(10):
        await api.fake.stop()
    with pytest.raises(ConnectionResetError):
        await raw.read_all()
    await raw.close()


async def test_refuse_and_come_back(api: Api, raw: RawConnection) -> None:
    api.fake.add_fault("refuse", seconds=0.1, count=1)
    port = api.fake.port
    raw.post(CLIENTS, api.token, [PROFILE])
    with pytest.raises(ConnectionResetError):
        await raw.read_all()
    with pytest.raises(ConnectionRefusedError):
        await RawConnection.open(api.fake)
    await api.fake.wait(until=lambda: api.fake.listening)
    assert api.fake.port == port
    assert (await api.post(CLIENTS, [PROFILE])).status == 202


async def is_refused(fake: FakeSynerise) -> bool:
    try:
        await (await RawConnection.open(fake)).close()
    except ConnectionRefusedError:
        return True
    return False


async def test_go_away_and_come_back(api: Api, raw: RawConnection) -> None:
    raw.post(CLIENTS, api.token, [PROFILE])
    await raw.read_reply()
    api.fake.go_away()
    with pytest.raises(ConnectionResetError):
        await raw.read_all()
    assert await is_refused(api.fake)
    await api.fake.come_back()
    assert (await api.post(CLIENTS, [{"customId": "18"}])).status == 202
    assert profiles(api.fake) == ["17", "18"]


async def test_connection_ends_after_some_requests(api: Api, raw: RawConnection) -> None:
    api.fake.add_fault("close_idle", requests=2)
    raw.post(CLIENTS, api.token, [PROFILE])
    assert b"202" in await raw.read_reply()
    raw.post(CLIENTS, api.token, [PROFILE])
    rest = await raw.read_all()
    assert rest.startswith(b"HTTP/1.1 202")
    assert b"connection: close" not in rest.lower()


async def test_connection_ends_when_idle(api: Api, raw: RawConnection) -> None:
    api.fake.add_fault("close_idle", seconds=0.02)
    raw.post(CLIENTS, api.token, [PROFILE])
    assert (await raw.read_all()).startswith(b"HTTP/1.1 202")


async def test_connection_ends_on_reuse(api: Api, raw: RawConnection) -> None:
    api.fake.add_fault("close_idle", on_reuse=True)
    raw.post(CLIENTS, api.token, [PROFILE])
    assert b"202" in await raw.read_reply()
    raw.post(CLIENTS, api.token, [{"customId": "18"}])
    with contextlib.suppress(ConnectionResetError):
        assert await raw.read_all() == b""
    assert profiles(api.fake) == ["17"]


async def test_slow_headers(api: Api) -> None:
    api.fake.add_fault("slow_headers", seconds=60)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await api.post(CLIENTS, [PROFILE])
    assert profiles(api.fake) == ["17"]
    await api.fake.wait(requests=1, path=CLIENTS)
    assert api.fake.requests(path=CLIENTS)[0].status == 0


async def test_slow_body(api: Api, raw: RawConnection) -> None:
    api.fake.create_catalog("store-1")
    api.fake.add_fault("slow_body", seconds=0.01)
    start = time.monotonic()
    raw.post("/catalogs/bags/1000/items/batch", api.token, [ITEM])
    assert (await raw.read_reply()).endswith(b"\r\n\r\ntrue")
    assert time.monotonic() - start >= 0.04


async def test_slow_read(api: Api) -> None:
    api.fake.add_fault("slow_read", seconds=0.01, chunk=100)
    start = time.monotonic()
    items = [{"customId": str(number)} for number in range(100)]
    assert (await api.post(CLIENTS, items)).status == 202
    assert time.monotonic() - start >= 0.01 * len(orjson.dumps(items)) / 100
    assert len(profiles(api.fake)) == 100


async def test_short_content_length(api: Api, raw: RawConnection) -> None:
    api.fake.create_catalog("store-1")
    api.fake.add_fault("short_content_length", missing=10)
    raw.post("/catalogs/bags/1000/items/batch", api.token, [ITEM])
    answer = await raw.read_all()
    assert b"Content-Length: 14\r\n" in answer
    assert answer.endswith(b"\r\n\r\ntrue")


async def test_bad_chunk(api: Api) -> None:
    api.fake.add_fault("bad_chunk")
    with pytest.raises(aiohttp.ClientError):
        await api.post(CLIENTS, [PROFILE])
    assert profiles(api.fake) == ["17"]


@pytest.mark.parametrize("status", [302, 307])
async def test_redirect(api: Api, status: int) -> None:
    api.fake.add_fault("redirect", status=status, location="http://127.0.0.2:9/x")
    reply = await api.post(CLIENTS, [PROFILE])
    assert (reply.status, reply.headers["Location"]) == (status, "http://127.0.0.2:9/x")
    assert profiles(api.fake) == []


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 408, 409, 413, 415, 422, 425, 429, 500, 502, 503, 504]
)
async def test_status_before_and_after_apply(api: Api, status: int) -> None:
    api.fake.add_fault("status", status=status, count=1)
    reply = await api.post(CLIENTS, [PROFILE])
    assert (reply.status, reply.document["status"], profiles(api.fake)) == (status, status, [])
    api.fake.add_fault("status_after_apply", status=status, count=1)
    assert (await api.post(CLIENTS, [PROFILE])).status == status
    assert profiles(api.fake) == ["17"]
    assert (await api.post(CLIENTS, [PROFILE])).status == 202


async def test_bodies_of_statuses(api: Api) -> None:
    async def body(kind: str, path: str = CLIENTS) -> bytes:
        api.fake.add_fault("status", body=kind, count=1, retry_after="3")
        reply = await api.post(path, [])
        assert (reply.status, reply.headers["Retry-After"]) == (503, "3")
        return reply.body

    assert orjson.loads(await body("shape"))["path"] == CLIENTS
    assert orjson.loads(await body("shape", "/catalogs/bags")).keys() == {
        "status",
        "error",
        "message",
        "timestamp",
    }
    assert await body("empty") == b""
    assert (await body("html")).startswith(b"<html>")
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(await body("truncated"))
    assert len(await body("huge")) >= 5_000_000
    with pytest.raises(UnicodeDecodeError):
        (await body("bad_utf8")).decode()


async def test_flap(connect: Connect) -> None:
    clock = Clock()
    api = await connect(Settings(now=clock))
    api.fake.add_fault("flap", good_s=3, bad_s=2)
    statuses = []
    for _ in range(7):
        statuses.append((await api.post(CLIENTS, [PROFILE])).status)
        clock.now += 1
    assert statuses == [202, 202, 202, 503, 503, 202, 202]


async def test_stale_token_spares_the_login(api: Api) -> None:
    api.fake.add_fault("stale_token", count=2)
    for _ in range(2):
        assert (await api.post(CLIENTS, [PROFILE])).document["error"] == "Token expired."
        assert (await api.login()).status == 200
    assert (await api.post(CLIENTS, [PROFILE])).status == 202


@pytest.mark.parametrize("shape", ["errors", "indexed"])
async def test_partial(api: Api, shape: str) -> None:
    api.fake.add_fault("partial", items=2, shape=shape, count=1)
    items = [{"customId": str(number)} for number in range(4)]
    reply = await api.post(CLIENTS, items)
    assert [(error["field"].split(".")[-1], error["rejectedValue"]) for error in reply.document] == [
        ("customId", "0"),
        ("customId", "1"),
    ]
    assert (reply.status, profiles(api.fake)) == (207, ["2", "3"])
    assert (await api.post(CLIENTS, items)).status == 202


async def test_partial_of_catalog_items(api: Api) -> None:
    api.fake.create_catalog("store-1")
    api.fake.add_fault("partial", count=1)
    reply = await api.post("/catalogs/bags/1000/items/batch", [ITEM, {**ITEM, "itemKey": "2"}])
    assert (reply.status, reply.document[0]["rejectedValue"]) == (207, ITEM["itemKey"])
    assert list(api.fake.items("store-1")) == ["2"]


async def test_injected_conflict(api: Api) -> None:
    api.fake.add_fault("conflict", count=1)
    assert (await api.post(CLIENTS, [PROFILE, {"customId": "18"}])).status == 202
    assert (profiles(api.fake), api.fake.counters["conflicts"]) == (["18"], 1)


async def test_catalog_gone_once(api: Api) -> None:
    api.fake.create_catalog("store-1")
    api.fake.add_fault("catalog_gone", count=1)
    path = "/catalogs/bags/1000/items/batch"
    assert (await api.get("/catalogs/bags")).status == 200
    assert [(await api.post(path, [ITEM])).status for _ in range(2)] == [404, 200]


def test_every_action_is_tested_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [action for action in ACTIONS if f'"{action}"' not in text] == []


# Which requests a rule takes


async def hits(api: Api, count: int = 6, path: str = CLIENTS) -> list[int]:
    return [number for number in range(1, count + 1) if (await api.post(path, [])).status == 503]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"nth": 3}, [3]),
        ({"every": 2}, [2, 4, 6]),
        ({"every": 2, "count": 2}, [2, 4]),
        ({"count": 1}, [1]),
        ({"method": "GET"}, []),
        ({"path": "^/v4/transactions"}, []),
        ({"path": "clients/batch$", "nth": 1}, [1]),
    ],
    ids=str,
)
async def test_conditions(api: Api, entries: dict[str, Any], expected: list[int]) -> None:
    rule = api.fake.add_fault("status", **entries)
    assert await hits(api) == expected
    assert rule.fired == len(expected)


async def test_time_span(connect: Connect) -> None:
    clock = Clock()
    api = await connect(Settings(now=clock))
    api.fake.add_fault("status", after_s=1, until_s=2)
    statuses = []
    for _ in range(3):
        statuses.append((await api.post(CLIENTS, [])).status)
        clock.now += 1
    assert statuses == [202, 503, 202]


async def test_first_rule_wins_and_connection_faults_come_before(api: Api) -> None:
    api.fake.add_fault("status", status=500, count=1)
    api.fake.add_fault("status", status=502)
    assert [(await api.post(CLIENTS, [])).status for _ in range(2)] == [500, 502]
    api.fake.add_fault("redirect")
    assert (await api.post(CLIENTS, [])).status == 307
    api.fake.clear_faults()
    assert (await api.post(CLIENTS, [])).status == 202


async def test_chance_is_reproducible(connect: Connect) -> None:
    async def run(seed: int) -> list[int]:
        api = await connect(Settings(seed=seed))
        api.fake.add_fault("status", probability=0.5)
        return await hits(api, 40)

    first, again, other = await run(1), await run(1), await run(2)
    assert first == again != other
    assert 0 < len(first) < 40


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "explode"},
        {},
        {"action": "status", "sttaus": 500},
        {"action": "status", "status": "500"},
        {"action": "status", "body": "poem"},
        {"action": "status", "path": "("},
        {"action": "status", "nth": "first"},
        {"action": "status", "count": True},
        {"action": "refuse", "drop_open": 1},
    ],
    ids=str,
)
def test_wrong_rules_are_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="fault"):
        FakeSynerise(Settings(faults=[rule]))
