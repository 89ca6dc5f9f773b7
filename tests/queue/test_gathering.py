"""Settlements that come at the same time are written together, and each caller learns its own fates."""

import asyncio

import pytest

from synqd.models.errors import StorageUnavailable
from synqd.queue import Fate, Queue, settling
from tests.queue.words import ack, live, take


async def test_each_caller_learns_what_became_of_its_own(queue: Queue) -> None:
    await queue.outbox.intake([live(1), live(2), live(3)])
    one, two, three = await take(queue)
    results = await asyncio.gather(
        queue.outbox.settle([ack(one)]),
        queue.outbox.settle([ack(two), ack(one)]),
        queue.outbox.settle([ack(three)]),
    )
    assert [settled.fates for settled in results] == [(Fate.DONE,), (Fate.DONE, Fate.LOST), (Fate.DONE,)]
    assert not any((await queue.facts.counts()).depth.values())


async def test_what_was_begun_is_recorded_even_if_its_caller_is_cancelled(queue: Queue) -> None:
    await queue.outbox.intake([live(1), live(2)])
    one, two = await take(queue)
    leaving = asyncio.create_task(queue.outbox.settle([ack(one)]))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await queue.outbox.settle([ack(two)])).fates == (Fate.DONE,)
    assert not any((await queue.facts.counts()).depth.values())


async def test_a_failure_is_everybodys_and_the_next_ones_are_recorded(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue.outbox.intake([live(1), live(2), live(3)])
    one, two, three = await take(queue)
    with monkeypatch.context() as patched:
        patched.setattr(settling, "settle", _full)
        failed = await asyncio.gather(
            queue.outbox.settle([ack(one)]), queue.outbox.settle([ack(two)]), return_exceptions=True
        )
    assert [str(error) for error in failed] == ["the disk is full"] * 2
    writing = queue.outbox._gathering._writing
    assert writing is not None
    assert writing.exception() is None, "whoever waits hears of it, and nobody else"
    assert (await queue.outbox.settle([ack(one), ack(two), ack(three)])).fates == (Fate.DONE,) * 3


def _full(*_: object) -> None:
    raise StorageUnavailable("the disk is full")
