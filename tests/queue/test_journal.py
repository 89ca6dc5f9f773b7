"""The synchronization log: what is told, by the same transaction; a ring; filters."""

from dataclasses import replace
from typing import Any

from synqd.models.item import Leased, Want
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Ack, Retry, Skipped, Unchanged
from synqd.queue import DeadFilter, Line, LogFilter, LogLine, Queue, QueueSettings
from synqd.queue.log_lines import ranges
from tests.queue.conftest import File, HandClock
from tests.queue.words import PRODUCTS, ack, bulk, bury, live, sent, take

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


def renamed(item: Leased, wire_key: str, *, alive: bool = True, ended: tuple[str, ...] = ()) -> Ack:
    return Ack(item, sent(alive=alive, wire_key=wire_key)._replace(status=202), ended)


async def deliver(queue: Queue, *, number: int = 1, wire_key: str, **what: Any) -> None:
    await queue.outbox.intake([live(number)])
    await queue.outbox.settle([renamed(item, wire_key, **what) for item in await take(queue)])


async def test_a_live_delivery_is_a_line_with_its_key_and_answer(queue: Queue) -> None:
    await deliver(queue, wire_key="cup")
    await queue.outbox.intake([live(2), live(3), live(4), live(5)])
    a, b, c, d = await take(queue)
    await queue.outbox.settle(
        [renamed(a, "mug"), Unchanged(b), renamed(c, "jug", alive=False), Skipped(d, "off")]
    )
    lines = [one.line for one in await queue.log.page(ALL)]
    assert [(one.event, one.entity_id, one.key, one.facts) for one in lines] == [
        ("item.sent", 1, "cup", {"status": 202}),
        ("item.sent", 2, "mug", {"status": 202}),
        ("item.removed", 4, "jug", {"status": 202}),
        ("chunk", None, "ids 3, 5", {"unchanged": 1, "skipped": 1}),
    ]
    assert {one.stream for one in lines} == {PRODUCTS}


async def test_what_changed_again_in_flight_is_told_as_often_as_it_was_delivered(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([renamed(item, "cup")])
    await queue.outbox.settle([renamed(item, "cup") for item in await take(queue)])
    assert [one.line.event for one in await queue.log.page(ALL)] == ["item.sent", "item.sent"]


async def test_a_delivery_without_a_live_change_is_told_too(queue: Queue) -> None:
    await queue.outbox.intake([bulk(1, lane=Lane.BATCH)])  # a dead letter that is tried again, say
    await queue.outbox.settle([ack(item) for item in await take(queue, lane=Lane.BATCH)])
    assert told(await queue.log.page(ALL)) == [("chunk", None, {"sent": 1})]


async def test_what_was_not_sent_since_nothing_changed_is_told_apart(queue: Queue) -> None:
    await deliver(queue, wire_key="cup")
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([Unchanged(item) for item in await take(queue)])
    (line,) = [one.line for one in await queue.log.page(ALL) if one.line.event == "chunk.unchanged"]
    assert (line.entity_id, line.key, line.facts) == (1, "cup", {"unchanged": 1})
    assert [one.line.event for one in await queue.log.page(LogFilter(everything=False))] == ["item.sent"]


async def test_a_job_ends_after_all_that_its_items_were_told_of(queue: Queue) -> None:
    job = await queue.jobs.submit_full([PRODUCTS], Want.FORCE, "test")
    await queue.jobs.advance_part(job.parts[0].part_id, 2, map(bulk, (1, 2)), finished=True)
    a, b = await take(queue, lane=Lane.FULL)
    await queue.outbox.settle([ack(a), bury(b)])
    assert [one.line.event for one in await queue.log.page(ALL)] == [
        *("job.submitted", "item.dead", "chunk", "job.finished")
    ]


async def test_an_old_key_leads_to_its_item_as_long_as_the_log_is_kept(
    queue: Queue, clock: HandClock
) -> None:
    await deliver(queue, wire_key="24-MB05")
    await deliver(queue, wire_key="24-MB05-NEW", ended=("24-MB05",))
    assert await queue.ledger.named("24-mb05", ["main"], [Model.PRODUCT]) == [(Model.PRODUCT, 1)]
    (facts,) = await queue.ledger.facts(Model.PRODUCT, 1)
    assert [(one.wire_key, one.removed) for one in facts.former] == [("24-MB05", True)]
    (*_, line) = await queue.log.page(ALL)
    assert (line.line.key, line.line.text) == ("24-MB05-NEW", "was 24-MB05")
    await deliver(queue, wire_key="24-MB05", ended=("24-MB05-NEW",))
    (facts,) = await queue.ledger.facts(Model.PRODUCT, 1)
    assert [one.wire_key for one in facts.former] == ["24-MB05-NEW"], "it has the first one again"
    clock.seconds += DAY
    await queue.file.prune(90 * DAY, log_retention=DAY / 2)
    assert await queue.ledger.named("24-MB05-NEW", ["main"], [Model.PRODUCT]) == []


async def test_lines_are_found_by_time_text_key_and_failure(queue: Queue, clock: HandClock) -> None:
    await deliver(queue, wire_key="24-MB05")
    clock.seconds += 60
    await queue.outbox.intake([live(2), live(3)])
    a, b = await take(queue)
    await queue.outbox.settle([bury(a), Retry(b, 5, own_fault=True, cause="500 from Synerise")])

    async def events(**which: Any) -> list[str]:
        return [one.line.event for one in await queue.log.page(LogFilter(**which))]

    now = round(clock.seconds * 1000)
    assert await events(since=now) == ["item.dead", "item.failed", "chunk"]
    assert await events(search="24-mb") == ["item.sent"]
    assert await events(search="SYNERISE") == ["item.failed"]
    assert await events(failed=True) == ["item.dead", "item.failed", "chunk"]
    assert await events(failed=True, since=now + 1) == []
    entity = ((Model.PRODUCT, 1),)
    assert await events(entities=entity, search="24", since=now - 60_000) == ["item.sent"]
    assert await events(entities=entity, failed=True) == []


def test_ranges_of_ids_fit_a_line() -> None:
    assert ranges([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"
    assert ranges(range(1, 101, 2)).endswith("37, 39 and 30 more")


async def test_a_single_skip_names_the_item(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([Skipped(item, "off") for item in await take(queue)])
    (line,) = await queue.log.page(LogFilter(entities=((Model.PRODUCT, 1),)))
    assert (line.line.event, line.line.entity_id, line.line.text) == ("chunk", 1, "1 off")
    assert line.line.key == "", "nothing was ever sent of it"


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
