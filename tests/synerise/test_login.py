from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from synqd.models.errors import Denied, SyneriseUnavailable
from synqd.models.wire import Endpoint
from synqd.synerise import Delivered, Delivery, ObstacleKind, Postponed, Workspace
from synqd.synerise.flight import SingleFlight
from synqd_demo.fake_synerise import DEMO_KEY, FakeSynerise
from synqd_demo.fake_synerise.settings import Settings
from tests.support.clocks import HandClock
from tests.synerise.helpers import Recorder, answering, clients, opened, raw_server, some

LOGIN = "/login/profile"


def logins(fake: FakeSynerise) -> int:
    return len(fake.requests(path=LOGIN))


async def deliver_together(workspace: Workspace, times: int) -> set[Any]:
    delivery = Delivery(workspace)
    reports = await asyncio.gather(*(delivery.deliver(clients(2)) for _ in range(times)))
    return {outcome for report in reports for outcome in report.outcomes}


async def test_nothing_is_sent_before_the_first_call(fake: FakeSynerise, workspace: Workspace) -> None:
    assert workspace.throttled_for == 0.0
    assert fake.requests() == []


@pytest.mark.parametrize("path", ["/uauth/v2/auth/login/profile", "/v4/auth/login/profile"])
async def test_both_logins_work(fake: FakeSynerise, path: str) -> None:
    async with opened(fake.url, login_path=path) as workspace:
        assert await deliver_together(workspace, 1) == {Delivered(202)}
    assert len(fake.requests(path=path)) == 1


async def test_twenty_parallel_requests_share_one_login(
    fake: FakeSynerise, workspace: Workspace, recorder: Recorder
) -> None:
    assert await deliver_together(workspace, 20) == {Delivered(202)}
    assert logins(fake) == 1
    fake.expire_tokens()
    assert await deliver_together(workspace, 20) == {Delivered(202)}
    assert logins(fake) == 2
    assert recorder.renewals == 2
    assert fake.stats()["most_parallel_logins"] == 1


@pytest.mark.parametrize("form", ["jws", "jwe", "opaque"])
async def test_short_lived_tokens_of_every_format(fake: FakeSynerise, form: str) -> None:
    fake.configure(token_format=form, token_ttl_s=1.0)
    async with opened(fake.url) as workspace:
        for _ in range(3):
            assert await deliver_together(workspace, 5) == {Delivered(202)}
            fake.expire_tokens()
    assert logins(fake) == 3
    assert fake.stats()["most_parallel_logins"] == 1


@pytest.mark.parametrize(("form", "ttl", "renewals"), [("jws", 100.0, 3), ("opaque", 60.0, 8)])
async def test_a_token_is_renewed_before_it_is_refused(form: str, ttl: float, renewals: int) -> None:
    """The one says itself when it ends, of the other nobody can tell."""
    clock = HandClock()
    async with (
        FakeSynerise(Settings(now=clock.now, token_format=form, token_ttl_s=ttl)) as fake,
        opened(fake.url, clock=clock, token_max_age=30.0) as workspace,
    ):
        for _ in range(30):
            assert await deliver_together(workspace, 1) == {Delivered(202)}
            clock.pass_(9.0)
        assert logins(fake) == renewals
        assert [entry for entry in fake.requests() if entry.status == 401] == []


async def test_fresh_tokens_that_are_refused_do_not_cause_logins_without_end(
    fake: FakeSynerise, workspace: Workspace
) -> None:
    fake.add_fault("stale_token", path="/v4/clients/batch")
    (outcome,) = await deliver_together(workspace, 1)
    assert isinstance(outcome, Postponed)
    assert outcome.kind is ObstacleKind.DENIED
    assert logins(fake) == 2
    assert len(fake.requests(path="/v4/clients/batch")) == 2


async def test_a_refused_key_denies_everything_with_a_remedy(fake: FakeSynerise) -> None:
    async with opened(fake.url, key="nobody") as workspace:
        outcomes = await deliver_together(workspace, 8)
        with pytest.raises(Denied, match="api_key_file"):
            await workspace.check([Endpoint.CLIENTS])
    assert {one.kind for one in outcomes} == {ObstacleKind.DENIED}
    assert all("api_key_file" in one.detail for one in outcomes)
    assert logins(fake) == 2


async def test_a_key_that_is_switched_off_and_on_again(fake: FakeSynerise, workspace: Workspace) -> None:
    assert await deliver_together(workspace, 1) == {Delivered(202)}
    fake.deactivate(DEMO_KEY)
    (outcome,) = await deliver_together(workspace, 1)
    assert outcome.kind is ObstacleKind.DENIED
    fake.activate(DEMO_KEY)
    assert await deliver_together(workspace, 1) == {Delivered(202)}


