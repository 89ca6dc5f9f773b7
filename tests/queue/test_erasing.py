"""S20, S33: who is forgotten goes from every row and every text, and nobody else's row or text changes."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from synqd.entities.person import names_of
from synqd.models.item import Leased, LedgerEntry, Want, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.person import ERASED, FORGOTTEN, Person, email_mark
from synqd.models.settle import Ack, Bury, Release, Retry, Skipped
from synqd.models.wire import Endpoint, Parcel, WireItem
from synqd.queue import (
    BatchPage,
    DeadFilter,
    Fate,
    Line,
    LogFilter,
    Queue,
    Sample,
    journal,
)
from tests.queue.conftest import File

ANN = "ann@mail.example"
JOANN = "joann@mail.example"
PERSON = Person(frozenset({ANN}), frozenset({(Model.CUSTOMER, 7)}), names_of({ANN}))
ECHOES = [
    ANN.upper(),
    quote(ANN),
    ANN.replace("@", "\\u0040"),
    ANN.replace("@", "&#64;"),
    ANN.replace("@", "=40"),
]


def entry(wire_key: str, **changes: object) -> LedgerEntry:
    sent = LedgerEntry("main", wire_key, frozenset({"email"}), b"digest", "settings", True, 5, 5, 202)
    return sent._replace(**changes)  # type: ignore[arg-type]


async def leased(queue: Queue, model: Model, *people: tuple[int, str | None]) -> list[Leased]:
    await queue.outbox.intake(
        [Wish(Key(model, 1, number), Lane.LIVE, 60.0, hint=hint) for number, hint in people]
    )
    return await queue.outbox.lease(Stream(model, 1), Lane.LIVE, 10, 60)


async def sent(queue: Queue, model: Model, number: int, wire_key: str) -> None:
    (item,) = await leased(queue, model, (number, None))
    await queue.outbox.settle([Ack(item, entry(wire_key))])


def buried(item: Leased, wire_key: str, answer: str, payload: str | None = None) -> Bury:
    return Bury(item, "refused", answer, "main", wire_key, 400, answer, payload)


def raw(path: Path) -> bytes:
    """Everything that can be read in the file and beside it."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir())).lower()


async def test_what_the_log_says_of_deliveries_goes_with_the_person(queue: Queue, file: File) -> None:
    """Keys of before, lines about them, and those of others who had the address once."""
    await sent(queue, Model.CUSTOMER, 7, "before@mail.example")
    await sent(queue, Model.CUSTOMER, 7, ANN)
    await sent(queue, Model.CUSTOMER, 8, ANN)
    await sent(queue, Model.CUSTOMER, 8, JOANN)
    assert (Model.CUSTOMER, 7) in await queue.ledger.named("before@mail.example", ["main"], [Model.CUSTOMER])
    known = await queue.people.acquainted({ANN}, {(Model.CUSTOMER, 7)})
    assert known[Model.CUSTOMER, 7] == {"before@mail.example", ANN}
    await queue.people.forget(PERSON, "test")
    lines = [one.line for one in await queue.log.page(LogFilter()) if one.line.event == "item.sent"]
    assert [(line.entity_id, line.key, line.text) for line in lines] == [(8, JOANN, f"was {ERASED}")]
    assert await queue.ledger.named(ANN, ["main"], list(Model)) == []
    await queue.file.shrink()
    assert b"before@mail.example" not in raw(file.path)
    assert raw(file.path).replace(JOANN.encode(), b"").count(ANN.encode()) == 0


# What is somebody else's


async def test_an_address_that_is_a_sku_or_an_order_number_is_nobodys_there(queue: Queue) -> None:
    """Goods and orders go on to be sent, retried and withdrawn; their keys are no addresses."""
    product, order = Stream(Model.PRODUCT, 1), Stream(Model.ORDER, 1)
    said, body = f"sku {ANN} is bad", f'{{"itemKey":"{ANN}","value":{{"mailto":"{ANN}"}}}}'
    for stream, number in ((product, 3), (order, 4)):
        await sent(queue, stream.model, number, ANN)
        (item,) = await leased(queue, stream.model, (number, ANN))
        await queue.outbox.settle([buried(item, ANN, said, body)])
        await queue.outbox.intake([Wish(Key(*stream, number), Lane.LIVE, 60.0, hint=ANN)])
    letters = await queue.dead.page(DeadFilter())
    await queue.people.forget(PERSON, "a test")
    assert await queue.dead.page(DeadFilter()) == letters
    for stream, number in ((product, 3), (order, 4)):
        (facts,) = await queue.ledger.facts(stream.model, number)
        assert facts.known == entry(ANN)
        (item,) = await leased(queue, stream.model, (number, ANN))
        assert item.hint == ANN, "and changes that come later are taken in"
        await queue.outbox.settle([buried(item, ANN, said, body)])
        (item,) = await leased(queue, stream.model, (number + 10, ANN))
        await queue.outbox.settle([Ack(item, entry(ANN))])
        (facts,) = await queue.ledger.facts(stream.model, number + 10)
        assert facts.known == entry(ANN), "new ones, too"
    assert [letter.detail for letter in await queue.dead.page(DeadFilter())] == [said, said]


