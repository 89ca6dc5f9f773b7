from collections.abc import AsyncIterator, Sequence

import pytest

from synqd.models.errors import Invalid
from synqd.models.item import Want
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Retry
from synqd.queue import DeadFilter, Job, JobKind, JobState, PartState, Queue
from tests.queue.conftest import File
from tests.queue.words import PRODUCTS, ack, bulk, bury, key, live, take

OTHER = Stream(Model.PRODUCT, 2)


async def full(queue: Queue, *streams: Stream) -> Job:
    return await queue.jobs.submit_full(streams or [PRODUCTS], Want.FORCE, "test")


async def page(queue: Queue, job: Job, *entities: int, finished: bool = False) -> bool:
    wishes = [bulk(entity_id) for entity_id in entities]
    return await queue.jobs.advance_part(job.parts[0].part_id, max(entities), wishes, finished=finished)


async def pages(*lists: Sequence[int]) -> AsyncIterator[Sequence[int]]:
    for ids in lists:
        yield ids


async def waiting(queue: Queue) -> int:
    return sum((await queue.facts.counts()).depth.values())


async def test_a_job_goes_on_where_it_stopped(file: File) -> None:
    async with file.open() as queue:
        job = await full(queue, PRODUCTS, OTHER)
        assert await page(queue, job, 1, 2)
    async with file.open() as queue:
        first, second = await queue.jobs.pageable()
        assert (first.position, first.open, second.position) == (2, 2, 0)
        assert first.kind is JobKind.FULL
        assert first.want is Want.FORCE


async def test_an_item_of_two_pages_is_a_member_once(queue: Queue) -> None:
    job = await full(queue)
    await page(queue, job, 1, 2)
    await page(queue, job, 2, 3)
    (part,) = (await queue.jobs.get(job.job_id)).parts
    assert (part.selected, part.open) == (3, 3)


async def test_a_page_of_another_stream_is_refused(queue: Queue) -> None:
    job = await full(queue)
    with pytest.raises(ValueError, match="another stream"):
        await queue.jobs.advance_part(job.parts[0].part_id, 1, [bulk(1, 2)], finished=False)


async def test_a_job_with_nothing_to_select_is_finished_by_its_last_page(queue: Queue) -> None:
    job = await full(queue)
    await queue.jobs.advance_part(job.parts[0].part_id, 0, [], finished=True)
    assert (await queue.jobs.get(job.job_id)).state is JobState.FINISHED


async def test_a_paused_job_selects_nothing(queue: Queue) -> None:
    job = await full(queue)
    assert (await queue.jobs.pause(job.job_id, "test")).state is JobState.PAUSED
    assert await queue.jobs.pageable() == []
    assert not await page(queue, job, 1)
    assert await waiting(queue) == 0
    await queue.jobs.resume(job.job_id, "test")
    assert await page(queue, job, 1)


async def test_s18_cancelling_drops_only_what_nobody_else_wants(queue: Queue) -> None:
    job = await full(queue)
    await page(queue, job, 1, 2, 3, 4)
    batch = await queue.jobs.submit_batch([PRODUCTS], pages([3]), Want.FORCE, "test")
    await queue.jobs.advance_part(batch.parts[0].part_id, 3, [bulk(3, lane=Lane.BATCH)], finished=True)
    await queue.outbox.intake([live(2)])
    (flying,) = await take(queue, 1, Lane.FULL)
    assert flying.key.entity_id == 1
    cancelled = await queue.jobs.cancel(job.job_id, "test")
    assert cancelled.state is JobState.CANCELLED
    assert (cancelled.parts[0].dropped, cancelled.parts[0].open) == (3, 1)
    assert await waiting(queue) == 3, "in flight, live, and the batch's"
    await queue.outbox.settle([Retry(flying, 0)])
    assert await queue.jobs.sweep() == 1
    assert await waiting(queue) == 2
    (part,) = (await queue.jobs.get(job.job_id)).parts
    assert (part.selected, part.dropped, part.open) == (4, 4, 0)


async def test_a_cancelled_job_still_counts_what_was_in_flight(queue: Queue) -> None:
    job = await full(queue)
    await page(queue, job, 1)
    (item,) = await take(queue, 1, Lane.FULL)
    await queue.jobs.cancel(job.job_id, "test")
    await queue.outbox.settle([ack(item)])
    (part,) = (await queue.jobs.get(job.job_id)).parts
    assert (part.state, part.sent, part.open) == (PartState.CANCELLED, 1, 0)


