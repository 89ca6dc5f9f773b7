r"""How a text from outside may spell an address that it echoes (semantics S20). Pure.

Each server on the way of an answer may write a character in a spelling of its own: JSON (``\u00e9``,
``\/``), an address of the web (``%40``), HTML (``&#39;``, ``&amp;``), a mail (``=40``); and the next one may
write that in another spelling once more.
"""

import html
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

DEEPEST = 3
"""Spellings within each other that are read."""

_HEX = "[0-9a-f]"
_CODE = r"\\x"


def _utf8(prefix: str) -> str:
    """Matches one character of UTF-8, each byte as two digits behind the prefix."""
    more = f"{prefix}[89ab]{_HEX}"
    heads = (f"[0-7]{_HEX}", f"[cd]{_HEX}{more}", f"e{_HEX}(?:{more}){{2}}", f"f[0-7](?:{more}){{3}}")
    return "|".join(prefix + head for head in heads)


class _Spelling(NamedTuple):
    sign: str
    pattern: re.Pattern[str]


def _spelling(sign: str, pattern: str) -> _Spelling:
    return _Spelling(sign, re.compile(pattern, re.IGNORECASE | re.ASCII))


_SPELLINGS = (
    _spelling(
        "\\",
        rf"\\u(?P<pair>d[89ab]{_HEX}{{2}}\\ud[c-f]{_HEX}{{2}})"
        rf"|\\(?-i:U)(?P<long>{_HEX}{{8}})|\\u(?P<short>{_HEX}{{4}})|\\u\{{(?P<braced>{_HEX}{{1,6}})\}}"
        rf"|(?P<bytes>{_utf8(_CODE)})|\\x(?P<latin>[89a-f]{_HEX})"
        r"|\\(?P<blank>[nrtbfv])|\\(?P<sign>[^\w\s])",
    ),
    _spelling("%", rf"(?P<bytes>{_utf8('%')})|%(?P<latin>[89a-f]{_HEX})"),
    _spelling("&", rf"(?P<entity>&(?:#[0-9]{{1,7}}|#x{_HEX}{{1,6}}|[a-z][a-z0-9]{{1,30}});)"),
    _spelling("=", rf"(?P<bytes>{_utf8('=')})|(?P<nothing>=[ \t]*\r?\n)"),
)

_Piece = tuple[int, int, str]
"""Begin and end of a spelled character in a text, and what it means."""


def _numbered(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"


def _paired(digits: str) -> str:
    high, low = (int(half, 16) & 0x3FF for half in (digits[:4], digits[-4:]))
    return chr(0x10000 + (high << 10) + low)


_MEANINGS: Mapping[str, Callable[[str], str]] = {
    "pair": _paired,
    **dict.fromkeys(("long", "short", "braced", "latin"), _numbered),
    "bytes": lambda text: bytes.fromhex(re.sub(r"(?i)[%=]|\\x", "", text)).decode(errors="replace"),
    "entity": html.unescape,
    "blank": lambda _: " ",
    "sign": str,
    "nothing": lambda _: "",
}


class View(NamedTuple):
    """A text as it reads in one spelling, and where each of its characters stands in the text itself."""

    text: str
    begins: Sequence[int]
    ends: Sequence[int]

    def place(self, begin: int, end: int) -> slice | None:
        """Where a piece of the text itself stands here; None if it begins or ends within a character."""
        first, last = bisect_left(self.begins, begin), bisect_left(self.ends, end)
        whole = first <= last < len(self.ends) and self.begins[first] == begin and self.ends[last] == end
        return slice(first, last + 1) if whole else None


def may_be_spelled(text: str) -> bool:
    """Whether a text has a sign that begins a spelling."""
    return any(spelling.sign in text for spelling in _SPELLINGS)


def as_it_stands(text: str) -> View:
    """The text in no spelling."""
    return View(text, range(len(text)), range(1, len(text) + 1))


def readings(view: View) -> list[View]:
    """What a view reads like in each spelling that changes it."""
    return [_read(view, pieces) for spelling in _SPELLINGS if (pieces := _pieces(view.text, spelling))]


def texts(text: str) -> Iterator[str]:
    """The text as it stands and in all spellings, within each other, too."""
    reached = {text}
    for _ in range(DEEPEST + 1):
        yield from reached
        read = ((one, _pieces(one, spelling)) for one in reached for spelling in _SPELLINGS)
        reached = {_joined(one, pieces) for one, pieces in read if pieces}


def _pieces(text: str, spelling: _Spelling) -> list[_Piece]:
    """Where a text has a spelling's signs, and what they mean."""
    found: list[_Piece] = []
    at = text.find(spelling.sign)
    while at >= 0:
        match = spelling.pattern.match(text, at)
        if match:
            kind = match.lastgroup or ""
            found.append((at, match.end(), _MEANINGS[kind](match[kind])))
        at = text.find(spelling.sign, match.end() if match else at + 1)
    return [(begin, end, meaning) for begin, end, meaning in found if text[begin:end] != meaning]


def _joined(text: str, pieces: Iterable[_Piece]) -> str:
    parts: list[str] = []
    done = 0
    for begin, end, meaning in pieces:
        parts += (text[done:begin], meaning)
        done = end
    return "".join((*parts, text[done:]))


def _read(view: View, pieces: Iterable[_Piece]) -> View:
    begins: list[int] = []
    ends: list[int] = []
    done = 0
    for begin, end, meaning in pieces:
        begins += (*view.begins[done:begin], *[view.begins[begin]] * len(meaning))
        ends += (*view.ends[done:begin], *[view.ends[end - 1]] * len(meaning))
        done = end
    begins += view.begins[done:]
    ends += view.ends[done:]
    return View(_joined(view.text, pieces), begins, ends)
