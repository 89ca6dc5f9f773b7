"""Whose word counts where several newsletter rows share an e-mail (semantics S10, S33). Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

SUBSCRIBED, UNSUBSCRIBED = 1, 3
"""``subscriber_status`` of an agreement and of a withdrawal; 2 not active and 4 unconfirmed are neither:
anybody may have typed the address, and nobody has confirmed it (semantics S33)."""


class Subscription(NamedTuple):
    """One row of ``newsletter_subscriber``.

    Attributes:
        changed: when the status changed last, in seconds since the epoch; 0 for never.
        mailbox: the e-mail as rows of the same person share it (``folded``).
    """

    subscriber_id: int
    store_id: int | None
    email: str
    status: int
    changed: int
    mailbox: str

    @property
    def agreed(self) -> bool:
        """Whether the person agreed."""
        return self.status == SUBSCRIBED

    @property
    def confirmed(self) -> bool:
        """Whether it is the word of the address's owner, for or against."""
        return self.status in (SUBSCRIBED, UNSUBSCRIBED)

    @property
    def said_at(self) -> int:
        """When the person said so, in milliseconds since the epoch; 0 for never."""
        return int(self.changed) * 1000


def winners(rows: Sequence[Subscription]) -> Mapping[str, Subscription]:
    """The row that counts for each mailbox: a confirmed one before all others, then the latest change.

    On a tie unsubscribed counts, then the newer row.
    """
    best = {row.mailbox: row for row in rows}
    if len(best) == len(rows):
        return best  # nobody has a rival
    for row in rows:
        held = best.get(row.mailbox)
        if held is None or _weight(row) > _weight(held):
            best[row.mailbox] = row
    return best


def unplaced_withdrawals(rows: Sequence[Subscription]) -> Mapping[str, int]:
    """When rows without a store view withdrew last, by mailbox: they keep that say everywhere (S26)."""
    said: dict[str, int] = {}
    for row in rows:
        if not row.store_id and row.status == UNSUBSCRIBED:
            said[row.mailbox] = max(said.get(row.mailbox, 0), row.said_at)
    return said


def _weight(row: Subscription) -> tuple[bool, int, bool, int]:
    return row.confirmed, row.changed, not row.agreed, row.subscriber_id
