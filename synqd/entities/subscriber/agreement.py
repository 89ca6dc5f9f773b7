"""From a newsletter row, or the lack of one, to what is sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from synqd.entities.base import Context, gone
from synqd.entities.cleared import former_key, known_here
from synqd.entities.identity import clean_id, profile_uuid
from synqd.entities.payload import digest_of
from synqd.entities.subscriber.consent import Subscription, mailbox
from synqd.entities.valid import is_email
from synqd.models.item import Leased, LedgerEntry
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem

GIVEN = "agreements.email"
"""Field name in the ledger while the agreement was sent as given."""

_WITHOUT = frozenset({"email", "uuid"})
_WITH_CONSENT = _WITHOUT | {GIVEN}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Everything that was read for a chunk.

    Attributes:
        context: what it is mapped with.
        rows: living rows by id, the chunk's own among them.
        winners: the row of the workspace that counts, by mailbox, for every e-mail the chunk is about.
        stores: store views of the workspace.
        module: mapped as the official module does.
    """

    context: Context
    rows: Mapping[int, Subscription]
    winners: Mapping[str, Subscription]
    stores: frozenset[int]
    module: bool


def parcel(chunk: Chunk, item: Leased) -> Parcel | Skip:
    """What is sent for one item."""
    known = known_here(item, chunk.context.workspace)
    row = chunk.rows.get(item.key.entity_id)
    if row is None:
        return _gone(chunk, item, known)
    if row.store_id == item.key.store_id:
        return _living(chunk, item, row, known)
    if known is None or not known.alive:
        return Skip("belongs to another store view")
    if row.store_id in chunk.stores:
        return Skip("subscribed in another store view since", moved=True)
    return _gone(chunk, item, known)


def _living(chunk: Chunk, item: Leased, row: Subscription, known: LedgerEntry | None) -> Parcel | Skip:
    email = clean_id(row.email)
    if not is_email(email):
        return Skip("its e-mail is none that Synerise takes")
    winner = chunk.winners.get(row.mailbox, row)
    if winner.subscriber_id != row.subscriber_id:
        same = known is not None and known.alive and mailbox(known.wire_key) == row.mailbox
        return Skip("another subscription of the same e-mail is newer", moved=same)
    agreed = row.agreed
    before = _old_address(chunk, item, row, known)
    if agreed and not before and _already_given(item, known, email):
        return Skip("agreement was sent before; it is sent again only on demand", current=True)
    wire = _agreement(chunk, email, row.email, agreed=agreed)
    fields = _WITH_CONSENT if agreed else _WITHOUT
    return Parcel((*before, wire), email, True, fields, digest_of(wire.body))


def _already_given(item: Leased, known: LedgerEntry | None, email: str) -> bool:
    given = known is not None and known.alive and known.wire_key == email and GIVEN in known.fields
    return given and not item.want.reasserting


def _old_address(
    chunk: Chunk, item: Leased, row: Subscription, known: LedgerEntry | None
) -> tuple[WireItem, ...]:
    """Withdrawal for the e-mail that the row had before, unless somebody else subscribed with it."""
    old = former_key(known, item)
    if old is None or old == row.email:
        return ()
    if mailbox(old) == row.mailbox or mailbox(old) in chunk.winners or not is_email(old):
        return ()
    return (_agreement(chunk, old, old, agreed=False, tombstone=True),)


def _gone(chunk: Chunk, item: Leased, known: LedgerEntry | None) -> Parcel | Skip:
    stored = former_key(known, item)
    if stored is None:
        return gone(item)
    email = clean_id(stored)
    if not is_email(email):
        return Skip("its e-mail is none that Synerise takes")
    heir = chunk.winners.get(mailbox(stored))
    agreed = heir is not None and heir.agreed
    wire = _agreement(chunk, email, stored, agreed=agreed, tombstone=not agreed)
    return Parcel((wire,), email, alive=False)


def _agreement(chunk: Chunk, email: str, stored: str, *, agreed: bool, tombstone: bool = False) -> WireItem:
    body = {
        "email": email,
        "uuid": profile_uuid(stored),
        "agreements": {"email": int(agreed) if chunk.module else agreed},
    }
    return WireItem(Endpoint.CLIENTS, email, body, None, tombstone)
