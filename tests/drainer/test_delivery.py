"""From the outbox to the fake Synerise and back: what each answer means for the items."""

import asyncio
import errno
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from synqd.app.views import item_view
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Leased, Want
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem
from synqd.movers.drainer.mover import HungCarrier
from synqd.pacing.breaker import Phase
from synqd.queue import DeadFilter, JobKind, LogFilter
from synqd_demo.fake_synerise import FakeSynerise
from tests.drainer.conftest import MakeBench
from tests.support.bench import KEYS, Bench, parcel, wire
from tests.support.clocks import HandClock
from tests.support.proxy import Proxy
from tests.synerise.helpers import raw_server, read_request

CLIENTS = "/v4/clients/batch"
CATALOGS = "/items/batch"
DAY = 86_400.0


def names(fake: FakeSynerise) -> dict[str, str]:
    return {one["email"]: one.get("firstName", "") for one in fake.profiles()}


async def letters(bench: Bench) -> list[tuple[int, str, str]]:
    found = await bench.queue.dead.page(DeadFilter(), limit=1000)
    return [(one.key.entity_id, one.reason, one.detail) for one in found]


async def attempts(bench: Bench, model: Model, *ids: int) -> list[int]:
    facts = [one for entity_id in ids for one in await bench.queue.ledger.facts(model, entity_id)]
    return [one.waiting.attempts for one in facts if one.waiting]


async def test_items_arrive_and_the_ledger_knows(bench: Bench, fake: FakeSynerise) -> None:
    bench.rows[Model.CUSTOMER].values = {1: "Anna", 2: "Bea"}
    await bench.want(Model.CUSTOMER, 1, 2, 3)
    await bench.run()
    assert names(fake) == {"customer1@example.com": "Anna", "customer2@example.com": "Bea"}
    assert (await bench.counts()).alive == {Stream(Model.CUSTOMER, 1): 2}
    (gone,) = await bench.queue.ledger.facts(Model.CUSTOMER, 3)
    assert gone.skip is not None
    assert gone.skip.reason == "gone"


@pytest.mark.parametrize("model", list(Model))
async def test_one_bad_item_in_a_hundred_is_buried_and_99_arrive(bench: Bench, model: Model) -> None:
    bench.rows[model].values = dict.fromkeys(range(1, 101), "good")

    def make(item: Leased) -> Parcel | Skip:
        good = wire(item.key, "good")
        if item.key.entity_id != 37:
            return parcel(good)
        spoilt = {"email": "no address"} if good.endpoint is Endpoint.CLIENTS else {"itemKey": "sku37"}
        return parcel(WireItem(good.endpoint, good.key, spoilt, good.catalog))

    bench.rows[model].make = make
    await bench.want(model, *range(1, 101), lane=Lane.FULL, want=Want.FORCE)
    await bench.run()
    ((entity_id, reason, _),) = await letters(bench)
    assert (entity_id, reason) == (37, "refused")
    assert (await bench.counts()).alive == {Stream(model, 1): 99}


