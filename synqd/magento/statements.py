"""SQL as the entities write it, made into SQL as the server takes it.

* ``{catalog_product_entity}`` becomes the quoted table with the shop's prefix. Braces in literals or around
  anything but a name are left alone.
* ``%s`` is a parameter; a list, tuple or set expands to ``(1,2,3)``, nested ones to row values. An empty one
  becomes an empty subquery, so that ``IN`` finds nothing and ``NOT IN`` everything.
* ``%%`` is a percent sign; so is a lone ``%``. In literals and comments nothing but ``%%`` has a meaning.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(
    r"""(?P<text> '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `[^`]*`
                | --[ \t][^\n]* | \#[^\n]* | /\*.*?\*/ )
      | \{(?P<table>[A-Za-z_][A-Za-z0-9_]*)\}
      | (?P<argument>%s)
      | (?P<percent>%%)""",
    re.VERBOSE | re.DOTALL,
)
_EMPTY = "(SELECT NULL FROM DUAL WHERE FALSE)"


def quote(identifier: str) -> str:
    """An identifier in back quotes."""
    return "`" + identifier.replace("`", "``") + "`"


@lru_cache(maxsize=1024)
def parse(sql: str, prefix: str) -> tuple[str, ...]:
    """The pieces of a statement between its parameters, with table names resolved."""
    pieces = [""]
    position = 0
    for token in _TOKEN.finditer(sql):
        pieces[-1] += sql[position : token.start()]
        position = token.end()
        if token["argument"]:
            pieces.append("")
        elif token["table"]:
            pieces[-1] += quote(prefix + token["table"])
        else:
            pieces[-1] += token[0].replace("%%", "%")
    pieces[-1] += sql[position:]
    return tuple(pieces)


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
    text = [pieces[0]]
    for value, piece in zip(args, pieces[1:], strict=True):
        text += (_value(value, literal), piece)
    return "".join(text)


def _value(value: Any, literal: Callable[[Any], str]) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        if set(map(type, value)) == {int}:  # ids by the hundred: the driver would look at each of them
            return _integers(tuple(value))
        return f"({','.join(_value(part, literal) for part in value)})" if value else _EMPTY
    return literal(value)


@lru_cache(maxsize=16)
def _integers(values: tuple[int, ...]) -> str:
    """A list of ids; the same chunk's are in a dozen statements."""
    return f"({','.join(map(str, values))})"
