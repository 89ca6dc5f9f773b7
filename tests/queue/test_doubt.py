"""What left and may have arrived is never taken for what arrived before (Q11, S24)."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from synqd.models.item import Leased, LedgerEntry, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.person import Person
from synqd.models.settle import Ack, Bury, Release, Retry, Settlement, Skipped, Unchanged
from synqd.queue import DeadFilter, Fate, Queue
from tests.queue.conftest import SETTINGS, File
from tests.queue.test_opening import copy_running
from tests.queue.words import PRODUCTS, Flight, ack, bury, flight, key, live, sent, take

SUBSCRIBERS = Stream(Model.SUBSCRIBER, 1)
FIELDS = frozenset({"name", "size"})


def said(item: Leased, *keys: str) -> Flight:
    return flight(item, *keys, fields=FIELDS, event=b"event")


def in_doubt(wire_key: str, *keys: str, at: int, fields: frozenset[str] = FIELDS) -> LedgerEntry:
    """A row that was made because something left and nobody knows whether it arrived."""
    return LedgerEntry("main", wire_key, fields, b"", "", False, at, at, event=b"event", doubt=(*keys,))


async def notes(queue: Queue) -> list[list[object]]:
    """The entries of each note."""

    def read(db: sqlite3.Connection) -> list[list[object]]:
        return [orjson.loads(what) for (what,) in db.execute("SELECT what FROM notes ORDER BY id")]

    return await queue._store._writer.run(read)


async def departed(queue: Queue, *ids: int, keys: tuple[str, ...] = ()) -> list[Leased]:
    """Items whose request has left."""
    await queue.outbox.intake([live(entity_id) for entity_id in ids])
    items = await take(queue)
    await queue.outbox.depart("main", [[said(item, *keys) for item in items]])
    return items


async def delivered(queue: Queue, *ids: int) -> None:
    await queue.outbox.settle([ack(item) for item in await departed(queue, *ids)])


async def entry(queue: Queue, entity_id: int = 1) -> LedgerEntry:
    return (await queue.ledger.known([key(entity_id)]))[key(entity_id)]


async def test_a_request_is_one_row_until_its_last_item_is_settled(queue: Queue) -> None:
    one, two = await departed(queue, 1, 2)
    assert len(await notes(queue)) == 1
    await queue.outbox.settle([ack(one)])
    assert len(await notes(queue)) == 1
    await queue.outbox.settle([ack(two)])
    assert await notes(queue) == []


async def test_a_note_holds_only_what_the_ledger_does_not_know(queue: Queue) -> None:
    await queue.outbox.intake([live(1), live(2)])
    await queue.outbox.settle(
        [
            Ack(item, sent(wire_key=f"sku{item.key.entity_id}")._replace(fields=FIELDS, event=b"event"))
            for item in await take(queue)
        ]
    )
    await queue.outbox.intake([live(1), live(2)])
    one, two = await take(queue)
    await queue.outbox.depart("main", [[said(one), said(two, "renamed")]])
    assert await notes(queue) == [[1, [2, ["renamed"], None]]]


async def test_what_may_have_arrived_keeps_old_and_new_together(queue: Queue, file: File) -> None:
    await delivered(queue, 1)
    (item,) = await departed(queue, 1, keys=("renamed",))
    await queue.outbox.settle([Retry(item, 1, doubtful=True)])
    now = round(file.clock.now() * 1000)
    assert await entry(queue) == sent(wire_key="sku1")._replace(
        fields=frozenset({"name", "color", "size"}),
        digest=b"",
        alive=False,
        last_at=now,
        event=b"event",
        doubt=("renamed",),
    )
    counts = await queue.facts.counts()
    assert not any(counts.alive.values())
    assert counts.by_settings == {}
    assert await queue.ledger.living(PRODUCTS, 0, None, 10) == [1], "it may live"
    assert await queue.outbox.whereabouts(Model.PRODUCT, [1]) == {1: {1}}


@pytest.mark.parametrize(
    ("settlement", "doubtful"),
    [
        (lambda item: Retry(item, 1, doubtful=True), True),
        (lambda item: Retry(item, 1), False),
        (bury, False),
        (lambda item: Bury(item, "unservable", "500", "main", "sku1", doubtful=True), True),
        (lambda item: Release(item, doubtful=True), True),
        (Release, False),
        (lambda item: Skipped(item, "the person was forgotten"), False),
    ],
    ids=["unknown", "throttled", "refused", "unservable", "cut", "given back", "left out"],
)
async def test_a_row_is_made_where_something_may_have_arrived_and_nowhere_else(
    queue: Queue, file: File, settlement: Callable[[Leased], Settlement], *, doubtful: bool
) -> None:
    (item,) = await departed(queue, 1)
    await queue.outbox.settle([settlement(item)])
    now = round(file.clock.now() * 1000)
    assert await queue.ledger.known([key(1)]) == ({key(1): in_doubt("sku1", at=now)} if doubtful else {})
    assert await notes(queue) == []
    assert not any((await queue.facts.counts()).alive.values())


async def test_what_is_given_back_before_it_left_is_not_in_doubt(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([Release(item) for item in await take(queue)])
    assert await queue.ledger.known([key(1)]) == {}


async def test_half_of_a_parcel_that_arrived_is_in_doubt_and_what_was_refused_is_not(queue: Queue) -> None:
    await delivered(queue, 1)
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.depart("main", [[flight(item, "sku1", "renamed")]])
    await queue.outbox.depart("main", [[flight(item, "sku1", "renamed", settled=1)]])
    assert len(await notes(queue)) == 1, "the second request has taken the place of the first"
    await queue.outbox.settle([bury(item)])
    found = await entry(queue)
    assert (found.wire_key, found.doubt, found.alive) == ("sku1", (), False)


async def test_only_a_delivery_ends_doubt(queue: Queue) -> None:
    (item,) = await departed(queue, 1)
    await queue.outbox.settle([Retry(item, 0, doubtful=True)])
    doubt = await entry(queue)
    for number in range(3):
        (item,) = await take(queue)
        others = (Unchanged(item, "new"), Skipped(item, "off", "new"), Skipped(item, "away", moved=True))
        await queue.outbox.settle([others[number]])
        assert await entry(queue) == doubt
        await queue.outbox.intake([live(1)])
    await delivered(queue, 1)
    assert await entry(queue) == sent(wire_key="sku1")._replace(first_at=5)
    assert (await queue.facts.counts()).alive[PRODUCTS] == 1


async def test_doubt_adds_up_until_something_is_delivered(queue: Queue) -> None:
    for sku in ("a", "b", "c"):
        (item,) = await departed(queue, 1, keys=(sku,))
        await queue.outbox.settle([Retry(item, 0, doubtful=True)])
    assert (await entry(queue)).held_keys == ("a", "b", "c")


async def test_an_item_that_is_known_to_be_removed_may_live_under_the_new_key_only(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([ack(item, alive=False) for item in await take(queue)])
    (item,) = await departed(queue, 1, keys=("renamed",))
    await queue.outbox.settle([Retry(item, 0, doubtful=True)])
    assert (await entry(queue)).held_keys == ("renamed",)


async def test_what_a_killed_process_was_sending_is_in_doubt_and_nothing_else(
    file: File, tmp_path: Path
) -> None:
    copy = File(tmp_path / "copy.db", file.clock)
    async with file.open() as queue:
        await delivered(queue, 1, 2)
        one, _ = await departed(queue, 1, 3)
        await queue.outbox.settle([ack(one)])
        await queue.outbox.intake([live(4)])
        await take(queue)
        copy_running(file.path, copy.path)
    now = round(file.clock.now() * 1000)
    async with copy.open() as queue:
        assert not queue.file.opened_clean
        assert await notes(queue) == []
        known = await queue.ledger.known([key(number) for number in (1, 2, 3, 4)])
        assert known == {
            key(1): sent(wire_key="sku1"),
            key(2): sent(wire_key="sku2"),
            key(3): in_doubt("sku3", at=now),
        }
        assert (await queue.facts.counts()).alive[PRODUCTS] == 2
    async with copy.open() as queue:
        assert await queue.ledger.known([key(3)]) == {key(3): in_doubt("sku3", at=now)}, "noted once"


async def test_of_a_request_that_was_settled_in_part_only_the_rest_is_in_doubt(
    file: File, tmp_path: Path
) -> None:
    """The second item has another wire item to send; the first one has changed again by then."""
    copy = File(tmp_path / "copy.db", file.clock)
    async with file.open() as queue:
        await delivered(queue, 1, 2)
        await queue.outbox.intake([live(1), live(2)])
        one, two = await take(queue)
        await queue.outbox.depart("main", [[said(one), flight(two, "sku2", "renamed")]])
        await queue.outbox.settle([ack(one)])
        await queue.outbox.intake([live(1)])
        copy_running(file.path, copy.path)
    async with copy.open() as queue:
        assert await entry(queue, 1) == sent(wire_key="sku1")
        assert (await entry(queue, 2)).doubt == ()


async def test_a_settlement_that_comes_too_late_leaves_doubt(queue: Queue, file: File) -> None:
    (item,) = await departed(queue, 1)
    file.clock.seconds += 61
    await queue.outbox.reap()
    assert (await queue.outbox.settle([ack(item)])).fates == (Fate.LOST,)
    assert (await entry(queue)).doubt == ()
    assert await notes(queue) == []


async def test_a_late_settlement_of_what_was_refused_leaves_none(queue: Queue, file: File) -> None:
    (item,) = await departed(queue, 1)
    file.clock.seconds += 61
    await queue.outbox.reap()
    await queue.outbox.settle([bury(item)])
    assert await queue.ledger.known([key(1)]) == {}


async def test_of_somebody_who_was_forgotten_no_note_and_no_doubt_is_written(
    file: File, tmp_path: Path
) -> None:
    emails = [f"one{number}@shop.example" for number in (1, 2)]
    copy = File(tmp_path / "copy.db", file.clock)
    async with file.open() as queue:
        await queue.outbox.intake([Wish(Key(*SUBSCRIBERS, number), quiet=9) for number in (1, 2)])
        items = await queue.outbox.lease(SUBSCRIBERS, Lane.LIVE, 2, 60)
        await queue.outbox.depart("main", [[said(*one) for one in zip(items, emails, strict=True)]])
        person = Person(frozenset(emails[:1]), frozenset({(Model.SUBSCRIBER, 1)}))
        await queue.people.forget(person, "a test")
        ((left,),) = await notes(queue)
        assert isinstance(left, list)
        assert left[:2] == [2, "one2@shop.example"]
        copy_running(file.path, copy.path)
        # What ends in this process finds nothing of the person either.
        await queue.outbox.settle([Retry(item, 1, doubtful=True) for item in items])
        assert list(await queue.ledger.known([item.key for item in items])) == [items[1].key]
    async with copy.open() as queue:
        assert list(await queue.ledger.known([item.key for item in items])) == [items[1].key]
    for path in (file.path, copy.path):
        assert b"one1@shop.example" not in path.read_bytes()


async def test_whoever_is_known_by_a_key_in_doubt_is_found_to_be_forgotten(queue: Queue) -> None:
    await queue.outbox.intake([Wish(Key(*SUBSCRIBERS, 1), quiet=9)])
    (item,) = await queue.outbox.lease(SUBSCRIBERS, Lane.LIVE, 1, 60)
    await queue.outbox.depart("main", [[flight(item, "old@shop.example", "New@shop.example", settled=1)]])
    await queue.outbox.settle([Retry(item, 1, doubtful=True)])
    found = await queue.people.acquainted(["new@shop.example"], [])
    assert found == {(Model.SUBSCRIBER, 1): {"New@shop.example"}}


# What is remembered of consent


async def told(
    queue: Queue,
    entity_id: int,
    email: str = "a@shop.example",
    *,
    agreed_at: int | None = None,
    withdrawn_at: int | None = None,
    doubtful: bool = False,
) -> None:
    """Records a word about consent as sent, or as in doubt."""
    await queue.outbox.intake([Wish(Key(*SUBSCRIBERS, entity_id), quiet=9)])
    (item,) = await queue.outbox.lease(SUBSCRIBERS, Lane.LIVE, 1, 60)
    if doubtful:
        await queue.outbox.depart("main", [[flight(item, email, withdrawn_at=withdrawn_at)]])
        await queue.outbox.settle([Retry(item, 0, doubtful=True)])
    else:
        what = ("main", email, frozenset[str](), b"", "settings", True, 1, 1)
        await queue.outbox.settle(
            [Ack(item, LedgerEntry(*what, agreed_at=agreed_at, withdrawn_at=withdrawn_at))]
        )


async def test_the_latest_withdrawal_of_an_address_is_found_whatever_its_case(queue: Queue) -> None:
    await told(queue, 1, withdrawn_at=5)
    await told(queue, 2, "A@shop.EXAMPLE", withdrawn_at=7)
    await told(queue, 3, agreed_at=9)
    await told(queue, 4, "b@shop.example", withdrawn_at=11)
    asked = ["a@Shop.example", "nobody@shop.example"]
    assert await queue.ledger.withdrawn("main", asked) == {"a@Shop.example": 7}
    assert await queue.ledger.withdrawn("other", asked) == {}


async def test_a_withdrawal_in_doubt_counts_and_an_agreement_in_doubt_leaves_the_word_before(
    queue: Queue,
) -> None:
    await told(queue, 1, agreed_at=3)
    await told(queue, 1, doubtful=True)
    (known,) = (await queue.ledger.known([Key(*SUBSCRIBERS, 1)])).values()
    assert (known.agreed_at, known.withdrawn_at, known.consent_at) == (3, None, 3)
    await told(queue, 1, doubtful=True, withdrawn_at=8)
    assert await queue.ledger.withdrawn("main", ["a@shop.example"]) == {"a@shop.example": 8}


@pytest.mark.parametrize("killed", [False, True], ids=["no answer", "killed"])
async def test_a_withdrawal_in_doubt_is_one_of_its_own_address_and_of_no_other(
    queue: Queue, file: File, tmp_path: Path, *, killed: bool
) -> None:
    """Somebody else has the former address by now, and what was said of it is said by that one."""
    await told(queue, 1, "old@shop.example", withdrawn_at=5)
    await queue.outbox.intake([Wish(Key(*SUBSCRIBERS, 1), quiet=9)])
    (item,) = await queue.outbox.lease(SUBSCRIBERS, Lane.LIVE, 1, 60)
    await queue.outbox.depart("main", [[flight(item, "new@shop.example", withdrawn_at=8)]])
    if killed:
        copy_running(file.path, tmp_path / "copy.db")
    else:
        await queue.outbox.settle([Retry(item, 0, doubtful=True)])
    async with File(tmp_path / "copy.db", file.clock).open() if killed else nullcontext(queue) as found:
        assert await found.ledger.withdrawn("main", ["old@shop.example", "new@shop.example"]) == {
            "new@shop.example": 8
        }
        (known,) = (await found.ledger.known([item.key])).values()
        assert set(known.held_keys) == {"old@shop.example", "new@shop.example"}


# Times


async def test_what_was_not_delivered_is_as_old_as_it_was_whatever_came_in_flight(
    queue: Queue, file: File
) -> None:
    await queue.outbox.intake([live(1, hint="a")])
    (one,) = await take(queue)
    file.clock.seconds += 3
    await queue.outbox.intake([live(1)])
    assert (await queue.outbox.settle([Retry(one, 1)])).fates == (Fate.AGAIN,)
    (two,) = await take(queue)
    assert two.first_at == one.first_at
    file.clock.seconds += 3
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([ack(two)])
    (three,) = await take(queue)
    assert three.first_at == one.first_at + 6_000, "what was delivered is not wanted any more"


async def test_the_time_of_a_deletion_stays_with_its_item(queue: Queue) -> None:
    await queue.outbox.intake([live(1, hint="a")._replace(deleted_at=77)])
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    assert item.deleted_at == 77
    await queue.outbox.settle([bury(item)])
    assert await queue.dead.retry(DeadFilter()) == 1
    (again,) = await take(queue, lane=Lane.BATCH)
    assert (again.deleted_at, again.hint) == (77, "a")


# Older files


def restored(path: Path) -> None:
    """A queue file as a synqd with schema version 4 left it when it was killed."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript((Path(__file__).parent / "written_by_version_4.sql").read_text("utf-8"))


