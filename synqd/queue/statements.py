"""Loads SQL statements from the package's ``.sql`` files.

A file is a sequence of statements, each headed by its name and an explanation::

    -- name: take
    -- Due rows of one stream and lane, in order.
    SELECT ...
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from importlib import resources

_HEAD = re.compile(r"^-- name: *(?P<name>[a-z][a-z0-9_]*)$", re.MULTILINE)


def load(file: str) -> Mapping[str, str]:
    """The statements of ``sql/<file>.sql`` by name."""
    return parse(resources.files(__package__).joinpath("sql", f"{file}.sql").read_text("utf-8"))


def parse(text: str) -> dict[str, str]:
    """Statements by name. Raises: ValueError for text outside a statement, or one that is wrong."""
    heads = list(_HEAD.finditer(text))
    before = text[: heads[0].start()] if heads else text
    if before.strip():
        raise ValueError(f"text before the first statement: {before.strip()[:60]!r}")
    ends = [head.start() for head in heads[1:]] + [len(text)]
    statements: dict[str, str] = {}
    for head, end in zip(heads, ends, strict=True):
        name = head["name"]
        if name in statements:
            raise ValueError(f"statement {name!r} is there twice")
        statements[name] = _statement(name, text[head.end() : end])
    return statements


def split(script: str) -> Iterator[str]:
    """The statements of a migration one by one, so that they can share a transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise ValueError(f"a migration ends within a statement: {statement.strip()[:60]!r}")


def _statement(name: str, block: str) -> str:
    lines = block.strip().splitlines()
    sql = [line for line in lines if not line.startswith("--")]
    if not lines or not lines[0].startswith("-- "):
        raise ValueError(f"statement {name!r} lacks its explanation")
    if not "".join(sql).strip():
        raise ValueError(f"statement {name!r} is empty")
    return "\n".join(sql).strip().removesuffix(";")
