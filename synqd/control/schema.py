"""Requests and answers of the control socket, as JSON; the OpenAPI document is made from these.

Times are RFC 3339 in UTC, durations are seconds. Answers leave nothing out: what is not known is null.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from synqd.models.names import Model

Code = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=320, pattern=r"^[^\x00-\x1f]+$")]
Number = Annotated[int, Field(ge=1, le=2**32 - 1, strict=True)]
LetterId = Annotated[int, Field(ge=1, le=2**63 - 1)]
By = Literal["ids", "skus", "increment_ids", "emails"]
IDENTIFIED: dict[By, frozenset[Model]] = {
    "ids": frozenset(Model),
    "skus": frozenset({Model.PRODUCT}),
    "increment_ids": frozenset({Model.ORDER}),
    "emails": frozenset({Model.CUSTOMER, Model.SUBSCRIBER}),
}
"""Which models can be chosen by what."""


def instant(milliseconds: int) -> datetime:
    """A stored time (milliseconds since the epoch) as an answer shows it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class Request(BaseModel):
    """Base of requests: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Answer(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


# Status


class CheckView(Answer):
    """Something that has to make progress."""

    name: str
    ok: bool
    age: float
    """Seconds since the last progress."""
    limit: float
    """Seconds after which it counts as stuck."""
    trouble: str = ""
    """What it waits for outside."""


class ConditionView(Answer):
    """Something outside that has to be usable."""

    name: str
    usable: bool
    detail: str = ""


class Hold(Answer):
    """Delivery that an operator paused."""

    workspace: str | None
    """None for all workspaces."""
    model: Model | None
    """None for all models."""
    since: datetime
    by: str


class WaitingView(Answer):
    """Items in the outbox by lane."""

    live: int = 0
    batch: int = 0
    full: int = 0


class StreamView(Answer):
    """One model of one store view."""

    store: str
    model: Model
    workspace: str
    total: int | None
    """Entities in Magento; null until they were counted."""
    total_at: datetime | None = None
    """When they were counted."""
    sent: int
    """Items that exist at Synerise by the ledger."""
    waiting: WaitingView
    failed: int
    """Dead letters."""
    last_sent: datetime | None
    lag: float | None
    """Age in seconds of the oldest live change that waits; null if none does."""


class ChangelogView(Answer):
    """How far one change log was read."""

    source: str
    rows: int
    """Rows not read yet."""
    seconds: float
    """Age of the oldest of them."""


class BreakerView(Answer):
    """A circuit breaker that is not closed."""

    workspace: str
    endpoint: str
    state: str
    detail: str = ""


class Status(Answer):
    """The daemon at one moment."""

    version: str
    enabled: bool
    """Synchronization is switched on in the configuration."""
    alive: bool
    ready: bool
    uptime: float
    checks: Sequence[CheckView]
    conditions: Sequence[ConditionView]
    changelogs: Sequence[ChangelogView]
    breakers: Sequence[BreakerView]
    holds: Sequence[Hold]
    notices: Sequence[str]
    """What an operator should know or do, one sentence each."""
    queue_bytes: int
    streams: Sequence[StreamView]


# Jobs


class FullRequest(Request):
    """A full synchronization."""

    kind: Literal["full"]
    models: tuple[Model, ...] = ()
    """Models; all that are switched on when empty."""
    stores: tuple[Code, ...] = ()
    """Store view codes; all that are switched on when empty."""
    changed_only: bool = False
    """Skip items whose payload is what was sent last."""
    reassert_consent: bool = False
    """Send e-mail agreements again that were sent before."""


class BatchHeader(Request):
    """The first line of a streamed batch (``application/x-ndjson``); each further line is one id or key."""

    kind: Literal["batch"]
    model: Model
    stores: tuple[Code, ...] = ()
    """Store view codes; all that are switched on when empty."""
    by: By = "ids"
    """What the lines are."""

    @model_validator(mode="after")
    def _identified(self) -> Self:
        if self.model not in IDENTIFIED[self.by]:
            allowed = " or ".join(sorted(model.value for model in IDENTIFIED[self.by]))
            raise ValueError(f"{self.by} choose {allowed} items, not {self.model.value} items")
        return self


class BatchRequest(Request):
    """A synchronization of chosen items; exactly one of the four lists is given."""

    kind: Literal["batch"]
    model: Model
    stores: tuple[Code, ...] = ()
    """Store view codes; all that are switched on when empty."""
    ids: tuple[Number, ...] | None = None
    skus: tuple[Text, ...] | None = None
    increment_ids: tuple[Text, ...] | None = None
    emails: tuple[Text, ...] | None = None

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        given = [name for name in IDENTIFIED if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("give exactly one of ids, skus, increment_ids, emails, and not empty")
        BatchHeader(kind="batch", model=self.model, stores=self.stores, by=given[0])
        return self

    @property
    def header(self) -> BatchHeader:
        """The request without its list."""
        return BatchHeader(kind="batch", model=self.model, stores=self.stores, by=self._by)

    @property
    def keys(self) -> Sequence[int] | Sequence[str]:
        """The list."""
        chosen: Sequence[int] | Sequence[str] = getattr(self, self._by)
        return chosen

    @property
    def _by(self) -> By:
        return next(name for name in IDENTIFIED if getattr(self, name))


class PartView(Answer):
    """One model and store view of a job: selected = sent + unchanged + skipped + dead + dropped + waiting."""

    model: Model
    store: str
    state: str
    total: int | None
    """How many there are to select; null until they were counted."""
    selected: int
    sent: int
    unchanged: int
    skipped: int
    dead: int
    dropped: int
    waiting: int
    """Selected items that are still in the outbox."""
    reasons: dict[str, int]
    """Skipped and dead items by reason."""


class JobView(Answer):
    """A full or batch job."""

    id: int
    kind: Literal["full", "batch"]
    state: Literal["running", "paused", "finished", "cancelled", "replaced"]
    origin: str
    """Who asked for it."""
    changed_only: bool
    reassert_consent: bool
    created_at: datetime
    finished_at: datetime | None
    parts: Sequence[PartView]


class JobList(Answer):
    """Jobs, newest first."""

    jobs: Sequence[JobView]
    next_before: int | None
    """``before`` of the next page; null at the end."""


class JobQuery(Request):
    """Which jobs."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
    before: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    unfinished: bool = False
    """Only jobs that have not ended."""


# Dead letters


class DeadSelection(Request):
    """Which dead letters a verb is about; conditions add up, and ``all`` has to be said."""

    ids: Annotated[tuple[LetterId, ...], Field(max_length=10_000)] = ()
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
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    after: LetterId | None = None


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
    first_at: datetime
    buried_at: datetime


class DeadDetail(DeadView):
    """A dead letter with what was sent and what came back."""

    answer: str | None
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


# Holding delivery, reloading


class HoldRequest(Request):
    """What to hold or release; nothing given means all delivery."""

    workspace: Code | None = None
    model: Model | None = None


class Holds(Answer):
    """All holds there are now."""

    holds: Sequence[Hold]


class Reloaded(Answer):
    """What a reload did."""

    changed: Sequence[str]
    """Settings that took effect."""
    restart_needed: Sequence[str]
    """Settings that changed but need a restart."""


class Fault(Answer):
    """What is wrong."""

    code: str
    """A stable word."""
    message: str
    """One line for people, with the remedy."""
    field: str | None
    """The offending field of the request."""


class ErrorBody(Answer):
    """Body of every answer that is not 2xx."""

    error: Fault
