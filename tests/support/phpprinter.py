"""A printer of PHP's arrays in the ways in which they are written, by PHP's own rules."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from synqd.magento.deployed.phptokens import INT_MAX

Draw = Callable[[st.SearchStrategy[Any]], Any]

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.text("\\'\"$\n\r\t{}0x8aż😀", max_size=8)
KEYS = (
    st.integers(-INT_MAX - 1, INT_MAX)
    | st.integers(-3, 12)
    | TEXTS
    | st.sampled_from(["8", "08", "-1", "-0", ""])
)
SCALARS = st.none() | st.booleans() | st.integers(-INT_MAX - 1, INT_MAX) | st.floats(allow_nan=False) | TEXTS
ARRAYS = st.recursive(
    st.dictionaries(KEYS, SCALARS, max_size=5),
    lambda inner: st.dictionaries(KEYS, SCALARS | inner, max_size=4),
    max_leaves=12,
)


class Printer:
    """Prints as ``var_export`` does, or in short, with choices that hypothesis makes."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def array(self, value: Mapping[Any, Any]) -> str:
        opening, closing = self._draw(st.sampled_from([("[", "]"), ("array(", ")"), ("array (\n", ")")]))
        parts, following = [], None
        for key, inner in value.items():
            number = integer(key)
            implicit = number is not None and number == (0 if following is None else following)
            if number is not None and (following is None or number >= following):
                following = number + 1
            shown = "" if implicit and self._flag() else f"{self._key(key)} => "
            parts.append(shown + self.value(inner))
        gap = self._draw(st.sampled_from([",", ", ", ",\n  ", " , // x\n", ", /* ' */ ", ',#"\n']))
        return f"{opening}{gap.join(parts)}{',' if parts and self._flag() else ''}{closing}"

    def value(self, value: Any) -> str:
        if isinstance(value, dict):
            return self.array(value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bool) or value is None:
            word = "null" if value is None else str(value)
            return self._one([word.lower(), word.upper()])
        return self._integer(value) if isinstance(value, int) else _float(value)

    def _key(self, key: Any) -> str:
        number = integer(key)
        if number is not None and (isinstance(key, int) or self._flag()):
            return self._integer(number) if self._flag() else f"'{number}'"
        return self._text(key)

    def _integer(self, number: int) -> str:
        if number == -INT_MAX - 1:
            return f"-{INT_MAX}-1"
        ways = [
            f"{abs(number)}",
            f"0x{abs(number):X}",
            f"0b{abs(number):b}",
            f"0{abs(number):o}",
            f"{abs(number):_}",
        ]
        return ("-" if number < 0 else "") + self._one(ways)

    def _text(self, text: str) -> str:
        cut = self._draw(st.integers(0, len(text)))
        if self._flag():
            return self._quoted(text)
        return f"{self._quoted(text[:cut])} . {self._quoted(text[cut:])}"

    def _quoted(self, text: str) -> str:
        if self._flag():
            return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return '"' + "".join(map(self._letter, text)) + '"'

    def _letter(self, letter: str) -> str:
        special = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"', "$": "\\$"}
        octets = letter.encode()
        ways = [
            special.get(letter, letter),
            "".join(f"\\x{octet:02X}" for octet in octets),
            "".join(f"\\{octet:03o}" for octet in octets),
            f"\\u{{{ord(letter):x}}}",
        ]
        return self._one(ways)

    def _flag(self) -> bool:
        return bool(self._draw(st.booleans()))

    def _one(self, ways: Sequence[str]) -> str:
        return str(self._draw(st.sampled_from(ways)))


def _float(number: float) -> str:
    return {math.inf: "INF", -math.inf: "-INF"}.get(number, repr(number))


def integer(key: Any) -> int | None:
    if isinstance(key, int):
        return key
    number = int(key) if re.fullmatch(r"0|-?[1-9][0-9]{0,18}", key) else None
    return number if number is not None and -INT_MAX - 1 <= number <= INT_MAX else None
