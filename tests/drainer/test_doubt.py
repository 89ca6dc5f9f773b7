"""What may have arrived at Synerise without an answer is sent again, whatever the shop says by then (S24)."""

import asyncio
import json
from collections.abc import Callable

import pytest

from synqd.entities.payload import digest
from synqd.entities.product.identity import former_keys
from synqd.models.item import Leased, LedgerEntry, Want
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.wire import Endpoint, Parcel, WireItem
from synqd_demo.fake_synerise import FakeSynerise
from tests.drainer.conftest import MakeBench
from tests.support.bench import KEYS, Bench

CLIENTS = "/v4/clients/batch"
ITEMS = "/items/batch"
EMAIL = "customer1@example.com"


def name(fake: FakeSynerise) -> str:
    return next((str(one.get("firstName")) for one in fake.profiles() if one["email"] == EMAIL), "")


async def known(bench: Bench, model: Model = Model.CUSTOMER) -> LedgerEntry | None:
    key = Key(model, 1, 1)
    return (await bench.queue.ledger.known([key])).get(key)


async def change(bench: Bench, value: str, until: Callable[[], bool] | None = None) -> None:
    """The shop says something new of customer 1."""
    bench.rows[Model.CUSTOMER].values = {1: value}
    await bench.want(Model.CUSTOMER, 1)
    await bench.run(seconds=600, until=until)


@pytest.mark.parametrize("fault", ["reset_after_apply", "status_after_apply", "short_content_length"])
async def test_the_shop_goes_back_after_a_change_that_was_stored_without_an_answer(
    bench: Bench, fake: FakeSynerise, fault: str
) -> None:
    await change(bench, "A")
    fake.add_fault(fault, path=CLIENTS, count=2)  # 2: on a kept connection it is repeated once
    await change(bench, "B", until=lambda: name(fake) == "B")
    await bench.landed()
    doubt = await known(bench)
    assert doubt is not None
    assert (doubt.doubt, doubt.alive) == ((), False)
    assert not any((await bench.counts()).alive.values())
    fake.clear_faults()
    await change(bench, "A")
    assert name(fake) == "A"
    assert (await bench.counts()).alive == {Stream(Model.CUSTOMER, 1): 1}


