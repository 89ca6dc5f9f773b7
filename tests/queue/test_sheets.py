"""Many rows with few statements."""

import sqlite3

import pytest

from synqd.queue.bulk_insert import SIZES, Sheet

SQL = """
INSERT INTO things (name, number) VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE SET number = excluded.number"""


@pytest.fixture
def things() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE things (name TEXT PRIMARY KEY, number INTEGER)")
    return db


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 63, sum(SIZES), 2 * SIZES[0] + 1, 700])
def test_every_row_is_written_whatever_their_number(things: sqlite3.Connection, rows: int) -> None:
    given = [(f"thing {number}", number) for number in range(rows)]
    Sheet(SQL).write(things, given)
    assert things.execute("SELECT name, number FROM things ORDER BY number").fetchall() == given


def test_rows_are_written_in_their_order_so_the_last_of_a_name_stays(things: sqlite3.Connection) -> None:
    Sheet(SQL).write(things, [("one", number) for number in range(1, 401)])
    assert things.execute("SELECT name, number FROM things").fetchall() == [("one", 400)]


@pytest.mark.parametrize("text", ["a\0b", "\N{GRINNING FACE}", '["a"]', ""])
def test_a_text_stays_what_it_is(things: sqlite3.Connection, text: str) -> None:
    Sheet(SQL).write(things, [(text, 1)])
    assert things.execute("SELECT name FROM things").fetchall() == [(text,)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM things WHERE name = ?1",
        "INSERT INTO things (name, number) VALUES (?2, ?1)",
        "INSERT INTO things (name, number) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET number = ?2",
    ],
)
def test_other_statements_are_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="not a statement for one row"):
        Sheet(sql)
