"""Forgetting people."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from synqd.control.schema.base import Answer, Request
from synqd.control.schema.jobs import EntityId
from synqd.models.names import Model

Email = Annotated[
    str,
    StringConstraints(max_length=320, pattern=r"^[^\x00-\x1f]+@[^\x00-\x20@]+$"),
    BeforeValidator(lambda text: text.strip(" \t\r\n") if isinstance(text, str) else text),
]
"""An address as it is stored (S33): what was typed around it goes, and no other character."""


class PersonRequest(Request):
    """Who is meant; exactly one of the two."""

    email: Email | None = None
    customer_id: EntityId | None = None
    """Magento's customer id."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.email is None) == (self.customer_id is None):
            raise ValueError("give either email or customer_id")
        return self


class Forgotten(Answer):
    """What was erased, and what was not."""

    entities: Mapping[Model, int]
    """How many customers, subscribers and orders are the person's."""
    erased: Mapping[str, int]
    """Rows that were removed, or that the person's names were removed from, by kind."""
    in_flight: bool
    """A request with data of the person had not ended when this was answered."""
    clean: bool
    """Nothing is left in free space of the queue file; if false, the daemon cleans it later."""
    emails: Annotated[Sequence[str], Field(max_length=100)]
    """Addresses by which Synerise may know the person; personal data."""
    remains: Sequence[str]
    """What synqd does not erase, and what to do about it."""
