"""Who is to be forgotten (semantics S20)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synqd.models.names import Model

FORGOTTEN = "the person was forgotten"
"""Why nothing is sent for an item."""
ERASED = "(erased)"
"""What stands in the place of a name that was erased from a text."""

PEOPLE = frozenset({Model.CUSTOMER, Model.SUBSCRIBER})
"""Models whose wire keys are addresses."""

EntityRef = tuple[Model, int]
"""An entity in whatever store view."""

_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def folded(email: str) -> str:
    """An address as it is compared: two are one only if they differ in the case of A to Z (semantics S33)."""
    return email.lower() if email.isascii() else email.translate(_LOWER)


def email_mark(email: str) -> str:
    """What is remembered, hashed, of an e-mail."""
    return f"email {folded(email)}"


def uuid_mark(uuid: str) -> str:
    """What is remembered, hashed, of a uuid that was made from an e-mail."""
    return f"uuid {folded(uuid)}"


def being_mark(model: Model, entity_id: int) -> str:
    """What is remembered, hashed, of an entity."""
    return f"{model} {entity_id}"


def client_marks(body: Mapping[str, Any]) -> Iterator[str]:
    """Marks of whom a profile or an event is about, as it leaves for Synerise."""
    client = body.get("client", body)
    if not isinstance(client, Mapping):
        return
    if email := client.get("email"):
        yield email_mark(str(email))
    if custom_id := client.get("customId"):
        yield f"{Model.CUSTOMER} {custom_id}"


@dataclass(frozen=True, slots=True)
class Person:
    """Everything by which a person is known.

    Attributes:
        emails: addresses, folded.
        beings: customers, subscribers and orders that are the person's.
        names: other texts that tell of the person: addresses as spelled, uuids made from them.
    """

    emails: frozenset[str]
    beings: frozenset[EntityRef]
    names: frozenset[str] = frozenset()

    def has(self, address: str | None) -> bool:
        """Whether this is an address of the person."""
        return address is not None and folded(address) in self.emails

    @property
    def words(self) -> frozenset[str]:
        """Addresses and names, folded."""
        return self.emails | {folded(name) for name in self.names}

    def marks(self) -> frozenset[str]:
        """Texts by which the person is known again, to be hashed."""
        words = (email_mark(word) if "@" in word else uuid_mark(word) for word in self.words)
        return frozenset([*words, *(being_mark(*being) for being in self.beings)])
