"""A wire key is one thing at Synerise, whoever it was sent for (S8, S29)."""

from pathlib import Path

import pytest

from synqd.models.item import Leased, LedgerEntry, Wish
from synqd.models.names import Lane, Model, Stream
from synqd.models.settle import Ack, Bury, Retry, Settlement, Skipped, Unchanged
from synqd.models.wire import Heir
from synqd.queue import Fate, Queue
from tests.queue.conftest import File
from tests.queue.test_opening import copy_running
from tests.queue.words import PRODUCTS, flight, key, live, sent, take


async def leased(queue: Queue, entity_id: int, store_id: int = 1, model: Model = Model.PRODUCT) -> Leased:
    await queue.outbox.intake([Wish(key(entity_id, store_id, model), quiet=60)])
    (item,) = await queue.outbox.lease(Stream(model, store_id), Lane.LIVE, 100, 60)
    return item


async def delivered(
    queue: Queue, entity_id: int, wire_key: str, store_id: int = 1, model: Model = Model.PRODUCT
) -> None:
    await queue.outbox.settle([Ack(await leased(queue, entity_id, store_id, model), sent(wire_key=wire_key))])


async def entry(queue: Queue, entity_id: int, store_id: int = 1, model: Model = Model.PRODUCT) -> LedgerEntry:
    wanted = key(entity_id, store_id, model)
    return (await queue.ledger.known([wanted]))[wanted]


async def waiting(queue: Queue) -> set[int]:
    return {one.entity_id for one in await queue.outbox.waiting([key(number) for number in range(1, 5)])}


@pytest.mark.parametrize(
    ("settle", "alive"),
    [
        (lambda item: Ack(item, sent(wire_key="A")), 1),
        (lambda item: Ack(item, sent(wire_key="C"), ("A",)), 1),
        (lambda item: Ack(item, sent(wire_key="A", alive=False), ("A",)), 0),
        (lambda item: Retry(item, 1, doubtful=True), 0),
        (lambda item: Bury(item, "unservable", "500", "main", "A", doubtful=True), 0),
    ],
    ids=["delivered", "beside its tombstone", "deleted", "unknown", "given up"],
)
async def test_what_is_sent_under_a_key_puts_in_doubt_what_was_sent_there_for_others(
    queue: Queue, settle: type[Ack] | type[Retry], alive: int
) -> None:
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "B")
    item = await leased(queue, 2)
    await queue.outbox.depart("main", [[flight(item, "A")]])
    await queue.outbox.settle([settle(item)])  # type: ignore[call-arg]
    found = await entry(queue, 1)
    assert (found.wire_key, found.doubt, found.alive, found.digest) == ("A", (), False, b"")
    counts = await queue.facts.counts()
    assert counts.alive.get(PRODUCTS, 0) == alive
    assert sum(counts.by_settings.get(PRODUCTS, {}).values()) == alive


async def test_what_a_killed_process_was_sending_puts_others_in_doubt(
    queue: Queue, file: File, tmp_path: Path
) -> None:
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "B")
    await queue.outbox.depart("main", [[flight(await leased(queue, 2), "A")]])
    copy = File(tmp_path / "copy.db", file.clock)
    copy_running(file.path, copy.path)
    async with copy.open() as again:
        assert (await entry(again, 1)).doubt == ()
        assert (await entry(again, 2)).held_keys == ("B", "A")


@pytest.mark.parametrize(
    ("model", "there", "overwritten"),
    [
        (Model.PRODUCT, 1, True),
        (Model.PRODUCT, 2, False),
        (Model.SUBSCRIBER, 2, True),
        (Model.ORDER, 1, False),
        (Model.CUSTOMER, 1, False),
    ],
    ids=["one catalog", "another catalog", "an address of the workspace", "events", "accounts"],
)
async def test_a_key_is_the_same_within_a_catalog_or_workspace(
    queue: Queue, model: Model, there: int, *, overwritten: bool
) -> None:
    await delivered(queue, 1, "A", there, model)
    await delivered(queue, 2, "A", 1, model)
    assert (await entry(queue, 1, there, model)).alive is not overwritten
    assert (await entry(queue, 2, 1, model)).alive


async def test_two_that_exchange_their_keys_in_one_transaction_are_both_as_they_were_sent(
    queue: Queue,
) -> None:
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "B")
    await queue.outbox.intake([live(1), live(2)])
    one, two = await take(queue)
    heirs = Heir(two.key, "A"), Heir(one.key, "B")
    await queue.outbox.settle(
        [Ack(one, sent(wire_key="B"), (), heirs[:1]), Ack(two, sent(wire_key="A"), (), heirs[1:])]
    )
    assert (await entry(queue, 1), await entry(queue, 2)) == (sent(wire_key="B"), sent(wire_key="A"))
    assert await waiting(queue) == set()