async def test_batches_and_comparisons_of_goods_keep_such_a_key(queue: Queue) -> None:
    async def pages() -> AsyncIterator[BatchPage]:
        yield BatchPage((3,), {ANN: "no product has it"}, [ANN])

    await queue.jobs.submit_batch([Stream(Model.PRODUCT, 1)], pages(), Want.FORCE, "a test", "skus")
    await queue.verifications.submit([Stream(Model.PRODUCT, 1)], "a test", repair=False, remote=0)
    found = await queue.verifications.next_part()
    assert found is not None
    await queue.verifications.advance(found[1], 3, {"checked": 1}, [Sample("stale", 3, ANN)], (), done=True)
    await queue.people.forget(PERSON, "a test")
    keys = await queue.jobs.keys_to_look_up(10)
    assert keys is not None
    assert keys.keys == (ANN,)
    await queue.jobs.looked_up(keys, (), {ANN: "no product has it"})
    job = await queue.jobs.get(keys.job_id)
    assert set(job.unknown_keys) == {ANN}
    assert [one.wire_key for one in (await queue.verifications.get()).parts[0].samples] == [ANN]


@pytest.mark.parametrize("other", ["jose.f@mail.example", "JOSÉ.f@mail.example", "jose\u0301.f@mail.example"])
async def test_who_only_looks_like_somebody_keeps_everything(queue: Queue, other: str) -> None:
    for number, email in ((7, "josé.f@mail.example"), (8, other)):
        await sent(queue, Model.CUSTOMER, number, email)
    (item,) = await leased(queue, Model.CUSTOMER, (8, other))
    await queue.outbox.settle([buried(item, other, f"{other} is bad", f'{{"email":"{other}"}}')])
    before = await queue.ledger.facts(Model.CUSTOMER, 8), await queue.dead.page(DeadFilter())
    mine = "josé.f@mail.example"
    assert set(await queue.people.acquainted({mine}, ())) == {(Model.CUSTOMER, 7)}
    person = Person(frozenset({mine}), frozenset({(Model.CUSTOMER, 7)}), names_of({mine}))
    await queue.people.forget(person, "a test")
    assert await queue.ledger.facts(Model.CUSTOMER, 7) == []
    assert (await queue.ledger.facts(Model.CUSTOMER, 8), await queue.dead.page(DeadFilter())) == before
    assert not queue.people.forgotten([email_mark(other)])


async def test_who_is_only_named_in_a_letter_is_not_whose_letter_it_is(file: File) -> None:
    """Somebody's order may name a friend: the friend's name goes, the order stays to be sent."""
    async with file.open() as queue:
        for model, number in ((Model.ORDER, 80), (Model.CUSTOMER, 8), (Model.SUBSCRIBER, 88)):
            (item,) = await leased(queue, model, (number, JOANN))
            body = f'{{"client":{{"email":"{JOANN}"}},"friend":"{ANN}","by":"{ANN}"}}'
            await queue.outbox.settle([buried(item, JOANN, f"friend {ANN} is bad", body)])
        await queue.people.forget(PERSON, "a test")
        letters = await queue.dead.page(DeadFilter())
        assert [letter.key.entity_id for letter in letters] == [80, 8, 88]
        assert {letter.detail for letter in letters} == {"friend (erased) is bad"}
        assert len(await leased(queue, Model.ORDER, (80, JOANN))) == 1
    assert ANN.encode() not in raw(file.path).replace(JOANN.encode(), b"")


async def test_an_order_that_only_its_letter_tells_of_goes_too(queue: Queue) -> None:
    (item,) = await leased(queue, Model.ORDER, (70, "100000070"))
    body = json.dumps({"client": {"email": ANN.upper()}, "orderId": "100000070"})
    await queue.outbox.settle([buried(item, "100000070", "is bad", body)])
    assert (await queue.people.forget(PERSON, "a test")).gone["dead letters"] == 1
    assert await leased(queue, Model.ORDER, (70, None)) == []


