"""From a newsletter row, or the lack of one, to what is sent. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from synqd.entities.base import Context, gone
from synqd.entities.cleared import held_keys, known_here
from synqd.entities.identity import email_flaw, profile_uuid
from synqd.entities.payload import digest_of
from synqd.entities.subscriber.consent import Subscription
from synqd.entities.valid import is_email
from synqd.models.item import Leased, LedgerEntry
from synqd.models.names import Key
from synqd.models.person import folded
from synqd.models.wire import Endpoint, Heir, Parcel, Skip, WireItem

GIVEN = "agreements.email"
"""Field name in the ledger while the agreement was sent as given."""
OLDER = "another subscription of the same e-mail is newer"
UNCONFIRMED = "it is not confirmed, and a confirmed subscription of the same e-mail counts"
"""Why a row is skipped whose e-mail is another row's to speak for (S10, S33)."""

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
        unplaced: when rows without a store view withdrew, by mailbox (S26); as ``withdrawn`` below.
        withdrawn: when the last withdrawal was said that Synerise has, or may have, by mailbox; in
            milliseconds since the epoch.
    """

    context: Context
    rows: Mapping[int, Subscription]
    winners: Mapping[str, Subscription]
    stores: frozenset[int]
    module: bool
    unplaced: Mapping[str, int]
    withdrawn: Mapping[str, int]


def parcel(chunk: Chunk, item: Leased) -> Parcel | Skip:
    """What is sent for one item."""
    known = known_here(item, chunk.context.workspace)
    outcome = _parcel(chunk, item, known)
    heirs = tuple(_heirs(chunk, item, held_keys(known, item), outcome))
    return outcome._replace(heirs=heirs) if heirs else outcome


def _heirs(chunk: Chunk, item: Leased, held: Iterable[str], outcome: Parcel | Skip) -> Iterator[Heir]:
    """Whose the addresses are that Synerise may have for an item, where they are another one's now."""
    spoken = () if isinstance(outcome, Skip) or outcome.alive else outcome.items
    words = {one.key: one.body for one in spoken if not one.tombstone}
    for key in held:
        winner = chunk.winners.get(folded(key))
        if winner is not None and winner.subscriber_id != item.key.entity_id:
            email, word = winner.email, words.get(key)
            said = digest_of({**word, "email": email, "uuid": profile_uuid(email)}) if word else b""
            yield Heir(Key(item.key.model, winner.store_id or 0, winner.subscriber_id), email, said)


def _parcel(chunk: Chunk, item: Leased, known: LedgerEntry | None) -> Parcel | Skip:
    row = chunk.rows.get(item.key.entity_id)
    if row is None:
        return _gone(chunk, item, known, item.deleted_at or item.first_at)
    if row.store_id == item.key.store_id:
        return _living(chunk, item, row, known)
    if not held_keys(known, None):
        return Skip("belongs to another store view")
    if row.store_id in chunk.stores:
        return Skip("subscribed in another store view since", moved=True)
    return _gone(chunk, item, known, None)  # nobody withdrew: it may come back with the word it has


def _living(chunk: Chunk, item: Leased, row: Subscription, known: LedgerEntry | None) -> Parcel | Skip:
    if flaw := email_flaw(row.email):
        return Skip(flaw)
    winner = chunk.winners.get(row.mailbox, row)
    before = _old_addresses(chunk, item, row, known)
    if winner.subscriber_id != row.subscriber_id:
        if before:
            return Parcel(before, before[-1].key, alive=False)
        same = known is not None and bool(known.held_keys)
        return Skip(UNCONFIRMED if winner.confirmed and not row.confirmed else OLDER, moved=same)
    if row.agreed:
        return _agreed(chunk, item, row, known, before)
    return _told(chunk, before, row, _withdrawn_at(chunk, row, known))


def _agreed(
    chunk: Chunk, item: Leased, row: Subscription, known: LedgerEntry | None, before: tuple[WireItem, ...]
) -> Parcel | Skip:
    """What is sent for a row that agrees; ``before`` are the withdrawals of its former addresses."""
    if not before and _already_given(item, known, row.email):
        return Skip("agreement was sent before; it is sent again only on demand", current=True)
    withdrawn_at = _overruled(chunk, row)
    if withdrawn_at is None and not before and not _may_leave(item, row, known):
        return Skip("an agreement that may have arrived is sent again only if it is newer, or on demand")
    if withdrawn_at is None or before or row.mailbox in chunk.unplaced:
        return _told(chunk, before, row, withdrawn_at)
    return Skip("a later withdrawal of the same e-mail was sent", stands=True)


