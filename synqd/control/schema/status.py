"""The daemon at one moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field

from synqd.control.schema.base import Answer
from synqd.control.schema.holds import Hold
from synqd.models.names import Model


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
    total_stale: bool = False
    """The count is old, items went or came since, or more were sent: it is being counted again."""
    sent: int
    """Items that exist at Synerise by the ledger."""
    outdated: int = 0
    """Those of them that were last sent under other settings than the present ones."""
    waiting: WaitingView
    skipped: Mapping[str, int] = Field(default_factory=dict)
    """Items that are left out, by reason; of some seconds ago."""
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
    next_try: float = 0.0
    """Seconds until it is tried again; 0 when it is being tried."""


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
    unplaced: Mapping[Model, int] = Field(default_factory=dict)
    """Rows of Magento's that belong to no store view and are not sent, by model, where there are any."""
