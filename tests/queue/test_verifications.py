"""Comparisons of Magento with the ledger: how far each has come, what it found, how it ends."""

import pytest

from synqd.models.errors import Invalid
from synqd.models.names import Model, Stream
from synqd.queue import LogFilter, Queue, Sample
from synqd.queue.verifications import SAMPLES
from tests.queue.words import PRODUCTS, ack, key, live, take

ORDERS = Stream(Model.ORDER, 1)


async def events(queue: Queue) -> list[tuple[str, str]]:
    return [(one.line.event, one.line.text) for one in await queue.log.page(LogFilter(), 500)]


async def test_it_goes_on_part_by_part_and_adds_up_to_its_end(queue: Queue) -> None:
    await queue.verifications.submit([PRODUCTS, ORDERS, PRODUCTS], "a test", repair=True, remote=3)
    for checked, done in ((5, False), (2, True), (1, True)):
        found = await queue.verifications.next_part()
        assert found is not None
        verification, part = found
        assert (verification.state, verification.repair, verification.remote) == ("running", True, 3)
        await queue.verifications.begin(part, 90, 7)
        assert await queue.verifications.advance(part, 9, {"checked": checked, "stale": 1}, (), (), done=done)
    assert await queue.verifications.next_part() is None
    ended = await queue.verifications.get()
    assert (ended.number, ended.state, ended.origin) == (1, "finished", "a test")
    assert [(part.stream, part.until, part.total, part.done) for part in ended.parts] == [
        (PRODUCTS, 90, 7, True),
        (ORDERS, 90, 7, True),
    ]
    assert [part.figures for part in ended.parts] == [{"checked": 7, "stale": 2}, {"checked": 1, "stale": 1}]
    assert await events(queue) == [
        ("verify.submitted", "verification 1: a test"),
        ("verify.finished", "verification 1"),
    ]
    (last,) = (await queue.log.page(LogFilter(), 500))[-1:]
    assert last.line.facts == {"checked": 8, "stale": 3}


async def test_of_each_kind_so_many_findings_are_kept_by_name(queue: Queue) -> None:
    await queue.verifications.submit([PRODUCTS], "a test", repair=False, remote=0)
    for first in (1, SAMPLES):
        found = await queue.verifications.next_part()
        assert found is not None
        samples = [
            Sample(kind, first + n, "sku") for n in range(SAMPLES - 1) for kind in ("stale", "missing")
        ]
        await queue.verifications.advance(found[1], 9, {}, samples, (), done=False)
    (part,) = (await queue.verifications.get()).parts
    kept = [sample.entity_id for sample in part.samples if sample.kind == "stale"]
    assert kept == list(range(1, SAMPLES + 1))
    assert len(part.samples) == 2 * SAMPLES


async def test_a_new_one_ends_the_one_before_and_what_that_still_says_is_not_taken(queue: Queue) -> None:
    await queue.verifications.submit([PRODUCTS], "the first", repair=True, remote=0)
    found = await queue.verifications.next_part()
    assert found is not None
    await queue.verifications.submit([PRODUCTS], "the second", repair=True, remote=0)
    assert not await queue.verifications.advance(found[1], 9, {"checked": 1}, (), [live(1)], done=True)
    assert (await queue.facts.counts()).depth.get((PRODUCTS, live(1).lane), 0) == 0
    assert ((await queue.verifications.get(1)).state, (await queue.verifications.get()).number) == (
        "cancelled",
        2,
    )
    assert ("verify.cancelled", "verification 1: the second") in await events(queue)


async def test_one_that_is_over_or_unknown_cannot_be_cancelled(queue: Queue) -> None:
    with pytest.raises(Invalid, match="no verification was made yet"):
        await queue.verifications.get()
    with pytest.raises(Invalid, match="at least one model"):
        await queue.verifications.submit([], "a test", repair=False, remote=0)
    await queue.verifications.submit([PRODUCTS], "a test", repair=False, remote=0)
    assert (await queue.verifications.cancel(1, "somebody")).state == "cancelled"
    with pytest.raises(Invalid, match="is over already"):
        await queue.verifications.cancel(1, "somebody")
    with pytest.raises(Invalid, match="there is no verification 7"):
        await queue.verifications.cancel(7, "somebody")
    assert (await events(queue))[-1] == ("verify.cancelled", "verification 1: somebody")


async def test_what_the_ledger_has_alive_is_told_in_ranges(queue: Queue) -> None:
    await queue.outbox.intake([live(entity_id) for entity_id in (2, 4, 6, 8)])
    items = await take(queue)
    await queue.outbox.settle([ack(item, alive=item.key.entity_id != 6) for item in items])
    assert await queue.ledger.living(PRODUCTS, 0, None, 10) == [2, 4, 8]
    assert await queue.ledger.living(PRODUCTS, 2, 8, 10) == [4, 8]
    assert await queue.ledger.living(PRODUCTS, 2, 7, 10) == [4]
    assert await queue.ledger.living(PRODUCTS, 0, None, 2) == [2, 4]
    await queue.outbox.intake([live(4)])
    assert await queue.outbox.waiting([key(2), key(4)]) == {key(4)}
