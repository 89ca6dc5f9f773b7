"""A store view that was given to another workspace: what stays behind is told, until the new one is full."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd.models.names import Model, Stream
from synqd.movers.sweeper.moved import NOTICE, Moved
from synqd.queue import Queue, QueueSettings
from tests.queue.words import ack, live, take
from tests.support.clocks import HandClock
from tests.support.sweeping import full, told

GIVEN = {"websites": ["base"], "stores": ["store3"]}
"""What workspace ``first`` has after store view 3 was taken from ``second``."""


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    """A queue file by which two products of store view 3 were sent."""
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), HandClock()) as opened:
        await opened.outbox.intake([live(1, 3), live(2, 3)])
        await opened.outbox.settle([ack(item) for item in await take(opened, store_id=3)])
        yield opened


async def test_what_stays_in_the_old_workspace_is_told_until_the_new_one_is_full(queue: Queue) -> None:
    assert await told(queue, Moved, NOTICE) == ""
    await full(queue, Stream(Model.PRODUCT, 3))
    for _ in range(2):
        said = await told(queue, Moved, NOTICE, first=GIVEN)
        assert "store view store3 goes to workspace first now; second keeps what was sent there" in said
        assert "(2 product)" in said
        assert "`synqctl full --model product --store store3`" in said
        await full(queue, Stream(Model.PRODUCT, 1))  # of others
    await full(queue, Stream(Model.PRODUCT, 3))
    assert await told(queue, Moved, NOTICE, first=GIVEN) == ""


async def test_one_of_which_nothing_was_sent_is_not_told(queue: Queue) -> None:
    await told(queue, Moved, NOTICE)
    assert "customer" not in await told(queue, Moved, NOTICE, first=GIVEN)


async def test_one_that_is_given_back_is_told_again(queue: Queue) -> None:
    await told(queue, Moved, NOTICE)
    await told(queue, Moved, NOTICE, first=GIVEN)
    assert "goes to workspace second now; first keeps" in await told(queue, Moved, NOTICE)
