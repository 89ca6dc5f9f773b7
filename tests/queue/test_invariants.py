"""The queue's numbered invariants, each by the shortest story that could break it."""

import sqlite3

import pytest

from synqd.models.change import Cursor, Gap
from synqd.models.item import Want, Wish
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Ack, Release, Retry, Skipped, Unchanged
from synqd.queue import DeadFilter, Fate, JobState, Queue
from tests.queue.conftest import File, HandClock
from tests.queue.words import PRODUCTS, ack, bulk, bury, key, live, sent, take


async def test_q1_cursor_and_items_commit_together(queue: Queue) -> None:
    impossible = Wish(key(-1))
    with pytest.raises(sqlite3.IntegrityError):
        await queue.outbox.intake([live(1), impossible], [Cursor("log", 9)])
    assert await queue.capture.cursor("log") is None
    assert await queue.outbox.ready() == []
    await queue.outbox.intake([live(1)], [Cursor("log", 9, (Gap(3, 4, 77),))])
    assert await queue.capture.cursor("log") == Cursor("log", 9, (Gap(3, 4, 77),))
    assert len(await take(queue)) == 1


async def test_q2_one_row_per_item_and_the_best_lane(queue: Queue) -> None:
    await queue.outbox.intake([bulk(1)])
    enqueued = await queue.outbox.intake([live(1, hint="sku1"), live(1)])
    assert (enqueued.added, enqueued.coalesced) == (0, 2)
    assert await take(queue, lane=Lane.FULL) == []
    (item,) = await take(queue)
    assert (item.revision, item.want, item.hint) == (3, Want.FORCE, "sku1")


async def test_q3_a_leased_row_is_invisible_until_its_deadline(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1)])
    (first,) = await queue.outbox.lease(PRODUCTS, Lane.LIVE, 10, 30)
    assert await take(queue) == []
    assert await queue.outbox.ready() == []
    clock.seconds += 29
    assert (await queue.outbox.reap()).expired == 0
    clock.seconds += 1
    assert (await queue.outbox.reap()).expired == 1
    (second,) = await take(queue)
    assert second.key == first.key
    assert second.token != first.token


async def test_q4_a_change_in_flight_is_sent_again(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.intake([live(1)])
    assert (await queue.outbox.settle([ack(item)])).fates == (Fate.AGAIN,)
    assert await queue.ledger.known([item.key]), "what was delivered is in the ledger all the same"
    (again,) = await take(queue)
    assert again.revision == item.revision + 1
    assert (await queue.outbox.settle([ack(again)])).fates == (Fate.DONE,)
    assert await queue.outbox.ready() == []


async def test_q4_a_lost_lease_settles_nothing(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1)])
    (lost,) = await queue.outbox.lease(PRODUCTS, Lane.LIVE, 1, 5)
    clock.seconds += 5
    await queue.outbox.reap()
    assert (await queue.outbox.settle([ack(lost)])).fates == (Fate.LOST,)
    assert await queue.ledger.known([lost.key]) == {}
    (held,) = await take(queue)
    assert (await queue.outbox.settle([ack(held), ack(held)])).fates == (Fate.DONE, Fate.LOST)


async def test_q5_only_what_ends_an_item_removes_it(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(number) for number in range(1, 7)])
    a, b, c, d, e, f = await take(queue)
    await queue.outbox.settle(
        [Retry(a, 1), Retry(b, 1, own_fault=True), Release(c), ack(d), Skipped(e, "off"), Unchanged(f)]
    )
    clock.seconds += 1
    assert [item.key.entity_id for item in await take(queue)] == [3, 1, 2]


@pytest.mark.parametrize(("own_fault", "attempts"), [(False, 0), (True, 3)])
async def test_q6_attempts_grow_only_on_the_items_own_fault(
    queue: Queue, clock: HandClock, *, own_fault: bool, attempts: int
) -> None:
    await queue.outbox.intake([live(1)])
    for _ in range(3):
        (item,) = await take(queue)
        await queue.outbox.settle([Retry(item, 10, own_fault=own_fault)])
        assert await take(queue) == []
        clock.seconds += 10
    (item,) = await take(queue)
    assert item.attempts == attempts


