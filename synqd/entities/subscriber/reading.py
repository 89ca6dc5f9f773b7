"""The statements of the subscriber entity, each for a whole chunk."""

from collections.abc import Collection, Sequence

from synqd.entities.base import Row, Source
from synqd.entities.paging import home
from synqd.entities.subscriber.consent import Subscription
from synqd.models.person import folded

# 0 for 0000-00-00, too. The session's time zone is UTC.
_COLUMNS = f"""rival.subscriber_id, {home("rival")}, rival.subscriber_email, rival.subscriber_status,
       COALESCE(UNIX_TIMESTAMP(rival.change_status_at), 0)"""
_WITH_RIVALS = f"""
SELECT {_COLUMNS} FROM {{newsletter_subscriber}} own
  JOIN {{newsletter_subscriber}} rival ON rival.subscriber_email = own.subscriber_email
 WHERE own.subscriber_id IN %s AND own.subscriber_email <> ''"""
_BY_EMAIL = f"SELECT {_COLUMNS} FROM {{newsletter_subscriber}} rival WHERE rival.subscriber_email IN %s"


async def read_with_rivals(source: Source, ids: tuple[int, ...]) -> list[Subscription]:
    """The chunk's own rows, and all whose e-mails the database takes for the same, in any store view.

    Whose they are ``Subscription.mailbox`` tells, not the database (S33). A row without an e-mail is not
    among them: nothing can be agreed for it.
    """
    return _subscriptions(await source.fetch(_WITH_RIVALS, (ids,)))


async def read_by_email(source: Source, emails: Collection[str]) -> list[Subscription]:
    """All rows with e-mails that the database takes for these, in any store view."""
    return _subscriptions(await source.fetch(_BY_EMAIL, (tuple(emails),))) if emails else []


def _subscriptions(rows: Sequence[Row]) -> list[Subscription]:
    return [
        Subscription(number, store_id, email or "", status, changed, folded(email or ""))
        for number, store_id, email, status, changed in rows
    ]
