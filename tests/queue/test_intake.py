from dataclasses import replace

import pytest

from synqd.models.item import Ready, Wish
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Retry
from synqd.queue import Enqueued, Queue
from tests.queue.conftest import SETTINGS, START, File, HandClock
from tests.queue.words import PRODUCTS, ack, bulk, key, live, take

NOW = round(START * 1000)


async def due(queue: Queue, lane: Lane = Lane.LIVE) -> int:
    (ready,) = await queue.outbox.ready([PRODUCTS])
    assert ready.lane is lane
    return ready.due_at - NOW


@pytest.mark.parametrize(("quiet", "rest"), [(0.0, 250), (0.1, 150), (0.25, 0), (9.0, 0), (-5.0, 750)])
async def test_a_live_change_waits_for_the_rest_of_its_quiet(queue: Queue, quiet: float, rest: int) -> None:
    await queue.outbox.intake([live(1, quiet=quiet)])
    assert await due(queue) == rest


async def test_what_is_new_and_what_waited_already_are_counted_apart(queue: Queue) -> None:
    assert await queue.outbox.intake([live(1), live(2)]) == Enqueued(added=2, coalesced=0)
    assert await queue.outbox.intake([live(1), live(3), live(3)]) == Enqueued(added=1, coalesced=2)
    assert await queue.outbox.intake([live(1), bulk(2)]) == Enqueued(added=0, coalesced=2)


async def test_a_restless_item_leaves_at_the_ceiling(queue: Queue, clock: HandClock) -> None:
    for _ in range(10):
        await queue.outbox.intake([live(1, quiet=0)])
        clock.seconds += 0.2
    assert await due(queue) == 750


async def test_settling_is_switched_off_by_zero(file: File) -> None:
    async with file.open(replace(SETTINGS, settle=0)) as queue:
        await queue.outbox.intake([live(1, quiet=0)])
        assert await due(queue) == 0


@pytest.mark.parametrize("lane", [Lane.BATCH, Lane.FULL])
async def test_bulk_wishes_are_due_at_once(queue: Queue, lane: Lane) -> None:
    await queue.outbox.intake([bulk(1, lane=lane)])
    assert await due(queue, lane) == 0


async def test_a_bulk_wish_leaves_a_live_row_where_it_is(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1, quiet=0)])
    clock.seconds += 0.1
    await queue.outbox.intake([bulk(1)])
    assert await due(queue) == 250


async def test_a_live_change_settles_a_bulk_row_anew(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([bulk(1)])
    clock.seconds += 60
    await queue.outbox.intake([live(1, quiet=0)])
    assert await due(queue) == 60_250


async def test_a_change_ends_a_backoff(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.settle([Retry(item, 600)])
    assert await due(queue) == 600_000
    clock.seconds += 5
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    assert item.first_at == NOW


async def test_rows_are_served_in_order_of_due_time_then_arrival(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1, quiet=0.0), live(2, quiet=0.1), live(3, quiet=0.1)])
    clock.seconds += 1
    assert [item.key.entity_id for item in await take(queue, limit=2)] == [2, 3]
    assert [item.key.entity_id for item in await take(queue)] == [1]


async def test_a_live_change_reaches_store_views_where_the_entity_lives(queue: Queue) -> None:
    await queue.outbox.intake([live(7, 1), live(7, 2), live(7, 3)])
    lost, gone, kept = [(await take(queue, store_id=store))[0] for store in (1, 2, 3)]
    await queue.outbox.settle([ack(lost), ack(gone, alive=False), ack(kept)])
    await queue.outbox.intake([live(7, 3, hint="sku7")])
    assert {ready.stream.store_id for ready in await queue.outbox.ready()} == {1, 3}
    (elsewhere,) = await take(queue, store_id=1)
    assert elsewhere.hint == "sku7"


async def test_a_live_change_reaches_store_views_where_the_entity_waits(queue: Queue) -> None:
    await queue.outbox.intake([bulk(7, 2), bulk(8, 2)])
    await queue.outbox.intake([live(7, 1)])
    assert [item.key for item in await take(queue, store_id=2)] == [key(7, 2)]
    assert (await queue.facts.counts()).depth[Stream(Model.PRODUCT, 2), Lane.FULL] == 1


async def test_bulk_wishes_stay_in_their_store_view(queue: Queue) -> None:
    await queue.outbox.intake([live(7, 1)])
    await queue.outbox.intake([bulk(7, 2)])
    (first,) = [ready for ready in await queue.outbox.ready() if ready.stream.store_id == 1]
    assert first == Ready(PRODUCTS, Lane.LIVE, NOW)
    assert (await take(queue))[0].revision == 1


async def test_store_view_zero_means_wherever_it_is_known(queue: Queue) -> None:
    await queue.outbox.intake([live(7, 2)])
    enqueued = await queue.outbox.intake([Wish(key(7, 0), quiet=60), Wish(key(8, 0), quiet=60)])
    assert (enqueued.added, enqueued.coalesced) == (0, 1)


async def test_other_models_are_left_alone(queue: Queue) -> None:
    await queue.outbox.intake([Wish(key(7, 2, Model.ORDER), quiet=60)])
    await queue.outbox.intake([live(7, 1)])
    (order,) = await queue.outbox.lease(Stream(Model.ORDER, 2), Lane.LIVE, 9, 60)
    assert order.revision == 1


async def test_the_age_of_the_oldest_row_is_known_however_it_waits(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    assert (await queue.facts.oldest())[PRODUCTS, Lane.LIVE] == NOW
    await queue.outbox.settle([Retry(item, 600)])
    clock.seconds += 60
    await queue.outbox.intake([live(2), bulk(3)])
    assert await queue.facts.oldest() == {(PRODUCTS, Lane.LIVE): NOW, (PRODUCTS, Lane.FULL): NOW + 60_000}