def _told(chunk: Chunk, before: tuple[WireItem, ...], row: Subscription, withdrawn_at: int | None) -> Parcel:
    """The row's agreement if it agreed and nothing withdrew it, else that there is none."""
    agreed = row.agreed and withdrawn_at is None
    wire = _agreement(chunk, row.email, agreed=agreed)
    fields = _WITH_CONSENT if agreed else _WITHOUT
    said = (row.said_at, None) if agreed else (None, withdrawn_at)
    return Parcel((*before, wire), row.email, True, fields, digest_of(wire.body), 0.0, b"", *said)


def _withdrawn_at(chunk: Chunk, row: Subscription, known: LedgerEntry | None) -> int | None:
    """When a row that does not agree, or one without a store view, withdrew the e-mail.

    What nobody has confirmed withdraws nothing (S33): what was said before it stays as it is remembered.
    """
    before = known.withdrawn_at if known is not None and folded(known.wire_key) == row.mailbox else None
    said = (row.said_at if row.confirmed else before, chunk.unplaced.get(row.mailbox))
    return max((at for at in said if at is not None), default=None)


def _already_given(item: Leased, known: LedgerEntry | None, email: str) -> bool:
    return known is not None and known.wire_key == email and is_given(item, known)


def is_given(item: Leased, known: LedgerEntry) -> bool:
    """Whether the agreement of the address that the ledger has was sent, and nobody wants it again."""
    return known.alive and GIVEN in known.fields and not item.want.reasserting


def _may_leave(item: Leased, row: Subscription, known: LedgerEntry | None) -> bool:
    """Whether an agreement may leave though it is in doubt: nobody is subscribed again by a crash (S24)."""
    if known is None or known.doubt is None or item.want.reasserting:
        return True
    is_new_address = all(folded(key) != row.mailbox for key in known.held_keys)
    return is_new_address or known.consent_at is None or row.said_at > known.consent_at


def _overruled(chunk: Chunk, row: Subscription) -> int | None:
    """When the e-mail was withdrawn, if that was not before the row agreed (S26); None if it may be sent."""
    last = max(chunk.unplaced.get(row.mailbox, -1), chunk.withdrawn.get(row.mailbox, -1))
    return last if 0 <= last >= row.said_at else None


def _old_addresses(
    chunk: Chunk, item: Leased, row: Subscription, known: LedgerEntry | None
) -> tuple[WireItem, ...]:
    """Withdrawals for e-mails that the row had before, unless they are somebody else's to speak for now."""
    old = held_keys(known, item)
    if not old or old == (row.email,):
        return ()
    others = [key for key in old if folded(key) != row.mailbox and is_email(key)]
    left = [key for key in others if folded(key) not in chunk.winners]
    return tuple(_agreement(chunk, key, agreed=False, tombstone=True) for key in left)


def _gone(chunk: Chunk, item: Leased, known: LedgerEntry | None, at: int | None) -> Parcel | Skip:
    """The row has left the workspace; ``at`` is when, if that is a withdrawal."""
    stored = held_keys(known, item)
    if not stored:
        return gone(item)
    heirs = {key: _heir(chunk, key) for key in stored if is_email(key)}
    if not heirs:
        return Skip(str(email_flaw(stored[-1])))
    # The ledger finds a withdrawal by the last address.
    in_order = sorted(heirs, key=lambda key: (heirs[key] is None, folded(key) not in chunk.winners))
    items = tuple([_last_word(chunk, key, agreed=heirs[key] is not None) for key in in_order])
    withdrawn = None in heirs.values()
    agreed_at = max((heir.said_at for heir in heirs.values() if heir), default=None)
    said = (None, at) if withdrawn else (agreed_at, None)
    return Parcel(items, items[-1].key, False, frozenset(), b"", 0.0, b"", *said)


def _last_word(chunk: Chunk, key: str, *, agreed: bool) -> WireItem:
    """What becomes of an address; where it is somebody else's now, it is that one's word."""
    return _agreement(chunk, key, agreed=agreed, tombstone=folded(key) not in chunk.winners)


def _heir(chunk: Chunk, key: str) -> Subscription | None:
    """The living row of the workspace that agrees for an e-mail, if no withdrawal overrules it."""
    heir = chunk.winners.get(folded(key))
    return heir if heir is not None and heir.agreed and _overruled(chunk, heir) is None else None


def _agreement(chunk: Chunk, email: str, *, agreed: bool, tombstone: bool = False) -> WireItem:
    body = {
        "email": email,
        "uuid": profile_uuid(email),
        "agreements": {"email": int(agreed) if chunk.module else agreed},
    }
    return WireItem(Endpoint.CLIENTS, email, body, None, tombstone)
