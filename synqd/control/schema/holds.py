"""Holding delivery, and reloading."""

from collections.abc import Sequence
from datetime import datetime

from synqd.control.schema.base import Answer, Code, Request
from synqd.models.names import Model


class Hold(Answer):
    """Delivery that an operator paused."""

    workspace: str | None
    """None for all workspaces."""
    model: Model | None
    """None for all models."""
    since: datetime
    by: str


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
    """Keys that took effect, as `section.key`."""
    restart_needed: Sequence[str]
    """Keys that are not yet what the daemon works with: they are read at a start only."""
    notes: Sequence[str] = ()
    """What could not be looked at now, since the other side is away: it waits as at a start."""