async def test_q6_a_newer_change_starts_without_attempts_and_is_not_buried(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.settle([Retry(item, 10, own_fault=True)])
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    assert item.attempts == 0
    await queue.outbox.intake([live(1)])
    assert (await queue.outbox.settle([bury(item)])).fates == (Fate.AGAIN,)
    assert await queue.dead.page(DeadFilter()) == []


async def test_q7_a_clock_set_back_delays_but_loses_nothing(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1), live(2)])
    await take(queue, limit=1)
    clock.seconds -= 10 * 86_400
    assert await take(queue) == []
    assert (await queue.outbox.reap()).pulled_back == 2
    assert [item.key.entity_id for item in await take(queue)] == [2]
    clock.seconds += 15 * 60
    assert (await queue.outbox.reap()).expired == 2


async def test_q7_a_clock_set_forward_never_buries_twice(queue: Queue, clock: HandClock) -> None:
    await queue.outbox.intake([live(1)])
    (slow,) = await take(queue)
    clock.seconds += 86_400
    await queue.outbox.reap()
    (quick,) = await take(queue)
    assert (await queue.outbox.settle([bury(quick), bury(slow)])).fates == (Fate.DONE, Fate.LOST)
    (letter,) = await queue.dead.page(DeadFilter())
    assert letter.attempts == 1


async def test_q9_an_ack_and_the_ledger_are_one(file: File) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([live(1)])
        (item,) = await take(queue)
        await queue.outbox.settle([ack(item)])
        known = (await queue.ledger.known([item.key]))[item.key]
        assert known == sent(wire_key="sku1")
        await queue.outbox.intake([live(1)])
        (item,) = await take(queue)
        assert item.known == known
        await queue.outbox.settle([Ack(item, sent(wire_key="other", at=9))])
    async with file.open() as queue:
        entry = (await queue.ledger.known([item.key]))[item.key]
    assert (entry.wire_key, entry.first_at, entry.last_at) == ("other", 5, 9)


async def test_q10_a_job_accounts_for_every_item(queue: Queue) -> None:
    job = await queue.jobs.submit_full([PRODUCTS], Want.FORCE, "test")
    (part,) = await queue.jobs.pageable()
    await queue.jobs.advance_part(part.part_id, 3, [bulk(1), bulk(2), bulk(3)], finished=False)
    await queue.jobs.advance_part(part.part_id, 5, [bulk(4), bulk(5)], finished=True)
    assert await queue.jobs.pageable() == []
    a, b, c, d, e = await take(queue, lane=Lane.FULL)
    settled = await queue.outbox.settle([ack(a), Unchanged(b), Skipped(c, "off"), bury(d), Retry(e, 0)])
    assert settled.finished_jobs == ()
    (part,) = (await queue.jobs.get(job.job_id)).parts
    assert (part.sent, part.unchanged, part.skipped, part.dead, part.open) == (1, 1, 1, 1, 1)
    assert (part.selected, part.total, part.reasons) == (5, 5, {"off": 1, "refused": 1})
    (e,) = await take(queue, lane=Lane.FULL)
    assert (await queue.outbox.settle([ack(e)])).finished_jobs == (job.job_id,)
    assert (await queue.jobs.get(job.job_id)).state is JobState.FINISHED


async def test_s5_what_moved_is_not_compared_with_what_was_sent_before(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([ack(item) for item in await take(queue)])
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.settle([Skipped(item, "elsewhere", moved=True)])
    assert (await queue.facts.counts()).alive == {PRODUCTS: 0}
    await queue.outbox.intake([live(1)])
    (back,) = await take(queue)
    assert back.known
    assert not back.known.alive


async def test_s15_a_lost_catalog_voids_one_stream(queue: Queue) -> None:
    await queue.outbox.intake([live(number, store_id) for number in range(1, 6) for store_id in (1, 2)])
    await queue.outbox.settle(
        [ack(item) for store_id in (1, 2) for item in await take(queue, store_id=store_id)]
    )
    assert await queue.ledger.void(PRODUCTS) == 5
    counts = await queue.facts.counts()
    assert counts.alive == {PRODUCTS: 0, Stream(Model.PRODUCT, 2): 5}
    page = await queue.ledger.page(Model.PRODUCT, (2, 2), 2)
    assert [place.entity_id for place, _ in page] == [3, 4]
