"""Keeps persons who were forgotten out of what is recorded afterwards (S20).

A request carries several persons, and an answer that names one of them may be kept with the letter of
another: it may come while, or long after, the person is erased. So each text from outside is searched for
whoever the marks know, by the transaction that writes it: none slips in beside an erasure.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from synqd.models.blots import Blots
from synqd.models.item import Wish
from synqd.models.names import Model
from synqd.models.person import ERASED, FORGOTTEN, PEOPLE, being_mark, email_mark
from synqd.models.settle import Ack, Bury, Retry, Settlement, Skipped
from synqd.queue.batches import BatchPage
from synqd.queue.marks import Marks
from synqd.queue.notes import Flight
from synqd.queue.verifications import Sample
from synqd.queue.wording import Words

T = TypeVar("T")

EMAILS = "emails"
"""What the keys of a batch are called that name persons."""


class Blotting:
    """Persons who were forgotten, and those who are being forgotten now."""

    def __init__(self) -> None:
        self.marks = Marks()
        self._erasing: frozenset[str] = frozenset()
        self._blots = Blots(self.known)

    @contextmanager
    def erasing(self, marks: Collection[str]) -> Iterator[None]:
        """Inside, these are known, too: the file learns them while others write."""
        self._erasing |= frozenset(marks)
        try:
            yield
        finally:
            self._erasing -= frozenset(marks)

    @property
    def idle(self) -> bool:
        """Whether nobody was ever forgotten: spares the others the look."""
        return not self.marks.hashes and not self._erasing

    def known(self, mark: str) -> bool:
        """Whether a mark is a forgotten person's."""
        return mark in self._erasing or self.marks.hold((mark,))

    def concerns(self, model: Model, entity_id: int, keys: Collection[str] = ()) -> bool:
        """Whether an entity, or for people one of its keys, is a forgotten person's."""
        return self.known(being_mark(model, entity_id)) or any(self._is_address(model, key) for key in keys)

    def concerns_flight(self, flight: Flight) -> bool:
        """Whether what is about to leave is a forgotten person's."""
        key, parcel = flight.item.key, flight.parcel
        return self.concerns(
            key.model, key.entity_id, (parcel.wire_key, *(item.key for item in parcel.items))
        )

    def welcome(self, wish: Wish) -> bool:
        """Whether a wish is about nobody who was forgotten."""
        keys = (wish.hint,) if wish.hint else ()
        return self.idle or not self.concerns(wish.key.model, wish.key.entity_id, keys)

    def text(self, text: str) -> str:
        """The text without the names."""
        return text if self.idle else self._blots.text(text)

    def settlements(self, settlements: Sequence[Settlement]) -> Sequence[Settlement]:
        """What became of items, in the words of answers without the names."""
        return settlements if self.idle else [self._settlement(one) for one in settlements]

    def samples(self, model: Model, samples: Sequence[Sample]) -> Sequence[Sample]:
        """Findings but for those about them."""
        kept = (one for one in samples if not self.concerns(model, one.entity_id, (one.wire_key,)))
        return samples if self.idle else [one._replace(detail=self.text(one.detail)) for one in kept]

    def keys(self, given: str, keys: Mapping[str, T]) -> dict[str, T]:
        """Keys of a batch but for addresses of theirs; ``given`` is what the keys are."""
        named = given == EMAILS and not self.idle
        return {key: value for key, value in keys.items() if not (named and self._blots.name(key))}

    def page(self, given: str, page: BatchPage) -> BatchPage:
        """A page of a batch without such keys."""
        later = list(self.keys(given, dict.fromkeys(page.later)))
        return replace(page, unknown=self.keys(given, page.unknown), later=later)

    def _settlement(self, one: Settlement) -> Settlement:
        if isinstance(one, Retry):
            known = one.item.known
            named = known is not None and self._is_address(one.item.key.model, known.wire_key)
            item = one.item._replace(known=None) if named else one.item
            return replace(one, item=item, cause=self.text(one.cause))
        if isinstance(one, Skipped):
            return replace(one, reason=self.text(one.reason))
        if isinstance(one, Ack) and self._is_address(one.item.key.model, one.entry.wire_key):
            return Skipped(one.item, FORGOTTEN)
        return self._burial(one) if isinstance(one, Bury) else one

    def _burial(self, one: Bury) -> Bury:
        model = one.item.key.model
        words = Words(one.detail, one.answer, one.payload).without(self._blots, model, one.wire_key)
        key = ERASED if self._is_address(model, one.wire_key) else one.wire_key
        hint = None if one.item.hint and self._is_address(model, one.item.hint) else one.item.hint
        return replace(one, item=one.item._replace(hint=hint), wire_key=key, **words._asdict())

    def _is_address(self, model: Model, key: str) -> bool:
        return model in PEOPLE and self.known(email_mark(key))
