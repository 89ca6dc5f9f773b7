"""S4: what waits in streams that are switched off leaves as skipped, accounted; nothing comes in there."""

from synqd.models.item import Want
from synqd.models.names import Lane, Model, Stream
from synqd.queue import DeadFilter, JobState, LogFilter, Queue, QueueSettings
from synqd.queue.switched_off import REASON
from tests.queue.conftest import File
from tests.queue.words import PRODUCTS, ack, bulk, bury, live, take

OTHER = Stream(Model.PRODUCT, 2)


async def depth(queue: Queue, stream: Stream) -> int:
    return sum(n for (one, _), n in (await queue.facts.counts()).depth.items() if one == stream)


async def test_what_waits_leaves_as_skipped_and_the_job_ends(file: File) -> None:
    async with file.open(QueueSettings(reserve_bytes=0, page=3)) as queue:
        job = await queue.jobs.submit_full([PRODUCTS, OTHER], Want.FORCE, "a test")
        here, there = job.parts
        await queue.jobs.advance_part(here.part_id, 2, [bulk(1), bulk(2)], finished=True)
        await queue.jobs.advance_part(there.part_id, 8, [bulk(n, 2) for n in range(1, 9)], finished=True)
        await queue.outbox.intake([live(9, 2)])
        assert await queue.outbox.leave_out([OTHER]) == 9
        assert (await depth(queue, OTHER), await depth(queue, PRODUCTS)) == (0, 2)
        left = (await queue.jobs.get(job.job_id)).parts[1]
        assert (left.selected, left.skipped, left.open, left.reasons) == (8, 8, 0, {REASON: 8})
        await queue.outbox.settle([ack(item) for item in await take(queue, lane=Lane.FULL)])
        assert (await queue.jobs.get(job.job_id)).state is JobState.FINISHED
        (facts,) = await queue.ledger.facts(Model.PRODUCT, 9)
        assert facts.skip is not None
        assert facts.skip.reason == REASON
        texts = [one.line.text for one in await queue.log.page(LogFilter(job_id=job.job_id))]
        assert f"3 {REASON}" in texts, "a page of it"
        assert texts[-1] == f"8 {REASON}", "the whole job"
        await queue.file.check(thorough=True)


async def test_what_is_in_flight_is_left_to_its_settlement(queue: Queue) -> None:
    await queue.outbox.intake([live(1, 2), live(2, 2)])
    (item,) = await take(queue, limit=1, store_id=2)
    assert await queue.outbox.leave_out([OTHER]) == 1
    assert await depth(queue, OTHER) == 1
    await queue.outbox.settle([ack(item)])
    assert await depth(queue, OTHER) == 0


async def test_a_change_reaches_what_is_known_in_served_streams_only(queue: Queue) -> None:
    await queue.outbox.intake([live(1), live(1, 2)])
    for store_id in (1, 2):
        await queue.outbox.settle([ack(item) for item in await take(queue, store_id=store_id)])
    queue.outbox.serve({PRODUCTS})
    await queue.outbox.intake([live(1, 0)])
    assert (await depth(queue, PRODUCTS), await depth(queue, OTHER)) == (1, 0)
    queue.outbox.serve({PRODUCTS, OTHER})
    await queue.outbox.intake([live(1, 0)])
    assert (await depth(queue, PRODUCTS), await depth(queue, OTHER)) == (1, 1)


async def test_dead_letters_of_what_is_switched_off_stay_when_all_are_retried(queue: Queue) -> None:
    await queue.outbox.intake([live(1), live(1, 2)])
    for store_id in (1, 2):
        await queue.outbox.settle([bury(item) for item in await take(queue, store_id=store_id)])
    queue.outbox.serve({PRODUCTS})
    assert await queue.dead.retry(DeadFilter()) == 1
    (letter,) = await queue.dead.page(DeadFilter())
    assert letter.key.store_id == 2
