"""Keys that change hands: what Synerise holds under one is what its present owner says (S8, S29)."""

import asyncio
from collections.abc import Sequence

import pytest

from synqd.entities.payload import digest
from synqd.entities.product.identity import former_keys
from synqd.models.item import Leased
from synqd.models.names import Model
from synqd.models.wire import Endpoint, Heir, Parcel, Skip, WireItem
from synqd_demo.fake_synerise import FakeSynerise
from tests.drainer.conftest import MakeBench
from tests.support.bench import Bench

ITEMS = "/items/batch"


def wire(sku: str, owner: int | None) -> WireItem:
    value = {"itemId": sku, "deleted": 1} if owner is None else {"itemId": sku, "owner": owner}
    return WireItem(Endpoint.CATALOG, sku, {"itemKey": sku, "value": value}, "store-1", owner is None)


class Shelf:
    """Products by SKU, made to parcels as the real entity does."""

    def __init__(self, bench: Bench) -> None:
        self.skus: dict[int, str] = {}
        self._bench = bench
        bench.rows[Model.PRODUCT].make = self.parcel

    def parcel(self, item: Leased) -> Parcel | Skip:
        number, owners = item.key.entity_id, {sku: one for one, sku in self.skus.items()}
        own = self.skus.get(number)
        former = former_keys(item.known, None, own)
        heirs = tuple(Heir(item.key._replace(entity_id=owners[key]), key) for key in former if key in owners)
        buried = tuple(wire(key, None) for key in former if key not in owners)
        if own is None:
            return Parcel(buried, buried[0].key, False) if buried else Skip("gone", moved=True, heirs=heirs)
        one = wire(own, number)
        return Parcel((*buried, one), own, True, digest=digest([one.body]), heirs=heirs)

    async def put(self, *ids: int, **skus: int) -> None:
        """Products get SKUs; these ``ids`` are told of, or all of them."""
        self.skus.update((number, sku) for sku, number in skus.items())
        await self._bench.want(Model.PRODUCT, *(ids or skus.values()))


@pytest.fixture
async def shelf(bench: Bench) -> Shelf:
    made = Shelf(bench)
    await made.put(A=1, B=2)
    await bench.run()
    return made


def owners(fake: FakeSynerise) -> dict[str, int]:
    """Whose each living item is."""
    return {key: value["owner"] for key, value in fake.items("store-1").items() if not value.get("deleted")}


async def under_way(bench: Bench, fake: FakeSynerise, requests: int = 1) -> None:
    """Until Synerise has so many more requests, which it does not answer yet."""
    seen = len(fake.requests(path=ITEMS))
    await bench.drainer.tick()
    await fake.wait(until=lambda: fake.stats()["open"] >= requests)
    assert len(fake.requests(path=ITEMS)) == seen


async def test_an_exchange_that_is_taken_back_when_half_of_it_has_arrived(
    bench: Bench, shelf: Shelf, fake: FakeSynerise
) -> None:
    await shelf.put(2, A=2, B=1)
    await bench.run(until=lambda: owners(fake) == {"A": 2, "B": 2})
    await shelf.put(A=1, B=2)
    await bench.run()
    assert owners(fake) == {"A": 1, "B": 2}


async def test_an_exchange_that_is_taken_back_while_half_of_it_is_under_way(
    bench: Bench, shelf: Shelf, fake: FakeSynerise
) -> None:
    fake.configure(latency_ms=200)
    await shelf.put(2, A=2, B=1)
    await under_way(bench, fake)
    await shelf.put(1, A=1, B=2)
    await bench.drainer.tick()
    await shelf.put(2)
    await bench.run()
    assert owners(fake) == {"A": 1, "B": 2}


async def test_an_exchange_that_is_taken_back_while_half_of_it_is_read(
    make_bench: MakeBench, fake: FakeSynerise
) -> None:
    """The second product is read before the first one is compared, and leaves after it."""
    read, go_on = asyncio.Event(), asyncio.Event()
    async with make_bench() as bench:
        shelf = Shelf(bench)
        await shelf.put(A=1, B=2)
        await bench.run()
        slow: list[Parcel | Skip] = []

        async def before(items: Sequence[Leased]) -> None:
            if items[0].key.entity_id == 2 and not slow:
                slow.append(shelf.parcel(items[0]))
                read.set()
                await go_on.wait()

        def make(item: Leased) -> Parcel | Skip:
            return slow.pop() if item.key.entity_id == 2 and slow else shelf.parcel(item)

        bench.rows[Model.PRODUCT].before, bench.rows[Model.PRODUCT].make = before, make
        await shelf.put(2, A=2, B=1)
        await bench.drainer.tick()
        await read.wait()
        await shelf.put(1, A=1, B=2)
        bench.woken.clear()
        await bench.drainer.tick()
        await asyncio.wait_for(bench.woken.wait(), 30)
        bench.rows[Model.PRODUCT].before = None
        go_on.set()
        await bench.run()
        assert owners(fake) == {"A": 1, "B": 2}


@pytest.mark.parametrize("gone", [False, True], ids=["renamed", "deleted"])
async def test_a_key_whose_new_owner_leaves_it_before_it_was_ever_sent(
    bench: Bench, shelf: Shelf, fake: FakeSynerise, *, gone: bool
) -> None:
    await shelf.put(1, C=1, A=2)
    await bench.run(until=lambda: "C" in owners(fake))
    shelf.skus.pop(2) if gone else await shelf.put(2, D=2)
    await bench.want(Model.PRODUCT, 2)
    await bench.run()
    assert owners(fake) == ({"C": 1} if gone else {"C": 1, "D": 2})
