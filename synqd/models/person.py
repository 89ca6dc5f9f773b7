"""Who is to be forgotten (semantics S20)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from synqd.models.names import Model

FORGOTTEN = "the person was forgotten"
"""Why nothing is sent for an item."""
ERASED = "(erased)"
"""What stands in the place of a name that was erased from a text."""

Being = tuple[Model, int]
"""An entity in whatever store view."""

_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def folded(email: str) -> str:
    """An address as it is compared: two are one only if they differ in the case of A to Z (semantics S33)."""
    return email.lower() if email.isascii() else email.translate(_LOWER)


def email_mark(email: str) -> str:
    """What is remembered, hashed, of an e-mail."""
    return f"email {folded(email)}"


def being_mark(model: Model, entity_id: int) -> str:
    """What is remembered, hashed, of an entity."""
    return f"{model} {entity_id}"


@dataclass(frozen=True, slots=True)
class Person:
    """Everything by which a person is known.

    Attributes:
        emails: addresses, folded.
        beings: customers, subscribers and orders that are the person's.
        names: other texts that tell of the person: addresses as spelled, uuids made from them.
    """

    emails: frozenset[str]
    beings: frozenset[Being]
    names: frozenset[str] = frozenset()

    def marks(self) -> Iterator[str]:
        """Texts by which the person is known again, to be hashed."""
        yield from map(email_mark, self.emails)
        yield from (being_mark(*being) for being in self.beings)

    def pattern(self) -> re.Pattern[str]:
        """Finds the person's addresses and names in a text, but not where they are part of longer ones."""
        words = "|".join(re.escape(word) for word in sorted(self.emails | self.names, key=len, reverse=True))
        # Whoever has no address is not in any text; (?!) matches nothing.
        return re.compile(rf"(?<![\w.+%-])(?:{words})(?![\w-]|\.\w)" if words else "(?!)", re.IGNORECASE)
