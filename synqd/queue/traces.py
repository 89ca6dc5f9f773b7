"""Looks for persons in the raw file: what SQLite left of deleted rows in free space (S20).

A name is found in every spelling. Fields touch each other in the file, so part of a longer name counts, too:
the file is written anew for nothing then.
"""

import os
import re
from collections.abc import Collection
from pathlib import Path

from synqd.models.echoes import texts
from synqd.models.person import folded

BLOCK = 4 << 20
"""Bytes that are looked at at a time."""
WIDEST = 10
"""Bytes that a spelling takes for a character; one within another takes more for few of them."""

_RUN = re.compile("[a-z0-9]{2,}")
_SPELLED = rb"[\\%&=][\x21-\x7e]{1,30}?"
"""Some sign in some spelling; letters and digits hardly ever are in one."""


def left(path: Path, raw: int | None, words: Collection[str]) -> bool:
    """Whether the file or its write-ahead log holds one of these words (folded) anywhere.

    ``raw`` is what ``maintenance.open_raw`` gave: to open the file here would end the connections' locks.
    """
    if raw is not None and _is_mentioned(raw, words):
        return True
    try:
        log = os.open(path.with_name(f"{path.name}-wal"), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return _is_mentioned(log, words)
    finally:
        os.close(log)


def _is_mentioned(file: int, words: Collection[str]) -> bool:
    """Reads piece by piece, each with so much of the one before that no word is cut."""
    overlap = 2 * max(map(_reach, words), default=0)
    rest, at = b"", 0
    while block := os.pread(file, BLOCK, at):
        if _is_in(rest + block, words):
            return True
        rest, at = (rest + block)[-overlap:], at + len(block)
    return False


def _is_in(block: bytes, words: Collection[str]) -> bool:
    lower = block.lower()
    return any(_holds(block, lower, word) for word in words)


def _holds(block: bytes, lower: bytes, word: str) -> bool:
    """Looks for a part of a word that no spelling changes, and reads around it where the rest may follow."""
    anchor, following = _anchor(word)
    reach = _reach(word)
    at = lower.find(anchor)
    while at >= 0:
        if following.match(lower, at + len(anchor)):
            around = block[max(0, at - reach) : at + reach].decode(errors="replace")
            if any(word in folded(text) for text in texts(around)):
                return True
        at = lower.find(anchor, at + 1)
    return False


def _anchor(word: str) -> tuple[bytes, re.Pattern[bytes]]:
    """The first letters and digits of a word, and what may follow."""
    run = _RUN.search(word)
    begin, end = run.span() if run else (0, len(word))
    rest = (char.encode() if char.isalnum() and char.isascii() else _sign(char) for char in word[end:])
    return word[begin:end].encode(), re.compile(b"".join(rest))


def _sign(char: str) -> bytes:
    return b"(?:" + re.escape(char.encode()) + b"|" + _SPELLED + b")"


def _reach(word: str) -> int:
    return WIDEST * len(word) + WIDEST
