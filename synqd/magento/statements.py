"""SQL as the entities write it, made into SQL as the server takes it.

* ``{catalog_product_entity}`` becomes the quoted table with the shop's prefix. Braces in literals or around
  anything but a name are left alone.
* Where tables hold versions (``staging``), the rows of one version stand in its place, under its own name if
  the statement gives it no other. With a star, ``{catalog_product_entity*}``, it is the table as it is.
* ``%s`` is a parameter; a list, tuple or set expands to ``(1,2,3)``, nested ones to row values. An empty one
  becomes an empty subquery, so that ``IN`` finds nothing and ``NOT IN`` everything.
* Many whole numbers in few ranges are written as ranges after ``WHERE column IN %s`` (or ``AND``, ``OR``):
  ``(column BETWEEN 1 AND 400)`` is one dive into the index instead of 400. The column has to be one of whole
  numbers; an expression before ``IN`` is left alone.
* ``%%`` is a percent sign; so is a lone ``%``. In literals and comments nothing but ``%%`` has a meaning.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

_TOKEN = re.compile(
    r"""(?P<text> '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `[^`]*`
                | --[ \t][^\n]* | \#[^\n]* | /\*.*?\*/ )
      | \{(?P<table>[A-Za-z_][A-Za-z0-9_]*)(?P<whole>\*)?\}
      | (?P<argument>%s)
      | (?P<percent>%%)""",
    re.VERBOSE | re.DOTALL,
)
_ALIAS = re.compile(r"\s+(?:AS\s+)?(?P<word>[A-Za-z_]\w*)", re.IGNORECASE)
_NO_ALIAS = frozenset(
    {
        *("cross", "force", "group", "having", "ignore", "inner", "join", "left", "limit", "natural", "on"),
        *("order", "right", "straight_join", "union", "use", "using", "where"),
    }
)
"""What may follow a table that is given no other name."""
_EMPTY = "(SELECT NULL FROM DUAL WHERE FALSE)"
_COLUMN = re.compile(r"\b(?:WHERE|AND|OR)\s+(?P<column>[A-Za-z_][\w.]*)\s+IN\s+\Z")

FEW = 16
"""Lists of fewer numbers are always written as lists."""
MOST_RANGES = 8
"""Ranges cost the server a comparison each for every row; at some twenty of them a list is cheaper."""


def quote(identifier: str) -> str:
    """An identifier in back quotes."""
    return "`" + identifier.replace("`", "``") + "`"


@dataclass(frozen=True, eq=False)
class Version:
    """One version of the shop's content.

    Attributes:
        number: which one it is.
        tables: what stands in place of each table that holds versions, by name without prefix.
    """

    number: int
    tables: Mapping[str, str]


@lru_cache(maxsize=1024)
def tables_in(sql: str) -> frozenset[str]:
    """The tables that a statement names, without prefix; not those that it wants as they are."""
    tokens = _TOKEN.finditer(sql)
    return frozenset(token["table"] for token in tokens if token["table"] and not token["whole"])


@lru_cache(maxsize=1024)
def parse(sql: str, prefix: str, version: Version | None = None) -> tuple[str, ...]:
    """The pieces of a statement between its parameters, with table names resolved as of a version."""
    pieces = [""]
    position = 0
    for token in _TOKEN.finditer(sql):
        pieces[-1] += sql[position : token.start()]
        position = token.end()
        if token["argument"]:
            pieces.append("")
        elif token["table"]:
            pieces[-1] += _table(token, prefix, version)
        else:
            pieces[-1] += token[0].replace("%%", "%")
    pieces[-1] += sql[position:]
    return tuple(pieces)


def _table(token: re.Match[str], prefix: str, version: Version | None) -> str:
    name = token["table"]
    rows = version.tables.get(name) if version and not token["whole"] else None
    if rows is None:
        return quote(prefix + name)
    alias = _ALIAS.match(token.string, token.end())
    has_alias = alias is not None and alias["word"].lower() not in _NO_ALIAS
    return rows if has_alias else f"{rows} {quote(name)}"


def fill(pieces: Sequence[str], args: Sequence[Any], literal: Callable[[Any], str]) -> str:
    """Puts the parameters between the pieces.

    Args:
        pieces: from ``parse``.
        args: the parameters.
        literal: writes one plain value as an SQL literal.

    Raises:
        ValueError: there are more or fewer parameters than ``%s``.
    """
    if len(args) != len(pieces) - 1:
        raise ValueError(
            f"{len(pieces) - 1} parameters in the statement, {len(args)} given: {pieces[0][:80]}"
        )
    text = [_joined(piece, value, literal) for piece, value in zip(pieces[:-1], args, strict=True)]
    return "".join(text) + pieces[-1]


def _joined(piece: str, value: Any, literal: Callable[[Any], str]) -> str:
    """A piece of a statement and the parameter after it."""
    if type(value) is int:  # the driver takes its time even for these; a poll has nothing else
        return f"{piece}{value}"
    if not isinstance(value, list | tuple | set | frozenset):
        return piece + literal(value)
    if set(map(type, value)) != {int}:
        return piece + _value(value, literal)
    # Ids by the hundred: the driver would look at each of them.
    numbers = tuple(value)
    head, column = _before_list(piece)
    ranges = _ranges(numbers) if column else ()
    if not ranges:
        return piece + _integers(numbers)
    return f"{head}({' OR '.join([f'{column} BETWEEN {first} AND {last}' for first, last in ranges])})"


def _value(value: Any, literal: Callable[[Any], str]) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return f"({','.join(_value(part, literal) for part in value)})" if value else _EMPTY
    return literal(value)


@lru_cache(maxsize=1024)
def _before_list(piece: str) -> tuple[str, str]:
    """What stands before ``column IN``, and the column; none if it is no plain column."""
    found = _COLUMN.search(piece)
    return (piece[: found.start("column")], found["column"]) if found else (piece, "")


@lru_cache(maxsize=16)
def _ranges(values: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """First and last number of each range, if they are few enough to be worth it."""
    if len(values) < FEW:
        return ()
    ordered = sorted(set(values))
    ends = [place for place, (one, other) in enumerate(pairwise(ordered), 1) if other != one + 1]
    if len(ends) >= MOST_RANGES:
        return ()
    return tuple((ordered[begin], ordered[end - 1]) for begin, end in pairwise((0, *ends, len(ordered))))


@lru_cache(maxsize=16)
def _integers(values: tuple[int, ...]) -> str:
    """A list of ids; the same chunk's are in a dozen statements."""
    return f"({','.join(map(str, values))})"
