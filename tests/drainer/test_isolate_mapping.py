"""Single items that an entity cannot map are found among others, at a bounded price."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from synqd.entities import Context, Source
from synqd.models.errors import MagentoUnavailable
from synqd.models.item import Leased, Want
from synqd.models.names import Key, Lane, Model
from synqd.models.wire import Parcel, Skip
from synqd.movers.drainer.isolate_mapping import MOST_FAILURES, MappingFailure, compose
from tests.support.bench import Rows

NOWHERE = cast(Any, None)  # rows of a test ask neither Magento nor the context


class Counted(Rows):
    """Rows of which some cannot be mapped; counts how often it was tried."""

    tries = 0

    def __init__(self, bad: set[int]) -> None:
        super().__init__(Model.CUSTOMER, make=self._failing)
        self._bad = bad

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        self.tries += 1
        return await super().compose(source, context, items)

    def _failing(self, item: Leased) -> Skip:
        if item.key.entity_id in self._bad:
            raise ValueError(f"no price\nof {item.key.entity_id}")
        return Skip(str(item.key.entity_id))


def chunk(count: int) -> list[Leased]:
    keys = [Key(Model.CUSTOMER, 1, number) for number in range(count)]
    return [Leased(1, key, 1, 1, 0, Lane.LIVE, 0, Want.NOTHING, None, None) for key in keys]


async def composed(rows: Rows, count: int, *, healthy: bool = False) -> list[Parcel | Skip | MappingFailure]:
    return await compose(rows, NOWHERE, NOWHERE, chunk(count), healthy=healthy)


@pytest.mark.parametrize("count", [1, 2, 3, 50])
async def test_what_can_be_mapped_is_mapped_at_once(count: int) -> None:
    rows = Counted(set())
    assert await composed(rows, count) == [Skip(str(number)) for number in range(count)]
    assert rows.tries == 1


@pytest.mark.parametrize("bad", [{0}, {7}, {15}, {3, 4}, {0, 8, 15}])
async def test_the_items_at_fault_are_found_and_all_others_mapped(
    bad: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    rows = Counted(bad)
    found = await composed(rows, 16)
    for number, one in enumerate(found):
        flaw = MappingFailure(f"ValueError: no price of {number}", alone=True)
        assert one == (flaw if number in bad else Skip(str(number)))
    assert rows.tries <= 1 + len(bad) * 8
    told = [
        record.__dict__["context"] for record in caplog.records if record.getMessage() == "chunk.unmappable"
    ]
    assert [context["items"] for context in told] == [len(bad)], "told once"


@pytest.mark.parametrize("healthy", [False, True])
async def test_where_nothing_can_be_mapped_a_single_item_is_at_fault_only_if_others_passed_before(
    *, healthy: bool
) -> None:
    for count in (1, 3):
        found = await composed(Counted(set(range(count))), count, healthy=healthy)
        assert [isinstance(one, MappingFailure) and one.alone for one in found] == [healthy] * count


async def test_a_mapping_that_fails_on_everything_is_not_tried_on_each_item() -> None:
    rows = Counted(set(range(1000)))
    found = await composed(rows, 1000)
    assert len(found) == 1000
    assert all(isinstance(one, MappingFailure) and not one.alone for one in found)
    assert rows.tries <= 2 * MOST_FAILURES
    searched = Counted(set(range(1000)))
    await composed(searched, 1000, healthy=True)
    assert searched.tries == 1999, "where others passed before, each has to be looked at"


async def test_what_is_raised_on_purpose_is_nobodys_flaw() -> None:
    async def locked(items: Sequence[Leased]) -> None:
        raise MagentoUnavailable("the tables are locked")

    rows = Counted(set())
    rows.before = locked
    with pytest.raises(MagentoUnavailable):
        await composed(rows, 4)
    assert rows.tries == 1
