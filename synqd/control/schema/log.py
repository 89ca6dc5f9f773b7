"""The synchronization log, and what is known of one entity."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

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
    """Id, SKU, increment id or e-mail, also of the past; the answer then also says what is known of it."""
    since: AwareDatetime | None = None
    """Only lines that are not older."""
    search: Text | None = None
    """Only lines with this text, or with it in their key; the case of A to Z makes no difference."""
    failed: bool = False
    """Only what went wrong."""
    everything: bool = False
    """Also chunks of which nothing had to be sent."""
    limit: Limit = 50
    before: RowId | None = None
    """Only lines before this one, the newest of them."""
    after: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    """Only lines after this one, the oldest first; the newest lines when not given."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.before is not None and self.after is not None:
            raise ValueError("give either before or after")
        return self


class LogLineView(Answer):
    """Something that happened to a job, a chunk or an item."""

    number: int
    at: datetime
    event: str
    """A stable word: item.sent, item.removed, item.dead, item.failed, chunk, job.finished, ..."""
    job: int | None
    model: Model | None
    store: str | None
    entity_id: int | None
    key: str
    """What Synerise knows the item by, which may be personal data; of a chunk the ids of its entities."""
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


class FormerKeyView(Answer):
    """What an item was sent as before."""

    key: str
    """May be personal data."""
    workspace: str
    until: datetime
    removed: bool
    """Its removal was sent; else the key went on to another item, or stands there still."""


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
    former: Sequence[FormerKeyView] = ()
    """What it was sent as before, the newest first."""
    forgotten: bool = False
    """The person was forgotten: nothing is kept or sent."""

    @classmethod
    def unknown(cls, model: Model, entity_id: int, *, forgotten: bool = False) -> Self:
        """An entity of which the queue file knows nothing."""
        return cls(
            model=model,
            entity_id=entity_id,
            store=None,
            workspace=None,
            wire_key=None,
            accepted=None,
            status=None,
            first_sent=None,
            last_sent=None,
            waiting=None,
            skipped=None,
            dead=None,
            forgotten=forgotten,
        )


class LogView(Answer):
    """Lines in the order in which they were written."""

    lines: Sequence[LogLineView]
    items: Sequence[ItemView]
    """Only where an entity was asked for, and without ``after``."""
    notes: Sequence[str] = ()
    """What has to be known of the answer, one sentence each."""
    last: int
    """``after`` for what comes next."""
