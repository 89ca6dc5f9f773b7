"""Full and batch jobs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from synqd.control.schema.base import Answer, Code, Limit, Request, RowId, Text
from synqd.entities import DECLARED
from synqd.models.names import Model

EntityId = Annotated[int, Field(ge=1, le=2**32 - 1)]
By = Literal["ids", "skus", "increment_ids", "emails"]
IDENTIFIED: Mapping[By, frozenset[Model]] = {
    by: frozenset(model for model, one in DECLARED.items() if by == "ids" or by in one.keys)
    for by in get_args(By)
}
"""Which models can be chosen by what."""


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
    ids: tuple[EntityId, ...] | None = None
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


JobRequest = Annotated[FullRequest | BatchRequest, Field(discriminator="kind")]
"""What starts a job."""


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


class UnknownKey(Answer):
    """A key of a batch that leads to nothing that could be sent."""

    key: str
    reason: str


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
    waits_for: str | None
    """What keeps it from going on now."""
    rate: float | None
    """Items a second: lately, or on the average since it began."""
    seconds_left: float | None
    """Until its end at that rate; null while not everything was counted."""
    looking_up: bool
    """Keys of the batch still have to be looked up in Magento."""
    unknown: int
    """How many keys of the batch lead to nothing; everything else is sent."""
    unknown_keys: Sequence[UnknownKey]
    """The first hundred of them; only where one job is shown."""
    parts: Sequence[PartView]


class JobList(Answer):
    """Jobs, newest first."""

    jobs: Sequence[JobView]
    next_before: int | None
    """``before`` of the next page; null at the end."""


class JobQuery(Request):
    """Which jobs."""

    limit: Limit = 50
    before: RowId | None = None
    unfinished: bool = False
    """Only jobs that have not ended."""