@pytest.mark.parametrize(
    "compared",
    [lambda item: Unchanged(item, "settings"), lambda item: Skipped(item, "agreed before", "settings")],
    ids=["unchanged", "agreed before"],
)
async def test_what_was_compared_before_another_one_took_its_key_is_looked_at_again(
    queue: Queue, compared: type[Unchanged]
) -> None:
    await delivered(queue, 1, "A")
    item = await leased(queue, 1)
    await queue.outbox.intake([live(2)])
    (other,) = await take(queue)
    await queue.outbox.settle([Ack(other, sent(wire_key="A"))])
    assert (await queue.outbox.settle([compared(item)])).fates == (Fate.AGAIN,)
    (again,) = await take(queue)
    assert again.known is not None
    assert again.known.doubt == ()


# Keys that are left to those who have them now


def left(item: Leased, heir: int) -> list[Settlement]:
    """Ways in which an item gives up its key ``A``."""
    heirs = (Heir(key(heir), "A"),)
    return [
        Ack(item, sent(wire_key="C"), (), heirs),
        Skipped(item, "not in the website", None, True, heirs),
        Skipped(item, "not sent", None, False, heirs),
    ]


@pytest.mark.parametrize("way", [0, 1, 2], ids=["renamed", "moved", "skipped"])
async def test_a_key_that_is_left_to_another_one_is_that_ones_to_take_care_of(queue: Queue, way: int) -> None:
    """It may have left the key again, before it was ever sent under it."""
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "B")
    item = await leased(queue, 1)
    await queue.outbox.settle([left(item, 2)[way]])
    assert (await entry(queue, 2)).held_keys == ("B", "A")
    assert await waiting(queue) == {2}


async def test_a_new_heir_gets_a_row(queue: Queue) -> None:
    await delivered(queue, 1, "A")
    await queue.outbox.settle([left(await leased(queue, 1), 3)[0]])
    found = await entry(queue, 3)
    assert (found.held_keys, found.alive) == (("A",), False)


async def test_an_heir_that_was_sent_under_the_key_is_left_alone(queue: Queue) -> None:
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "A")
    before = await entry(queue, 2)
    await queue.outbox.settle([left(await leased(queue, 1), 2)[0]])
    assert await entry(queue, 2) == before
    assert await waiting(queue) == set()


@pytest.mark.parametrize(("said", "wakes"), [(b"digest", False), (b"another", True)], ids=["same", "another"])
async def test_an_heir_for_whom_something_else_was_said_than_it_said_itself_is_in_doubt(
    queue: Queue, said: bytes, *, wakes: bool
) -> None:
    """The word of a moment ago: if it takes it back, that is not what it was sent with."""
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "A")
    item = await leased(queue, 1)
    heirs = (Heir(key(2), "A", said),)
    await queue.outbox.settle([Ack(item, sent(wire_key="A", alive=False), (), heirs)])
    assert ((await entry(queue, 2)).doubt == ()) is wakes
    assert (await waiting(queue) == {2}) is wakes


async def test_what_is_in_doubt_ends_when_all_its_keys_are_others(queue: Queue) -> None:
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "A")
    assert (await entry(queue, 1)).doubt == ()
    await queue.outbox.settle([left(await leased(queue, 1), 2)[1]])
    assert (await entry(queue, 1)).held_keys == ()


@pytest.mark.parametrize("way", [0, 1], ids=["renamed", "moved"])
async def test_a_key_that_is_left_to_an_item_under_way_is_not_forgotten_when_that_arrives(
    queue: Queue, way: int
) -> None:
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "B")
    heir = await leased(queue, 2)
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.settle([left(item, 2)[0]])
    settlement = Ack(heir, sent(wire_key="C")) if way == 0 else left(heir, 3)[1]
    assert (await queue.outbox.settle([settlement])).fates == (Fate.AGAIN,)
    assert "A" in (await entry(queue, 2)).held_keys
    assert 2 in await waiting(queue)


async def test_an_heir_under_way_under_the_very_key_is_not_in_doubt_when_it_arrives(queue: Queue) -> None:
    await delivered(queue, 1, "A")
    await delivered(queue, 2, "B")
    heir = await leased(queue, 2)
    await queue.outbox.intake([live(1)])
    (item,) = await take(queue)
    await queue.outbox.settle([left(item, 2)[0]])
    await queue.outbox.settle([Ack(heir, sent(wire_key="A"))])
    assert await entry(queue, 2) == sent(wire_key="A")
