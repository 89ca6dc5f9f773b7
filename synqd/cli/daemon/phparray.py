"""Reads the array that a PHP configuration file such as ``app/etc/env.php`` returns; runs no PHP."""

import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|\#[^\n]*|/\*.*?\*/|<\?php|\?>|\breturn\b|;)
      | (?P<arrow>=>) | (?P<comma>,) | (?P<open>\[|\barray\s*\() | (?P<close>\]|\))
      | '(?P<single>(?:[^'\\]|\\.)*)' | "(?P<double>(?:[^"\\]|\\.)*)"
      | (?P<number>-?\d+(?:\.\d+)?) | (?P<word>true|false|null)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_WORDS = {"true": True, "false": False, "null": None}


def parse_php_array(text: str) -> dict[str, Any]:
    """The returned array as nested dictionaries; list elements have their index as key, as in PHP.

    Raises:
        ValueError: the text holds anything but a literal array.
    """
    tokens = _tokens(text)
    if next(tokens, None) != ("open", ""):
        raise ValueError("it does not return an array")
    return _array(tokens)


def _tokens(text: str) -> Iterator[tuple[str, Any]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            line = text.count("\n", 0, position) + 1
            raise ValueError(f"line {line} is not a literal array: {text[position : position + 20]!r}")
        position = match.end()
        if match.lastgroup != "skip":
            yield _token(match.lastgroup, match[match.lastgroup])


def _token(kind: str, text: str) -> tuple[str, Any]:
    match kind:
        case "single" | "double":
            return "value", re.sub(r"\\(['\"\\$])", r"\1", text)
        case "number":
            return "value", float(text) if "." in text else int(text)
        case "word":
            return "value", _WORDS[text.lower()]
    return kind, ""


def _array(tokens: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    key: str | None = None
    held: list[Any] = []
    for kind, value in tokens:
        if kind == "arrow":
            key = str(held.pop())
        elif kind == "open":
            held.append(_array(tokens))
        elif kind == "value":
            held.append(value)
        elif held:
            result[str(len(result)) if key is None else key] = held.pop()
            key = None
        if kind == "close":
            return result
    raise ValueError("the array does not end")
