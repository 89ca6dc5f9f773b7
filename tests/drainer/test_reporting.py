"""What operators see of the chunks: what became of items, why, and how long they were on their way."""

import asyncio
from collections.abc import Sequence

from prometheus_client.parser import text_string_to_metric_families

from synqd.models.item import Leased, Want
from synqd.models.names import Model
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem
from synqd_demo.fake_synerise import FakeSynerise
from tests.drainer.conftest import MakeBench
from tests.support.bench import Bench, parcel, wire
from tests.support.clocks import HandClock

CLIENTS = "/v4/clients/batch"


def told(bench: Bench, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """The samples of a metric by these labels."""
    families = text_string_to_metric_families(bench.metrics.render(None)[0].decode())
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


async def test_items_are_counted_by_what_became_of_them(bench: Bench, fake: FakeSynerise) -> None:
    def make(item: Leased) -> Parcel | Skip:
        match item.key.entity_id:
            case 1 | 2:
                return parcel(wire(item.key, "Anna"))
            case 3:
                return Skip("gone")
        return parcel(WireItem(Endpoint.CLIENTS, "x", {"email": "no address"}))

    bench.rows[Model.CUSTOMER].make = make
    await bench.want(Model.CUSTOMER, 1, 2, 3, 4)
    await bench.run()
    await bench.want(Model.CUSTOMER, 1)
    await bench.run()
    await bench.landed()
    assert told(bench, "synqd_items_total", "workspace", "store", "model", "outcome") == {
        ("first", "store1", "customer", outcome): items
        for outcome, items in {"sent": 2, "skipped": 1, "buried": 1, "unchanged": 1}.items()
    }
    assert told(bench, "synqd_items_buried_total", "workspace", "model", "reason") == {
        ("first", "customer", "refused"): 1
    }
    assert told(bench, "synqd_hydrate_duration_seconds_count", "model") == {("customer",): 2}


async def test_what_waits_is_counted_by_its_cause(bench: Bench, fake: FakeSynerise) -> None:
    bench.rows[Model.CUSTOMER].values = {1: "Anna", 2: "Bea"}
    fake.add_fault("status", status=503, path=CLIENTS, count=1)
    await bench.want(Model.CUSTOMER, 1, 2)
    await bench.run()
    await bench.landed()
    assert told(bench, "synqd_retries_total", "workspace", "model", "cause") == {
        ("first", "customer", "unavailable"): 2
    }


async def test_the_time_on_the_way_and_the_time_to_read_are_told_in_seconds(
    bench: Bench, clock: HandClock
) -> None:
    async def slowly(items: Sequence[Leased]) -> None:
        clock.pass_(2.0)

    rows = bench.rows[Model.CUSTOMER]
    rows.values, rows.before = {1: "Anna", 2: "Bea"}, slowly
    await bench.want(Model.CUSTOMER, 1, 2)
    clock.pass_(30.0)
    await bench.run()
    await bench.landed()
    way, lane = "synqd_delivery_latency_seconds", ("customer", "live")
    assert told(bench, f"{way}_count", "model", "lane") == {lane: 2}
    assert told(bench, f"{way}_sum", "model", "lane") == {lane: 64.0}
    assert told(bench, "synqd_hydrate_duration_seconds_sum", "model") == {("customer",): 2.0}


async def test_a_clock_that_was_set_back_makes_no_time_on_the_way_negative(
    bench: Bench, clock: HandClock
) -> None:
    async def set_back(items: Sequence[Leased]) -> None:
        clock.jump(-3600.0)

    rows = bench.rows[Model.CUSTOMER]
    rows.values, rows.before = {1: "Anna"}, set_back
    await bench.want(Model.CUSTOMER, 1)
    await bench.run()
    await bench.landed()
    assert told(bench, "synqd_delivery_latency_seconds_sum", "model") == {("customer",): 0.0}


async def test_what_was_settled_under_a_lost_lease_does_not_count(
    make_bench: MakeBench, fake: FakeSynerise, clock: HandClock
) -> None:
    """The lease ends while the items are under way: whoever leases them next counts them."""
    async with make_bench() as bench:
        bench.rows[Model.CUSTOMER].values = {1: "Anna", 2: "Bea"}
        fake.configure(latency_ms=200)
        await bench.want(Model.CUSTOMER, 1, 2, want=Want.FORCE)
        await bench.drainer.tick()
        await fake.wait(until=lambda: fake.stats()["open"] > 0)
        clock.pass_(601.0)
        await bench.queue.outbox.reap()
        async with asyncio.timeout(10):
            await bench.woken.wait()
        assert told(bench, "synqd_items_total", "outcome") == {}
        await bench.run()
        await bench.landed()
        assert told(bench, "synqd_items_total", "outcome") == {("sent",): 2}
