"""What the outbox takes and hands out, and what the ledger knows."""

from dataclasses import dataclass
from enum import IntFlag

from synqd.models.names import Key, Lane, Stream


class Want(IntFlag):
    """What whoever enqueued an item asks for; wishes of several add up."""

    NOTHING = 0
    FORCE = 1
    """Send even if the ledger says that nothing changed (full and batch)."""
    REASSERT_CONSENT = 2
    """Send an agreement again that was sent before (S10)."""


@dataclass(frozen=True, slots=True)
class Wish:
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


@dataclass(frozen=True, slots=True)
class LedgerEntry:
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


@dataclass(frozen=True, slots=True)
class Leased:
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


@dataclass(frozen=True, slots=True)
class Ready:
    """A stream with items that may be leased.

    Attributes:
        stream, lane: where.
        due_at: when the first of them is due, in milliseconds since the epoch (it may lie ahead).
    """

    stream: Stream
    lane: Lane
    due_at: int
