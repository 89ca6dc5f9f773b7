"""What became of a leased item; the queue records a whole chunk of these in one transaction."""

from dataclasses import dataclass
from typing import NamedTuple

from synqd.models.item import Leased, LedgerEntry
from synqd.models.wire import Heir

GONE = "gone"
"""Why an item is skipped that Magento has no more, where nothing is sent for that: it lives no more."""


class Ack(NamedTuple):
    """Synerise took it; ``entry`` goes into the ledger in the same transaction (Q9).

    ``ended``: keys whose tombstones it took along with it; ``heirs`` as in ``wire.Parcel``.
    """

    item: Leased
    entry: LedgerEntry
    ended: tuple[str, ...] = ()
    heirs: tuple[Heir, ...] = ()


class Unchanged(NamedTuple):
    """Nothing to send: the ledger's hash is equal (S5).

    ``settings`` is the fingerprint of the settings that it was compared under: what was sent under older ones
    is up to date with these.
    """

    item: Leased
    settings: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing can or shall be sent, for this reason.

    ``settings`` as in ``Unchanged``, where that is why; ``moved`` and ``heirs`` as in ``wire.Skip``.
    """

    item: Leased
    reason: str
    settings: str | None = None
    moved: bool = False
    heirs: tuple[Heir, ...] = ()

    @property
    def ends(self) -> bool:
        """Whether what was sent for the item is not its present state any more."""
        return self.moved or self.reason == GONE


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after ``delay`` seconds.

    ``own_fault`` says whether attempts grow (Q6): an outage is never an item's fault. ``cause`` is for the
    log: what Synerise said; "" where it was not asked. ``doubtful``: a request with it may have arrived
    (S24).
    """

    item: Leased
    delay: float
    own_fault: bool = False
    cause: str = ""
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """Give the lease back as if it had never been taken (shutdown); ``doubtful`` as in ``Retry``."""

    item: Leased
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Bury:
    """It cannot be delivered: it becomes a dead letter, unless a newer change came in flight.

    Attributes:
        reason: short stable word for filters ("refused", "unservable", "too-large").
        detail: what Synerise said, for people.
        status: HTTP status, None when it never got that far.
        workspace, wire_key: where it was meant to go.
        answer: excerpt of the answer's body.
        payload: the item as it was sent (JSON), None when snapshots are switched off.
        doubtful: as in ``Retry``.
    """

    item: Leased
    reason: str
    detail: str
    workspace: str
    wire_key: str
    status: int | None = None
    answer: str | None = None
    payload: str | None = None
    doubtful: bool = False


def is_current(settlement: "Settlement") -> bool:
    """Whether it says that Synerise has the item already as it is now."""
    return isinstance(settlement, Unchanged) or (
        isinstance(settlement, Skipped) and settlement.settings is not None
    )


Settlement = Ack | Unchanged | Skipped | Retry | Release | Bury
