"""Finds persons in a text, and blots them out, however the text spells them (semantics S20, S33). Pure.

Whether something is a person's is asked by its mark, so one who was forgotten is found as well, of whom only
hashes are left. A person is an address, a uuid, or a customer id that is called so. An address is found where
it stands for itself: not inside a longer one, and not where another character makes it another one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from synqd.models.echoes import DEEPEST, View, as_it_stands, may_be_spelled, readings, texts
from synqd.models.names import Model
from synqd.models.person import ERASED, Person, being_mark, email_mark, folded, uuid_mark

LONGEST = 320
"""Characters of the longest address."""
MOST = 16
FEW = 4
"""Places at which one may begin or end, and at which one in quotes may begin: more are no text, but somebody
who wants to keep the search busy."""

_BREAKS = frozenset('<>(),;:"@')
"""Signs that no address holds outside of quotes; blanks and controls neither."""
_SPLITS = frozenset("=/|?[]\\")
"""Signs that an address may hold, but that stand between a word and an address much more often."""
_QUOTES = frozenset("'&!#$*^`{}~\u2026")
"""The same, as typographic quotes and dashes, where they follow no letter: ``'ann@x'`` is Ann, ``o'ann@x`` is
somebody else."""
_QUOTING = frozenset(("Pi", "Pf", "Ps", "Pe", "Pd"))

_UUID = re.compile(r"(?<![\w-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![\w-])")
_CUSTOM_ID = re.compile(r"customid\W{0,8}(?:synqd-parked-)?([0-9]{1,19})(?!\w)")

Known = Callable[[str], bool]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Blots:
    """Whom to blot out.

    Attributes:
        known: whether a mark (``models.person``) is theirs.
        signs: texts in upper case, one of which is in each text that names them: spares most texts the look.
            None where that is not known.
    """

    known: Known
    signs: frozenset[str] | None = None

    @classmethod
    def of(cls, person: Person) -> "Blots":
        """Blots a person."""
        signs = {word.upper() for word in person.words}
        customers = {"CUSTOMID"} if any(model is Model.CUSTOMER for model, _ in person.beings) else set()
        return cls(person.marks().__contains__, frozenset(signs | customers))

    def but(self, mark: str) -> "Blots":
        """All of them, but not by this mark: here it is something else's."""
        return replace(self, known=lambda asked: asked != mark and self.known(asked))

    def text(self, text: str) -> str:
        """The text with ``ERASED`` in the place of each name."""
        parts, done = [], 0
        for begin, end in self._spans(text):
            parts += [text[done:begin], ERASED]
            done = end
        return "".join((*parts, text[done:])) if done else text

    def name(self, text: str) -> bool:
        """Whether a text names one of them."""
        return bool(self._spans(text))

    def _spans(self, text: str) -> Sequence[Span]:
        """Where they stand; in order, none inside another one."""
        if not self._may_name(text):
            return ()
        apart: list[Span] = []
        found = _found(as_it_stands(text), self.known, DEEPEST, {})
        for begin, end in sorted((_unescaped(text, begin), end) for begin, end in found):
            if apart and begin < apart[-1][1]:
                apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
            else:
                apart.append((begin, end))
        return apart

    def _may_name(self, text: str) -> bool:
        if self.signs is None:
            return True
        return any(map(self._has_sign, texts(text) if may_be_spelled(text) else (text,)))

    def _has_sign(self, text: str) -> bool:
        upper = text.upper()  # of each character alone, so that no neighbour hides one
        return any(sign in upper for sign in self.signs or ())


def _found(view: View, known: Known, depth: int, seen: dict[tuple[str, int], set[Span]]) -> set[Span]:
    """Where known persons stand by a view, and by all that it reads like.

    A sign beside a name may be the end of a spelling: ``o&#39;ann@x`` is not Ann. So where a name itself
    reads the same in another spelling, that one decides.
    """
    text = folded(view.text)
    found = {(view.begins[begin], view.ends[end - 1]) for begin, end in _places(text, known)}
    for reading in readings(view) if depth else ():
        told = (reading.text, depth)
        if told not in seen:  # else the same came of two spellings in the other order
            seen[told] = _found(reading, known, depth - 1, seen)
        kept = {span for span in found if span in seen[told] or not _same(view, reading, span)}
        found = kept | seen[told]
    return found


def _unescaped(text: str, begin: int) -> int:
    """Where to take something out, so that no backslash is left to escape what comes then."""
    before = text[:begin]
    return begin - (len(before) - len(before.rstrip("\\"))) % 2


def _same(view: View, reading: View, span: Span) -> bool:
    """Whether a piece of the text is the same in both."""
    here, there = view.place(*span), reading.place(*span)
    return here is not None and there is not None and view.text[here] == reading.text[there]


def _places(text: str, known: Known) -> Iterator[Span]:
    at = text.find("@")
    while at >= 0:
        yield from _address(text, at, known)
        at = text.find("@", at + 1)
    for match in _UUID.finditer(text):
        if known(uuid_mark(match[0])):
            yield match.span()
    for match in _CUSTOM_ID.finditer(text):
        if known(being_mark(Model.CUSTOMER, int(match[1]))):
            yield match.span(1)


def _address(text: str, at: int, known: Known) -> Iterator[Span]:
    """The longest known address around an ``@``."""
    ends = _ends(text, at)
    for begin in _begins(text, at):
        for end in ends:
            if known(email_mark(text[begin:end])):
                yield begin, end
                return


def _begins(text: str, at: int) -> list[int]:
    """Where an address may begin, the longest first."""
    first = max(0, at - LONGEST)
    if at and text[at - 1] == '"':
        return [place for place in range(first, at - 1) if text[place] == '"'][-FEW:]
    begin = at
    while begin > first and not _breaks(text[begin - 1]):
        begin -= 1
    return [begin, *[place + 1 for place in range(begin, at) if _splits(text, begin, place)][-MOST:]]


def _splits(text: str, begin: int, place: int) -> bool:
    """Whether an address may begin after this character of a run that begins at ``begin``."""
    char = text[place]
    if char in _SPLITS:
        return True
    alone = place == begin or text[place - 1] == "." or not _is_word(text[place - 1])
    return alone and (_quotes(char) or char == ".")


def _ends(text: str, at: int) -> list[int]:
    """Where an address may end, the longest first."""
    last = min(len(text), at + 1 + LONGEST)
    end = at + 1
    while end < last and not _breaks(text[end]):
        end += 1
    cuts = [place for place in range(at + 1, end) if text[place] in _SPLITS or _quotes(text[place])][:MOST]
    whole = {end, *cuts, *(place + 1 for place in cuts if text[place] == "]")}
    bare = {at + 1 + len(text[at + 1 : place].rstrip(".-+_%")) for place in whole}
    return sorted(whole | bare, reverse=True)


def _breaks(char: str) -> bool:
    return char in _BREAKS or char.isspace() or unicodedata.category(char) == "Cc"


def _quotes(char: str) -> bool:
    return char in _QUOTES or (not char.isascii() and unicodedata.category(char) in _QUOTING)


def _is_word(char: str) -> bool:
    """Whether a character can only be part of a word: letters, digits, marks on them, what is invisible."""
    return char not in _SPLITS and not _quotes(char) and not _breaks(char)
