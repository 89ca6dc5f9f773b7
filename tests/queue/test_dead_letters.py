from dataclasses import replace

import pytest

from synqd.models.errors import Invalid
from synqd.models.item import Leased, Want
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Bury, Skipped, Unchanged
from synqd.queue import DeadFilter, Queue
from synqd.queue.dead_letters import payload_bytes
from tests.queue.conftest import SETTINGS, File, HandClock
from tests.queue.words import PRODUCTS, ack, bury, key, live, take

ALL = DeadFilter()


async def kill(queue: Queue, *entities: int, store_id: int = 1, reason: str = "refused") -> None:
    await queue.outbox.intake([live(entity_id, store_id) for entity_id in entities])
    await queue.outbox.settle([bury(item, reason) for item in await take(queue, store_id=store_id)])


async def dead(queue: Queue) -> int:
    return sum((await queue.facts.counts()).dead.values())


async def test_the_newest_failure_of_an_item_stands_for_it(queue: Queue) -> None:
    await kill(queue, 1)
    await kill(queue, 1, reason="too-large")
    (letter,) = await queue.dead.page(ALL)
    assert (letter.letter_id, letter.reason, letter.key) == (1, "too-large", key(1))
    assert await dead(queue) == 1


async def test_an_answer_is_cut_to_two_kilobytes(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.settle([Bury(item, "refused", "d", "main", "k", 400, "\u00e9" * 5000, '{"a": 1}')])
    letter = await queue.dead.get(1)
    assert letter.answer == "\u00e9" * 1024
    assert letter.payload == '{"a": 1}'


async def test_what_was_skipped_before_it_died_is_not_skipped_any_more(queue: Queue) -> None:
    await queue.outbox.intake([live(1), live(2)])
    await queue.outbox.settle([Skipped(item, "off") for item in await take(queue)])
    await kill(queue, 1)
    skips = [(await queue.ledger.facts(Model.PRODUCT, entity_id))[0].skip for entity_id in (1, 2)]
    assert [skip.reason if skip else None for skip in skips] == [None, "off"]


@pytest.mark.parametrize("revived", [True, False])
async def test_delivery_after_all_removes_the_letter(queue: Queue, *, revived: bool) -> None:
    await kill(queue, 1, 2)
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.settle([ack(item) if revived else Skipped(item, "off")])
    assert await dead(queue) == (1 if revived else 2)


async def test_an_item_that_is_as_sent_is_not_dead(queue: Queue) -> None:
    await kill(queue, 1)
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([Unchanged(item) for item in await take(queue)])
    assert await queue.dead.page(ALL) == []


async def test_filters_and_pages(queue: Queue) -> None:
    await kill(queue, 1, 2, 3)
    await kill(queue, 1, store_id=2, reason="too-large")

    async def ids(which: DeadFilter, after: int | None = None) -> list[int]:
        return [letter.letter_id for letter in await queue.dead.page(which, 2, after)]

    assert await ids(ALL) == [1, 2]
    assert await ids(ALL, 2) == [3, 4]
    assert await ids(DeadFilter(store_id=2)) == [4]
    assert await ids(DeadFilter(reason="too-large")) == [4]
    assert await ids(DeadFilter(model=Model.ORDER)) == []
    assert await ids(DeadFilter(ids=(2, 4, 99), model=Model.PRODUCT)) == [2, 4]


async def test_retry_enqueues_in_the_batch_lane_and_removes_the_letter(queue: Queue) -> None:
    await kill(queue, *range(1, 8))
    assert await queue.dead.retry(DeadFilter(ids=(1, 2))) == 2
    assert await dead(queue) == 5
    items = await take(queue, lane=Lane.BATCH)
    assert [(item.key.entity_id, item.want, item.attempts) for item in items] == [
        (1, Want.FORCE, 0),
        (2, Want.FORCE, 0),
    ]


async def test_retry_keeps_the_key_of_an_entity_that_is_gone(queue: Queue) -> None:
    await queue.outbox.intake([live(1, hint="sku1")])
    await queue.outbox.settle([bury(item) for item in await take(queue)])
    await queue.dead.retry(ALL)
    assert [item.hint for item in await take(queue, lane=Lane.BATCH)] == ["sku1"]


async def test_discard_leaves_nothing_behind(queue: Queue) -> None:
    await kill(queue, *range(1, 8))
    assert await queue.dead.discard(DeadFilter(ids=(7,))) == 1
    assert await queue.dead.discard(ALL) == 6
    assert await dead(queue) == 0
    assert await queue.outbox.ready([PRODUCTS]) == []
    await kill(queue, 9)
    assert (await queue.dead.page(ALL))[0].letter_id == 8, "a number is never given twice"


async def test_an_unknown_letter_is_invalid(queue: Queue) -> None:
    with pytest.raises(Invalid, match="no dead letter 5"):
        await queue.dead.get(5)


async def test_all_that_is_known_of_an_entity(queue: Queue) -> None:
    await kill(queue, 1)
    await queue.outbox.intake([live(1, 2), live(1, 3)])
    await queue.outbox.settle([Skipped(item, "disabled") for item in await take(queue, store_id=2)])
    await queue.outbox.settle([ack(item) for item in await take(queue, store_id=3)])
    first, second, third = await queue.ledger.facts(Model.PRODUCT, 1)
    assert first.dead
    assert first.waiting is None
    assert second.skip
    assert (second.skip.reason, second.known) == ("disabled", None)
    assert third.known
    assert third.skip is None
    await queue.outbox.intake([live(1, 2)])
    await queue.outbox.settle([ack(item) for item in await take(queue, store_id=2)])
    assert (await queue.ledger.facts(Model.PRODUCT, 1))[1].skip is None
    assert (await queue.facts.counts()).last_sent.keys() == {
        Stream(Model.PRODUCT, 2),
        Stream(Model.PRODUCT, 3),
    }


def heavy(item: Leased, size: int = 100_000) -> Bury:
    return replace(bury(item), payload="ż" * (size // 2))


async def kept(queue: Queue) -> list[int]:
    """Entities whose letters have their payload still."""
    return [one.key.entity_id for one in await queue.dead.page(DeadFilter(), 1000) if one.payload]


async def test_the_oldest_payloads_make_room_for_newer_ones_and_their_letters_stay(
    file: File, clock: HandClock
) -> None:
    async with file.open(replace(SETTINGS, payload_bytes=1_000_000)) as queue:
        await queue.outbox.intake([live(n) for n in range(1, 36)])
        for item in await take(queue):
            await queue.outbox.settle([heavy(item)])
            clock.seconds += 1.0
        assert await queue._store._writer.run(payload_bytes) <= 1_000_000
        assert (await kept(queue))[-1] == 35
        assert len(await queue.dead.page(DeadFilter(), 100)) == 35
        assert (await queue.facts.counts()).dead[PRODUCTS] == 35
    async with file.open(replace(SETTINGS, payload_bytes=300_000)) as queue:
        left = await kept(queue)
        assert await queue.dead.bound_payloads() == len(left), "the configuration has less room now"
        assert await queue.dead.bound_payloads() == 0
        assert await kept(queue) == []


async def test_payloads_go_when_they_are_old(file: File, clock: HandClock) -> None:
    async with file.open(replace(SETTINGS, payload_life=60.0, page=2)) as queue:
        await queue.outbox.intake([live(n) for n in range(1, 6)])
        items = await take(queue)
        await queue.outbox.settle([heavy(item) for item in items[:3]])
        clock.seconds += 61.0
        await queue.outbox.settle([heavy(item) for item in items[3:]])
        assert [await queue.dead.bound_payloads() for _ in range(3)] == [2, 1, 0]
        assert await kept(queue) == [4, 5]


async def test_the_bytes_of_payloads_are_known_whatever_becomes_of_letters(queue: Queue) -> None:
    async def known() -> int:
        return await queue._store._writer.run(payload_bytes)

    await queue.outbox.intake([live(n) for n in range(1, 4)])
    one, two, three = await take(queue)
    await queue.outbox.settle([heavy(one), heavy(two), replace(bury(three), payload=None)])
    assert await known() == 200_000
    await queue.outbox.intake([live(1), live(2)])
    one, two = await take(queue)
    await queue.outbox.settle([heavy(one, 50_000), ack(two)])
    assert await known() == 50_000, "one was buried again, the other was delivered after all"
    await queue.dead.discard(DeadFilter())
    assert await known() == 0
