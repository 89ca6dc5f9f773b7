"""The rows of the decision table once more, over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from synqd.models.wire import Endpoint
from synqd.synerise import Delivered, Delivery, DeliveryReport, ObstacleKind, Postponed, Refused
from synqd_demo.fake_synerise import FakeSynerise
from tests.synerise.helpers import (
    BATCHES,
    Recorder,
    client,
    clients,
    deletion,
    opened,
    product,
    products,
    raw_server,
    read_request,
    some,
    transactions,
)


def held(report: DeliveryReport) -> Postponed:
    """The one obstacle that all items have met."""
    assert len(set(report.outcomes)) == 1
    assert report.obstacle is not None
    return report.obstacle


@pytest.mark.parametrize("endpoint", list(BATCHES))
async def test_items_of_all_endpoints_arrive_in_one_request(
    fake: FakeSynerise, delivery: Delivery, endpoint: Endpoint
) -> None:
    report = await delivery.deliver(some(endpoint, 7))
    status = 200 if endpoint is Endpoint.CATALOG else 202
    assert report.outcomes == (Delivered(status),) * 7
    assert (report.requests, report.passed, report.obstacle) == (1, True, None)
    (request,) = fake.requests(path=BATCHES[endpoint])
    assert (request.items, len(request.body or b"")) == (7, report.sent_bytes)
    assert request.headers["api-version"] == "4.4"
    assert request.headers["user-agent"].startswith("synqd/")


@pytest.mark.parametrize("endpoint", list(BATCHES))
@pytest.mark.parametrize("body", ["shape", "empty", "html", "truncated", "huge", "bad_utf8"])
async def test_an_outage_postpones_after_one_request_whatever_its_body(
    fake: FakeSynerise, delivery: Delivery, endpoint: Endpoint, body: str
) -> None:
    fake.add_fault("status", status=503, body=body, path=BATCHES[endpoint])
    report = await delivery.deliver(some(endpoint, 7))
    obstacle = held(report)
    assert (obstacle.kind, obstacle.status, report.requests) == (ObstacleKind.UNAVAILABLE, 503, 1)
    assert len(obstacle.answer or "") <= 2000


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (408, ObstacleKind.UNAVAILABLE),
        (425, ObstacleKind.UNAVAILABLE),
        (429, ObstacleKind.THROTTLED),
        (500, ObstacleKind.UNAVAILABLE),
        (502, ObstacleKind.UNAVAILABLE),
        (504, ObstacleKind.UNAVAILABLE),
        (404, ObstacleKind.MISUSED),
        (405, ObstacleKind.MISUSED),
        (409, ObstacleKind.MISUSED),
        (415, ObstacleKind.MISUSED),
        (401, ObstacleKind.DENIED),
        (403, ObstacleKind.FORBIDDEN),
    ],
)
async def test_obstacles_postpone_all_items(
    fake: FakeSynerise, delivery: Delivery, status: int, kind: ObstacleKind
) -> None:
    fake.add_fault("status", status=status, path="/v4/clients/batch")
    report = await delivery.deliver(clients(5))
    assert held(report).kind is kind
    assert not report.passed
    assert report.requests == (2 if status in (401, 403) else 1)
    assert report.doubtful == (set(range(5)) if status in (408, 425, 500, 502, 504) else set())


@pytest.mark.parametrize(
    ("action", "meaning"),
    [
        ("reset_before", "broke"),
        ("reset_mid_request", "broke"),
        ("reset_after_apply", "broke"),
        ("short_content_length", "broke off"),
        ("bad_chunk", "no HTTP"),
    ],
)
async def test_a_broken_connection_postpones_and_what_arrived_may_arrive_again(
    fake: FakeSynerise, delivery: Delivery, action: str, meaning: str
) -> None:
    await delivery.deliver(transactions(1))
    fake.add_fault(action, path="/v4/transactions/batch")
    report = await delivery.deliver(transactions(6))
    assert held(report).kind is ObstacleKind.UNAVAILABLE
    assert meaning in held(report).detail
    fake.clear_faults()
    again = await delivery.deliver(transactions(6))
    assert again.outcomes == (Delivered(202),) * 6
    assert len(fake.transactions()) == 6
    assert fake.counters["salt_misuse"] == 0


async def test_an_answer_that_was_stored_and_then_failed_may_be_sent_again(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    fake.add_fault("status_after_apply", status=504, path="/v4/transactions/batch", count=1)
    assert held(await delivery.deliver(transactions(3))).status == 504
    assert (await delivery.deliver(transactions(3))).outcomes == (Delivered(202),) * 3
    assert len(fake.transactions()) == 3


@pytest.mark.parametrize("action", ["never", "slow_headers"])
async def test_a_black_hole_ends_by_the_time_out(fake: FakeSynerise, recorder: Recorder, action: str) -> None:
    async with opened(fake.url, observer=recorder, timeout=0.3) as workspace:
        fake.add_fault(action, path="/v4/clients/batch")
        report = await Delivery(workspace).deliver(clients(3))
    assert held(report) == Postponed(ObstacleKind.UNAVAILABLE, "no answer in time")
    assert recorder.outcomes("clients") == ["timeout"]


async def test_a_server_that_is_not_there(fake: FakeSynerise, recorder: Recorder) -> None:
    async with opened(fake.url, observer=recorder) as workspace:
        await fake.stop()
        report = await Delivery(workspace).deliver(clients(3))
    assert held(report).kind is ObstacleKind.UNAVAILABLE
    assert recorder.outcomes("login") == ["refused"]
    assert report.requests == 0


async def test_a_connection_that_the_server_had_closed_meanwhile_is_no_outage(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    await delivery.deliver(clients(1))
    fake.add_fault("close_idle", on_reuse=True, path="/v4/clients/batch", count=1)
    report = await delivery.deliver(clients(4))
    assert report.outcomes == (Delivered(202),) * 4


async def test_a_token_that_lacks_a_new_grant_is_renewed(fake: FakeSynerise, delivery: Delivery) -> None:
    fake.revoke("API_BATCH_CLIENT_CREATE")
    report = await delivery.deliver(clients(3))
    assert held(report).kind is ObstacleKind.FORBIDDEN
    assert "API_BATCH_CLIENT_CREATE" in held(report).detail
    assert (await delivery.deliver(some(Endpoint.TRANSACTIONS, 2))).outcomes == (Delivered(202),) * 2
    fake.grant("API_BATCH_CLIENT_CREATE")
    assert (await delivery.deliver(clients(3))).outcomes == (Delivered(202),) * 3


async def test_a_catalog_without_permission_to_look_it_up(fake: FakeSynerise, delivery: Delivery) -> None:
    fake.revoke("CATALOGS_CATALOG_READ")
    report = await delivery.deliver(products(3))
    assert held(report).kind is ObstacleKind.FORBIDDEN
    assert report.catalog_id is None


@pytest.mark.parametrize("foreign", [False, True])
async def test_a_lost_catalog_is_created_again(
    fake: FakeSynerise, delivery: Delivery, *, foreign: bool
) -> None:
    first = await delivery.deliver(products(3))
    if foreign:
        fake.move_catalog("store-1", 99)
    else:
        fake.delete_catalog("store-1")
    second = await delivery.deliver(products(3))
    assert second.outcomes == (Delivered(200),) * 3
    assert None not in (first.catalog_id, second.catalog_id)
    assert first.catalog_id != second.catalog_id
    assert set(fake.items(int(second.catalog_id or 0))) == {"sku0", "sku1", "sku2"}


async def test_a_lost_catalog_is_created_again_for_a_single_item(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    await delivery.deliver(products(1))
    fake.delete_catalog("store-1")
    assert (await delivery.deliver(products(1))).outcomes == (Delivered(200),)


async def test_a_catalog_that_is_lost_again_and_again_is_no_endless_loop(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    await delivery.deliver(products(1))
    fake.add_fault("catalog_gone", path="/items/batch")
    report = await delivery.deliver(products(3))
    assert held(report).kind is ObstacleKind.UNAVAILABLE
    assert report.requests == 2


async def test_a_catalog_that_answers_false(fake: FakeSynerise, delivery: Delivery) -> None:
    fake.configure(items_ok_body="false")
    report = await delivery.deliver(products(2))
    assert [type(one) for one in report.outcomes] == [Refused, Refused]
    assert report.requests == 3


@pytest.mark.parametrize("status", [200, 202])
async def test_a_catalog_that_answers_nothing_has_taken_the_items(
    fake: FakeSynerise, delivery: Delivery, status: int
) -> None:
    fake.configure(items_ok_status=status, items_ok_body="")
    assert (await delivery.deliver([product("a")])).outcomes == (Delivered(status),)


@pytest.mark.parametrize("status", [302, 307])
async def test_a_redirect_is_not_followed_and_the_token_stays_here(
    fake: FakeSynerise, delivery: Delivery, status: int
) -> None:
    async with FakeSynerise() as elsewhere:
        fake.add_fault(
            "redirect", status=status, location=f"{elsewhere.url}/v4/clients/batch", path="/v4/clients/batch"
        )
        report = await delivery.deliver(clients(2))
        assert elsewhere.requests() == []
    assert held(report).kind is ObstacleKind.MISUSED
    assert elsewhere.url in held(report).said


@pytest.mark.parametrize("living", ["by-customid", "by-custom-id"])
async def test_profiles_are_deleted_by_the_spelling_that_lives(
    fake: FakeSynerise, delivery: Delivery, recorder: Recorder, living: str
) -> None:
    fake.configure(delete_paths=[living])
    people = [f"id/{n} ü?#%" for n in range(3)]
    known = [client(f"anna{n}@example.com", customId=one) for n, one in enumerate(people)]
    await delivery.deliver([client("berta@example.com"), *known])
    report = await delivery.deliver([deletion(one) for one in [*people, "unknown"]])
    assert report.outcomes == (Delivered(202), Delivered(202), Delivered(202), Delivered(404))
    assert [profile["customId"] for profile in fake.profiles()] == [None]
    assert len(fake.requests(path=f"/{living}/")) == 4
    assert report.requests == (4 if living == "by-customid" else 5)
    assert {facts.items for facts in recorder.facts if facts.call == Endpoint.CLIENT_DELETE} == {1}


async def test_a_deletion_that_is_not_served_at_all_is_not_taken_for_done(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    fake.add_fault("status", status=405, path="/by-customid/")
    fake.configure(delete_paths=[])
    assert held(await delivery.deliver([deletion("17")])).kind is ObstacleKind.MISUSED


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (404, 202, Delivered(202)),
        (405, 202, Delivered(202)),
        (404, 404, Delivered(404)),
        (404, 405, ObstacleKind.MISUSED),
        (405, 404, ObstacleKind.MISUSED),
        (403, 202, ObstacleKind.FORBIDDEN),
        (406, 202, ObstacleKind.MISUSED),
    ],
)
async def test_a_deletion_asks_again_only_where_the_address_may_be_wrong(
    first: int, second: int, outcome: Delivered | ObstacleKind
) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            status = first if b"/by-customid/" in request else second
            writer.write(b"HTTP/1.1 %d Hm\r\nContent-Length: 0\r\n\r\n" % status)

    async with raw_server(script) as url, opened(url, auth="basic") as workspace:
        report = await Delivery(workspace).deliver([deletion("17")])
    (found,) = report.outcomes
    assert outcome == (found.kind if isinstance(found, Postponed) else found)


async def test_what_may_have_arrived_of_what_has_to_wait_is_told(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    """Two requests of two break, one of them after it was stored; of the third nobody heard."""
    fake.configure(clients_partial="400")
    fake.add_fault("status_after_apply", status=503, path="/v4/clients/batch", nth=2)
    report = await delivery.deliver(clients(6), max_items=2)
    assert [isinstance(one, Delivered) for one in report.outcomes] == [True, True, False, False, False, False]
    assert report.doubtful == {2, 3}


async def test_what_was_taken_or_refused_in_the_end_is_in_no_doubt(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    fake.configure(clients_partial="400")
    report = await delivery.deliver(clients(4, bad=(1,)))
    assert isinstance(report.outcomes[1], Refused)
    assert report.doubtful == frozenset()


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_a_customer_id_that_would_climb_out_of_its_address_is_refused(
    fake: FakeSynerise, delivery: Delivery, name: str
) -> None:
    report = await delivery.deliver([deletion(name)])
    assert isinstance(report.outcomes[0], Refused)
    assert fake.requests() == []