async def test_who_left_the_address_goes_on_without_it(file: File) -> None:
    """Two swapped addresses while Synerise was away: the queue file knows the former ones."""
    async with file.open() as queue:
        await sent(queue, Model.CUSTOMER, 8, ANN)
        (item,) = await leased(queue, Model.CUSTOMER, (9, None))
        await queue.outbox.settle([Ack(item, entry(JOANN, alive=False, doubt=(ANN, "old@mail.example")))])
        (item,) = await leased(queue, Model.CUSTOMER, (9, ANN))
        await queue.outbox.settle([buried(item, ANN, "is bad", f'{{"email":"{ANN}"}}')])
        await queue.outbox.intake(
            [Wish(Key(Model.CUSTOMER, 1, one), Lane.LIVE, 60.0, hint=ANN) for one in (8, 9)]
        )
        await queue.people.forget(PERSON, "a test")
        (facts,) = await queue.ledger.facts(Model.CUSTOMER, 9)
        assert facts.known is not None
        assert facts.known.doubt == ("old@mail.example",)
        (letter,) = await queue.dead.page(DeadFilter())
        assert (letter.wire_key, letter.payload) == (ERASED, f'{{"email":"{ERASED}"}}')
        items = await queue.outbox.lease(Stream(Model.CUSTOMER, 1), Lane.LIVE, 10, 60)
        assert [(one.key.entity_id, one.hint) for one in items] == [(8, None), (9, None)]
        assert items[0].known is None, "it is sent anew under the address that it has now"
        assert sum((await queue.facts.counts()).alive.values()) == 0
        assert not queue.people.forgotten(["customer 8", "customer 9"])
        await queue.file.shrink()
    assert ANN.encode() not in raw(file.path).replace(JOANN.encode(), b"")


# What is the person's, however it is spelled


@pytest.mark.parametrize("echo", ECHOES)
async def test_an_echo_is_blotted_wherever_answers_are_kept(file: File, echo: str) -> None:
    answer = f'{{"message": "profile <{echo}> has it", "customId": "7"}}'
    async with file.open() as queue:
        (item,) = await leased(queue, Model.CUSTOMER, (8, JOANN))
        await queue.outbox.settle([Skipped(item, f"skipped: {answer}")])
        items = await leased(queue, Model.CUSTOMER, (9, JOANN), (10, JOANN))
        await queue.outbox.settle(
            [buried(items[0], JOANN, answer, answer), Retry(items[1], 60.0, True, answer)]
        )
        await queue.facts.save_breaker("main/clients", json.dumps({"reason": answer}))
        await queue.verifications.submit([Stream(Model.CUSTOMER, 1)], "a test", repair=False, remote=0)
        found = await queue.verifications.next_part()
        assert found is not None
        samples = [Sample("unreadable", 8, JOANN, answer)]
        await queue.verifications.advance(found[1], 8, {"checked": 1}, samples, (), done=True)
        assert echo.lower().encode() in raw(file.path)
        assert (await queue.people.forget(PERSON, "a test")).clean
        left = raw(file.path).replace(JOANN.encode(), b"")
        assert echo.lower().encode() not in left
        assert b'"customid": "7"' not in left
        (letter,) = await queue.dead.page(DeadFilter())
        assert letter.answer == answer.replace(echo, ERASED).replace('"7"', f'"{ERASED}"')
        assert json.loads((await queue.facts.breakers())["main/clients"].state)["reason"] == letter.answer
        assert (await queue.verifications.get()).parts[0].samples[0].detail == letter.answer
        (facts,) = await queue.ledger.facts(Model.CUSTOMER, 8)
        assert facts.skip is not None
        assert facts.skip.reason == f"skipped: {letter.answer}"


async def test_reasons_of_jobs_that_read_the_same_afterwards_are_added_up(queue: Queue) -> None:
    job = await queue.jobs.submit_full([Stream(Model.CUSTOMER, 1)], Want.FORCE, "a test")
    (part,) = job.parts
    await queue.jobs.advance_part(part.part_id, 12, part.wishes([11, 12]), finished=True)
    items = await queue.outbox.lease(Stream(Model.CUSTOMER, 1), Lane.FULL, 10, 60)
    told = (f"known as {ANN}", f"known as {quote(ANN)}")
    await queue.outbox.settle([Skipped(item, reason) for item, reason in zip(items, told, strict=True)])
    await queue.people.forget(PERSON, "a test")
    assert (await queue.jobs.get(job.job_id)).parts[0].reasons == {f"known as {ERASED}": 2}


