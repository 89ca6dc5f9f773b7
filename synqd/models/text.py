"""Text that came from outside, fit to be stored and sent on, and to be shown on a terminal.

A terminal acts on some characters in place of showing them: it moves its cursor, changes colours, its title
or the order of letters, or shows nothing at all. None of them reaches one, neither as text nor inside JSON:
control characters (C0, DEL and C1), marks of direction, invisible and unassigned ones, line and paragraph
separators, lone surrogates. They are what Python calls not printable.
"""

import json
import re
import unicodedata
from typing import Any

REPLACEMENT = "?"
_ASTRAL = 0x10000
_LONGEST = 1000
"""Characters of a word that is still taken for one."""
_LAST_WORD = re.compile(rf'[\s"<>,][^\s"<>,]{{0,{_LONGEST}}}\Z')

# Letters and marks that show nothing; ``str.isprintable`` knows the controls, formats and blanks.
_SHOWS_NOTHING = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: what is none (a header's odd bytes, as surrogates) becomes ``?``.

    Neither SQLite nor JSON takes surrogates: without this an answer of a broken proxy would end the process.
    """
    return text if text.isascii() else text.encode(errors="replace").decode()


def clean(value: Any) -> str:
    """A value as one line of printable text, as wide as it looks: every other character becomes ``?``."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else REPLACEMENT for letter in text)


def escaped(text: str) -> str:
    r"""One line of printable text in which every other character is written as ``\uXXXX``.

    A JSON document that has no white space but blanks outside of its strings keeps its value.
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _unit(letter) for letter in text)


def as_json(value: Any) -> str:
    """A value as JSON on one line, fit for a terminal; what JSON does not know as text."""
    return escaped(json.dumps(value, ensure_ascii=False, default=str))


def _unit(letter: str) -> str:
    code = ord(letter)
    if code < _ASTRAL:
        return f"\\u{code:04x}"
    high, low = divmod(code - _ASTRAL, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def is_clean(text: str) -> bool:
    """Whether a text is its own cleaned form: NFC, trimmed, nothing invisible in it (semantics S33).

    Invisible are controls, formats (among them marks of direction, joiners, soft hyphens), surrogates, blanks
    other than the ordinary one, and what belongs to no alphabet.
    """
    if not text.isprintable() or text.strip() != text:
        return False
    return text.isascii() or (unicodedata.is_normalized("NFC", text) and _SHOWS_NOTHING.search(text) is None)


def cut(text: str, most: int) -> str:
    """The beginning of a text, at most so many characters, without a word that is cut in two."""
    return text if len(text) <= most else whole_words(text[:most])


def whole_words(text: str) -> str:
    """A text without its last word, which may be half of one.

    Of half an address nobody could say whose it is, so it would outlive whoever is forgotten (S20).
    """
    found = _LAST_WORD.search(text[-_LONGEST - 1 :])
    return text[: len(text) - len(found[0])] if found else text
