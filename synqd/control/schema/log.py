"""The synchronization log, and what is known of one entity."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from synqd.control.schema.base import Answer, Code, Limit, Request, RowId, Text
from synqd.control.schema.dead import DeadDetail
from synqd.models.names import Model

Accepted = Literal["sent", "removed", "gone"]


class LogQuery(Request):
    """Which lines; conditions add up."""

    job: RowId | None = None
    model: Model | None = None
    store: Code | None = None
    entity: Text | None = None
    """Id, SKU, increment id or e-mail; the answer then also says what is known of it."""
    limit: Limit = 50
    after: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    """Only lines after this one, the oldest first; the newest lines when not given."""


class LogLineView(Answer):
    """Something that happened to a job, a chunk or an item."""

    number: int
    at: datetime
    event: str
    """A stable word: job.submitted, job.finished, chunk, chunk.postponed, item.dead, item.failed, ..."""
    job: int | None
    model: Model | None
    store: str | None
    entity_id: int | None
    text: str
    """Who, or why."""
    facts: Mapping[str, int]
    """Numbers by name."""


class ItemWaiting(Answer):
    """It is in the outbox."""

    lane: str
    since: datetime
    due: datetime
    failures: int
    """Failures that were its own."""
    in_flight: bool


class ItemSkipped(Answer):
    """Nothing was sent for it when it was last looked at."""

    reason: str
    at: datetime


class ItemView(Answer):
    """All that the queue file knows of one entity in one store view."""

    model: Model
    entity_id: int
    store: str | None
    """Null where nothing is known of it at all."""
    workspace: str | None
    wire_key: str | None
    """What Synerise identifies it by; may be personal data."""
    accepted: Accepted | None
    """What Synerise accepted last: the item, or its removal; null if nothing, or if it is in doubt. `gone`:
    the item, which Magento has no more there, and nothing is sent for that."""
    in_doubt: bool = False
    """Something left last of which nobody knows whether it arrived; it is sent again whatever it says."""
    status: int | None
    """HTTP status that Synerise answered then; null where nothing was sent, or by a synqd that kept none."""
    first_sent: datetime | None
    last_sent: datetime | None
    waiting: ItemWaiting | None
    skipped: ItemSkipped | None
    dead: DeadDetail | None
    """What Synerise refused."""

    @classmethod
    def unknown(cls, model: Model, entity_id: int) -> Self:
        """An entity of which the queue file knows nothing."""
        told = ("model", "entity_id", "in_doubt")
        nothing: dict[str, Any] = {name: None for name in cls.model_fields if name not in told}
        return cls(model=model, entity_id=entity_id, **nothing)


class LogView(Answer):
    """Lines in the order in which they were written."""

    lines: Sequence[LogLineView]
    items: Sequence[ItemView]
    """Only where an entity was asked for, and without ``after``."""
    last: int
    """``after`` for what comes next."""
