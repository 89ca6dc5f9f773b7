"""The statements of the subscriber entity, each for a whole chunk."""

from collections.abc import Collection, Sequence

from synqd.entities.base import Row, Source
from synqd.entities.subscriber.consent import Subscription

# CAST: the time as stored, also 0000-00-00.
_CHANGED = "COALESCE(CAST(change_status_at AS CHAR), '')"
_COLUMNS = f"subscriber_id, store_id, subscriber_email, subscriber_status, {_CHANGED}"
_BY_ID = f"SELECT {_COLUMNS} FROM {{newsletter_subscriber}} WHERE subscriber_id IN %s"
_BY_EMAIL = (
    f"SELECT {_COLUMNS} FROM {{newsletter_subscriber}} WHERE subscriber_email IN %s AND store_id IN %s"
)


async def read_by_id(source: Source, ids: tuple[int, ...]) -> list[Subscription]:
    """The chunk's own rows."""
    return _subscriptions(await source.fetch(_BY_ID, (ids,)))


async def read_by_email(
    source: Source, emails: Collection[str], stores: Collection[int]
) -> list[Subscription]:
    """All rows of these e-mails in these store views, in whatever letter case."""
    return _subscriptions(await source.fetch(_BY_EMAIL, (tuple(emails), tuple(stores)))) if emails else []


def _subscriptions(rows: Sequence[Row]) -> list[Subscription]:
    return [Subscription(row[0], row[1], row[2] or "", row[3], row[4]) for row in rows]
