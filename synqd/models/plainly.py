"""What is wrong with a value, in plain words, for whoever has never heard of a validator. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Details = Mapping[str, Any]
"""An error of pydantic's: ``type``, ``msg``, ``ctx``."""

_PATTERNS: Mapping[str, str] = {
    r"^[A-Za-z0-9_]*$": "may hold letters, digits and _ only",
    r"^(\S+:\d+|off)$": "has to be an address with a port, like 127.0.0.1:9464, or off",
    r"^[A-Za-z0-9_.:\[\]-]+$": "has to be a host name or address",
    r"^0?[0-7]{3}$": "has to be a file mode in octal digits, like 0660",
    r"^[^\x00-\x1f]+@[^\x00-\x20@]+$": "is not an e-mail address",
    r"^[^\x00-\x1f]+$": "holds control characters",
}
_WORDS: Mapping[str, Callable[[Details], str]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is not a field of this request",
    "greater_than_equal": lambda ctx: f"has to be at least {ctx['ge']:g}",
    "greater_than": lambda ctx: f"has to be more than {ctx['gt']:g}",
    "less_than_equal": lambda ctx: f"has to be at most {_number(ctx['le'])}",
    "less_than": lambda ctx: f"has to be less than {ctx['lt']:g}",
    "literal_error": lambda ctx: f"has to be {_choices(ctx['expected'])}",
    "enum": lambda ctx: f"has to be {_choices(ctx['expected'])}",
    "union_tag_invalid": lambda ctx: f"has to be {_choices(ctx['expected_tags'])}",
    "union_tag_not_found": lambda _: "is missing: it has to be 'full' or 'batch'",
    "string_too_short": lambda _: "is empty",
    "string_too_long": lambda ctx: f"is longer than {ctx['max_length']} characters",
    "too_long": lambda ctx: f"has more than {ctx['max_length']} entries",
    "too_short": lambda _: "is empty",
    "string_pattern_mismatch": lambda ctx: _PATTERNS.get(ctx["pattern"], "has a form that is not known here"),
    "json_invalid": lambda _: "is not valid JSON",
    "finite_number": lambda _: "has to be a finite number",
    "timezone_aware": lambda _: "is a time without a zone",
    "int_from_float": lambda _: "has to be a whole number",
}
_KINDS: tuple[tuple[str, str], ...] = (
    ("int", "has to be a whole number"),
    ("float", "has to be a number"),
    ("decimal", "has to be a number"),
    ("bool", "has to be true or false"),
    ("string", "has to be a text"),
    ("path", "has to be a path"),
    ("tuple", 'has to be a list, like ["a", "b"]'),
    ("list", 'has to be a list, like ["a", "b"]'),
    ("dict", "has to be a section of keys"),
    ("mapping", "has to be a section of keys"),
    ("model", "has to be a section of keys"),
    ("date", "is no time"),
)


def plainly(error: Details) -> str:
    """What an error of pydantic's says; never shows the value itself."""
    kind = str(error["type"])
    if kind in _WORDS:
        return _WORDS[kind](error.get("ctx", {}))
    message = str(error["msg"])
    if kind.endswith(("_type", "_parsing", "_attributes_type")) or kind.startswith("date"):
        found = next((words for name, words in _KINDS if kind.startswith(name)), None)
        return found or message
    return message.removeprefix("Value error, ")


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _choices(text: str) -> str:
    """``'a', 'b' or 'c'``, whatever way the choices were joined."""
    found = re.findall(r"'[^']*'", text)
    return " or ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else text
