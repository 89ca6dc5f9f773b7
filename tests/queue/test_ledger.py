"""Whatever is sent again, and however it differs: ledger and counts say what was sent last (Q9)."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synqd.models.item import LedgerEntry, Wish
from synqd.models.names import Key, Lane, Model, Stream
from synqd.models.settle import Ack
from synqd.queue import Queue
from tests.queue.conftest import SETTINGS, HandClock
from tests.queue.words import PRODUCTS, ack, key, live, sent, take

# Few values of each, so that anything from nothing to everything is the same as the time before.
entries = st.builds(
    LedgerEntry,
    workspace=st.sampled_from(["main", "other"]),
    wire_key=st.sampled_from(["sku", "SKU"]),
    fields=st.sampled_from([frozenset[str](), frozenset({"name"}), frozenset({"name", "color"})]),
    digest=st.sampled_from([b"a" * 16, b"b" * 16]),
    settings=st.sampled_from(["old", "new"]),
    alive=st.booleans(),
    first_at=st.just(0),
    last_at=st.integers(1, 3),
    status=st.sampled_from([None, 200, 202]),
    event=st.sampled_from([b"", b"e" * 16]),
    agreed_at=st.sampled_from([None, 4]),
    withdrawn_at=st.sampled_from([None, 5]),
    doubt=st.none(),
)
rounds = st.lists(st.dictionaries(st.integers(1, 3), entries, min_size=1), max_size=6)


@given(rounds)
@settings(deadline=None, max_examples=60)
async def test_the_ledger_says_what_was_sent_last(rounds: list[dict[int, LedgerEntry]]) -> None:
    last: dict[int, LedgerEntry] = {}
    with TemporaryDirectory() as directory:
        async with Queue.open(Path(directory) / "queue.db", SETTINGS, HandClock()) as queue:
            for entities in rounds:
                await queue.outbox.intake([live(entity_id) for entity_id in entities])
                items = await take(queue)
                own = {
                    one: entry._replace(wire_key=f"{entry.wire_key}{one}") for one, entry in entities.items()
                }
                await queue.outbox.settle([Ack(item, own[item.key.entity_id]) for item in items])
                last |= own
            known = await queue.ledger.known([key(entity_id) for entity_id in last])
            counts = await queue.facts.counts()
    assert known == {key(entity_id): entry for entity_id, entry in last.items()}
    living = Counter(entry.settings for entry in last.values() if entry.alive)
    assert counts.alive.get(PRODUCTS, 0) == living.total()
    assert {name: n for name, n in counts.by_settings.get(PRODUCTS, {}).items() if n} == living


async def test_what_is_sent_as_before_is_written_anew_if_it_was_voided_in_flight(queue: Queue) -> None:
    await queue.outbox.intake([live(1)])
    await queue.outbox.settle([ack(item) for item in await take(queue)])
    await queue.outbox.intake([live(1)])
    items = await take(queue)
    await queue.ledger.void(PRODUCTS)
    await queue.outbox.settle([ack(item) for item in items])
    assert await queue.ledger.known([key(1)]) == {key(1): sent(wire_key="sku1")}
    assert (await queue.facts.counts()).alive[PRODUCTS] == 1


@pytest.mark.parametrize(
    "text", ["a\0b", "\N{GRINNING FACE}\N{HEBREW LETTER ALEF}", '["a", {}]', 'a"\\u0000\\', "\x7f\x01"]
)
async def test_keys_and_hints_of_any_letters_come_back_as_they_were(queue: Queue, text: str) -> None:
    entry = sent(wire_key=text)
    await queue.outbox.intake([live(1, hint=text)])
    (item,) = await take(queue)
    await queue.outbox.settle([Ack(item, entry)])
    await queue.outbox.intake([live(1, hint=text)])
    (again,) = await take(queue)
    assert (again.hint, again.known) == (text, entry)
    await queue.outbox.settle([Ack(again, entry._replace(digest=b"other", first_at=9, last_at=9))])
    assert await queue.ledger.known([key(1)]) == {key(1): entry._replace(digest=b"other", last_at=9)}


async def test_many_rows_are_leased_in_the_order_in_which_they_came(queue: Queue) -> None:
    order = [7 * number % 1009 + 1 for number in range(1009)]
    for entity_id in order[:9]:
        await queue.outbox.intake([live(entity_id)])
    await queue.outbox.intake([live(entity_id) for entity_id in order[9:]])
    assert [item.key.entity_id for item in await take(queue, limit=1000)] == order[:1000]


async def test_customers_and_subscribers_are_found_by_their_address(queue: Queue) -> None:
    for number, (model, email) in enumerate(
        [(Model.CUSTOMER, "a@x"), (Model.SUBSCRIBER, "a@x"), (Model.CUSTOMER, "b@x"), (Model.ORDER, "a@x")], 1
    ):
        await queue.outbox.intake([Wish(Key(model, 1, number), Lane.LIVE, 60.0)])
        (item,) = await queue.outbox.lease(Stream(model, 1), Lane.LIVE, 10, 60)
        await queue.outbox.settle([Ack(item, sent(wire_key=email, alive=number != 2))])
    found = await queue.ledger.holding("main", ["A@x", "a@X", "c@x"])
    assert [(key, entry.alive) for key, entry in found] == [
        (Key(Model.CUSTOMER, 1, 1), True),
        (Key(Model.SUBSCRIBER, 1, 2), False),
    ]
    assert await queue.ledger.holding("other", ["a@x"]) == []
