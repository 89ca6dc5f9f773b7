"""What the outbox takes and hands out, and what the ledger knows.

Named tuples: there is one of each for every item, and a frozen dataclass takes five times as long to make.
"""

from enum import IntFlag
from typing import NamedTuple

from synqd.models.names import Key, Lane, Stream


class Want(IntFlag):
    """What whoever enqueued an item asks for; wishes of several add up."""

    NOTHING = 0
    FORCE = 1
    """Send even if the ledger says that nothing changed (full and batch)."""
    REASSERT_CONSENT = 2
    """Send an agreement again that was sent before (S10)."""

    @property
    def forced(self) -> bool:
        """Whether ``FORCE`` is among it; several times as fast as to ask with ``&`` or ``in``."""
        return bool(int(self) & 1)

    @property
    def reasserting(self) -> bool:
        """Whether ``REASSERT_CONSENT`` is among it, as fast."""
        return bool(int(self) & 2)


class Wish(NamedTuple):
    """An entity that shall be sent for one store view.

    Attributes:
        key: what.
        lane: why.
        quiet: seconds for which the entity has not changed (for the settling of S13).
        want: extra demands.
        hint: the key that Synerise knows, where the row in Magento is gone; None otherwise.
        part_id: the job part that asks for it, or None for live changes.
    """

    key: Key
    lane: Lane = Lane.LIVE
    quiet: float = 0.0
    want: Want = Want.NOTHING
    hint: str | None = None
    part_id: int | None = None


class LedgerEntry(NamedTuple):
    """What was last sent for an item (semantics S6)."""

    workspace: str
    wire_key: str
    fields: frozenset[str]
    """Names of the fields that were sent with a value, dotted for nested ones (``attributes.color``)."""
    digest: bytes
    """Hash of the payload without what changes by itself (S5)."""
    settings: str
    """Fingerprint of the settings it was mapped with."""
    alive: bool
    """False once a tombstone was sent."""
    first_at: int
    last_at: int
    """Milliseconds since the epoch."""
    status: int | None = None
    """HTTP status that Synerise answered."""

    @property
    def content(self) -> tuple[object, ...]:
        """What was sent under the key and by which settings, without when."""
        return self[2:6]


class Leased(NamedTuple):
    """An item handed out for delivery; token and revision have to be shown to settle it (Q4)."""

    row_id: int
    key: Key
    token: int
    revision: int
    attempts: int
    lane: Lane
    first_at: int
    want: Want
    hint: str | None
    known: LedgerEntry | None


class Ready(NamedTuple):
    """A stream with items that may be leased.

    Attributes:
        stream, lane: where.
        due_at: when the first of them is due, in milliseconds since the epoch (it may lie ahead).
    """

    stream: Stream
    lane: Lane
    due_at: int
