"""Times as they go over the wire."""

from datetime import UTC, datetime

from synqd.entities.base import Context
from synqd.models.item import Leased


def iso(moment: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.mmmZ`` in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def noticed(item: Leased, context: Context) -> str:
    """When a change was noticed first: the same at every retry, so Synerise overwrites, never doubles."""
    return iso(datetime.fromtimestamp(item.first_at / 1000, UTC) if item.first_at else context.now)
