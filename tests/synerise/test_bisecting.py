"""Bad items are found among good ones, at a bounded price, and in order."""

from __future__ import annotations

import math
from collections.abc import Callable

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synqd.models.wire import Endpoint, WireItem
from synqd.synerise import Delivered, Delivery, Refused
from synqd_demo.fake_synerise import FakeSynerise
from tests.synerise.helpers import client, clients, opened, product, products, transactions


def bound(count: int, bad: int) -> int:
    return 1 + bad * 2 * math.ceil(math.log2(count))


@pytest.mark.parametrize("position", [0, 1, 37, 63, 64, 98, 99])
@pytest.mark.parametrize("make", [products, transactions])
async def test_one_bad_item_among_a_hundred(
    delivery: Delivery, make: Callable[..., list[WireItem]], position: int
) -> None:
    report = await delivery.deliver(make(100, bad=(position,)))
    refused = [index for index, one in enumerate(report.outcomes) if isinstance(one, Refused)]
    assert refused == [position]
    assert sum(isinstance(one, Delivered) for one in report.outcomes) == 99
    assert report.requests <= bound(100, 1)
    culprit = report.outcomes[position]
    assert isinstance(culprit, Refused)
    assert (culprit.reason, culprit.status) == ("refused", 400)
    assert culprit.answer


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 70),
    st.sets(st.integers(0, 69), max_size=6),
    st.sampled_from(["400_all", "400_some", "207"]),
)
async def test_any_bad_items_are_found_and_all_others_arrive(
    count: int, positions: set[int], mode: str
) -> None:
    bad = tuple(sorted(position for position in positions if position < count))
    async with FakeSynerise() as fake, opened(fake.url) as workspace:
        fake.configure(transactions_partial=mode)
        report = await Delivery(workspace).deliver(transactions(count, bad=bad))
        stored = {one["orderId"] for one in fake.transactions()}
        assert fake.counters["salt_misuse"] == 0
    refused = tuple(index for index, one in enumerate(report.outcomes) if isinstance(one, Refused))
    assert refused == bad
    assert stored == {f"{n:09d}" for n in range(count) if n not in bad}
    assert report.requests <= bound(count, max(1, len(bad)))


@pytest.mark.parametrize("shape", ["errors", "uauth", "indexed", "empty"])
@pytest.mark.parametrize("endpoint", [Endpoint.CLIENTS, Endpoint.TRANSACTIONS, Endpoint.CATALOG])
async def test_207_of_every_shape_blames_only_the_guilty(
    fake: FakeSynerise, delivery: Delivery, shape: str, endpoint: Endpoint
) -> None:
    fake.configure(shape_207=shape, transactions_partial="207", items_partial="207")
    make = {Endpoint.CLIENTS: clients, Endpoint.TRANSACTIONS: transactions, Endpoint.CATALOG: products}
    report = await delivery.deliver(make[endpoint](40, bad=(3, 21, 22)))
    refused = [index for index, one in enumerate(report.outcomes) if isinstance(one, Refused)]
    assert refused == [3, 21, 22]
    assert report.requests <= bound(40, 3)
    if endpoint is Endpoint.CLIENTS and shape in ("errors", "indexed"):
        assert report.requests == 1
        assert "e-mail" in getattr(report.outcomes[21], "detail", "")


async def test_207_with_two_items_of_the_same_bad_value(delivery: Delivery) -> None:
    items = [client(f"anna{n}@example.com", sex="?" if n in (2, 5) else "FEMALE") for n in range(8)]
    report = await delivery.deliver(items)
    assert [n for n, one in enumerate(report.outcomes) if isinstance(one, Refused)] == [2, 5]
    assert report.requests == 1


async def test_the_order_is_kept_while_halving(fake: FakeSynerise, delivery: Delivery) -> None:
    await delivery.deliver(products(32, bad=(9,)))
    stored = [
        orjson.loads(entry.body or b"") for entry in fake.requests(path="/items/batch") if entry.status == 200
    ]
    keys = [item["itemKey"] for batch in stored for item in batch]
    assert keys == [f"sku{n}" for n in range(32) if n != 9]


