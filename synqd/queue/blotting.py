"""Keeps a person who was just forgotten out of texts that are recorded afterwards (S20).

A request carries several persons, and an answer that names one of them may be kept with the letter of
another: it may come while, or after, the person is erased. What was under way then ends within a lease, and
for so long the person's names are known, in memory only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from re import Pattern
from typing import TypeVar

from synqd.clock import Clock
from synqd.models.person import ERASED, Person
from synqd.models.settle import Bury, Retry, Settlement
from synqd.queue.workrecords import BatchPage, Sample

LASTING = 900.0
"""Seconds for which names are known: as long as the longest lease."""

T = TypeVar("T")


class Blotting:
    """Names of persons who were forgotten a moment ago."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: list[tuple[float, Pattern[str]]] = []

    def add(self, person: Person) -> None:
        """From now on the person is blotted; called before the person is erased, so that nothing slips by."""
        self._known.append((self._clock.monotonic() + LASTING, person.pattern()))

    def clear(self) -> None:
        """Somebody may be named again."""
        self._known.clear()

    def text(self, text: str) -> str:
        """The text without the names."""
        for pattern in self._patterns():
            text = pattern.sub(ERASED, text)
        return text

    def settlements(self, settlements: Sequence[Settlement]) -> Sequence[Settlement]:
        """What became of items, in the words of answers without the names."""
        return [self._settlement(one) for one in settlements] if self._known else settlements

    def samples(self, samples: Sequence[Sample]) -> Sequence[Sample]:
        """Findings but for those that name them."""
        return [one for one in samples if not self._names(" ".join(map(str, one)))]

    def keys(self, keys: Mapping[str, T]) -> dict[str, T]:
        """Keys of a batch but for those that name them."""
        return {key: value for key, value in keys.items() if not self._names(key)}

    def page(self, page: BatchPage) -> BatchPage:
        """A page of a batch without such keys."""
        later = list(self.keys(dict.fromkeys(page.later)))
        return replace(page, unknown=self.keys(page.unknown), later=later) if self._known else page

    def _settlement(self, one: Settlement) -> Settlement:
        if isinstance(one, Retry):
            return replace(one, cause=self.text(one.cause))
        if not isinstance(one, Bury):
            return one
        answer, payload = one.answer and self.text(one.answer), one.payload and self.text(one.payload)
        return replace(one, detail=self.text(one.detail), answer=answer, payload=payload)

    def _names(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self._patterns())

    def _patterns(self) -> Iterator[Pattern[str]]:
        if self._known:
            now = self._clock.monotonic()
            self._known = [(until, pattern) for until, pattern in self._known if until > now]
        return iter([pattern for _, pattern in self._known])
