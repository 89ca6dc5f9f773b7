"""SQL notation: tables, parameters, percent signs."""

from __future__ import annotations

import pytest

from synqd.magento.statements import fill, parse


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


@pytest.mark.parametrize(("sql", "args"), [("SELECT %s", ()), ("SELECT 1", (1,)), ("'%s'", (1,))])
def test_wrong_number_of_parameters(sql: str, args: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match="parameters in the statement"):
        written(sql, *args)


def test_values_are_never_read_as_notation() -> None:
    assert written("SELECT %s, %s", "{store} %s", "%%") == "SELECT '{store} %s', '%%'"
