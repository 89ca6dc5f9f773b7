"""An item that the server cannot digest is told apart from an outage (S14)."""

from __future__ import annotations

import asyncio
import math

import orjson
import pytest

from synqd.models.wire import Endpoint, WireItem
from synqd.synerise import Delivered, Delivery, DeliveryReport, ObstacleKind, Postponed
from synqd.synerise.isolation import Isolation
from tests.synerise.helpers import OK, Script, opened, raw_server, read_request, some, transactions

LOGIN = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"token":"abc"}'


def choking(on: set[str], answer: bytes) -> Script:
    """Gives that answer to every request that holds one of these orders."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            body = request.partition(b"\r\n\r\n")[2]
            if b"/login/" in request:
                writer.write(LOGIN)
            else:
                orders = {item["orderId"] for item in orjson.loads(body)}
                writer.write(answer if orders & on or "all" in on else OK)

    return script


def status(code: int, headers: str = "") -> bytes:
    return f"HTTP/1.1 {code} Hm\r\n{headers}Content-Length: 0\r\n\r\n".encode()


def orders(*numbers: int) -> set[str]:
    return {f"{n:09d}" for n in numbers}


async def deliver(
    on: set[str], items: list[WireItem], *, answer: bytes = status(500), isolate: bool = True
) -> DeliveryReport:
    async with raw_server(choking(on, answer)) as url, opened(url) as workspace:
        return await Delivery(workspace).deliver(items, isolate=isolate)


def suspects(report: DeliveryReport) -> list[int]:
    return [
        n
        for n, one in enumerate(report.outcomes)
        if isinstance(one, Postponed) and one.kind is ObstacleKind.SUSPECT
    ]


@pytest.mark.parametrize("position", [0, 37, 99])
@pytest.mark.parametrize("code", [500, 502, 503, 403, 409])
async def test_one_indigestible_item_among_a_hundred(position: int, code: int) -> None:
    report = await deliver(orders(position), transactions(100), answer=status(code))
    assert suspects(report) == [position]
    assert sum(isinstance(one, Delivered) for one in report.outcomes) == 99
    # A 403 costs one login and one repetition, for the token may be older than a grant.
    assert report.requests <= 1 + 2 * math.ceil(math.log2(100)) + (1 if code == 403 else 0)
    assert report.obstacle is None


async def test_several_of_them() -> None:
    report = await deliver(orders(0, 1, 30, 63), transactions(64))
    assert suspects(report) == [0, 1, 30, 63]
    assert report.obstacle is None


async def test_without_being_asked_nothing_is_halved() -> None:
    report = await deliver(orders(5), transactions(100), isolate=False)
    assert report.requests == 1
    assert {one.kind for one in report.outcomes if isinstance(one, Postponed)} == {ObstacleKind.UNAVAILABLE}


@pytest.mark.parametrize("count", [1, 2, 3, 100, 1000])
async def test_an_outage_blames_nobody_and_costs_little(count: int) -> None:
    report = await deliver({"all"}, transactions(count))
    assert {one.kind for one in report.outcomes if isinstance(one, Postponed)} == {ObstacleKind.UNAVAILABLE}
    assert len(report.outcomes) == count
    assert report.requests <= 2 * math.ceil(math.log2(count)) + 3


async def test_who_asks_for_patience_is_not_asked_again_at_once() -> None:
    report = await deliver({"all"}, transactions(8), answer=status(503, "Retry-After: 30\r\n"))
    assert report.requests == 1
    assert report.obstacle is not None
    assert report.obstacle.retry_after == 30.0


async def test_a_single_item_is_a_suspect_only_where_others_pass() -> None:
    bad, good = transactions(2)
    async with raw_server(choking({bad.key}, status(500))) as url, opened(url) as workspace:
        delivery = Delivery(workspace)
        first = await delivery.deliver([bad], isolate=True)
        assert isinstance(first.outcomes[0], Postponed)
        assert first.outcomes[0].kind is ObstacleKind.UNAVAILABLE
        await delivery.deliver([good])
        assert suspects(await delivery.deliver([bad], isolate=True)) == [0]
        # That other endpoints work says nothing about this one.
        again = await delivery.deliver([bad], isolate=True)
        assert suspects(again) == []


async def test_an_outage_that_begins_while_halving_blames_only_who_failed_before() -> None:
    isolation = Isolation(8, healthy=False)
    verdict = Postponed(ObstacleKind.UNAVAILABLE, "HTTP 500", status=500)
    assert isolation.goes_on(verdict)
    isolation.failed_alone(0, verdict)
    isolation.passed()
    outcomes = [isolation.goes_on(verdict) for _ in range(9)]
    assert outcomes == [True] * 8 + [False]
    isolation.failed_alone(5, verdict)
    isolation.end()
    assert list(isolation.suspects) == [0]
    assert list(isolation.unexplained) == [5]


@pytest.mark.parametrize(("count", "most"), [(1, 2), (2, 4), (3, 6), (8, 8), (9, 10)])
async def test_so_many_failures_in_a_row_are_an_outage(count: int, most: int) -> None:
    isolation = Isolation(count, healthy=True)
    verdict = Postponed(ObstacleKind.UNAVAILABLE, "HTTP 500", status=500)
    assert [isolation.goes_on(verdict) for _ in range(most + 1)] == [True] * most + [False]


@pytest.mark.parametrize("kind", [ObstacleKind.THROTTLED, ObstacleKind.DENIED])
async def test_obstacles_that_no_item_can_cause_are_not_looked_into(kind: ObstacleKind) -> None:
    isolation = Isolation(8, healthy=True)
    assert not isolation.goes_on(Postponed(kind, "no", status=429))
    assert not isolation.goes_on(Postponed(ObstacleKind.UNAVAILABLE, "no answer in time"))
    assert not isolation.goes_on(Postponed(ObstacleKind.UNAVAILABLE, "HTTP 499", status=499))


async def test_the_endpoints_are_judged_apart() -> None:
    bad = transactions(1)[0]
    async with raw_server(_choking_on_transactions()) as url, opened(url) as workspace:
        delivery = Delivery(workspace)
        assert (await delivery.deliver(some(Endpoint.CLIENTS, 1))).passed
        assert suspects(await delivery.deliver([bad], isolate=True)) == []


def _choking_on_transactions() -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            if b"/login/" in request:
                writer.write(LOGIN)
            else:
                writer.write(status(500) if b"/transactions/" in request else OK)

    return script