async def test_the_shop_goes_back_after_a_change_whose_answer_never_came(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    async with make_bench(first={"timeout": 0.5}) as bench:
        await change(bench, "A")
        fake.add_fault("slow_headers", path=CLIENTS, seconds=5.0, count=1)
        await change(bench, "B", until=lambda: name(fake) == "B")
        await bench.landed()
        await change(bench, "A")
        assert name(fake) == "A"


async def test_the_shop_goes_back_after_a_change_that_was_cut_off_by_a_stop(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    async with make_bench() as bench:
        await change(bench, "A")
        fake.add_fault("slow_headers", path=CLIENTS, seconds=5.0, count=1)
        bench.rows[Model.CUSTOMER].values = {1: "B"}
        await bench.want(Model.CUSTOMER, 1)
        await bench.drainer.tick()
        await fake.wait(until=lambda: name(fake) == "B", timeout_s=10)
        await bench.drainer.stop(0.0)
        doubt = await known(bench)
        assert doubt is not None
        assert doubt.doubt == ()
    async with make_bench() as bench:
        await change(bench, "A")
        assert name(fake) == "A"


async def spoil(fake: FakeSynerise, how: str) -> None:
    match how:
        case "throttled":
            fake.add_fault("status", status=429, path=CLIENTS, retry_after="1", count=1)
        case "forbidden":
            fake.revoke("API_BATCH_CLIENT_CREATE")
        case "denied":
            fake.deactivate(KEYS["first"])
        case "refused":
            fake.add_fault("status", status=400, path=CLIENTS, count=1)
        case "never connected":
            fake.go_away()


@pytest.mark.parametrize("how", ["throttled", "forbidden", "denied", "refused", "never connected"])
async def test_what_was_answered_or_never_left_is_not_in_doubt(
    make_bench: MakeBench, fake: FakeSynerise, how: str
) -> None:
    async with make_bench() as bench:
        await change(bench, "A")
        before = await known(bench)
    await spoil(fake, how)
    async with make_bench() as bench:  # on new connections
        bench.rows[Model.CUSTOMER].values = {1: "B"}
        await bench.want(Model.CUSTOMER, 1)
        await bench.drainer.tick()
        await bench.landed()
        assert await known(bench) == before
        if how == "never connected":
            await fake.come_back()


async def test_a_repetition_that_is_refused_leaves_the_first_try_in_doubt(
    bench: Bench, fake: FakeSynerise
) -> None:
    """The kept connection breaks after the items were stored; the repetition is asked to wait."""
    await change(bench, "A")
    fake.add_fault("reset_after_apply", path=CLIENTS, count=1)
    fake.add_fault("status", status=429, path=CLIENTS, retry_after="60", nth=2)
    await change(bench, "B", until=lambda: name(fake) == "B")
    await bench.landed()
    doubt = await known(bench)
    assert doubt is not None
    assert doubt.doubt == ()


async def test_neighbours_of_what_spoiled_a_request_are_in_doubt_if_they_wait_then(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    """Nobody says of a 400 whether valid neighbours were taken; alone, each is asked to wait."""
    async with make_bench() as bench:
        fake.add_fault("status", status=400, path=CLIENTS, nth=1)
        fake.add_fault("status", status=429, path=CLIENTS, retry_after="60", nth=2)
        bench.rows[Model.CUSTOMER].values = {1: "A", 2: "B"}
        await bench.want(Model.CUSTOMER, 1, 2, lane=Lane.FULL, want=Want.FORCE)
        await bench.drainer.tick()
        await bench.landed()
        keys = [Key(Model.CUSTOMER, 1, number) for number in (1, 2)]
        assert [entry.doubt for entry in (await bench.queue.ledger.known(keys)).values()] == [(), ()]


# Products: two wire items


def bag(sku: str, *, dead: bool = False, spoilt: bool = False) -> WireItem:
    value = {"itemId": sku, "deleted": 1} if dead else {"itemId": sku, "name": "bag"}
    body = {"itemKey": sku} if spoilt else {"itemKey": sku, "value": value}
    return WireItem(Endpoint.CATALOG, sku, body, catalog="store-1", tombstone=dead)


class Product:
    """Product 1 of a shop that renames it; made to parcels as the real entity does."""

    def __init__(self, sku: str | None) -> None:
        self.sku = sku
        self.hint: str | None = None
        self.spoilt = ""

    def rename(self, sku: str | None) -> None:
        self.hint, self.sku = self.sku, sku

    def parcel(self, item: Leased) -> Parcel:
        buried = [bag(key, dead=True) for key in former_keys(item.known, self.hint, self.sku)]
        if self.sku is None:
            return Parcel(tuple(buried), buried[0].key, alive=False)
        own = bag(self.sku, spoilt=self.sku == self.spoilt)
        return Parcel((*buried, own), self.sku, True, digest=digest([bag(self.sku).body]))


def items(fake: FakeSynerise) -> dict[str, bool]:
    """Keys of all items at Synerise, and whether they are alive."""
    return {key: not item.deleted for bag in fake.catalogs() for key, item in bag.items.items()}


@pytest.mark.parametrize("how", ["refused", "outage"])
async def test_a_rename_of_which_half_arrived_and_that_is_taken_back(
    bench: Bench, fake: FakeSynerise, how: str
) -> None:
    product = Product("A")
    bench.rows[Model.PRODUCT].make = product.parcel
    await bench.want(Model.PRODUCT, 1)
    await bench.run()
    if how == "refused":
        product.spoilt = "B"
    else:
        fake.add_fault("status", status=503, path=ITEMS, nth=2)
    product.rename("B")
    await bench.want(Model.PRODUCT, 1)
    await bench.run(seconds=5, until=lambda: items(fake) == {"A": False})
    await bench.landed()
    assert items(fake) == {"A": False}
    fake.clear_faults()
    product.rename("A")
    await bench.want(Model.PRODUCT, 1)
    await bench.run(seconds=600)
    assert items(fake)["A"]
    assert not items(fake).get("B")


async def test_a_product_that_was_renamed_and_deleted_while_nobody_knew_what_had_arrived(
    bench: Bench, fake: FakeSynerise
) -> None:
    product = Product("A")
    bench.rows[Model.PRODUCT].make = product.parcel
    fake.add_fault("status_after_apply", status=504, path=ITEMS, count=1)
    await bench.want(Model.PRODUCT, 1)
    await bench.run(seconds=5, until=lambda: items(fake) == {"A": True})
    await bench.landed()
    product.rename("B")
    product.rename(None)
    await bench.want(Model.PRODUCT, 1)
    await bench.run(seconds=600)
    assert items(fake) == {"A": False, "B": False}


async def test_each_request_is_noted_before_it_leaves(bench: Bench, fake: FakeSynerise) -> None:
    """The note is in the file while Synerise answers."""
    fake.configure(latency_ms=100)
    bench.rows[Model.CUSTOMER].values = {1: "A"}
    await bench.want(Model.CUSTOMER, 1)
    await bench.drainer.tick()
    async with asyncio.timeout(10):
        while not await noted(bench):
            await asyncio.sleep(0.005)  # no event says so; it is there for 100 ms
    assert name(fake) == ""
    await bench.landed()
    assert name(fake) == "A"
    assert not await noted(bench)


async def noted(bench: Bench) -> list[list[object]]:
    rows = await bench.queue._store._writer.run(lambda db: db.execute("SELECT what FROM notes").fetchall())
    return [json.loads(what) for (what,) in rows]