async def test_an_item_that_alone_gets_5xx_is_parked_and_its_neighbours_pass(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    """S14: something before the API chokes on every request that holds the poisonous item."""
    async with Proxy(fake.port) as proxy, make_bench(first={"base_url": proxy.url}) as bench:
        proxy.choke = b"poison"
        rows = bench.rows[Model.CUSTOMER]
        rows.values = {one: "poison" if one == 7 else "fine" for one in range(1, 21)}
        await bench.want(Model.CUSTOMER, *range(1, 21))
        await bench.run(seconds=600, until=lambda: len(names(fake)) == 19)
        assert await letters(bench) == []
        for _ in range(8):
            await bench.want(Model.CUSTOMER, 1, want=Want.FORCE)
            await bench.run(seconds=20, until=lambda: False)
        ((entity_id, reason, detail),) = await letters(bench)
        assert (entity_id, reason) == (7, "unservable")
        assert "500" in detail


async def test_an_item_that_cannot_be_mapped_is_parked_and_its_neighbours_pass(
    bench: Bench, fake: FakeSynerise
) -> None:
    rows = bench.rows[Model.CUSTOMER]
    rows.values = dict.fromkeys(range(1, 51), "fine")

    def make(item: Leased) -> Parcel | Skip:
        if item.key.entity_id == 13:
            raise KeyError("nobody foresaw this")
        return parcel(wire(item.key, rows.values[item.key.entity_id]))

    rows.make = make
    await bench.want(Model.CUSTOMER, *range(1, 51))
    await bench.run(seconds=120, until=lambda: len(names(fake)) == 49)
    for _ in range(10):
        await bench.want(Model.CUSTOMER, 1, want=Want.FORCE)
        await bench.run(seconds=20, until=lambda: False)
    ((entity_id, reason, detail),) = await letters(bench)
    assert (entity_id, reason) == (13, "unmappable")
    assert "nobody foresaw this" in detail


async def test_a_mapping_that_fails_on_everything_buries_nothing(bench: Bench) -> None:
    def make(item: Leased) -> Parcel | Skip:
        raise TypeError("broken release")

    bench.rows[Model.CUSTOMER].make = make
    await bench.want(Model.CUSTOMER, *range(1, 51))
    await bench.run(seconds=600, until=lambda: False)
    assert await letters(bench) == []
    assert await attempts(bench, Model.CUSTOMER, 1, 50) == [0, 0]


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EMFILE, "Too many open files"), MemoryError(), RuntimeError("can't start new thread")],
    ids=repr,
)
async def test_a_machine_that_is_short_of_something_is_no_items_fault(
    bench: Bench, fake: FakeSynerise, error: Exception
) -> None:
    rows = bench.rows[Model.CUSTOMER]
    rows.values = {1: "Anna", 2: "Bea"}

    def make(item: Leased) -> Parcel | Skip:
        raise error

    await bench.want(Model.CUSTOMER, 1)
    await bench.run(until=lambda: names(fake) == {"customer1@example.com": "Anna"})
    rows.make = make
    await bench.want(Model.CUSTOMER, 2)
    await bench.run(seconds=600, until=lambda: False)
    assert await letters(bench) == []
    assert await attempts(bench, Model.CUSTOMER, 2) == [0]
    rows.make = None
    await bench.run(until=lambda: len(names(fake)) == 2)


async def test_a_dead_letter_is_revived_by_the_next_change(bench: Bench, fake: FakeSynerise) -> None:
    rows = bench.rows[Model.CUSTOMER]
    rows.make = lambda item: parcel(WireItem(Endpoint.CLIENTS, "x", {"email": "no address"}))
    await bench.want(Model.CUSTOMER, 5)
    await bench.run()
    assert len(await letters(bench)) == 1
    rows.make, rows.values = None, {5: "Mended"}
    await bench.want(Model.CUSTOMER, 5)
    await bench.run()
    assert await letters(bench) == []
    assert names(fake) == {"customer5@example.com": "Mended"}


async def test_a_missing_right_pauses_that_kind_of_data_of_that_workspace_only(
    bench: Bench, fake: FakeSynerise, clock: HandClock
) -> None:
    key = fake.settings.api_keys[0].key
    fake.revoke("API_BATCH_CLIENT_CREATE", key)
    for model in (Model.CUSTOMER, Model.ORDER):
        bench.rows[model].values = dict.fromkeys(range(1, 31), "value")
        await bench.want(model, *range(1, 31))
        await bench.want(model, *range(1, 31), store_id=3)
    await bench.run(seconds=3600, until=lambda: False)
    assert {one["workspace"] for one in profiles(fake)} == {"second"}
    assert {one["workspace"] for one in transactions(fake)} == {"first", "second"}
    state = bench.breakers.states()["first", Endpoint.CLIENTS]
    assert state.phase is Phase.FORBIDDEN
    assert "API_BATCH_CLIENT_CREATE" in bench.breakers.trouble("first")
    assert bench.breakers.trouble("second") == ""
    refused = [one for one in fake.requests(path=CLIENTS) if one.status == 403]
    assert 8 <= len(refused) <= 60, "a look every few minutes, each before and after a login"
    assert await attempts(bench, Model.CUSTOMER, 1, 30) == [0, 0]
    assert await letters(bench) == []
    fake.grant("API_BATCH_CLIENT_CREATE", key)
    await bench.run(seconds=900)
    assert len(profiles(fake)) == 60
    assert bench.breakers.trouble("first") == ""


