"""S4: rows of what is switched off are dropped; once it is on again, operators are told what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from synqd.config import Routes
from synqd.magento import Magento
from synqd.metrics import Metrics
from synqd.models.item import Want
from synqd.models.names import Model, Stream
from synqd.poller.pending import Pending
from synqd.poller.sweeps.switched import NOTICE, Switched
from synqd.poller.sweeps.tools import Tools
from synqd.queue import Queue, QueueSettings
from tests.support.bench import Rows, settings_for, small_shop
from tests.support.clocks import HandClock

FEW = {"models": ["customer", "order"], "stores": ["store1", "store2"]}


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), HandClock()) as opened:
        yield opened


async def notice(queue: Queue, **sync: list[str]) -> str:
    """What a generation with these streams tells."""
    routes = Routes.build(settings_for("http://127.0.0.1:1", sync=sync), small_shop())
    clock, notices = HandClock(), {NOTICE: "of before"}
    entities = {model: Rows(model) for model in Model}
    pending = Pending(queue, clock)
    place = cast(Magento, None)
    tools = Tools(routes, queue, place, entities, pending, clock, lambda _: None, notices, Metrics())
    await Switched(tools).run()
    return notices.get(NOTICE, "")


async def full(queue: Queue, *streams: Stream) -> None:
    """A full synchronization, to its end."""
    job = await queue.submit_full(streams, Want.NOTHING, "a test")
    for part in job.parts:
        await queue.advance_part(part.part_id, 0, [], finished=True)


async def test_what_was_off_is_told_until_it_was_sent_in_full(queue: Queue) -> None:
    assert await notice(queue) == ""
    await full(queue, Stream(Model.CUSTOMER, 3), Stream(Model.PRODUCT, 1))
    assert await notice(queue, **FEW) == ""
    told = await notice(queue)
    for part in ("customer of store3", "product of store1", "product of store3", "synqctl full --model"):
        assert part in told, told
    assert "customer of store1" not in told
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
