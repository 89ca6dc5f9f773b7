"""Source items are known by number: who has one now, and who had it before, are both woken (S28)."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from synqd.entities import Source
from synqd.entities.base import Row
from synqd.models.names import Model
from synqd.movers.capture.source_items import DOUBT, LEARNED, Resolved, is_complete, resolve
from synqd.queue import Queue, QueueSettings
from tests.support.bench import Rows
from tests.support.clocks import HandClock

IDS = {"old": [1], "new": [2, 3], "kept": [4]}


class Products(Rows):
    """Products by SKU."""

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> dict[str, Sequence[int]]:
        assert via == "sku"
        return {sku: IDS[sku] for sku in keys if sku in IDS}


class Table:
    """The shop's source items; or a shop that has no such table."""

    def __init__(self, rows: dict[int, str] | None) -> None:
        self._rows = rows

    async def has_table(self, name: str) -> bool:
        assert name == "inventory_source_item"
        return self._rows is not None

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Row]:
        assert self._rows is not None, "a table that is not there is not read"
        return [(number, self._rows[number]) for number in args[0] if number in self._rows]


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    async with Queue.open(tmp_path / "queue.db", QueueSettings(reserve_bytes=0), HandClock()) as opened:
        await opened.capture.learn_source_skus([(7, "old"), (8, "kept"), (9, "old")])
        yield opened


PRODUCTS = Products(Model.PRODUCT)


async def test_whoever_has_the_number_now_and_whoever_had_it_are_concerned(queue: Queue) -> None:
    found = await resolve(
        Table({7: "new", 8: "kept", 10: "new"}), queue, PRODUCTS, ["7", "8", "9", "10", "11", "x"]
    )
    assert found == Resolved(
        {"7": [1, 2, 3], "8": [4], "9": [1], "10": [2, 3], "11": []}, {7: "new", 9: None, 10: "new"}
    )


async def test_a_shop_without_the_table_has_what_is_remembered(queue: Queue) -> None:
    found = await resolve(Table(None), queue, PRODUCTS, ["7"])
    assert found == Resolved({"7": [1]}, {7: None})


@pytest.mark.parametrize(
    ("learned", "complete"),
    [(None, False), ('{"last":9}', False), ('{"done":false}', False), ('{"done":true}', True)],
)
async def test_while_not_all_are_known_products_are_in_doubt(
    queue: Queue, learned: str | None, *, complete: bool
) -> None:
    if learned:
        await queue.facts.set_meta(LEARNED, learned)
    assert await is_complete(queue) is complete
    await resolve(Table({}), queue, PRODUCTS, ["7"])
    assert (await queue.facts.meta(DOUBT) is None) is complete
