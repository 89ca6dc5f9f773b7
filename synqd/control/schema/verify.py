"""Comparisons of Magento with the ledger and Synerise."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from synqd.control.schema.base import Answer, Code, Request
from synqd.models.names import Model

VERIFY_FIGURES = (
    "checked",
    "correct",
    "waiting",
    "skipped",
    "old_alive",
    "missing",
    "stale",
    "gone",
    "repaired",
    "read",
    "absent",
    "different",
    "unreadable",
)


class VerifyRequest(Request):
    """A comparison."""

    models: tuple[Model, ...] = ()
    """Models; all that are switched on when empty."""
    stores: tuple[Code, ...] = ()
    """Store view codes; all that are switched on when empty."""
    remote: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Items of each model and store view to read back from Synerise."""
    repair: bool = False
    """Enqueue what is wrong."""


class Finding(Answer):
    """Something that is wrong, or an old version that is alive."""

    kind: str
    entity_id: int
    wire_key: str
    """What Synerise identifies it by; may be personal data."""
    detail: str


class VerifiedPart(Answer):
    """One model and store view: checked = correct + waiting + skipped + missing + stale + gone."""

    model: Model
    store: str
    done: bool
    total: int | None
    """Entities in Magento when it began."""
    checked: int
    correct: int
    waiting: int
    """They differ, but are in the outbox already."""
    skipped: int
    """Left out on purpose."""
    old_alive: int
    """Of these, items of which an old version is alive at Synerise."""
    missing: int
    """Never sent, or removed at Synerise."""
    stale: int
    """Another payload, or another key, was sent last, or it is in doubt what arrived."""
    gone: int
    """Gone from Magento, alive at Synerise or in doubt."""
    repaired: int
    """Enqueued."""
    read: int
    """Read back from Synerise."""
    absent: int
    different: int
    unreadable: int
    findings: Sequence[Finding]
    """The first twenty of each kind."""


class VerificationView(Answer):
    """A comparison."""

    id: int
    state: Literal["running", "finished", "cancelled"]
    origin: str
    """Who asked for it."""
    repair: bool
    remote: int
    created_at: datetime
    finished_at: datetime | None
    waits_for: str | None
    """What keeps it from going on now."""
    parts: Sequence[VerifiedPart]
