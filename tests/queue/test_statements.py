import re
import sqlite3
from importlib import resources

import pytest

from synqd.queue.statements import load, parse, split

PACKAGE = resources.files("synqd.queue")
FILES = sorted(file.name.removesuffix(".sql") for file in PACKAGE.joinpath("sql").iterdir())
GOOD = "-- name: one\n-- Explains.\n-- More.\nSELECT 1;\n\n-- name: two\n-- Explains.\nSELECT\n  2;\n"


def test_statements_come_by_name_without_comments() -> None:
    assert parse(GOOD) == {"one": "SELECT 1", "two": "SELECT\n  2"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT 1;\n" + GOOD, "text before the first statement: 'SELECT 1;'"),
        ("SELECT 1;", "text before the first statement"),
        (GOOD + GOOD, "'one' is there twice"),
        ("-- name: bare\nSELECT 1;", "'bare' lacks its explanation"),
        ("-- name: void\n-- Explains.\n", "'void' is empty"),
    ],
)
def test_a_wrong_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text)


def test_a_script_is_split_at_statements_not_at_semicolons() -> None:
    script = (
        "CREATE TABLE a (b); -- one; two\nCREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n  DELETE FROM a;\nEND;\n"
    )
    assert [part.split()[1] for part in split(script)] == ["TABLE", "TRIGGER"]
    with pytest.raises(ValueError, match="ends within a statement"):
        list(split("CREATE TABLE a (b"))


@pytest.mark.parametrize("file", FILES)
def test_every_statement_fits_the_schema_and_is_used(db: sqlite3.Connection, file: str) -> None:
    module = PACKAGE.joinpath(f"{file}.py").read_text("utf-8")
    for name, sql in load(file).items():
        named = set(re.findall(r":([a-z_]+)", sql))
        numbered = [int(number) for number in re.findall(r"\?(\d+)", sql)]
        bindings = dict.fromkeys(named) if named else [None] * max(numbered, default=0)
        db.execute(f"EXPLAIN {sql}", bindings)
        used = f'"{name}"' in module or any(
            name == prefix + kind for prefix in ("", "add_to_") for kind in ("field_sets", "fingerprints")
        )
        assert used, f"{file}.{name} is used by nobody"
