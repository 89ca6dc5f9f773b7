"""Whatever is sent again, and however it differs: ledger and counts say what was sent last (Q9)."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from synqd.models.item import LedgerEntry
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
)
rounds = st.lists(st.dictionaries(st.integers(1, 3), entries, min_size=1), max_size=6)


@given(rounds)
@settings(deadline=None, max_examples=60)
async def test_the_ledger_says_what_was_sent_last(rounds: list[dict[int, LedgerEntry]]) -> None:
    last: dict[int, LedgerEntry] = {}
    with TemporaryDirectory() as directory:
        async with Queue.open(Path(directory) / "queue.db", SETTINGS, HandClock()) as queue:
            for entities in rounds:
                await queue.intake([live(entity_id) for entity_id in entities])
                items = await take(queue)
                await queue.settle([Ack(item, entities[item.key.entity_id]) for item in items])
                last |= entities
            known = await queue.known([key(entity_id) for entity_id in last])
            counts = await queue.counts()
    assert known == {key(entity_id): entry for entity_id, entry in last.items()}
    living = Counter(entry.settings for entry in last.values() if entry.alive)
    assert counts.alive.get(PRODUCTS, 0) == living.total()
    assert {name: n for name, n in counts.by_settings.get(PRODUCTS, {}).items() if n} == living


async def test_what_is_sent_as_before_is_written_anew_if_it_was_voided_in_flight(queue: Queue) -> None:
    await queue.intake([live(1)])
    await queue.settle([ack(item) for item in await take(queue)])
    await queue.intake([live(1)])
    items = await take(queue)
    await queue.void(PRODUCTS)
    await queue.settle([ack(item) for item in items])
    assert await queue.known([key(1)]) == {key(1): sent(wire_key="sku1")}
    assert (await queue.counts()).alive[PRODUCTS] == 1
