"""S20: nothing of a person leaves once the person was forgotten, wherever the item is at that moment."""

import asyncio
from collections.abc import Sequence

from synqd.models.item import Leased
from synqd.models.names import Lane, Model, Stream
from synqd.models.person import FORGOTTEN, Person
from synqd.models.wire import Endpoint, Parcel, WireItem
from synqd_demo.fake_synerise import FakeSynerise
from tests.support.bench import Bench, parcel, wire

CUSTOMERS = Stream(Model.CUSTOMER, 1)
PERSON = Person(frozenset({"customer1@example.com", "buyer5@example.com"}), frozenset({(Model.CUSTOMER, 1)}))


def emails(fake: FakeSynerise) -> list[str]:
    return sorted(one["email"] for one in fake.profiles())


async def test_whoever_is_forgotten_while_a_chunk_is_read_does_not_leave(
    bench: Bench, fake: FakeSynerise
) -> None:
    rows = bench.rows[Model.CUSTOMER]
    rows.values = {1: "Ann", 2: "Bea"}

    async def forget(items: Sequence[Leased]) -> None:
        await bench.queue.people.forget(PERSON, "a test")

    rows.before = forget
    await bench.want(Model.CUSTOMER, 1, 2)
    await bench.run()
    assert emails(fake) == ["customer2@example.com"]
    assert (await bench.counts()).alive == {CUSTOMERS: 1}
    assert await bench.queue.ledger.facts(Model.CUSTOMER, 1) == []


async def test_new_items_of_a_forgotten_person_are_skipped_with_that_reason(
    bench: Bench, fake: FakeSynerise
) -> None:
    bench.rows[Model.ORDER].values = {5: "sku", 6: "sku"}
    await bench.queue.people.forget(PERSON, "a test")
    await bench.want(Model.ORDER, 5, 6, lane=Lane.BATCH)
    await bench.run()
    assert [one["orderId"] for one in fake.transactions()] == ["000000006"]
    (facts,) = await bench.queue.ledger.facts(Model.ORDER, 5)
    assert facts.skip is not None
    assert facts.skip.reason == FORGOTTEN


async def test_an_item_in_flight_ends_before_forgetting_is_done_and_its_second_half_stays(
    bench: Bench, fake: FakeSynerise
) -> None:
    old = WireItem(Endpoint.CLIENTS, "old@example.com", {"email": "old@example.com"}, tombstone=True)

    def two(item: Leased) -> Parcel:
        return parcel(old, wire(item.key, "Ann"))

    bench.rows[Model.CUSTOMER].make = two
    fake.configure(latency_ms=300)
    await bench.want(Model.CUSTOMER, 1)
    await bench.drainer.tick()
    await fake.wait(until=lambda: fake.stats()["open"] > 0)
    assert not await bench.drainer.landed({(Model.CUSTOMER, 1)}, 0.01)
    assert await bench.drainer.landed({(Model.CUSTOMER, 2)}, 0.01)
    await bench.queue.people.forget(PERSON, "a test")
    assert await bench.drainer.landed({(Model.CUSTOMER, 1)}, 10.0)
    assert emails(fake) == ["old@example.com"]
    await asyncio.wait_for(bench.run(), 10)
    assert (await bench.counts()).alive == {}
    assert await bench.queue.ledger.facts(Model.CUSTOMER, 1) == []
