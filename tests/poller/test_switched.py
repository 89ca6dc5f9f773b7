"""S4: rows of what is switched off are dropped; once it is on again, operators are told what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd.models.names import Model, Stream
from synqd.movers.sweeper.switched import NOTICE, Switched
from synqd.queue import Queue, QueueSettings
from tests.support.clocks import HandClock
from tests.support.sweeping import full, told

FEW = {"models": ["customer", "order"], "stores": ["store1", "store2"]}


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), HandClock()) as opened:
        yield opened


async def notice(queue: Queue, **sync: list[str]) -> str:
    """What a generation with these streams tells."""
    return await told(queue, Switched, NOTICE, sync=sync)


async def test_what_was_off_is_told_until_it_was_sent_in_full(queue: Queue) -> None:
    assert await notice(queue) == ""
    await full(queue, Stream(Model.CUSTOMER, 3), Stream(Model.PRODUCT, 1))
    assert await notice(queue, **FEW) == ""
    said = await notice(queue)
    for part in ("customer of store3", "product of store1", "product of store3", "synqctl full --model"):
        assert part in said, said
    assert "customer of store1" not in said
    others = [Stream(model, 3) for model in Model] + [
        Stream(Model.SUBSCRIBER, 1),
        Stream(Model.SUBSCRIBER, 2),
    ]
    await full(queue, *others, Stream(Model.PRODUCT, 2))
    assert "not sent: product of store1; run" in await notice(queue)
    await full(queue, Stream(Model.PRODUCT, 1))
    assert await notice(queue) == ""
    assert await notice(queue) == "", "and it stays so"


async def test_what_is_switched_on_for_the_first_time_has_missed_nothing(queue: Queue) -> None:
    assert await notice(queue, **FEW) == ""
    assert await notice(queue) == ""


async def test_what_was_off_twice_is_told_again(queue: Queue) -> None:
    for _ in range(2):
        await notice(queue)
        await notice(queue, **FEW)
        assert "product of store1" in await notice(queue)
        await full(queue, *(Stream(model, store_id) for model in Model for store_id in (1, 2, 3)))
    assert await notice(queue) == ""
