from __future__ import annotations

import asyncio
from typing import Any

import pytest

from synqd.config import Secret
from synqd.models.errors import SyneriseUnavailable
from synqd.pacing.limiter import LimiterState
from synqd.runtime.clock import SystemClock
from synqd.synerise import Delivered, Delivery, ObstacleKind, Postponed, Workspace, open_workspace
from synqd.synerise.pacer import Pacer
from synqd_demo.fake_synerise import DEMO_KEY, FakeSynerise
from tests.synerise.helpers import answered, clients, opened, settings


class Hurried(SystemClock):
    """A clock that notes rests instead of taking them, and can be set forward."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.rests: list[float] = []

    def now(self) -> float:
        return super().now() + self.ahead

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.ahead += seconds


def throttled(report: Any) -> Postponed:
    assert report.obstacle is not None
    assert report.obstacle.kind is ObstacleKind.THROTTLED
    return report.obstacle  # type: ignore[no-any-return]  # a report of the delivery


@pytest.mark.parametrize("body", ["shape", "empty", "html"])
@pytest.mark.parametrize(
    ("form", "least", "most"),
    [
        ("seconds", 0.5, 1.0),
        ("float", 0.05, 1.0),
        ("http_date", 0.0, 3.0),
        ("huge", 899.0, 900.0),
        ("none", 0.9, 2.0),
        ("garbage", 0.9, 2.0),
    ],
)
async def test_429_pauses_for_as_long_as_it_says(
    fake: FakeSynerise, workspace: Workspace, form: str, least: float, most: float, body: str
) -> None:
    delivery = Delivery(workspace)
    await delivery.deliver(clients(1))
    fake.configure(rate={"limit": 1, "window_s": 0.9, "retry_after": form, "body": body})
    await delivery.deliver(clients(1))
    obstacle = throttled(await delivery.deliver(clients(5)))
    assert obstacle.retry_after is not None
    assert least <= obstacle.retry_after <= most
    seen = len(fake.requests())
    again = throttled(await delivery.deliver(clients(5)))
    assert again.retry_after == pytest.approx(workspace.throttled_for, abs=0.5)
    assert len(fake.requests()) == seen
    assert fake.counters["early_retries"] == 0


async def test_after_the_pause_it_goes_on(fake: FakeSynerise) -> None:
    clock = Hurried()
    async with open_workspace("main", settings(fake.url), Secret(DEMO_KEY), clock=clock) as workspace:
        delivery = Delivery(workspace)
        fake.add_fault("status", status=429, path="/v4/clients/batch", count=1, retry_after=60)
        assert throttled(await delivery.deliver(clients(3))).retry_after == pytest.approx(60, abs=1)
        clock.ahead += 61
        assert (await delivery.deliver(clients(3))).outcomes == (Delivered(202),) * 3
        assert workspace.throttled_for == 0.0


async def test_a_pause_outlives_a_restart(fake: FakeSynerise, workspace: Workspace) -> None:
    fake.add_fault("status", status=429, path="/v4/clients/batch", retry_after=60)
    await Delivery(workspace).deliver(clients(1))
    seen = len(fake.requests())
    async with open_workspace(
        "main", settings(fake.url), Secret(DEMO_KEY), limiter=workspace.limiter
    ) as restarted:
        assert restarted.throttled_for > 50
        throttled(await Delivery(restarted).deliver(clients(1)))
    assert len(fake.requests()) == seen


async def test_a_pause_while_halving_stops_the_halving(fake: FakeSynerise, workspace: Workspace) -> None:
    fake.configure(clients_partial="400")
    fake.add_fault("status", status=429, path="/v4/clients/batch", nth=3, retry_after=60)
    report = await Delivery(workspace).deliver(clients(16, bad=(15,)))
    assert report.outcomes[:8] == (Delivered(202),) * 8
    assert {getattr(one, "kind", None) for one in report.outcomes[8:]} == {ObstacleKind.THROTTLED}
    assert report.requests == 3


async def test_no_more_requests_a_second_than_the_ceiling(fake: FakeSynerise) -> None:
    clock = Hurried()
    limited = settings(fake.url, requests_per_second=5.0)
    async with open_workspace("main", limited, Secret(DEMO_KEY), clock=clock) as workspace:
        delivery = Delivery(workspace)
        for _ in range(14):
            assert (await delivery.deliver(clients(1))).passed
    # 15 requests with the login, 5 of them at once: the others wait for their turn.
    assert len(clock.rests) >= 9
    assert sum(clock.rests) <= 2.0
    assert max(clock.rests) <= 0.2


async def test_without_a_ceiling_nothing_rests(fake: FakeSynerise) -> None:
    clock = Hurried()
    async with open_workspace("main", settings(fake.url), Secret(DEMO_KEY), clock=clock) as workspace:
        delivery = Delivery(workspace)
        await asyncio.gather(*(delivery.deliver(clients(1)) for _ in range(20)))
    assert clock.rests == []


async def test_a_good_client_never_comes_early(fake: FakeSynerise) -> None:
    fake.configure(rate={"bucket": 3, "refill_per_s": 20, "retry_after": "float"})
    async with opened(fake.url) as workspace:
        delivery = Delivery(workspace)
        delivered = 0
        while delivered < 12:
            report = await delivery.deliver(clients(1))
            delivered += report.passed
            await asyncio.sleep(workspace.throttled_for)
    assert fake.counters["rate_limited"] > 0
    assert fake.counters["early_retries"] == 0


async def test_who_waits_for_a_turn_is_not_sent_into_a_pause_that_began_meanwhile() -> None:
    clock = Hurried()
    pacer = Pacer(clock, 1.0, LimiterState())
    await pacer.turn()

    async def asked_to_wait(seconds: float) -> None:
        pacer.hear(answered(429, retry_after="60"))

    clock.sleep = asked_to_wait  # type: ignore[method-assign]
    with pytest.raises(SyneriseUnavailable, match="asked to wait"):
        await pacer.turn()