def left_by_an_older_version(path: Path, text: str) -> None:
    """Lines that were deleted, but not overwritten, between others."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA secure_delete = OFF")
        rows = [(f"old {text}" if number % 2 else "other",) for number in range(40)]
        db.executemany("INSERT INTO log (at, event, text, facts) VALUES (1, 'noted', ?, '{}')", rows)
        db.commit()
        db.execute("DELETE FROM log WHERE text LIKE 'old %'")
        db.commit()


@pytest.mark.parametrize("echo", ["josé.o'hara@mail.example", "jos\\u00e9.o&#39;hara%40mail.example"])
async def test_an_echo_in_free_space_is_found(file: File, echo: str) -> None:
    address = "josé.o'hara@mail.example"
    async with file.open():
        pass
    left_by_an_older_version(file.path, f"answer: {echo.upper() if echo == address.upper() else echo}")
    assert b"hara" in raw(file.path)
    async with file.open() as queue:
        person = Person(frozenset({address}), frozenset(), names_of({address}))
        assert (await queue.people.forget(person, "a test")).clean
        assert b"hara" not in raw(file.path)


async def test_an_address_of_the_longest_kind_is_found_across_blocks(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synqd.queue.traces.BLOCK", 700)
    address = "é" * 200 + "%_+'\\d@" + "d" * 40 + ".example"
    async with file.open():
        pass
    left_by_an_older_version(file.path, quote(address))
    async with file.open() as queue:
        person = Person(frozenset({address}), frozenset(), names_of({address}))
        assert (await queue.people.forget(person, "a test")).clean
    assert b"%c3%a9" not in raw(file.path)


async def test_half_an_address_is_not_kept_since_nobody_could_say_whose_it_is(queue: Queue) -> None:
    for words in range(94, 100):
        await queue.log.note(Line("noted", text="word " * words + ANN))
    texts = [line.line.text for line in await queue.log.page(LogFilter(), 50)]
    items = await leased(queue, Model.CUSTOMER, *[(number, JOANN) for number in range(8, 14)])
    answers = ["word " * (404 + number) + ANN for number in range(6)]
    await queue.outbox.settle([buried(item, JOANN, text) for item, text in zip(items, answers, strict=True)])
    texts += [str(letter.answer) for letter in await queue.dead.page(DeadFilter())]
    assert [len(text.split()) for text in texts] == [95, 96, 97, 97, 98, 99, 405, 406, 407, 407, 408, 409]
    assert {text.split()[-1] for text in texts} == {"word", ANN}


# What comes during and after the erasure


async def test_what_is_written_right_behind_the_erasure_is_written_without_the_person(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that writes may be ahead of whoever waits for it to say that the person is erased."""
    written, trim = threading.Event(), journal.trim

    def noticed(db: sqlite3.Connection, keep: int) -> None:
        trim(db, keep)
        written.set()

    monkeypatch.setattr(journal, "trim", noticed)
    tasks = [asyncio.create_task(queue.people.forget(PERSON, "a test"))]
    tasks += [asyncio.create_task(queue.log.note(Line("noted", text=ANN)))]  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert written.wait(20), "nothing else runs here meanwhile"
    await asyncio.gather(*tasks)
    assert (await queue.log.page(LogFilter(), 1))[0].line.text == ERASED


async def test_what_waits_to_be_recorded_while_the_person_is_erased_is_recorded_without(file: File) -> None:
    """Settlements are gathered while the file is written: those are in nobody's hand for a moment."""
    async with file.open() as queue:
        items = await leased(queue, Model.CUSTOMER, *[(number, JOANN) for number in range(8, 14)])
        settling = [
            asyncio.create_task(queue.outbox.settle([buried(item, JOANN, f"{ANN} has it")])) for item in items
        ]
        await asyncio.sleep(0)
        forgetting = asyncio.create_task(queue.people.forget(PERSON, "a test"))
        noting = asyncio.create_task(queue.log.note(Line("noted", text=ANN)))
        await asyncio.gather(*settling, forgetting, noting)
        letters = await queue.dead.page(DeadFilter())
        assert {letter.detail for letter in letters} == {"(erased) has it"}
        await queue.file.shrink()
    assert ANN.encode() not in raw(file.path).replace(JOANN.encode(), b"")


class Flight(NamedTuple):
    item: Leased
    parcel: Parcel
    settled: int = 0


def flight(item: Leased, email: str) -> Flight:
    wire = WireItem(Endpoint.CLIENTS, email, {"email": email})
    return Flight(item, Parcel((wire,), email, True, frozenset({"email"})))


