"""The request limit, and the counting of clients that do not wait as long as they were told."""

import asyncio
import email.utils
from dataclasses import replace
from typing import Any

import pytest

from synqd_demo.fake_synerise import ApiKey, RateSettings, Settings
from tests.fake_synerise.api import CLIENTS, TRANSACTION, TRANSACTIONS, Api, Clock, Reply
from tests.fake_synerise.conftest import Connect

NOW = 1_714_558_272.4


async def limited(connect: Connect, clock: Clock, rate: RateSettings, **settings: Any) -> Api:
    api = await connect(Settings(now=clock, token_ttl_s=1_000_000, **settings))
    api.fake.world.settings = replace(api.fake.settings, rate=rate)
    return api


async def push(api: Api, times: int = 1, path: str = CLIENTS) -> list[int]:
    return [(await api.post(path, [])).status for _ in range(times)]


async def refused(connect: Connect, **rate: Any) -> Reply:
    api = await limited(connect, Clock(NOW), RateSettings(limit=1, window_s=2, **rate))
    await push(api)
    return await api.post(CLIENTS, [])


async def test_fixed_window(connect: Connect) -> None:
    clock = Clock()
    api = await limited(connect, clock, RateSettings(limit=2, window_s=3))
    assert await push(api, 3) == [202, 202, 429]
    clock.now += 3
    assert await push(api, 3) == [202, 202, 429]
    assert api.fake.counters["rate_limited"] == 2


async def test_token_bucket(connect: Connect) -> None:
    clock = Clock()
    api = await limited(connect, clock, RateSettings(bucket=2, refill_per_s=0.5))
    assert await push(api, 3) == [202, 202, 429]
    clock.now += 2
    assert await push(api, 2) == [202, 429]


async def test_scope_by_key_path_and_host(connect: Connect) -> None:
    keys = [ApiKey(), ApiKey(key="second")]

    async def statuses(scope: str) -> list[int]:
        api = await limited(connect, Clock(), RateSettings(limit=2, window_s=9, scope=scope), api_keys=keys)
        first_key = await push(api, 2)
        other_path = await push(api, 1, TRANSACTIONS)
        login = (await api.login("second")).status
        return [*first_key, *other_path, login, *await push(api)]

    assert await statuses("key") == [202, 202, 429, 200, 202]
    assert await statuses("path") == [202, 202, 202, 200, 429]
    assert await statuses("host") == [202, 202, 429, 429, 429]


async def test_cost_per_item(connect: Connect) -> None:
    api = await limited(connect, Clock(), RateSettings(limit=5, window_s=9, cost="item"))
    items = [TRANSACTION] * 3
    assert (await api.post(TRANSACTIONS, items)).status == 202
    assert (await api.post(TRANSACTIONS, items)).status == 429
    assert (await api.post(TRANSACTIONS, items[:2])).status == 202


async def test_a_batch_above_the_limit_takes_all_of_it(connect: Connect) -> None:
    for rate in (RateSettings(limit=2, window_s=9, cost="item"), RateSettings(bucket=2, cost="item")):
        api = await limited(connect, Clock(), rate)
        assert (await api.post(TRANSACTIONS, [TRANSACTION] * 3)).status == 202
        assert (await api.post(TRANSACTIONS, [TRANSACTION])).status == 429


async def test_another_limit_begins_afresh(api: Api) -> None:
    api.fake.configure(rate={"limit": 1, "window_s": 60})
    assert await push(api, 2) == [202, 429]
    api.fake.configure(rate={"bucket": 1, "refill_per_s": 0.001})
    assert await push(api, 2) == [202, 429]
    assert api.fake.counters["early_retries"] == 0


@pytest.mark.parametrize(
    ("form", "header"),
    [
        ("seconds", "2"),
        ("float", "2.0"),
        ("http_date", email.utils.formatdate(NOW + 2.6, usegmt=True)),
        ("none", None),
        ("garbage", "soon, maybe"),
        ("huge", "86400"),
    ],
)
async def test_forms_of_retry_after(connect: Connect, form: str, header: str | None) -> None:
    reply = await refused(connect, retry_after=form)
    assert (reply.status, reply.headers.get("Retry-After")) == (429, header)


async def test_bodies(connect: Connect) -> None:
    assert (await refused(connect, body="shape")).document["status"] == 429
    assert (await refused(connect, body="empty")).body == b""
    html = await refused(connect, body="html")
    assert (html.headers["Content-Type"], html.body[:6]) == ("text/html; charset=utf-8", b"<html>")


async def test_early_requests_are_counted(connect: Connect) -> None:
    clock = Clock()
    api = await limited(connect, clock, RateSettings(limit=1, window_s=10))
    assert await push(api, 2) == [202, 429]
    await push(api)
    assert api.fake.counters["early_retries"] == 0, "already on its way when the 429 was given"
    clock.now += 9.9
    await push(api)
    assert api.fake.counters["early_retries"] == 1
    clock.now += 1
    assert await push(api) == [202]
    assert api.fake.counters["early_retries"] == 1


async def test_unreadable_waits_bind_nobody(connect: Connect) -> None:
    clock = Clock()
    api = await limited(connect, clock, RateSettings(limit=1, window_s=10, retry_after="garbage"))
    await push(api, 2)
    clock.now += 1
    await push(api)
    assert api.fake.counters["early_retries"] == 0


async def test_penalty_lengthens_the_wait(connect: Connect) -> None:
    clock = Clock()
    api = await limited(connect, clock, RateSettings(limit=1, window_s=10, penalty_s=5))
    assert await push(api, 2) == [202, 429]
    clock.now += 9
    reply = await api.post(CLIENTS, [])
    assert (reply.status, reply.headers["Retry-After"]) == (429, "6")
    clock.now += 6
    assert await push(api) == [202]


async def test_waits_of_injected_statuses_count_too(connect: Connect) -> None:
    clock = Clock()
    api = await limited(connect, clock, RateSettings())
    api.fake.add_fault("status", status=429, retry_after=10, count=1)
    assert await push(api) == [429]
    clock.now += 1
    assert await push(api) == [202]
    assert api.fake.counters["early_retries"] == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_concurrency(connect: Connect, status: int) -> None:
    api = await limited(
        connect, Clock(), RateSettings(max_concurrent=2, concurrent_status=status), latency_ms=30
    )
    replies = await asyncio.gather(*(api.post(CLIENTS, []) for _ in range(3)))
    assert sorted(reply.status for reply in replies) == [202, 202, status]
    assert (api.fake.counters["too_concurrent"], api.fake.stats()["most_open"]) == (1, 3)
