"""Dead letters."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from synqd.control.schema.base import Answer, Code, Limit, Request, RowId
from synqd.models.names import Model


class DeadSelection(Request):
    """Which dead letters a verb is about; conditions add up, and ``all`` has to be said."""

    ids: Annotated[tuple[RowId, ...], Field(max_length=10_000)] = ()
    model: Model | None = None
    store: Code | None = None
    reason: Code | None = None
    all: bool = False
    """Every dead letter there is; needed where nothing else restricts."""

    @model_validator(mode="after")
    def _restricted(self) -> Self:
        restricted = bool(self.ids or self.model or self.store or self.reason)
        if restricted == self.all:
            raise ValueError("name ids, model, store or reason, or else say all")
        return self


class DeadQuery(Request):
    """Which dead letters to list."""

    model: Model | None = None
    store: Code | None = None
    reason: Code | None = None
    limit: Limit = 50
    after: RowId | None = None


class DeadView(Answer):
    """An item that could not be delivered."""

    id: int
    model: Model
    store: str
    entity_id: int
    workspace: str
    wire_key: str
    """What Synerise identifies it by; may be personal data."""
    reason: str
    detail: str
    status: int | None
    """HTTP status of the refusal."""
    attempts: int
    """All failures, those before it was tried again among them."""
    first_at: datetime
    buried_at: datetime


class DeadDetail(DeadView):
    """A dead letter with what was sent and what came back."""

    answer: str | None
    retried_at: datetime | None = None
    """Since when it is tried again; it is dead no more then."""
    payload: str | None
    """The item as it was sent (JSON); null when payloads are not kept."""


class DeadList(Answer):
    """Dead letters, oldest first."""

    dead_letters: Sequence[DeadView]
    next_after: int | None
    """``after`` of the next page; null at the end."""


class Affected(Answer):
    """How many items a verb touched."""

    count: int