async def test_a_file_of_the_version_before_opens_and_goes_on(file: File) -> None:
    restored(file.path)
    async with file.open() as queue:
        assert not queue.file.opened_clean
        known = await queue.ledger.known([key(number) for number in range(1, 4)])
        assert {one.entity_id: (entry.wire_key, entry.alive) for one, entry in known.items()} == {
            1: ("sku1", True),
            2: ("sku2", False),
        }
        assert all(
            (entry.event, entry.agreed_at, entry.withdrawn_at, entry.doubt) == (b"", None, None, None)
            for entry in known.values()
        )
        items = await take(queue)
        assert [item.key.entity_id for item in items] == [1, 3]
        await queue.outbox.depart("main", [[said(item) for item in items]])
        await queue.outbox.settle([ack(items[0]), Retry(items[1], 1, doubtful=True)])
        assert (await entry(queue)).alive
        assert (await entry(queue, 3)).doubt == ()
        assert await queue.dead.retry(DeadFilter()) == 1
        await queue.file.check(thorough=True)


async def test_consent_of_an_older_file_in_doubt_was_said_when_it_was_sent_at_the_latest(file: File) -> None:
    restored(file.path)
    async with file.open() as queue:
        (given,) = (await queue.ledger.known([Key(*SUBSCRIBERS, 5)])).values()
        await told(queue, 5, given.wire_key, doubtful=True)
        (known,) = (await queue.ledger.known([Key(*SUBSCRIBERS, 5)])).values()
        assert known.consent_at == given.last_at


async def test_of_an_old_file_all_that_lives_is_in_doubt_and_nothing_else(file: File) -> None:
    async with file.open(replace(SETTINGS, page=2)) as queue:
        await queue.outbox.intake([live(number) for number in range(1, 6)] + [live(3, 2)])
        for item in [*await take(queue), *await take(queue, store_id=2)]:
            alive = item.key.entity_id != 5
            told = sent(wire_key=f"sku{item.key.entity_id}", alive=alive)
            await queue.outbox.settle([Ack(item, told._replace(event=b"event", withdrawn_at=7))])
        assert await queue.ledger.doubt_everything() == 5
        assert await queue.ledger.doubt_everything() == 0
        for number in range(1, 5):
            found = await entry(queue, number)
            assert (found.doubt, found.digest, found.held_keys) == ((), b"", (f"sku{number}",))
            assert (found.fields, found.event, found.withdrawn_at) == (sent().fields, b"event", 7)
        assert await entry(queue, 5) == sent(wire_key="sku5", alive=False)._replace(
            event=b"event", withdrawn_at=7
        )
        counts = await queue.facts.counts()
        assert not any(counts.alive.values())
        assert counts.by_settings == {}
