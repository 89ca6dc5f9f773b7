"""Pauses that give rows back, batches whose keys are looked up later, settings counted, comparisons."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from synqd.models.errors import Invalid
from synqd.models.item import Want
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Ack, Retry, Skipped, Unchanged
from synqd.queue import BatchPage, Job, PartState, Queue, Sample
from synqd.queue.connection import connect, transact
from synqd.queue.migrate import migrate, migrations
from synqd.queue.statements import split
from tests.queue.conftest import SETTINGS, File
from tests.queue.words import PRODUCTS, ack, bulk, key, live, sent, take

ORDERS = Stream(Model.ORDER, 1)


async def paging(queue: Queue, *entities: int, finished: bool = False) -> Job:
    job = await queue.jobs.submit_full([PRODUCTS], Want.FORCE, "test")
    await queue.jobs.advance_part(job.parts[0].part_id, max(entities), map(bulk, entities), finished=finished)
    return job


async def depth(queue: Queue) -> int:
    return sum((await queue.facts.counts()).depth.values())


async def restored(queue: Queue) -> int:
    total = 0
    while number := await queue.jobs.restore():
        total += number
    return total


async def test_a_pause_takes_back_what_only_the_job_wants(queue: Queue) -> None:
    job = await paging(queue, 1, 2, 3, 4, finished=True)
    (flying,) = await take(queue, 1, Lane.FULL)
    await queue.outbox.intake([live(2)])
    paused = await queue.jobs.pause(job.job_id, "test")
    assert (paused.parts[0].open, await depth(queue)) == (4, 2), "in flight and live stay"
    await queue.outbox.settle([ack(flying)])
    await queue.outbox.settle([ack(item) for item in await take(queue)])
    assert await queue.jobs.restore() == 0, "nothing comes back while it is paused"
    await queue.jobs.resume(job.job_id, "test")
    assert await restored(queue) == 2
    settled = await queue.outbox.settle([ack(item) for item in await take(queue, lane=Lane.FULL)])
    assert settled.finished_jobs == (job.job_id,)
    (part,) = (await queue.jobs.get(job.job_id)).parts
    assert (part.selected, part.sent, part.withdrawn) == (4, 4, False)


async def test_what_comes_back_from_flight_is_taken_back_too(queue: Queue) -> None:
    job = await paging(queue, 1)
    (flying,) = await take(queue, lane=Lane.FULL)
    await queue.jobs.pause(job.job_id, "test")
    await queue.outbox.settle([Retry(flying, 0)])
    assert await depth(queue) == 1
    assert await queue.jobs.withdraw() == 1
    assert await depth(queue) == 0


async def test_rows_come_back_after_a_restart_in_the_midst_of_it(file: File) -> None:
    async with file.open() as queue:
        job = await paging(queue, *range(1, 6), finished=True)
        await queue.jobs.pause(job.job_id, "test")
    async with file.open(replace(queue._store.settings, page=2)) as queue:
        assert await depth(queue) == 0
        await queue.jobs.resume(job.job_id, "test")
        assert await queue.jobs.restore() == 2
    async with file.open() as queue:
        assert await restored(queue) == 3
        assert await depth(queue) == 5


async def test_a_paused_job_does_not_keep_rows_of_a_cancelled_one_and_gets_its_own_back(queue: Queue) -> None:
    async def ids() -> AsyncIterator[list[int]]:
        yield [1, 2]

    batch = await queue.jobs.submit_batch([PRODUCTS], ids(), Want.FORCE, "test")
    await queue.jobs.advance_part(batch.parts[0].part_id, 2, map(bulk, (1, 2)), finished=True)
    full = await paging(queue, 1, 2, 3, finished=True)
    await queue.jobs.pause(full.job_id, "test")
    assert await depth(queue) == 2
    await queue.jobs.cancel(batch.job_id, "test")
    assert await depth(queue) == 0
    await queue.jobs.resume(full.job_id, "test")
    assert await restored(queue) == 3


async def test_cancelling_a_paused_job_accounts_for_all_of_it(queue: Queue) -> None:
    job = await paging(queue, 1, 2, 3)
    await queue.jobs.pause(job.job_id, "test")
    (part,) = (await queue.jobs.cancel(job.job_id, "test")).parts
    assert (part.state, part.dropped, part.open) == (PartState.CANCELLED, 3, 0)


async def test_a_mark_once_set_stays(queue: Queue) -> None:
    job = await queue.jobs.submit_full([PRODUCTS], Want.FORCE, "test")
    part_id = job.parts[0].part_id
    await queue.jobs.begin_part(part_id, 100, 7)
    await queue.jobs.begin_part(part_id, 200, 9)
    (part,) = await queue.jobs.pageable()
    assert (part.until, part.total) == (100, 7)
    await queue.jobs.advance_part(part_id, 5, map(bulk, (1, 2)), finished=True)
    assert (await queue.jobs.get(job.job_id)).parts[0].total == 2, "exact once everything is selected"


async def pages(*found: BatchPage) -> AsyncIterator[BatchPage]:
    for page in found:
        yield page


async def test_a_batch_pages_nothing_before_all_its_keys_are_ids(queue: Queue) -> None:
    arriving = pages(BatchPage([5], {"X": "not in Magento"}), BatchPage(later=["b", "a", "c"]))
    job = await queue.jobs.submit_batch([ORDERS], arriving, Want.FORCE, "test", "increment_ids")
    assert (job.looking_up, job.unknown, job.parts[0].total) == (True, 1, 1)
    assert await queue.jobs.pageable() == []
    keys = await queue.jobs.keys_to_look_up(2)
    assert keys is not None
    assert (keys.given, keys.keys) == ("increment_ids", ("a", "b"))
    assert keys.stores == frozenset({1})
    await queue.jobs.looked_up(keys, [3], {"b": "not in Magento", "X": "not in Magento"})
    rest = await queue.jobs.keys_to_look_up(2)
    assert rest is not None
    await queue.jobs.looked_up(rest, [3, 9], {})
    assert await queue.jobs.keys_to_look_up(2) is None
    (part,) = await queue.jobs.pageable()
    assert await queue.jobs.batch_page(part, 10) == [3, 5, 9]
    found = await queue.jobs.get(job.job_id)
    assert (found.unknown, dict(found.unknown_keys), found.parts[0].total) == (
        *(2, {"X": "not in Magento", "b": "not in Magento"}, 3),
    )


async def test_a_cancelled_batch_is_not_looked_up_and_its_lists_go(queue: Queue) -> None:
    job = await queue.jobs.submit_batch(
        [ORDERS], pages(BatchPage(later=["a", "b"])), Want.FORCE, "test", "skus"
    )
    await queue.jobs.cancel(job.job_id, "test")
    assert await queue.jobs.keys_to_look_up(10) is None
    assert (await queue.file.prune(1000)).batch_ids == 2


async def test_unknown_keys_are_counted_once_and_a_hundred_are_kept(queue: Queue) -> None:
    missing = {f"k{number:04}": "not in Magento" for number in range(250)}
    arriving = pages(BatchPage([1], missing), BatchPage((), missing))
    job = await queue.jobs.submit_batch([ORDERS], arriving, Want.FORCE, "test")
    assert (job.unknown, len(job.unknown_keys)) == (250, 100)
    assert (await queue.file.prune(1000)).batch_ids == 150
    again = await queue.jobs.get(job.job_id)
    assert (again.unknown, again.unknown_keys) == (250, job.unknown_keys)


async def test_a_batch_that_leads_to_nothing_leaves_nothing(queue: Queue) -> None:
    arriving = pages(BatchPage((), {"a": "not in Magento"}))
    with pytest.raises(Invalid, match=r"nothing to send: 'a' \(not in Magento\)"):
        await queue.jobs.submit_batch([ORDERS], arriving, Want.FORCE, "test")
    assert await queue.jobs.page() == []
    assert (await queue.file.prune(1000)).batch_ids == 1


async def test_items_are_counted_by_the_settings_they_were_sent_with(queue: Queue) -> None:
    async def send(entity_id: int, settings: str, *, alive: bool = True) -> None:
        await queue.outbox.intake([live(entity_id)])
        (item,) = await take(queue)
        entry = sent(alive=alive, wire_key=f"sku{entity_id}")._replace(settings=settings)
        await queue.outbox.settle([Ack(item, entry)])

    await send(1, "old")
    await send(2, "old")
    await send(3, "new")
    assert (await queue.facts.counts()).by_settings == {PRODUCTS: {"old": 2, "new": 1}}
    await send(1, "new")
    await send(2, "old", alive=False)
    assert (await queue.facts.counts()).by_settings == {PRODUCTS: {"new": 2}}
    await send(2, "new")
    await queue.ledger.void(PRODUCTS)
    assert (await queue.facts.counts()).by_settings == {}


async def test_what_other_settings_change_nothing_about_counts_as_sent_with_them(queue: Queue) -> None:
    await queue.outbox.intake([live(1), live(2), live(3), live(4)])
    items = await take(queue)
    acks = [ack(item, alive=item is not items[3]) for item in items]
    await queue.outbox.settle([one._replace(entry=one.entry._replace(settings="old")) for one in acks])
    await queue.outbox.intake([live(1), live(2), live(3), live(4)])
    one, two, three, gone = await take(queue)
    await queue.outbox.settle([Unchanged(one, "new"), Skipped(two, "given already", "new")])
    await queue.outbox.settle([Skipped(three, "not wanted"), Unchanged(gone, "new")])
    assert (await queue.facts.counts()).by_settings == {PRODUCTS: {"old": 1, "new": 2}}
    assert {entry.settings for entry in (await queue.ledger.known([one.key, two.key])).values()} == {"new"}


def test_the_settings_of_an_older_file_are_counted(tmp_path: Path) -> None:
    db = connect(tmp_path / "queue.db", 1 << 20, writing=True)

    def first(db: sqlite3.Connection) -> None:
        for statement in split(migrations()[0][1].read_text("utf-8")):
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")
        db.execute("PRAGMA application_id = 0x53594E51")
        db.execute("INSERT INTO field_sets VALUES (1, 'a')")
        db.execute("INSERT INTO fingerprints VALUES (1, 'old')")
        for entity_id, alive in ((1, 1), (2, 1), (3, 0)):
            row = ("product", entity_id, 1, "main", f"sku{entity_id}", 1, b"d", 1, alive, 0, 0)
            db.execute(f"INSERT INTO ledger VALUES ({', '.join('?' * 11)})", row)

    transact(db, first)
    transact(db, migrate, tmp_path / "queue.db")
    assert db.execute("SELECT * FROM settings_counts").fetchall() == [("product", 1, 1, 2)]
    db.close()


async def test_a_comparison_adds_up_page_by_page_and_keeps_the_first_findings(queue: Queue) -> None:
    started = await queue.verifications.submit([PRODUCTS, ORDERS], "test", repair=True, remote=0)
    found = await queue.verifications.next_part()
    assert found is not None
    await queue.verifications.begin(found[1], 100, 30)
    for number in range(3):
        found = await queue.verifications.next_part()
        assert found is not None
        _, part = found
        assert (part.stream, part.until, part.position) == (PRODUCTS, 100, number * 10)
        samples = [Sample("stale", number * 10 + one, "sku") for one in range(10)]
        figures = {"checked": 10, "stale": 10}
        assert await queue.verifications.advance(
            part, (number + 1) * 10, figures, samples, [bulk(number + 1)], done=number == 2
        )
    found = await queue.verifications.next_part()
    assert found is not None
    assert found[1].stream == ORDERS
    await queue.verifications.advance(found[1], 0, {}, (), (), done=True)
    ended = await queue.verifications.get(started.number)
    assert (ended.state, ended.parts[0].figures) == ("finished", {"checked": 30, "stale": 30})
    assert [sample.entity_id for sample in ended.parts[0].samples] == list(range(20))
    assert await depth(queue) == 3
    assert await queue.verifications.next_part() is None


async def test_a_new_comparison_cancels_the_old_one_which_records_nothing_more(queue: Queue) -> None:
    old = await queue.verifications.submit([PRODUCTS], "test", repair=True, remote=0)
    found = await queue.verifications.next_part()
    assert found is not None
    new = await queue.verifications.submit([PRODUCTS], "test", repair=False, remote=0)
    assert (await queue.verifications.get(old.number)).state == "cancelled"
    assert not await queue.verifications.advance(found[1], 5, {"checked": 5}, (), [bulk(1)], done=True)
    assert await depth(queue) == 0
    assert (await queue.verifications.get()).number == new.number
    with pytest.raises(Invalid, match="there is no verification 99"):
        await queue.verifications.get(99)


async def test_entities_are_found_by_what_synerise_knows_them_by(queue: Queue) -> None:
    await queue.outbox.intake([live(1), live(1, 2)])
    await queue.outbox.settle([ack(item) for item in await take(queue)])
    assert await queue.ledger.named("sku1", ["main"], list(Model)) == [(Model.PRODUCT, 1)]
    assert await queue.ledger.named("sku1", ["other"], list(Model)) == []
    assert await queue.ledger.named("sku1", ["main"], [Model.ORDER]) == []
    assert await queue.outbox.whereabouts(Model.PRODUCT, [1, 2]) == {1: {1, 2}}
    assert await queue.outbox.waiting([key(1), key(1, 2)]) == {key(1, 2)}
    assert await queue.ledger.living(PRODUCTS, 0, None, 10) == [1]


async def test_what_others_want_too_does_not_stand_before_what_a_pause_takes_off(file: File) -> None:
    async with file.open(replace(SETTINGS, page=2)) as queue:
        job = await queue.jobs.submit_full([PRODUCTS], Want.FORCE, "test")
        part_id = job.parts[0].part_id
        await queue.jobs.advance_part(part_id, 6, [bulk(n) for n in range(1, 7)], finished=True)
        await queue.outbox.intake([live(1), live(2), live(3)])
        await queue.jobs.pause(job.job_id, "test")
        waiting = await queue.outbox.waiting([key(n) for n in range(1, 7)])
        assert {one.entity_id for one in waiting} == {1, 2, 3}
