"""Which categories are other ones than when they were looked at last."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from synqd.entities.base import Row
from synqd.entities.watch import EVERYTHING
from synqd.models.names import Model
from synqd.movers.capture.categories import Categories
from synqd.movers.capture.pending import Cause
from synqd.queue import Queue, QueueSettings
from tests.support.clocks import HandClock


class Tree:
    """Categories with a checksum each."""

    def __init__(self) -> None:
        self.sums: dict[int, int] = {}

    async def has_table(self, name: str) -> bool:
        raise AssertionError(name)

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Row]:
        return list(self.sums.items()) if "CRC32(path)" in sql else []


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), HandClock()) as opened:
        yield opened


async def changed(queue: Queue, tree: Tree) -> list[str]:
    """What is told after a restart, and remembered."""
    categories = Categories(queue)
    causes = await categories.changed(tree)
    await categories.remember()
    assert all(cause.model is Model.PRODUCT for cause in causes)
    return [str(cause) for cause in causes]


async def test_the_first_look_may_have_missed_everything(queue: Queue) -> None:
    (cause,) = await Categories(queue).changed(Tree())
    assert cause == Cause(Model.PRODUCT, EVERYTHING, "categories are looked at for the first time")


async def test_what_was_there_at_the_first_enabling_is_no_change(queue: Queue) -> None:
    tree = Tree()
    tree.sums = {3: 7, 4: 8}
    await Categories(queue).begin(tree)
    assert await changed(queue, tree) == []


async def test_only_categories_that_differ_are_told_once(queue: Queue) -> None:
    tree = Tree()
    tree.sums = {3: 7, 4: 8, 5: 9}
    await Categories(queue).begin(tree)
    tree.sums = {3: 7, 4: 80, 5: 90, 6: 1}  # nobody was in the new one when products were looked at last
    assert await changed(queue, tree) == ["category 4 changed", "category 5 changed"]
    assert await changed(queue, tree) == []


async def test_a_category_that_is_gone_concerns_everything(queue: Queue) -> None:
    tree = Tree()
    tree.sums = dict.fromkeys(range(1, 7), 7)
    await Categories(queue).begin(tree)
    tree.sums = {1: 8, 6: 7}
    assert await changed(queue, tree) == ["category 2, 3, 4 deleted"]


async def test_what_was_not_remembered_is_told_again(queue: Queue) -> None:
    tree = Tree()
    tree.sums = {3: 7}
    categories = Categories(queue)
    await categories.begin(tree)
    tree.sums = {3: 8}
    for _ in range(2):
        assert await categories.changed(tree) == [Cause(Model.PRODUCT, "category", "3")]
    await categories.remember()
    tree.sums = {3: 9}
    await categories.remember()  # nothing was seen since
    assert await categories.changed(tree) == [Cause(Model.PRODUCT, "category", "3")]
