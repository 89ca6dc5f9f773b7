"""The synchronization log: what is told, by the same transaction; a ring; filters."""

from dataclasses import replace

from synqd.models.item import Want
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Retry, Skipped, Unchanged
from synqd.queue import DeadFilter, Line, LogFilter, LogLine, Queue, QueueSettings
from tests.queue.conftest import File, HandClock
from tests.queue.words import PRODUCTS, ack, bulk, bury, live, take

ALL = LogFilter()
DAY = 86_400.0


def told(lines: list[LogLine]) -> list[tuple[str, int | None, dict[str, int]]]:
    return [(one.line.event, one.line.job_id, dict(one.line.facts)) for one in lines]


async def test_a_job_and_its_chunks_are_told_in_order(queue: Queue) -> None:
    job = await queue.jobs.submit_full([PRODUCTS], Want.FORCE, "operator uid 7")
    await queue.jobs.advance_part(job.parts[0].part_id, 4, map(bulk, (1, 2, 3, 4)), finished=True)
    a, b, c, d = await take(queue, lane=Lane.FULL)
    await queue.outbox.settle([ack(a), Unchanged(b), Skipped(c, "off"), bury(d)])
    lines = await queue.log.page(LogFilter(job_id=job.job_id))
    assert told(lines) == [
        ("job.submitted", job.job_id, {}),
        ("chunk", job.job_id, {"sent": 1, "unchanged": 1, "skipped": 1, "dead": 1}),
        ("job.finished", job.job_id, {"selected": 4, "sent": 1, "unchanged": 1, "skipped": 1, "dead": 1}),
    ]
    assert lines[0].line.text == "operator uid 7"
    assert lines[1].line.text == "1 off; 1 refused"
    assert lines[2].line.text == "1 off; 1 refused"
    (dead,) = [one for one in await queue.log.page(ALL) if one.line.event == "item.dead"]
    assert (dead.line.entity_id, dead.line.stream) == (d.key.entity_id, PRODUCTS)
    assert dead.line.text == "refused: no such thing"


async def test_a_single_success_is_the_ledgers(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([ack(item) for item in await take(queue)])
    assert await queue.log.page(ALL) == []
    await queue.outbox.intake([live(1), live(2)])
    await queue.outbox.settle([ack(item) for item in await take(queue)])
    assert told(await queue.log.page(ALL)) == [("chunk", None, {"sent": 2})]


async def test_a_single_skip_names_the_item(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([Skipped(item, "off") for item in await take(queue)])
    (line,) = await queue.log.page(LogFilter(entities=((Model.PRODUCT, 1),)))
    assert (line.line.event, line.line.entity_id, line.line.text) == ("chunk", 1, "1 off")


async def test_an_outage_is_one_line_a_chunk_and_an_own_fault_one_an_item(queue: Queue) -> None:
    await queue.outbox.intake(map(live, range(1, 6)))
    a, b, c, d, e = await take(queue)
    waiting = [Retry(one, 5, cause="503 from Synerise") for one in (a, b, c)]
    await queue.outbox.settle([*waiting, Retry(d, 5, own_fault=True, cause="500 alone"), Retry(e, 5)])
    assert told(await queue.log.page(ALL)) == [
        ("item.failed", None, {"attempts": 1}),
        ("chunk.postponed", None, {"items": 3}),
    ]


async def test_two_jobs_of_one_chunk_each_have_their_line(queue: Queue) -> None:
    job = await queue.jobs.submit_full([PRODUCTS], Want.FORCE, "test")
    await queue.jobs.advance_part(job.parts[0].part_id, 2, map(bulk, (1, 2)), finished=False)

    async def ids() -> object:
        yield [2]

    batch = await queue.jobs.submit_batch([PRODUCTS], ids(), Want.FORCE, "test")  # type: ignore[arg-type] # a generator
    await queue.jobs.advance_part(batch.parts[0].part_id, 2, [bulk(2)], finished=True)
    await queue.outbox.settle([ack(item) for item in await take(queue, lane=Lane.FULL)])
    chunks = [one.line for one in await queue.log.page(ALL) if one.line.event == "chunk"]
    assert {(one.job_id, one.facts["sent"]) for one in chunks} == {(job.job_id, 2), (batch.job_id, 1)}


async def test_it_is_a_ring(file: File) -> None:
    async with file.open(QueueSettings(reserve_bytes=0, log_lines=10)) as queue:
        for number in range(25):
            await queue.log.note(Line("test", text=str(number)))
        kept = await queue.log.page(ALL, limit=100)
        assert [one.line.text for one in kept] == [str(number) for number in range(15, 25)]
        await queue.outbox.intake([live(1), live(2)])
        await queue.outbox.settle([ack(item) for item in await take(queue)])
        assert len(await queue.log.page(ALL, limit=100)) == 10


async def test_old_lines_are_pruned(queue: Queue, clock: HandClock) -> None:
    await queue.log.note(Line("old"))
    clock.seconds += DAY
    await queue.log.note(Line("new"))
    assert (await queue.file.prune(90 * DAY, log_retention=DAY / 2)).log_lines == 1
    assert [one.line.event for one in await queue.log.page(ALL)] == ["new"]


async def test_lines_are_filtered_and_followed(queue: Queue) -> None:
    orders = Stream(Model.ORDER, 2)
    await queue.log.note(Line("a", stream=PRODUCTS, entity_id=1))
    await queue.log.note(Line("b", stream=orders, entity_id=1, job_id=7))
    await queue.log.note(Line("c", stream=orders, entity_id=2, job_id=7))
    (first, *_, last) = await queue.log.page(ALL)

    async def events(**which: object) -> list[str]:
        return [one.line.event for one in await queue.log.page(LogFilter(**which))]  # type: ignore[arg-type] # a test

    assert await events(model=Model.ORDER) == ["b", "c"]
    assert await events(store_id=1) == ["a"]
    assert await events(job_id=7, store_id=2) == ["b", "c"]
    assert await events(entities=((Model.PRODUCT, 1), (Model.ORDER, 2))) == ["a", "c"]
    assert await events(entities=((Model.ORDER, 1),), job_id=8) == []
    assert await events(entities=()) == []
    assert [one.line.event for one in await queue.log.page(ALL, after=first.number, limit=1)] == ["b"]
    assert await queue.log.page(ALL, after=last.number) == []
    assert [one.line.event for one in await queue.log.page(ALL, limit=2)] == ["b", "c"]


async def test_text_that_is_none_can_be_stored(queue: Queue) -> None:
    """Of an answer's header aiohttp makes surrogates where its bytes are no UTF-8."""
    odd = "302 f\udcfcr \x00 \U0001f9e4"
    await queue.outbox.intake([live(1), live(2)])
    a, b = await take(queue)
    await queue.log.note(Line("noted", text=odd))
    await queue.facts.set_meta("fact", odd)
    await queue.facts.save_breaker("main/clients", f'{{"reason": "{odd[:8]}"}}')
    await queue.outbox.settle(
        [replace(bury(a), detail=odd, answer=odd, wire_key=odd), Retry(b, 1.0, cause=odd)]
    )
    (letter,) = await queue.dead.page(DeadFilter())
    assert letter.detail == letter.answer == letter.wire_key == odd.replace("\udcfc", "?")
    assert await queue.facts.meta("fact") == letter.detail
    assert (await queue.facts.breakers())["main/clients"].state == '{"reason": "302 f?r "}'
    assert {one.line.text.removeprefix("refused: ") for one in await queue.log.page(ALL)} >= {letter.detail}