async def test_cancelling_spares_an_operators_retry(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([bury(item) for item in await take(queue)])
    await queue.dead.retry(DeadFilter())
    job = await full(queue)
    await page(queue, job, 1)
    await queue.jobs.cancel(job.job_id, "test")
    assert await waiting(queue) == 1


async def test_a_new_full_replaces_the_unfinished_part_of_the_same_stream(queue: Queue) -> None:
    old = await full(queue, PRODUCTS, OTHER)
    await page(queue, old, 1, 2)
    new = await full(queue)
    kept = await queue.jobs.get(old.job_id)
    assert kept.state is JobState.RUNNING
    assert [part.state for part in kept.parts] == [PartState.REPLACED, PartState.PAGING]
    assert kept.parts[0].dropped == 2
    assert await waiting(queue) == 0
    assert not await page(queue, old, 3)
    await full(queue, OTHER, PRODUCTS)
    assert (await queue.jobs.get(old.job_id)).state is JobState.REPLACED
    assert (await queue.jobs.get(new.job_id)).state is JobState.REPLACED


async def test_a_full_leaves_batches_alone(queue: Queue) -> None:
    batch = await queue.jobs.submit_batch([PRODUCTS], pages([5]), Want.FORCE, "test")
    await full(queue)
    assert (await queue.jobs.get(batch.job_id)).state is JobState.RUNNING


async def test_a_batch_pages_its_own_list(queue: Queue) -> None:
    batch = await queue.jobs.submit_batch([PRODUCTS, OTHER], pages([30, 10], [20, 10]), Want.NOTHING, "test")
    assert [part.total for part in batch.parts] == [3, 3]
    first, _ = await queue.jobs.pageable()
    assert await queue.jobs.batch_page(first, 2) == [10, 20]
    wishes = [bulk(10, lane=Lane.BATCH), bulk(20, lane=Lane.BATCH)]
    await queue.jobs.advance_part(first.part_id, 20, wishes, finished=False)
    first, second = await queue.jobs.pageable()
    assert await queue.jobs.batch_page(first, 2) == [30]
    assert await queue.jobs.batch_page(second, 9) == [10, 20, 30]


async def test_a_batch_is_accepted_whole_or_not_at_all(queue: Queue) -> None:
    async def broken() -> AsyncIterator[Sequence[int]]:
        yield [1, 2]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await queue.jobs.submit_batch([PRODUCTS], broken(), Want.FORCE, "test")
    with pytest.raises(Invalid, match="0 is not an entity id"):
        await queue.jobs.submit_batch([PRODUCTS], pages([1], [0]), Want.FORCE, "test")
    with pytest.raises(Invalid, match="at least one id"):
        await queue.jobs.submit_batch([PRODUCTS], pages(), Want.FORCE, "test")
    with pytest.raises(Invalid, match="one model"):
        await queue.jobs.submit_batch([PRODUCTS, Stream(Model.ORDER, 1)], pages([1]), Want.FORCE, "test")
    assert await queue.jobs.page() == []
    assert await queue.jobs.pageable() == []
    assert (await queue.file.prune(0)).batch_ids == 3


async def test_a_draft_that_a_crash_left_is_never_a_job(file: File) -> None:
    async with file.open() as queue:

        async def interrupted() -> AsyncIterator[Sequence[int]]:
            yield [1, 2]
            await queue._store._writer.run(lambda _: None)
            assert await queue.jobs.page() == []
            assert await queue.jobs.pageable() == []
            yield [3]

        job = await queue.jobs.submit_batch([PRODUCTS], interrupted(), Want.FORCE, "test")
        await queue._store._writer.run(lambda db: db.execute("UPDATE jobs SET state = 'draft'"))
    async with file.open() as queue:
        with pytest.raises(Invalid, match=f"no job {job.job_id}"):
            await queue.jobs.get(job.job_id)
        new = await queue.jobs.submit_batch([PRODUCTS], pages([9]), Want.FORCE, "test")
        assert new.job_id > job.job_id, "a number is never given twice, so lists cannot mix"


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
async def test_a_job_that_is_over_or_unknown_is_left_alone(queue: Queue, verb: str) -> None:
    job = await full(queue)
    await queue.jobs.cancel(job.job_id, "test")
    with pytest.raises(Invalid, match="is cancelled already"):
        await getattr(queue.jobs, verb)(job.job_id, "test")
    with pytest.raises(Invalid, match="no job 99"):
        await getattr(queue.jobs, verb)(99, "test")


async def test_jobs_are_listed_newest_first_in_pages(queue: Queue) -> None:
    numbers = [(await full(queue, Stream(Model.PRODUCT, store))).job_id for store in (1, 2, 3)]
    await queue.jobs.cancel(numbers[1], "test")
    assert [job.job_id for job in await queue.jobs.page(2)] == [3, 2]
    assert [job.job_id for job in await queue.jobs.page(2, before=2)] == [1]
    assert [job.job_id for job in await queue.jobs.page(unfinished=True)] == [3, 1]


async def test_old_jobs_are_pruned_when_they_are_accounted_for(queue: Queue, file: File) -> None:
    batch = await queue.jobs.submit_batch([PRODUCTS], pages([1, 2]), Want.FORCE, "test")
    await queue.jobs.advance_part(batch.parts[0].part_id, 1, [bulk(1, lane=Lane.BATCH)], finished=False)
    (item,) = await take(queue, 1, Lane.BATCH)
    await queue.jobs.cancel(batch.job_id, "test")
    file.clock.seconds += 100
    assert (await queue.file.prune(200)).batch_ids == 2
    assert (await queue.file.prune(50)).jobs == 0, "an item is still in flight"
    await queue.outbox.settle([ack(item)])
    assert (await queue.file.prune(50)).jobs == 1
    assert await queue.jobs.page() == []
    assert item.key == key(1)