async def test_a_request_that_is_held_back_leaves_no_note_of_the_person(file: File) -> None:
    """It was packed before the erasure, and is noted before it is looked at once more."""
    async with file.open() as queue:
        ann, joann = await leased(queue, Model.CUSTOMER, (7, ANN), (8, JOANN))
        assert (await queue.people.forget(PERSON, "a test")).clean
        await queue.outbox.depart("main", [[flight(ann, ANN), flight(joann, JOANN)]])
        assert ANN.encode() not in raw(file.path).replace(JOANN.encode(), b"")
        fates = await queue.outbox.settle([Skipped(ann, FORGOTTEN), Ack(joann, entry(JOANN))])
        assert fates.fates == (Fate.LOST, Fate.DONE)


async def test_notes_of_what_is_under_way_lose_the_person_only(file: File) -> None:
    async with file.open() as queue:
        ann, joann = await leased(queue, Model.CUSTOMER, (7, None), (8, None))
        await queue.outbox.depart("main", [[flight(ann, ANN), flight(joann, JOANN)]])
        await queue.people.forget(PERSON, "a test")
    async with file.open() as queue:
        (facts,) = await queue.ledger.facts(Model.CUSTOMER, 8)
        assert facts.known is not None
        assert facts.known.doubt == ()
        assert facts.known.wire_key == JOANN
        assert await queue.ledger.facts(Model.CUSTOMER, 7) == []


async def test_an_ack_under_the_address_is_not_recorded_for_anybody(file: File) -> None:
    """It left before the erasure, for somebody who has another address by now."""
    async with file.open() as queue:
        (item,) = await leased(queue, Model.CUSTOMER, (8, None))
        await queue.people.forget(PERSON, "a test")
        await queue.outbox.settle([Ack(item, entry(ANN))])
        (facts,) = await queue.ledger.facts(Model.CUSTOMER, 8)
        assert facts.known is None
        assert facts.skip is not None
        assert facts.skip.reason == FORGOTTEN
    assert ANN.encode() not in raw(file.path)


async def test_what_may_have_arrived_under_the_address_is_in_doubt_without_it(file: File) -> None:
    async with file.open() as queue:
        await sent(queue, Model.CUSTOMER, 8, JOANN)
        (item,) = await leased(queue, Model.CUSTOMER, (8, None))
        await queue.outbox.depart("main", [[flight(item, ANN)]])
        await queue.people.forget(PERSON, "a test")
        await queue.outbox.settle([Release(item, doubtful=True)])
        (facts,) = await queue.ledger.facts(Model.CUSTOMER, 8)
        assert facts.known is not None
        assert (facts.known.wire_key, facts.known.doubt) == (JOANN, ())
        (item,) = await leased(queue, Model.PRODUCT, (3, None))
        await queue.outbox.depart("main", [[flight(item, ANN)]])
        await queue.outbox.settle([Release(item, doubtful=True)])
        (facts,) = await queue.ledger.facts(Model.PRODUCT, 3)
        assert facts.known is not None
        assert facts.known.wire_key == ANN, "a SKU"


async def test_whoever_is_forgotten_once_more_comes_back_as_a_whole(queue: Queue) -> None:
    await queue.people.forget(PERSON, "a test")
    await queue.people.forget(Person(frozenset({ANN}), frozenset({(Model.CUSTOMER, 12)})), "a test")
    assert queue.people.forgotten(["customer 12"])
    await queue.people.revoke([email_mark(ANN)], "a test")
    assert not queue.people.forgotten(["customer 7", "customer 12", email_mark(ANN)])


async def test_a_number_of_a_customer_is_no_subscribers(queue: Queue) -> None:
    """Only who is meant is found: models number their rows each for itself."""
    for model in (Model.CUSTOMER, Model.SUBSCRIBER):
        await sent(queue, model, 7, f"{model}@mail.example")
    for model in (Model.CUSTOMER, Model.SUBSCRIBER):
        found = await queue.people.acquainted(set(), {(model, 7)})
        assert found == {(model, 7): {f"{model}@mail.example"}}


async def test_a_letter_that_quotes_the_person_keeps_the_hint_of_another_one(queue: Queue) -> None:
    await queue.people.forget(PERSON, "test")
    (item,) = await leased(queue, Model.CUSTOMER, (9, JOANN))
    await queue.outbox.settle([buried(item, JOANN, f"{ANN} is in use")])
    (letter,) = await queue.dead.page(DeadFilter())
    assert (letter.wire_key, letter.answer) == (JOANN, f"{ERASED} is in use")
    await queue.dead.retry(DeadFilter())
    (again,) = await queue.outbox.lease(Stream(Model.CUSTOMER, 1), Lane.BATCH, 10, 60)
    assert again.hint == JOANN
