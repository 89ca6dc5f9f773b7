"""What the outbox takes and hands out, and what the ledger knows.

Named tuples: there is one of each for every item, and a frozen dataclass takes five times as long to make.
"""

from enum import IntFlag
from typing import NamedTuple

from synqd.models.names import Key, Lane, Stream

make = tuple.__new__
"""Makes a named tuple from all its fields in a third of the time of calling its class: for what is hot."""


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
        deleted_at: when the row in Magento was deleted, by its row in the change log, in milliseconds since
            the epoch; None otherwise.
    """

    key: Key
    lane: Lane = Lane.LIVE
    quiet: float = 0.0
    want: Want = Want.NOTHING
    hint: str | None = None
    part_id: int | None = None
    deleted_at: int | None = None


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
    event: bytes = b""
    """Hash of the client and the time that an event was sent with (S25); empty for what is no event."""
    agreed_at: int | None = None
    withdrawn_at: int | None = None
    """When the consent that was sent was given, or withdrawn, in milliseconds since the epoch (S26)."""
    doubt: tuple[str, ...] | None = None
    """Keys that may be alive besides ``wire_key``, while nobody knows what arrived last (S24); else None.

    Then ``alive`` is False, ``fields`` are those of all versions that may have arrived, ``digest`` is empty.
    """
    guest: str = ""
    """Hash of the address (``folded``) that an order brought a guest's names for (S30); empty for none."""

    def differs(self, other: "LedgerEntry") -> bool:
        """Whether something else was sent under the key, or by other settings; when is left out."""
        return self[2:6] != other[2:6] or self[9:] != other[9:]

    @property
    def held_keys(self) -> tuple[str, ...]:
        """Keys under which Synerise may hold the item."""
        if self.doubt is not None:
            return (self.wire_key, *self.doubt)
        return (self.wire_key,) if self.alive else ()

    @property
    def consent_at(self) -> int | None:
        """When the last word about consent was said that was sent."""
        return max((at for at in (self.agreed_at, self.withdrawn_at) if at is not None), default=None)


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
    deleted_at: int | None = None


class Ready(NamedTuple):
    """A stream with items that may be leased.

    Attributes:
        stream, lane: where.
        due_at: when the first of them is due, in milliseconds since the epoch (it may lie ahead).
    """

    stream: Stream
    lane: Lane
    due_at: int
