"""S20: what is erased is not in the file any more, not even in its free space, and never comes back."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from synqd.models.errors import StorageUnavailable
from synqd.models.item import Leased, LedgerEntry, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.person import ERASED, FORGOTTEN, Person, being_mark, email_mark, folded
from synqd.models.settle import Ack, Bury, Retry
from synqd.queue import (
    BatchPage,
    DeadFilter,
    Fate,
    Job,
    JobState,
    Line,
    LogFilter,
    Queue,
    Sample,
    maintenance,
    set_aside,
    store,
)
from synqd.queue.connection import connect, transact
from synqd.queue.forgetting import forget
from synqd.queue.maintenance import prepare
from tests.queue.conftest import File, HandClock

EMAIL = "Ann.Forget-Me@mail.example"
UUID = "5f0c7e0e-8d2a-5c55-9a53-000000000007"
ANN = (Model.CUSTOMER, 7)
PERSON = Person(
    frozenset({folded(EMAIL)}),
    frozenset({ANN, (Model.SUBSCRIBER, 70), (Model.ORDER, 700)}),
    frozenset({EMAIL, UUID}),
)
OTHER = "joann.forget-me@mail.example"
CUSTOMERS = Stream(Model.CUSTOMER, 1)
PEOPLE = {Model.CUSTOMER: (7, 8), Model.SUBSCRIBER: (70, 80), Model.ORDER: (700, 800)}
"""Ann's entities, and Joann's."""


def entry(wire_key: str) -> LedgerEntry:
    return LedgerEntry("main", wire_key, frozenset({"email"}), b"digest", "settings", True, 5, 5, 202)


def body(email: str) -> str:
    """What a dead letter keeps, longer than a page of the file."""
    return f'{{"email": "{email}", "uuid": "{UUID}", "firstName": "Secretname{"x" * 6000}"}}'


def traces(path: Path) -> list[str]:
    """Where something of the person can be read in the raw file or a file beside it."""
    needles = [needle.lower().encode() for needle in (EMAIL, UUID, "Secretname")]
    return [
        f"{needle.decode()} in {file.name}"
        for file in sorted(path.parent.iterdir())
        for needle in needles
        if needle in file.read_bytes().lower().replace(OTHER.encode(), b"")
    ]


async def live(queue: Queue, model: Model, *people: tuple[int, str]) -> list[Leased]:
    """Changes of people, leased."""
    wishes = [Wish(Key(model, 1, number), Lane.LIVE, 60.0, hint=hint) for number, hint in people]
    await queue.outbox.intake(wishes)
    return await queue.outbox.lease(Stream(model, 1), Lane.LIVE, 10, 60)


async def fill(queue: Queue) -> Job:
    """Two people in every table that can know of people; returns a full job that waits for both."""

    async def pages() -> AsyncIterator[BatchPage]:
        yield BatchPage((7, 8), {EMAIL: "no customer has it", OTHER: "likewise"}, [EMAIL, OTHER])

    await queue.jobs.submit_batch([CUSTOMERS], pages(), Want.FORCE, "a test", "emails")
    job = await queue.jobs.submit_full([CUSTOMERS], Want.FORCE, "a test")
    for model, (ann, joann) in PEOPLE.items():
        people = ((ann, EMAIL), (joann, OTHER))
        items = await live(queue, model, *people)
        await queue.outbox.settle([Ack(one, entry(str(one.hint))) for one in items])
        items = await live(queue, model, *people)
        refused = f"refused: {EMAIL} and {OTHER} ({UUID})"
        await queue.outbox.settle(
            [
                Bury(one, "refused", refused, "main", str(one.hint), 400, refused, body(str(one.hint)))
                for one in items
                if one.key.entity_id == ann
            ]
            + [Retry(one, 60.0, own_fault=True, cause=refused) for one in items if one.key.entity_id == joann]
        )
        await queue.outbox.intake([Wish(Key(model, 1, ann), Lane.LIVE, 60.0, hint=EMAIL)])
    (part,) = job.parts
    await queue.jobs.advance_part(part.part_id, 8, part.wishes([7, 8]), finished=True)
    await queue.facts.save_breaker("main clients", f'{{"reason": "{EMAIL} is bad"}}')
    await queue.verifications.submit([CUSTOMERS], "a test", repair=False, remote=0)
    found = await queue.verifications.next_part()
    assert found is not None
    samples = [Sample("stale", 7, EMAIL), Sample("stale", 8, OTHER), Sample("missing", 7, "by another name")]
    await queue.verifications.advance(found[1], 8, {"checked": 2}, samples, (), done=True)
    return job


async def test_nothing_of_a_person_can_be_read_in_the_raw_file(file: File) -> None:
    async with file.open() as queue:
        await fill(queue)
        assert traces(file.path)
        erased = await queue.people.forget(PERSON, "a test")
        assert erased.clean
        assert erased.gone["dead letters"] == erased.gone["sent"] == erased.gone["waiting"] == 3
        assert not traces(file.path), "while the daemon runs, too"
        await queue.file.check(thorough=True)
        assert not await queue.people.scrub(), "nothing is left to be done"
    assert not traces(file.path)


async def test_everybody_else_stays(queue: Queue) -> None:
    await fill(queue)
    await queue.people.forget(PERSON, "a test")
    counts = await queue.facts.counts()
    for model, (_, joann) in PEOPLE.items():
        (facts,) = await queue.ledger.facts(model, joann)
        assert facts.known == entry(OTHER)
        assert facts.waiting is not None
        stream = Stream(model, 1)
        assert (counts.alive[stream], counts.dead[stream]) == (1, 0)
        assert sum(counts.depth.get((stream, lane), 0) for lane in Lane) == 1
        assert counts.by_settings[stream] == {"settings": 1}
    keys = await queue.jobs.keys_to_look_up(10)
    assert keys is not None
    assert keys.keys == (OTHER,)
    (sample,) = (await queue.verifications.get()).parts[0].samples
    assert sample.wire_key == OTHER
    lines = [one.line for one in await queue.log.page(LogFilter(), 500)]
    assert f"refused: (erased) and {OTHER} ((erased))" in [line.text for line in lines]
    assert lines[-1].event == "person.forgotten"
    assert (await queue.facts.breakers())["main clients"].state == '{"reason": "(erased) is bad"}'


async def test_jobs_account_for_whoever_was_forgotten(queue: Queue) -> None:
    job = await fill(queue)
    await queue.people.forget(PERSON, "a test")
    (part,) = (await queue.jobs.get(job.job_id)).parts
    assert (part.selected, part.skipped, part.open) == (2, 1, 1)
    assert part.reasons == {FORGOTTEN: 1}
    await queue.jobs.pause(job.job_id, "a test")
    await queue.jobs.resume(job.job_id, "a test")
    await queue.jobs.restore()
    assert await queue.ledger.facts(Model.CUSTOMER, 7) == [], "a resumed job does not bring anybody back"


async def test_a_job_of_nobody_else_ends_by_it(queue: Queue) -> None:
    job = await queue.jobs.submit_full([CUSTOMERS], Want.FORCE, "a test")
    (part,) = job.parts
    await queue.jobs.advance_part(part.part_id, 7, part.wishes([7]), finished=True)
    await queue.people.forget(PERSON, "a test")
    assert (await queue.jobs.get(job.job_id)).state is JobState.FINISHED


async def test_what_is_in_flight_is_not_recorded_when_it_ends(file: File) -> None:
    async with file.open() as queue:
        items = await live(queue, Model.CUSTOMER, (7, EMAIL), (8, OTHER))
        await queue.people.forget(PERSON, "a test")
        refused = Bury(items[0], "refused", EMAIL, "main", EMAIL, 400, EMAIL, body(EMAIL))
        for settlement in (Ack(items[0], entry(EMAIL)), refused, Retry(items[0], 1.0, cause=EMAIL)):
            assert (await queue.outbox.settle([settlement])).fates == (Fate.LOST,)
        assert (await queue.outbox.settle([Ack(items[1], entry(OTHER))])).fates == (Fate.DONE,)
        await queue.file.shrink()
    assert not traces(file.path)


async def test_nothing_takes_a_person_in_again_until_it_is_revoked(file: File) -> None:
    async with file.open() as queue:
        assert not queue.people.forgotten([email_mark(EMAIL)])
        await queue.people.forget(PERSON, "a test")
    async with file.open() as queue:
        assert queue.people.forgotten([email_mark(EMAIL.upper())])
        assert queue.people.forgotten([being_mark(*ANN)])
        assert not queue.people.forgotten([email_mark(OTHER), being_mark(Model.CUSTOMER, 8)])
        # The entity is known again, and another entity by the address that it had.
        assert not await live(queue, Model.CUSTOMER, (7, "new@mail.example"), (9, EMAIL))
        await queue.file.shrink()
        assert not traces(file.path)
        assert await queue.people.revoke([email_mark(OTHER)], "a test") == 0
        assert await queue.people.revoke([email_mark(EMAIL)], "a test") == 5
        assert len(await live(queue, Model.CUSTOMER, (7, EMAIL))) == 1, "all marks of a person go together"


def leave_free_pages(path: Path) -> None:
    """What a version left that did not clean what it deleted."""
    with closing(connect(path, 1 << 20, writing=True)) as db:
        transact(db, prepare, path)
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("CREATE TABLE old (text)")
        db.executemany("INSERT INTO old VALUES (?)", [(body(EMAIL),)] * 2_000)
        db.execute("DROP TABLE old")
    assert traces(path)


async def test_what_older_versions_left_in_free_space_goes_too(file: File) -> None:
    leave_free_pages(file.path)
    async with file.open() as queue:
        assert (await queue.people.forget(PERSON, "a test")).clean
    assert not traces(file.path)


async def test_a_reader_that_keeps_the_log_only_puts_the_cleaning_off(file: File) -> None:
    async with file.open() as queue:
        await fill(queue)
        await queue._store._writer.run(lambda db: db.execute("PRAGMA busy_timeout = 50"))
        with closing(sqlite3.connect(file.path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM ledger").fetchone()
            assert not (await queue.people.forget(PERSON, "a test")).clean
            assert traces(file.path)
            with pytest.raises(StorageUnavailable, match="still being read"):
                await queue.people.scrub()
        assert not await queue.ledger.facts(*ANN), "but it is erased"
        assert await queue.people.scrub()
        assert not traces(file.path)


async def test_after_a_kill_in_between_the_next_process_cleans(file: File) -> None:
    with closing(connect(file.path, 1 << 20, writing=True)) as db:
        transact(db, prepare, file.path)
    async with file.open() as queue:
        await fill(queue)
    with closing(connect(file.path, 1 << 20, writing=True)) as db:
        transact(db, forget, PERSON, "a test", 5)
    async with file.open() as queue:
        assert queue.people.forgotten([being_mark(*ANN)])
        assert await queue.people.scrub()
        assert not traces(file.path)


async def test_a_file_begun_anew_knows_whom_the_broken_one_forgot(file: File, tmp_path: Path) -> None:
    async with file.open() as queue:
        await queue.people.forget(PERSON, "a test")
    aside = set_aside(file.path, 1_800_000_000.0)
    async with file.open() as queue:
        assert not queue.people.forgotten([being_mark(*ANN)])
        assert await queue.people.inherit(aside)
        assert queue.people.forgotten([being_mark(*ANN)])
    async with file.open() as queue:
        assert queue.people.forgotten([email_mark(EMAIL)])
        (tmp_path / "rubbish").write_bytes(b"no database" * 500)
        assert not await queue.people.inherit(tmp_path / "rubbish")


async def test_an_answer_that_comes_after_the_erasure_is_kept_without_the_persons_names(file: File) -> None:
    """One request carried both, and its answer names both."""
    answer = (
        f'{{"errors": [{{"rejectedValue": "{EMAIL}"}}, {{"rejectedValue": "{OTHER}", "uuid": "{UUID}"}}]}}'
    )
    async with file.open() as queue:
        items = await live(queue, Model.CUSTOMER, (7, EMAIL), (8, OTHER), (9, OTHER))
        await queue.people.forget(PERSON, "a test")
        ann, joann, third = items
        await queue.outbox.settle(
            [
                *(
                    Bury(one, "refused", answer, "main", str(one.hint), 207, answer, answer)
                    for one in (ann, joann)
                ),
                Retry(third, 1.0, own_fault=True, cause=answer),
            ]
        )
        await queue.facts.save_breaker("main clients", answer)
        await queue.log.note(Line("noted", text=answer))
        (letter,) = await queue.dead.page(DeadFilter())
        assert letter.answer == letter.payload == answer.replace(EMAIL, ERASED).replace(UUID, ERASED)
        await queue.file.shrink()
        assert not traces(file.path)


async def test_what_was_looked_at_before_the_erasure_is_recorded_without_the_person(file: File) -> None:
    async def pages() -> AsyncIterator[BatchPage]:
        await queue.people.forget(PERSON, "a test")
        yield BatchPage((8,), {EMAIL: "no customer has it", OTHER: "likewise"}, [EMAIL.upper(), OTHER])

    async with file.open() as queue:
        job = await queue.jobs.submit_batch([CUSTOMERS], pages(), Want.FORCE, "a test", "emails")
        assert set((await queue.jobs.get(job.job_id)).unknown_keys) == {OTHER}
        keys = await queue.jobs.keys_to_look_up(10)
        assert keys is not None
        assert keys.keys == (OTHER,)
        await queue.jobs.looked_up(keys, (), {EMAIL: "not in Magento", OTHER: "likewise"})
        await queue.verifications.submit([CUSTOMERS], "a test", repair=False, remote=0)
        found = await queue.verifications.next_part()
        assert found is not None
        samples = [Sample("stale", 7, EMAIL), Sample("different", 8, OTHER, f"email of {EMAIL}")]
        await queue.verifications.advance(found[1], 8, {"checked": 2}, samples, (), done=True)
        await queue.file.shrink()
        assert not traces(file.path)


async def test_an_answer_that_names_the_person_later_is_kept_without_the_name(
    file: File, clock: HandClock
) -> None:
    """Requests for others go on, and what Synerise has to say about them may name the person for years."""
    answer = f"refused: belongs to {EMAIL.lower()} ({UUID}, customId: 7), see ?email={EMAIL}&id=70"
    async with file.open() as queue:
        await queue.people.forget(PERSON, "a test")
    async with file.open() as queue:
        clock.seconds += 1e7
        await queue.log.note(Line("noted", text=answer))
        told = "refused: belongs to (erased) ((erased), customId: (erased)), see ?email=(erased)&id=70"
        assert (await queue.log.page(LogFilter(), 1))[0].line.text == queue.people.blotted(answer) == told
        await queue.people.revoke([email_mark(EMAIL)], "a test")
        await queue.log.note(Line("noted", text=answer))
        assert (await queue.log.page(LogFilter(), 1))[0].line.text == answer, "who is readmitted may be named"


@pytest.fixture
def slow_rewrite(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Writing the file anew takes until the second is set; the first tells that it has begun."""
    begun, go_on, rewrite = threading.Event(), threading.Event(), maintenance.rewrite

    def slow(db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")  # as VACUUM does
        begun.set()
        assert go_on.wait(20)
        db.execute("ROLLBACK")
        rewrite(db)

    monkeypatch.setattr(maintenance, "rewrite", slow)
    return begun, go_on


async def test_writing_the_file_anew_keeps_neither_the_heartbeat_nor_writers_hanging(
    file: File, slow_rewrite: tuple[threading.Event, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take longer than the watchdog waits: then writers hear so, and try again."""
    begun, go_on = slow_rewrite
    async with file.open() as queue:
        await queue.facts.set_meta("scrub", "wanted")
        scrubbing = asyncio.create_task(queue.people.scrub())
        assert await asyncio.to_thread(begun.wait, 20)
        patient = asyncio.create_task(queue.outbox.intake([Wish(Key(Model.CUSTOMER, 1, 7))]))
        await asyncio.sleep(0)  # it has begun to wait
        monkeypatch.setattr(store, "WRITE_WAIT", 0.05)
        async with asyncio.timeout(2.0):  # SQLite itself would wait for five seconds
            await queue.file.probe()
            await queue.facts.counts()
            with pytest.raises(StorageUnavailable, match="written anew"):
                await queue.outbox.intake([Wish(Key(Model.CUSTOMER, 1, 8))])
            await queue.file.probe()
        assert not patient.done(), "who has waited for a shorter time goes on waiting"
        go_on.set()
        await patient
        assert await scrubbing
        await queue.outbox.intake([Wish(Key(Model.CUSTOMER, 1, 8))])
        assert await queue._store._writer.run(maintenance.set_patience, 5_000) == 5_000, (
            "as patient as before"
        )


async def test_a_stop_does_not_wait_for_the_file_to_be_written_anew(
    file: File, slow_rewrite: tuple[threading.Event, threading.Event]
) -> None:
    begun, go_on = slow_rewrite
    async with file.open() as queue:
        await fill(queue)
        await queue.facts.set_meta("scrub", "wanted")
        scrubbing = asyncio.create_task(queue.people.scrub())
        assert await asyncio.to_thread(begun.wait, 20)
        scrubbing.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await scrubbing
        await queue.outbox.intake([Wish(Key(Model.CUSTOMER, 1, 8))])
        assert await queue.facts.meta("scrub") == "wanted", "it remains to be done"


async def test_writers_and_the_heartbeat_go_on_while_a_big_file_is_written_anew(file: File) -> None:
    def grow(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO log (at, event, text, facts) VALUES (1, 'noted', ?, '{}')", ("x" * 900,))
        for _ in range(15):
            db.execute("INSERT INTO log (at, event, text, facts) SELECT at, event, text, facts FROM log")

    async def at_work(one: Callable[[], Awaitable[object]]) -> tuple[int, float]:
        """How often it was done meanwhile, and how long it took at the most."""
        done, longest = 0, 0.0
        while not scrubbing.done():
            begun = time.monotonic()
            await one()
            done, longest = done + 1, max(longest, time.monotonic() - begun)
            await asyncio.sleep(0)
        return done, longest

    async with file.open() as queue:
        await queue._store.write(grow)
        await queue.facts.set_meta("scrub", "wanted")
        scrubbing = asyncio.create_task(queue.people.scrub())
        beats, writes = await asyncio.gather(
            at_work(queue.file.probe), at_work(lambda: queue.facts.set_meta("note", "written"))
        )
        assert await scrubbing
        assert (await queue.file.sizes()).file > 30_000_000
        assert beats[0] > 20
        assert beats[1] < 2.0
        assert writes[0] > 0, "none of them failed"


async def test_free_pages_are_given_back_without_writing_the_file_anew(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(db: sqlite3.Connection) -> None:
        raise AssertionError("written anew")

    leave_free_pages(file.path)
    monkeypatch.setattr(maintenance, "rewrite", never)
    async with file.open() as queue:
        assert (await queue.people.forget(PERSON, "a test")).clean
    assert not traces(file.path)


async def test_a_reader_delays_nobody_when_the_file_is_shrunk(file: File) -> None:
    async with file.open() as queue:
        await fill(queue)
        with closing(sqlite3.connect(file.path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM ledger").fetchone()
            await queue.outbox.intake([Wish(Key(Model.CUSTOMER, 1, 8))])
            async with asyncio.timeout(2.0):
                await queue.file.shrink()
                await queue.outbox.intake([Wish(Key(Model.CUSTOMER, 1, 9))])
        await queue.file.shrink()
        assert (await queue.file.sizes()).wal == 0


async def test_a_check_gives_way_when_the_log_has_grown_too_long(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a table is read the log cannot shrink, and a full disk's reserve is meant for acks."""
    async with file.open() as queue:
        await fill(queue)
        with monkeypatch.context() as patch:
            patch.setattr(maintenance, "CHECK_STEP", 1)
            patch.setattr(maintenance, "CHECK_LOG", 0)
            with pytest.raises(StorageUnavailable, match="gave way"):
                await queue.file.check(thorough=True)
        await queue.file.check(thorough=True)
        await queue.file.check()
