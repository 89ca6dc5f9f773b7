"""What becomes of an item, from what Synerise said of it. Pure."""

from synqd.entities.cleared import OLD_ALIVE, outlives
from synqd.entities.payload import encode
from synqd.models.item import Leased, LedgerEntry, make
from synqd.models.settle import Ack, Bury, Retry, Settlement, Skipped
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem
from synqd.movers.drainer.isolate_mapping import MappingFailure
from synqd.movers.drainer.requests import Shipment
from synqd.pacing.backoff import Backoff
from synqd.synerise import DeliveryReport, ObstacleKind, Postponed, Refused

SUSPECT_ATTEMPTS = 5
"""Times that an item may fail alone, while its neighbours pass, before it is parked (S14)."""

RETRIES = Backoff(base=1.0, cap=300.0)
FARTHEST = 86_400.0
"""Seconds that a moment may lie ahead to be waited for; beyond, a clock is wrong, and it may be ours."""

EVERYBODY = 7
"""Whoever waits without a fault of its own, and without a breaker, waits up to a minute."""


def unchanged(item: Leased, parcel: Parcel, workspace: str) -> bool:
    """Whether the ledger says that Synerise has exactly this already (S5), and nobody forces it."""
    known = item.known
    return (
        known is not None
        and known.doubt is None
        and not item.want.forced
        and known.workspace == workspace
        and known.alive == parcel.alive
        and known.wire_key == parcel.wire_key
        and known.digest == parcel.digest
        and not _says_more(parcel, known)
    )


def _says_more(parcel: Parcel, known: LedgerEntry) -> bool:
    """Whether it is a later withdrawal than the ledger's, which has to be remembered (S26)."""
    return parcel.withdrawn_at is not None and parcel.withdrawn_at > (known.withdrawn_at or 0)


def skipped(item: Leased, skip: Skip, workspace: str, settings: str) -> Skipped:
    """Nothing is sent; ``settings`` is the fingerprint of the present ones."""
    old = OLD_ALIVE if outlives(skip, item, workspace) else ""
    return Skipped(item, skip.reason + old, settings if skip.current else None, skip.moved, skip.heirs)


def premature(item: Leased, parcel: Parcel, now: float) -> Retry | None:
    """What is yet to happen by Magento's clock waits for its moment (``now`` in seconds since the epoch)."""
    ahead = parcel.not_before - now
    if not 0 < ahead <= FARTHEST:
        return None
    cause = parcel.waits or "its time lies ahead: is Magento's clock right?"
    return Retry(item, min(ahead, RETRIES.cap), cause=cause)


def acked(shipment: Shipment, workspace: str, settings: str, now: int, status: int) -> Ack:
    """Everything arrived: the ledger learns what was sent, at ``now`` (milliseconds since the epoch)."""
    item = shipment.item
    parcel, first_at = shipment.parcel, item.known.first_at if item.known else now
    items, wire_key, alive, fields, digest, _, event, agreed_at, withdrawn_at, _, guest, heirs = parcel
    sent = (workspace, wire_key, fields, digest, settings, alive, first_at, now, status)
    entry = make(LedgerEntry, (*sent, event, agreed_at, withdrawn_at, None, guest))
    ended = () if alive and len(items) == 1 else tuple([one.key for one in items if _ends(one)])
    return make(Ack, (item, entry, ended, heirs))


def _ends(item: WireItem) -> bool:
    """Whether it takes away what its key stood for; an event takes nothing away."""
    return item.tombstone and item.endpoint is not Endpoint.EVENTS


def buried(shipment: Shipment, refused: Refused, workspace: str, *, keep_payload: bool) -> Bury:
    """Synerise will never take it as it is."""
    wire = shipment.next_item()
    payload = None
    if keep_payload and refused.reason != "unencodable":
        payload = encode(wire.body).decode()
    return Bury(
        shipment.item,
        refused.reason,
        refused.detail,
        workspace,
        wire.key,
        refused.status,
        refused.answer,
        payload,
    )


def held_up(shipment: Shipment, pause: float, chance: float) -> Retry:
    """The way was closed before the item's request could leave; ``pause`` in seconds."""
    return Retry(shipment.item, pause + RETRIES.delay(1, chance), doubtful=shipment.settled > 0)


def flawed(item: Leased, flaw: MappingFailure, workspace: str, chance: float) -> Settlement:
    """The entity failed on it: parked after some attempts if others pass, otherwise everybody waits (S14)."""
    attempts = item.attempts + 1
    if flaw.alone and attempts >= SUSPECT_ATTEMPTS:
        known = item.known.wire_key if item.known else item.hint
        return Bury(item, "unmappable", flaw.detail, workspace, known or str(item.key.entity_id))
    patience = attempts if flaw.alone else EVERYBODY
    return Retry(item, RETRIES.delay(patience, chance), own_fault=flaw.alone, cause=flaw.detail)


def postponed(
    shipment: Shipment, reason: Postponed, workspace: str, chance: float, pause: float, *, keep_payload: bool
) -> Retry | Bury:
    """Not now: everybody waits out an outage, an item that alone fails is parked after some attempts.

    Args:
        shipment: the item.
        reason: what Synerise said, or did not say.
        workspace: where it was meant to go.
        chance: a fresh random number, ``0 <= chance < 1``.
        pause: seconds for which the endpoint's breaker lets nobody through.
        keep_payload: whether a dead letter may keep the payload.
    """
    if reason.kind is not ObstacleKind.SUSPECT:
        rest = max(pause, RETRIES.delay(1, chance, reason.retry_after))
        return Retry(shipment.item, rest, cause=reason.in_full)
    attempts = shipment.item.attempts + 1
    if attempts < SUSPECT_ATTEMPTS:
        return Retry(shipment.item, RETRIES.delay(attempts, chance), own_fault=True, cause=reason.in_full)
    refused = Refused("unservable", reason.in_full, reason.status, reason.answer)
    return buried(shipment, refused, workspace, keep_payload=keep_payload)


def lonely(report: DeliveryReport) -> bool:
    """Whether a single item failed for which the endpoint had an answer.

    Of one that has failed before, this says nothing about the endpoint: it must not keep the way closed for
    the others, by which it can be told from an outage (S14).
    """
    cause = report.obstacle
    return len(report.outcomes) == 1 and cause is not None and (cause.status or 0) >= 500
