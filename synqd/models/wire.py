"""What leaves for Synerise; named tuples for the reason given in ``item``."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from synqd.models.names import Key


class Endpoint(StrEnum):
    """The calls that carry items; each has its own permission, limits and breaker."""

    CLIENTS = "clients"
    """POST /v4/clients/batch"""
    CLIENT_DELETE = "client-delete"
    """DELETE /v4/clients/by-customid/{customId}, one item a request"""
    TRANSACTIONS = "transactions"
    """POST /v4/transactions/batch"""
    EVENTS = "events"
    """POST /v4/events/batch"""
    CATALOG = "catalog"
    """POST /catalogs/bags/{id}/items/batch"""


class WireItem(NamedTuple):
    """One element of a request.

    Attributes:
        endpoint: the call that carries it.
        key: what Synerise identifies it by there: sku, increment id, e-mail or customer id.
        body: the JSON object, fit for orjson (Decimal allowed, written as numbers).
        catalog: name of the catalog for CATALOG, else None.
        tombstone: it takes the entity away (``deleted: 1``, agreement off, delete event).
        notes: what was left out of it and why, for ``preview`` and the log ("phone: not a phone number").
    """

    endpoint: Endpoint
    key: str
    body: Mapping[str, Any]
    catalog: str | None = None
    tombstone: bool = False
    notes: tuple[str, ...] = ()


class Heir(NamedTuple):
    """A living item, and a wire key that it has now, while another one held it at Synerise.

    ``said``: digest of what was sent for it there by the other one; empty if nothing was.
    """

    key: Key
    wire_key: str
    said: bytes = b""


class Skip(NamedTuple):
    """Nothing is sent for this entity and store view, for this reason (a stable, countable text).

    ``current``: because Synerise has it already as it is now.
    ``moved``: because the wire key goes on without this item: the entity has moved to another store view of
    the workspace, or is gone and another one has its key, or nothing is to be sent for that. The ledger must
    not take what was sent for this one for the present state any more.
    ``stands``: because a rule lets what was sent last stand, however old: an event, or a withdrawal.
    ``heirs``: as in ``Parcel``.
    """

    reason: str
    current: bool = False
    moved: bool = False
    stands: bool = False
    heirs: tuple[Heir, ...] = ()


class Parcel(NamedTuple):
    """All that one entity needs sent for one store view; it is acked when every item is settled (S8).

    Attributes:
        items: in the order in which they must arrive; a rename is tombstone + item.
        wire_key: the key under which the ledger remembers the entity.
        alive: the entity exists at Synerise afterwards.
        fields: names of the fields sent with a value, dotted for nested ones; for S7.
        digest: hash for S5.
        not_before: seconds since the epoch; when it happened. What lies ahead gets the moment of receipt at
            Synerise instead, so that a repeat would be a second event.
        event, agreed_at, withdrawn_at, guest: as in ``LedgerEntry``.
        waits: why it may not leave before ``not_before``, if that is not when it happened.
        heirs: whose the keys are that Synerise may hold for this entity and that others have by now.
    """

    items: tuple[WireItem, ...]
    wire_key: str
    alive: bool
    fields: frozenset[str] = frozenset()
    digest: bytes = b""
    not_before: float = 0.0
    event: bytes = b""
    agreed_at: int | None = None
    withdrawn_at: int | None = None
    waits: str = ""
    guest: str = ""
    heirs: tuple[Heir, ...] = ()
