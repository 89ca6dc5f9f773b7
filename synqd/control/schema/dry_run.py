"""What a synchronization would do."""

from collections.abc import Mapping, Sequence

from synqd.control.schema.base import Answer
from synqd.control.schema.jobs import UnknownKey
from synqd.models.names import Model


class DryPart(Answer):
    """One model of one store view: looked_at = send + remove + unchanged + skipped."""

    model: Model
    store: str
    total: int
    """Entities that would be selected."""
    looked_at: int
    """Those that were read and mapped; fewer than the total where that would take too long."""
    send: int
    remove: int
    """Items that would be taken away at Synerise."""
    unchanged: int
    """Items of which nothing would be sent, since Synerise has them as they are."""
    skipped: int
    reasons: Mapping[str, int]
    """Skipped items by reason."""
    requests: int
    """Requests to Synerise, without those that would have to be repeated."""


class DryRun(Answer):
    """What a synchronization would do now; nothing was sent or enqueued."""

    estimated: bool
    """Not everything was looked at: figures are those of what was, multiplied."""
    seconds: float | None
    """How long it would take at the pace of the last synchronizations; null if there were none."""
    unknown: int
    """How many keys of a batch lead to nothing."""
    unknown_keys: Sequence[UnknownKey]
    """The first hundred of them."""
    parts: Sequence[DryPart]
