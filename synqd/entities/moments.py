"""Times as they go over the wire."""

from datetime import UTC, datetime

from synqd.entities.base import Context
from synqd.models.item import Leased


def iso(moment: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.mmmZ`` in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def noticed(item: Leased, context: Context) -> str:
    """When a deletion happened by the change log: the same whenever it is sent, so Synerise never doubles it.

    Where no change log tells of it, when it was noticed.
    """
    at = item.deleted_at or item.first_at
    return iso(datetime.fromtimestamp(at / 1000, UTC) if at else context.now)
