import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from synqd.models.change import Cursor, Gap
from synqd.queue import cursors
from tests.queue.conftest import File

gaps = st.lists(
    st.builds(
        lambda first, length, since: Gap(first, first + length, since),
        st.integers(1, 30),
        st.integers(0, 6),
        st.integers(1, 3),
    ),
    max_size=8,
)


@given(gaps)
def test_merged_gaps_cover_the_same_ids_in_order_without_overlap(found: list[Gap]) -> None:
    result = cursors.merged(found)
    covered = [number for gap in result for number in range(gap.first, gap.last + 1)]
    assert covered == sorted({number for gap in found for number in range(gap.first, gap.last + 1)})
    assert {gap.since for gap in result} <= {gap.since for gap in found}
    assert cursors.merged(result) == result


def test_neighbours_of_the_same_age_become_one() -> None:
    assert cursors.merged([Gap(4, 6, 1), Gap(2, 3, 1), Gap(7, 7, 2)]) == [Gap(2, 6, 1), Gap(7, 7, 2)]


def test_gaps_are_replaced_as_they_fill(db: sqlite3.Connection) -> None:
    cursors.save(db, Cursor("log", 20, (Gap(3, 8, 1), Gap(12, 12, 2))))
    cursors.save(db, Cursor("log", 25, (Gap(3, 4, 1), Gap(6, 8, 1), Gap(12, 12, 2))))
    assert cursors.find(db, "log") == Cursor("log", 25, (Gap(3, 4, 1), Gap(6, 8, 1), Gap(12, 12, 2)))
    cursors.save(db, Cursor("log", 25))
    assert cursors.find(db, "log") == Cursor("log", 25)


async def test_cursors_outlive_the_process_and_may_rewind(file: File) -> None:
    async with file.open() as queue:
        await queue.outbox.intake([], [Cursor("b", 9), Cursor("a", 5, (Gap(1, 1, 7),))])
        await queue.outbox.intake([], [Cursor("b", 2)])
    async with file.open() as queue:
        assert await queue.capture.cursors() == [Cursor("a", 5, (Gap(1, 1, 7),)), Cursor("b", 2)]
        assert await queue.capture.cursor("c") is None