async def test_more_items_than_a_request_takes(fake: FakeSynerise, delivery: Delivery) -> None:
    report = await delivery.deliver(clients(25), max_items=10)
    assert report.outcomes == (Delivered(202),) * 25
    assert [entry.items for entry in fake.requests(path="/v4/clients/batch")] == [10, 10, 5]


async def test_more_than_the_api_takes_is_never_sent(fake: FakeSynerise, delivery: Delivery) -> None:
    await delivery.deliver(clients(1001), max_items=5000)
    assert [entry.items for entry in fake.requests(path="/v4/clients/batch")] == [1000, 1]


async def test_items_are_divided_by_bytes_of_utf_8(fake: FakeSynerise, delivery: Delivery) -> None:
    large = [product(f"sku{n}", text="ż" * 100_000) for n in range(10)]
    report = await delivery.deliver(large)
    assert report.outcomes == (Delivered(200),) * 10
    sizes = [len(entry.body or b"") for entry in fake.requests(path="/items/batch")]
    assert len(sizes) == 3
    assert max(sizes) <= 900_000
    assert sum(sizes) == report.sent_bytes


async def test_an_item_that_no_request_can_carry_is_refused_alone(delivery: Delivery) -> None:
    items = [product("a"), product("b", text="x" * 900_000), product("c")]
    report = await delivery.deliver(items)
    assert report.outcomes[0] == report.outcomes[2] == Delivered(200)
    refused = report.outcomes[1]
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.status, report.requests) == ("too-large", None, 1)


async def test_a_lower_limit_of_the_server_is_found_by_halving(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    fake.configure(max_body_bytes={"items": 10_000})
    items = [product(f"sku{n}", text="x" * (20_000 if n == 5 else 1_000)) for n in range(16)]
    report = await delivery.deliver(items)
    refused = [(n, one.reason) for n, one in enumerate(report.outcomes) if isinstance(one, Refused)]
    assert refused == [(5, "too-large")]


@pytest.mark.parametrize("status", [400, 413])
async def test_a_lower_limit_of_items_is_found_by_halving(
    fake: FakeSynerise, delivery: Delivery, status: int
) -> None:
    fake.configure(max_items={"clients": 10}, too_many_items_status=status)
    report = await delivery.deliver(clients(40))
    assert report.outcomes == (Delivered(202),) * 40


async def test_an_item_that_cannot_be_written_as_json_is_refused_alone(
    fake: FakeSynerise, delivery: Delivery
) -> None:
    items = [product("a"), product("b", what=object()), product("c", name="\ud800")]
    report = await delivery.deliver(items)
    assert report.outcomes[0] == Delivered(200)
    assert [getattr(one, "reason", "") for one in report.outcomes[1:]] == ["unencodable"] * 2
    assert set(fake.items("store-1")) == {"a"}


async def test_nothing_is_sent_when_no_item_can_be(fake: FakeSynerise, delivery: Delivery) -> None:
    report = await delivery.deliver([product("b", what=object())])
    assert (report.requests, report.passed, report.obstacle) == (0, False, None)
    assert fake.requests() == []


@pytest.mark.parametrize(
    "items", [[], [client("a@example.com"), product("a")], [product("a"), product("a", "x")]]
)
async def test_items_that_do_not_belong_together_are_a_bug(delivery: Delivery, items: list[WireItem]) -> None:
    with pytest.raises(ValueError, match="one endpoint and catalog"):
        await delivery.deliver(items)


async def test_an_outage_in_the_middle_keeps_what_was_settled(fake: FakeSynerise, delivery: Delivery) -> None:
    fake.add_fault("status", status=503, path="/v4/clients/batch", nth=2)
    report = await delivery.deliver(clients(30), max_items=10)
    assert report.outcomes[:10] == (Delivered(202),) * 10
    assert {getattr(one, "status", None) for one in report.outcomes[10:]} == {503}
    assert report.requests == 2