async def test_a_refused_key_pauses_the_whole_workspace_and_no_other(
    bench: Bench, fake: FakeSynerise
) -> None:
    key = fake.settings.api_keys[0].key
    fake.deactivate(key)
    models = (Model.CUSTOMER, Model.ORDER, Model.PRODUCT)
    for model in models:
        bench.rows[model].values = dict.fromkeys(range(1, 31), "value")
        await bench.want(model, *range(1, 31))
        await bench.want(model, *range(1, 31), store_id=3)
    await bench.run(seconds=3600, until=lambda: False)
    assert {one["workspace"] for one in profiles(fake)} == {"second"}
    phases = {
        breaker[1]: state.phase for breaker, state in bench.breakers.states().items() if breaker[0] == "first"
    }
    assert set(phases.values()) == {Phase.DENIED}
    assert "api_key_file" in bench.breakers.trouble("first")
    refused = [one for one in fake.requests(path="auth/login") if one.status == 401]
    assert 8 <= len(refused) <= 30, "a look every few minutes for the workspace, not for each kind of data"
    for model in models:
        assert await attempts(bench, model, 1, 30) == [0, 0]
    assert await letters(bench) == []
    fake.activate(key)
    await bench.run(seconds=900)
    assert (len(profiles(fake)), len(transactions(fake))) == (60, 60)
    assert bench.breakers.trouble("first") == ""


async def test_429_pauses_everybody_as_long_as_it_says_and_is_nobodys_failure(
    bench: Bench, fake: FakeSynerise, clock: HandClock
) -> None:
    for model in (Model.CUSTOMER, Model.ORDER):
        bench.rows[model].values = dict.fromkeys(range(1, 301), "value")
        await bench.want(model, *range(1, 301))
    fake.add_fault("status", status=429, retry_after="60", path="batch$", every=3, count=8)
    began = clock.now()
    await bench.run(seconds=3600)
    assert clock.now() - began >= 60
    assert fake.counters["early_retries"] == 0
    assert {state.phase for state in bench.breakers.states().values()} <= {Phase.CLOSED}
    assert (len(names(fake)), len(fake.transactions())) == (600, 300)
    assert await letters(bench) == []


def profiles(fake: FakeSynerise) -> list[dict[str, str]]:
    """Customers' profiles; orders make some, too."""
    return [
        {**one, "workspace": name}
        for name in KEYS
        for one in fake.profiles(name)
        if one["email"].startswith("customer")
    ]


def transactions(fake: FakeSynerise) -> list[dict[str, str]]:
    return [{**one, "workspace": name} for name in KEYS for one in fake.transactions(name)]