@pytest.mark.parametrize("status", [500, 503, 408, 429])
async def test_a_login_that_cannot_serve_now_is_an_outage(
    fake: FakeSynerise, workspace: Workspace, status: int
) -> None:
    fake.add_fault("status", status=status, path=LOGIN)
    (outcome,) = await deliver_together(workspace, 1)
    assert outcome.kind in (ObstacleKind.UNAVAILABLE, ObstacleKind.THROTTLED)
    fake.clear_faults()
    if status != 429:
        assert await deliver_together(workspace, 1) == {Delivered(202)}


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (400, "the API key was refused"),
        (401, "the API key was refused"),
        (403, "the API key was refused"),
        (404, "there is no login at"),
        (405, "there is no login at"),
    ],
)
async def test_a_login_that_is_refused_says_what_to_do(
    fake: FakeSynerise, workspace: Workspace, status: int, remedy: str
) -> None:
    fake.add_fault("status", status=status, path=LOGIN)
    with pytest.raises(Denied, match=remedy):
        await workspace.check([Endpoint.CLIENTS])


@pytest.mark.parametrize("status", [402, 406, 418, 499])
async def test_a_login_that_is_answered_like_nothing_else_is_waited_out(
    fake: FakeSynerise, workspace: Workspace, status: int
) -> None:
    fake.add_fault("status", status=status, path=LOGIN)
    with pytest.raises(SyneriseUnavailable, match=f"HTTP {status}"):
        await workspace.check([Endpoint.CLIENTS])


async def test_a_wrong_login_path_is_named(fake: FakeSynerise) -> None:
    async with opened(fake.url, login_path="/uauth/v9/login") as workspace:
        with pytest.raises(Denied, match=r"/uauth/v9/login.*login_path"):
            await workspace.check([Endpoint.CLIENTS])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"token":7}',
        b'{"token":""}',
        b'{"token":"%b"}' % (b"a" * 20_000),
        b'{"token":"a b"}',
        b'{"token":"a\\tb"}',
        b'{"token":"\\u0105"}',
        b'{"token":"a\\r\\nX: y"}',
        b"<html>",
        b"\xff",
    ],
)
async def test_a_login_without_a_usable_token(body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with raw_server(answering(head + body)) as url, opened(url) as workspace:
        with pytest.raises(SyneriseUnavailable, match="base_url"):
            await workspace.check([Endpoint.CLIENTS])


async def test_basic_needs_no_login(fake: FakeSynerise) -> None:
    fake.configure(api_keys=[{"basic_enabled": True}])
    async with opened(fake.url, auth="basic") as workspace:
        assert await deliver_together(workspace, 4) == {Delivered(202)}
        assert (await Delivery(workspace).deliver(some(Endpoint.CATALOG, 2))).passed
    assert logins(fake) == 0


async def test_basic_that_is_not_switched_on_is_denied_at_once(fake: FakeSynerise) -> None:
    async with opened(fake.url, auth="basic") as workspace:
        (outcome,) = await deliver_together(workspace, 1)
        with pytest.raises(Denied):
            await workspace.check([Endpoint.CLIENTS])
    assert outcome.kind is ObstacleKind.DENIED
    assert len(fake.requests(path="/v4/clients/batch")) == 1


async def test_a_cancelled_caller_leaves_the_login_to_the_others(
    fake: FakeSynerise, workspace: Workspace
) -> None:
    fake.add_fault("slow_headers", seconds=0.2, path=LOGIN)
    first = asyncio.create_task(deliver_together(workspace, 1))
    await asyncio.sleep(0)
    second = asyncio.create_task(deliver_together(workspace, 1))
    await fake.wait(until=lambda: fake.world.journal.open > 0)
    first.cancel()
    assert await second == {Delivered(202)}
    assert logins(fake) == 1


async def test_an_error_that_nobody_is_left_to_hear_is_not_complained_of() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    flight, go_on = SingleFlight[None](), asyncio.Event()

    async def work() -> None:
        await go_on.wait()
        raise SyneriseUnavailable("an outage")

    caller = asyncio.create_task(flight.run(work))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    go_on.set()
    await asyncio.sleep(0)
    del caller, flight
    gc.collect()
    assert complaints == []


async def test_closing_ends_a_login_that_is_under_way(fake: FakeSynerise) -> None:
    fake.add_fault("never", path=LOGIN)
    async with opened(fake.url) as workspace:
        task = asyncio.create_task(workspace.check([Endpoint.CLIENTS]))
        await fake.wait(until=lambda: fake.world.journal.open > 0)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_key_check_names_what_is_missing(fake: FakeSynerise, workspace: Workspace) -> None:
    check = await workspace.check(list(Endpoint))
    assert (check.workspace, check.missing) == ("demo", {})
    assert check.unchecked == (Endpoint.CLIENT_DELETE,)
    fake.revoke("API_BATCH_CLIENT_CREATE")
    fake.revoke("CATALOGS_ITEM_BATCH_CATALOG_CREATE")
    check = await workspace.check([Endpoint.CLIENTS, Endpoint.CATALOG])
    assert check.missing == {
        Endpoint.CLIENTS: ("API_BATCH_CLIENT_CREATE",),
        Endpoint.CATALOG: ("CATALOGS_ITEM_BATCH_CATALOG_CREATE",),
    }


@pytest.mark.parametrize("body", ["html", "empty", "truncated"])
async def test_a_key_check_without_a_usable_answer(
    fake: FakeSynerise, workspace: Workspace, body: str
) -> None:
    fake.add_fault("status", status=400, body=body, path="/permission-check")
    with pytest.raises(SyneriseUnavailable, match="makes no sense"):
        await workspace.check([Endpoint.CLIENTS])
