"""SQL notation: tables, parameters, percent signs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.magento.statements import FEW, fill, parse


def written(sql: str, *args: object, prefix: str = "") -> str:
    return fill(parse(sql, prefix), args, repr)


def test_tables_get_prefix_and_quotes() -> None:
    assert written("SELECT 1 FROM {store} s", prefix="m2_") == "SELECT 1 FROM `m2_store` s"


@pytest.mark.parametrize(
    "sql",
    [
        """SELECT '{"store": 1}', "{store}", `a{store}`, '%s', 'it''s {store}', 'back\\'slash {store}'""",
        "SELECT 1 -- don't touch {store} or %s\n",
        "SELECT /* isn't {store} %s */ 1 # and 'this %s",
        "SELECT a % b, '{', {} FROM t",
    ],
)
def test_literals_and_comments_are_left_alone(sql: str) -> None:
    assert written(sql) == sql


def test_a_quote_in_a_comment_does_not_swallow_what_follows() -> None:
    assert written("-- don't\nSELECT %s FROM {store}", 5) == "-- don't\nSELECT 5 FROM `store`"


def test_doubled_percent_is_one_everywhere() -> None:
    assert written("SELECT a %% b, 'x%%' LIKE %s", 1) == "SELECT a % b, 'x%' LIKE 1"


def test_a_pattern_that_begins_like_a_parameter() -> None:
    assert written("SELECT 1 WHERE a LIKE '%size' AND b = %s", 2) == "SELECT 1 WHERE a LIKE '%size' AND b = 2"


@pytest.mark.parametrize("values", [[1, 2], (1, 2)])
def test_lists_expand(values: object) -> None:
    assert written("a IN %s AND b = %s", values, "x") == "a IN (1,2) AND b = 'x'"


def test_nested_lists_become_row_values() -> None:
    assert written("(a, b) IN %s", [(1, 2), (3, 4)]) == "(a, b) IN ((1,2),(3,4))"


@pytest.mark.parametrize(
    ("ids", "condition"),
    [
        ([*range(1, 401)], "(t.id BETWEEN 1 AND 400)"),
        (
            [*range(30, 10, -1), *range(50, 60), 7, 7],
            "(t.id BETWEEN 7 AND 7 OR t.id BETWEEN 11 AND 30 OR t.id BETWEEN 50 AND 59)",
        ),
        ([*range(FEW - 1)], f"t.id IN ({','.join(map(str, range(FEW - 1)))})"),
        ([*range(0, 40, 2)], f"t.id IN ({','.join(map(str, range(0, 40, 2)))})"),
        ([-2, -1, *range(20)], "(t.id BETWEEN -2 AND 19)"),
    ],
)
def test_many_numbers_in_few_ranges(ids: list[int], condition: str) -> None:
    assert written("WHERE a AND\n  t.id IN %s AND b", ids) == f"WHERE a AND\n  {condition} AND b"


@given(st.sets(st.integers(0, 200), min_size=FEW))
def test_ranges_hold_the_numbers_and_no_others(ids: set[int]) -> None:
    text = written("WHERE id IN %s", list(ids))
    python = re.sub(r"(\w+) BETWEEN (\d+) AND (\d+)", r"\2 <= \1 <= \3", text.replace("WHERE", ""))
    python = python.replace(" OR ", " or ").replace(" IN ", " in ")

    assert {number for number in range(-1, 202) if eval(python, {"id": number})} == ids


@pytest.mark.parametrize("before", ["NOT IN", "+ 0 IN", ") IN", "IN (0, 1) AND a + id IN"])
def test_only_plain_columns_become_ranges(before: str) -> None:
    numbers = [*range(FEW)]
    assert written(f"WHERE id {before} %s", numbers).endswith(f"IN ({','.join(map(str, numbers))})")


@pytest.mark.parametrize(("sql", "args"), [("SELECT %s", ()), ("SELECT 1", (1,)), ("'%s'", (1,))])
def test_wrong_number_of_parameters(sql: str, args: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="parameters in the statement"):
        written(sql, *args)


def test_values_are_never_read_as_notation() -> None:
    assert written("SELECT %s, %s", "{store} %s", "%%") == "SELECT '{store} %s', '%%'"