async def test_a_day_of_outage_buries_nothing_and_recovery_ramps_up(
    make_bench: MakeBench, fake: FakeSynerise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synqd.movers.drainer.mover.IDLE", 300.0)  # or most of the day is spent looking
    async with make_bench(customer={"max_items_per_request": 10}) as bench:
        bench.rows[Model.CUSTOMER].values = dict.fromkeys(range(1, 1001), "value")
        await bench.want(Model.CUSTOMER, *range(1, 1001))
        fake.add_fault("reset_before", path=CLIENTS)
        await bench.run(seconds=DAY, until=lambda: False)
        during = fake.requests(path=CLIENTS)
        assert 600 < len(during) < 3000
        assert await attempts(bench, Model.CUSTOMER, 1, 500, 1000) == [0, 0, 0]
        assert await letters(bench) == []
        assert await bench.waiting() == 1000
    # A restart in the midst of it does not hammer: the breaker is as it was.
    async with make_bench(customer={"max_items_per_request": 10}) as bench:
        assert bench.breakers.trouble("first")
        bench.rows[Model.CUSTOMER].values = dict.fromkeys(range(1, 1001), "value")
        fake.clear_faults()
        since = fake.requests()[-1].number
        await bench.run(seconds=600)
        after = fake.requests(since, path=CLIENTS)
        assert len(names(fake)) == 1000
        assert [one.items for one in after] == [10] * 100, "who failed together shares a request again"


async def test_a_429_is_kept_over_a_restart(
    make_bench: MakeBench, fake: FakeSynerise, clock: HandClock
) -> None:
    async with make_bench() as bench:
        bench.rows[Model.CUSTOMER].values = {1: "value"}
        fake.add_fault("status", status=429, retry_after="300", path=CLIENTS, count=1)
        await bench.want(Model.CUSTOMER, 1)
        await bench.run(seconds=5, until=lambda: False)
    seen = len(fake.requests(path="/v4/"))
    async with make_bench() as bench:
        bench.rows[Model.ORDER].values = {1: "value"}
        bench.rows[Model.CUSTOMER].values = {1: "value"}
        await bench.want(Model.ORDER, 1)
        await bench.run(seconds=200, until=lambda: False)
        assert len(fake.requests(path="/v4/")) == seen
        await bench.run(seconds=400)
    assert len(fake.transactions()) == 1
    assert fake.counters["early_retries"] == 0


async def test_a_catalog_that_is_gone_is_filled_anew(make_bench: MakeBench, fake: FakeSynerise) -> None:
    """S15, also when it goes while the daemon is down."""
    for again in (False, True):
        async with make_bench() as bench:
            bench.rows[Model.PRODUCT].values = dict.fromkeys(range(1, 6), f"v{again}")
            await bench.want(Model.PRODUCT, *range(1, 6), want=Want.FORCE)
            await bench.want(Model.PRODUCT, 1, store_id=2)
            await bench.run()
            assert await bench.queue.jobs.page() == []
    fake.delete_catalog("store-1", "first")
    async with make_bench() as bench:
        bench.rows[Model.PRODUCT].values = {3: "new"}
        await bench.want(Model.PRODUCT, 3)
        await bench.run()
        (job,) = await bench.queue.jobs.page()
        assert job.kind is JobKind.FULL
        assert job.origin == "catalog gone"
        assert [part.stream for part in job.parts] == [Stream(Model.PRODUCT, 1)]
        known = await bench.queue.ledger.known([Key(Model.PRODUCT, 1, one) for one in range(1, 6)])
        assert [key.entity_id for key in known] == [3], "what the old catalog had is not believed"
        assert len(await bench.queue.ledger.known([Key(Model.PRODUCT, 2, 1)])) == 1
        assert list(fake.items("store-1", "first")) == ["sku3"]
        bench.rows[Model.PRODUCT].values[4] = "new"
        await bench.want(Model.PRODUCT, 4)
        await bench.run()
        assert len(await bench.queue.jobs.page()) == 1, "once"


async def test_one_version_in_flight_per_wire_key(bench: Bench, fake: FakeSynerise) -> None:
    """S8: a tombstone under way holds back the new owner of its key, which then wins."""
    key = wire(Key(Model.PRODUCT, 1, 1), "").key

    def make(item: Leased) -> Parcel | Skip:
        value = {"itemId": key, "deleted": 1} if item.key.entity_id == 1 else {"itemId": key, "name": "new"}
        body = {"itemKey": key, "value": value}
        return parcel(WireItem(Endpoint.CATALOG, key, body, "store-1", tombstone=item.key.entity_id == 1))

    bench.rows[Model.PRODUCT].make = make
    fake.configure(latency_ms=300)
    await bench.want(Model.PRODUCT, 1)
    assert await bench.drainer.tick() == 0
    await bench.want(Model.PRODUCT, 2, lane=Lane.BATCH)
    await bench.run()
    assert [body["value"].get("deleted") for body in sent(fake, CATALOGS)] == [1, None]
    assert fake.items("store-1")[key]["name"] == "new"


async def test_a_tombstone_read_before_its_key_has_a_new_owner_is_not_sent(
    bench: Bench, fake: FakeSynerise
) -> None:
    """S8: reading takes long; meanwhile somebody else takes over the key and arrives."""
    rows, read, go_on = bench.rows[Model.PRODUCT], asyncio.Event(), asyncio.Event()
    taken_over: list[bool] = []

    async def slow(items: Sequence[Leased]) -> None:
        taken_over.append(2 in rows.values)  # what the rows say now
        if items[0].key.entity_id == 1:
            read.set()
            await go_on.wait()

    def make(item: Leased) -> Parcel | Skip:
        if item.key.entity_id == 1 and taken_over[-1]:
            return Skip("deleted; the key has a new owner")
        body = {"itemKey": "sku", "value": {"itemId": "sku", "deleted": int(item.key.entity_id == 1)}}
        return parcel(WireItem(Endpoint.CATALOG, "sku", body, "store-1", tombstone=item.key.entity_id == 1))

    rows.before, rows.make = slow, make
    await bench.want(Model.PRODUCT, 1)
    await bench.drainer.tick()
    await read.wait()
    rows.values[2] = "new owner"
    await bench.want(Model.PRODUCT, 2)
    await bench.drainer.tick()
    await fake.wait(items=1, kind="item")
    await asyncio.wait_for(bench.woken.wait(), 30)
    taken_over.append(False)  # as the first one saw it
    go_on.set()
    await bench.run()
    assert [one["value"]["deleted"] for one in sent(fake, CATALOGS)] == [0]


def sent(fake: FakeSynerise, path: str) -> list[dict[str, Any]]:
    return [one for entry in fake.requests(path=path) for one in json.loads(entry.body or b"[]")]


async def test_a_rename_sends_the_tombstone_first_and_is_acked_when_both_have_arrived(
    bench: Bench, fake: FakeSynerise
) -> None:
    def make(item: Leased) -> Parcel | Skip:
        old = {"itemKey": "old", "value": {"itemId": "old", "deleted": 1}}
        new = {"itemKey": "new", "value": {"itemId": "new", "name": "it"}}
        return parcel(
            WireItem(Endpoint.CATALOG, "old", old, "store-1", tombstone=True),
            WireItem(Endpoint.CATALOG, "new", new, "store-1"),
        )

    bench.rows[Model.PRODUCT].make = make
    fake.add_fault("status", status=503, path=CATALOGS, nth=2)
    await bench.want(Model.PRODUCT, 1)
    await bench.run()
    assert [one["itemKey"] for one in sent(fake, CATALOGS)] == ["old", "new", "old", "new"]
    known = await bench.queue.ledger.known([Key(Model.PRODUCT, 1, 1)])
    assert [entry.wire_key for entry in known.values()] == ["new"]


async def test_orders_cut_off_after_they_were_stored_make_no_second_event(
    bench: Bench, fake: FakeSynerise
) -> None:
    bench.rows[Model.ORDER].values = dict.fromkeys(range(1, 51), "value")
    await bench.want(Model.ORDER, *range(1, 51))
    fake.add_fault("reset_after_apply", path="/v4/transactions/batch", count=3)
    fake.add_fault("status_after_apply", status=500, path="/v4/transactions/batch", nth=4)
    await bench.run(seconds=300)
    assert len(fake.transactions()) == 50
    assert max(fake.arrivals("transaction").values()) > 1, "they were sent again"
    assert len(fake.events(action="product.buy")) == 50
    assert (fake.counters["salt_misuse"], fake.counters["unsalted"]) == (0, 0)


async def test_a_model_that_cannot_be_read_waits_alone(
    bench: Bench, fake: FakeSynerise, clock: HandClock
) -> None:
    async def locked(items: Sequence[Leased]) -> None:
        raise MagentoUnavailable("the product tables are locked")

    bench.rows[Model.PRODUCT].values = dict.fromkeys(range(1, 401), "value")
    bench.rows[Model.PRODUCT].before = locked
    bench.rows[Model.CUSTOMER].values = dict.fromkeys(range(1, 51), "value")
    await bench.want(Model.PRODUCT, *range(1, 401), lane=Lane.FULL)
    await bench.run(seconds=30, until=lambda: False)
    assert "locked" in bench.progress.trouble["drainer"]
    began = clock.now()
    await bench.want(Model.CUSTOMER, *range(1, 51))
    await bench.run(until=lambda: len(names(fake)) == 50)
    assert clock.now() - began < 1
    assert await attempts(bench, Model.PRODUCT, 1) == [0]
    bench.rows[Model.PRODUCT].before = None
    await bench.run(seconds=60)
    assert len(fake.items("store-1")) == 400
    assert bench.progress.trouble == {}


@pytest.mark.parametrize("most", [2, 3, 8])
async def test_live_changes_do_not_wait_for_a_full_synchronization(
    make_bench: MakeBench, fake: FakeSynerise, most: int
) -> None:
    """All requests that the full lane may have under way get no answer; a live change still arrives."""
    async with (
        Proxy(fake.port) as proxy,
        make_bench(
            first={"base_url": proxy.url, "timeout": 60.0, "max_in_flight": most},
            product={"max_items_per_request": 10},
        ) as bench,
    ):
        bench.rows[Model.PRODUCT].values = dict.fromkeys(range(1, 801), "value")
        for store_id in (1, 2):
            await bench.want(Model.PRODUCT, 1, store_id=store_id)
        await bench.run()
        await bench.want(Model.PRODUCT, *range(1, 801), lane=Lane.FULL)
        (bag,) = [one.bag_id for one in fake.catalogs("first") if one.name == "store-1"]
        fake.add_fault("never", path=f"/{bag}/items/batch")
        while await bench.drainer.tick() == 0:
            pass
        await fake.wait(until=lambda: fake.stats()["open"] >= most)
        bench.rows[Model.PRODUCT].values[9001] = "live"
        await bench.want(Model.PRODUCT, 9001, store_id=2)
        await bench.drainer.tick()
        await fake.wait(until=lambda: len(fake.items("store-2", "first")) == 2)
        assert len(fake.items("store-1", "first")) == 1
        fake.clear_faults()
        proxy.cut()
        await bench.run(seconds=3600)
        assert len(fake.items("store-1", "first")) == 800


async def test_a_workspace_that_hangs_does_not_hold_up_the_other(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    async with make_bench(first={"timeout": 1.0}) as bench:
        bench.rows[Model.CUSTOMER].values = dict.fromkeys(range(1, 301), "value")
        fake.add_fault("never", path=CLIENTS, until_s=1e9, count=5)
        await bench.want(Model.CUSTOMER, *range(1, 301), lane=Lane.FULL)
        assert await bench.drainer.tick() == 0
        await fake.wait(until=lambda: fake.stats()["open"] >= 3)
        fake.clear_faults()
        await bench.want(Model.CUSTOMER, 1, store_id=3)
        await bench.want(Model.ORDER, 1, store_id=1)
        bench.rows[Model.ORDER].values = {1: "value"}
        turning = asyncio.create_task(bench.run(seconds=300))
        await fake.wait(until=lambda: len(fake.profiles("second")) == 1 and len(fake.transactions()) == 1)
        assert len(profiles(fake)) < 301
        await turning
        assert len(profiles(fake)) == 301


async def test_a_hung_worker_is_cut_and_its_items_are_given_back(
    bench: Bench, fake: FakeSynerise, clock: HandClock
) -> None:
    hung = asyncio.Event()

    async def hang(items: Sequence[Leased]) -> None:
        hung.set()
        await asyncio.Event().wait()

    rows = bench.rows[Model.CUSTOMER]
    rows.values, rows.before = {1: "value"}, hang
    await bench.want(Model.CUSTOMER, 1)
    await bench.drainer.tick()
    await hung.wait()
    clock.pass_(700)
    rows.before = None
    await bench.queue.outbox.reap()
    await bench.drainer.tick()
    await asyncio.wait_for(bench.woken.wait(), 5)
    await bench.run()
    assert names(fake) == {"customer1@example.com": "value"}
    assert bench.progress.trouble == {}


async def test_deletions_are_recorded_one_by_one(bench: Bench, fake: FakeSynerise) -> None:
    bench.rows[Model.CUSTOMER].make = lambda item: parcel(
        WireItem(Endpoint.CLIENT_DELETE, str(item.key.entity_id), {}, tombstone=True), alive=False
    )
    fake.add_fault("status", status=503, method="DELETE", path="/3$")
    await bench.want(Model.CUSTOMER, 1, 2, 3, 4)
    await bench.run(seconds=20, until=lambda: False)
    left = [one for one in range(1, 5) if (await bench.queue.ledger.facts(Model.CUSTOMER, one))[0].waiting]
    assert left == [3]


async def test_a_worker_that_cannot_be_cut_ends_the_process(bench: Bench, clock: HandClock) -> None:
    hung, end = asyncio.Event(), asyncio.Event()

    async def refuse_to_end(_: Sequence[Leased]) -> None:
        hung.set()
        while not end.is_set():
            with suppress(asyncio.CancelledError):
                await end.wait()

    bench.rows[Model.CUSTOMER].before = refuse_to_end
    await bench.want(Model.CUSTOMER, 1)
    await bench.drainer.tick()
    await hung.wait()
    clock.pass_(700)
    await bench.drainer.tick()
    clock.pass_(100)
    with pytest.raises(HungCarrier):
        await bench.drainer.tick()
    end.set()


@pytest.mark.parametrize("jump", [-DAY, -1800.0, 1800.0, 400 * DAY])
async def test_a_clock_that_jumps_may_delay_but_loses_nothing(
    bench: Bench, fake: FakeSynerise, clock: HandClock, jump: float
) -> None:
    """Q7; the janitor's reaping, which is part of the daemon, is called by hand."""
    bench.rows[Model.CUSTOMER].values = dict.fromkeys(range(1, 21), "value")
    fake.add_fault("status", status=503, path=CLIENTS, count=6)
    await bench.want(Model.CUSTOMER, *range(1, 11))
    await bench.run(seconds=3, until=lambda: False)
    clock._now += jump
    await bench.want(Model.CUSTOMER, *range(11, 21))
    for _ in range(80):
        await bench.queue.outbox.reap()
        await bench.run(seconds=60)
    assert len(names(fake)) == 20
    assert await letters(bench) == []


async def test_a_redirect_to_what_is_no_text_is_waited_out(make_bench: MakeBench) -> None:
    redirect = b"HTTP/1.1 302 Found\r\nLocation: http://p/f\xfcr\r\nContent-Length: 0\r\n\r\n"
    token = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"token":"abc"}'

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            writer.write(token if b"/login/" in request.split(b"\r\n")[0] else redirect)
            await writer.drain()

    async with raw_server(script) as url, make_bench(first={"base_url": url}) as bench:
        bench.rows[Model.CUSTOMER].values = {1: "Anna"}
        await bench.want(Model.CUSTOMER, 1)
        await bench.run(seconds=5, until=lambda: False)
        assert await bench.waiting() == 1
        breaker = "first", Endpoint.CLIENTS
        assert "redirects are not followed" in bench.breakers.states()[breaker].reason
        assert bench.breakers.said(breaker) == "go to http://p/f?r"


async def test_an_item_whose_key_stays_in_flight_is_read_ever_less_often(
    bench: Bench, fake: FakeSynerise
) -> None:
    rows, composed = bench.rows[Model.CUSTOMER], list[int]()
    rows.values = {1: "Anna", 2: "Bea"}
    rows.make = lambda item: parcel(wire(item.key._replace(entity_id=1), rows.values[item.key.entity_id]))

    async def count(items: Sequence[Leased]) -> None:
        composed.extend(item.key.entity_id for item in items)

    rows.before = count
    fake.add_fault("never", path=CLIENTS, count=1)
    await bench.want(Model.CUSTOMER, 1)
    await bench.drainer.tick()
    await fake.wait(until=lambda: fake.stats()["open"] > 0)
    await bench.want(Model.CUSTOMER, 2)
    for _ in range(300):
        await bench.drainer.tick()
        while bench.drainer.busy > 1:  # the chunk that is read; the other one hangs
            await asyncio.sleep(0)
        bench.clock.pass_(0.1)  # type: ignore[attr-defined]
    assert 5 < composed.count(2) < 15


async def test_an_order_that_is_gone_does_not_live_any_more(bench: Bench, fake: FakeSynerise) -> None:
    bench.rows[Model.ORDER].values = {1: "sku", 2: "sku"}
    await bench.want(Model.ORDER, 1, 2)
    await bench.run()
    del bench.rows[Model.ORDER].values[1]
    await bench.want(Model.ORDER, 1)
    await bench.run()
    assert (await bench.counts()).alive == {Stream(Model.ORDER, 1): 1}
    (facts,) = await bench.queue.ledger.facts(Model.ORDER, 1)
    assert item_view(facts, None).accepted == "gone"
    assert len(fake.transactions()) == 2, "what was bought stays bought"


async def test_an_item_that_may_not_be_sent_any_more_is_told_as_alive_in_its_old_version(
    bench: Bench,
) -> None:
    rows = bench.rows[Model.CUSTOMER]
    rows.values = {1: "Anna", 2: "Bea"}
    await bench.want(Model.CUSTOMER, 1)
    await bench.run()
    rows.make = lambda item: Skip("its e-mail is unfit")
    await bench.want(Model.CUSTOMER, 1, 2)
    await bench.run()
    reasons = {}
    for entity_id in rows.values:
        (facts,) = await bench.queue.ledger.facts(Model.CUSTOMER, entity_id)
        assert facts.skip is not None
        reasons[entity_id] = facts.skip.reason
    assert reasons == {
        1: "its e-mail is unfit; an old version is alive at Synerise",
        2: "its e-mail is unfit",
    }
    (line,) = [one.line for one in await bench.queue.log.page(LogFilter()) if one.line.event == "chunk"]
    assert line.text == f"1 {reasons[2]}; 1 {reasons[1]}"


async def test_what_is_skipped_does_not_wait_for_its_key_unless_it_is_said_to_be_current(
    bench: Bench, fake: FakeSynerise
) -> None:
    rows, former = bench.rows[Model.CUSTOMER], Key(Model.CUSTOMER, 1, 1)
    rows.values = {1: "Anna", 2: "Bea"}
    await bench.want(Model.CUSTOMER, 1)
    await bench.run()
    rows.make = lambda item: parcel(wire(former, "Bea"))  # the address has come to another one
    fake.add_fault("never", path=CLIENTS, count=1)
    await bench.want(Model.CUSTOMER, 2)
    await bench.drainer.tick()
    await fake.wait(until=lambda: fake.stats()["open"] > 0)
    for current, waits in ((True, True), (False, False)):
        rows.make = lambda item, current=current: Skip("it stays", current=current)
        await bench.want(Model.CUSTOMER, 1)
        await bench.drainer.tick()
        while bench.drainer.busy > 1:  # the chunk that is read; the other one hangs
            await asyncio.sleep(0)
        (facts,) = await bench.queue.ledger.facts(Model.CUSTOMER, 1)
        assert (facts.waiting is not None) is waits


async def test_what_waits_for_a_store_view_that_is_switched_off_leaves_as_skipped(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    async with make_bench() as bench:
        bench.rows[Model.PRODUCT].values = dict.fromkeys(range(1, 31), "bag")
        job = await bench.queue.jobs.submit_full([Stream(Model.PRODUCT, 2)], Want.FORCE, "a test")
        (part,) = job.parts
        await bench.queue.jobs.advance_part(part.part_id, 30, part.wishes(range(1, 31)), finished=True)
        assert await bench.waiting() == 30
    async with make_bench(sync={"stores": ["store1", "store3"]}) as bench:
        bench.rows[Model.PRODUCT].values = {1: "bag"}
        await bench.want(Model.PRODUCT, 1)
        await bench.run()
        (part,) = (await bench.queue.jobs.get(job.job_id)).parts
        assert (part.skipped, part.reasons) == (30, {"switched off": 30})
        assert await bench.waiting() == 0
    assert list(fake.items("store-1")) == ["sku1"]
    assert "store-2" not in {bag.name for bag in fake.catalogs()}


async def test_nothing_is_sent_while_another_daemon_may_do_so(bench: Bench, fake: FakeSynerise) -> None:
    lapsed: MagentoUnavailable | None = None
    bench.drainer._deps = replace(bench.drainer._deps, lapsed=lambda: lapsed)
    rows = bench.rows[Model.CUSTOMER]
    rows.values = {1: "Anna", 2: "Bea"}

    async def lapse(items: Sequence[Leased]) -> None:
        nonlocal lapsed
        lapsed = MagentoUnavailable("the claim of the change log could not be renewed")

    rows.before = lapse  # while the chunk is read
    await bench.want(Model.CUSTOMER, 1, 2)
    await bench.run(seconds=20.0, until=lambda: False)
    assert names(fake) == {}
    assert bench.progress.trouble == {"drainer": "the claim of the change log could not be renewed"}
    assert await attempts(bench, Model.CUSTOMER, 1, 2) == [0, 0]
    lapsed, rows.before = None, None
    await bench.run()
    assert set(names(fake).values()) == {"Anna", "Bea"}
    assert bench.progress.trouble == {}


async def test_an_item_that_fails_alone_for_long_keeps_the_way_open(bench: Bench, fake: FakeSynerise) -> None:
    """S14: nothing else is sent there, so nobody can tell it from an outage; but nobody else is kept out."""
    bench.rows[Model.CUSTOMER].values = {1: "Anna"}
    fake.add_fault("status", status=500, path=CLIENTS)
    await bench.want(Model.CUSTOMER, 1)
    await bench.run(seconds=3600.0, until=lambda: False)
    # At last every 32 seconds: half of what an item's own failures may cost.
    assert 105 < len(fake.requests(path=CLIENTS)) < 125
    assert bench.breakers.trouble("first") == ""
    assert await attempts(bench, Model.CUSTOMER, 1) == [0]


async def test_a_catalog_that_was_found_to_be_another_one_is_noted_although_the_drainer_is_cut(
    bench: Bench, fake: FakeSynerise, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.rows[Model.PRODUCT].values = {1: "bag"}
    await bench.queue.facts.set_meta("catalog first store-1", "the one before")
    begun, go_on, void = asyncio.Event(), asyncio.Event(), bench.queue.ledger.void

    async def slow(stream: Stream) -> int:
        begun.set()
        await go_on.wait()
        return await void(stream)

    monkeypatch.setattr(bench.queue.ledger, "void", slow)
    await bench.want(Model.PRODUCT, 1)
    await bench.drainer.tick()
    async with asyncio.timeout(20):
        await begun.wait()
        stopping = asyncio.create_task(bench.drainer.stop(0.0))
        await stopping
        go_on.set()
        while not await bench.queue.jobs.page():
            await asyncio.sleep(0.01)  # what goes on after the cut tells nobody
