"""What became of the items of a delivery."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from synqd.models.errors import quoting


class ObstacleKind(StrEnum):
    """Why an item was not delivered now although nothing says that it never can be."""

    UNAVAILABLE = "unavailable"
    """Network, timeout, 5xx: the breaker's business, never the item's fault."""
    THROTTLED = "throttled"
    """429, or a pause after one."""
    DENIED = "denied"
    """The key was refused: nothing of this workspace works until an operator acts."""
    FORBIDDEN = "forbidden"
    """The key lacks the permission for this endpoint."""
    MISUSED = "misused"
    """The endpoint does not take such requests at all (405, 415, a redirect): a bug or a wrong address."""
    SUSPECT = "suspect"
    """Only with ``isolate``: this item alone failed while its neighbours passed. The item's own fault; after
    several such attempts it is ``unservable`` (semantics S14)."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Synerise took it; ``status`` is the HTTP status."""

    status: int


@dataclass(frozen=True, slots=True)
class Refused:
    """It can never be delivered as it is: a dead letter.

    Attributes:
        reason: ``refused`` (Synerise's validation), ``too-large`` or ``unencodable``.
        detail: one line for people, in Synerise's words where there are any.
        status: HTTP status; None when it never got that far.
        answer: beginning of the answer's body, at most 2,000 characters.
    """

    reason: str
    detail: str
    status: int | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not now.

    Attributes:
        kind: what stands in the way.
        detail: one line for people, with the remedy where there is one; nothing of the answer but its status,
            so that everybody may see it (semantics S34).
        retry_after: seconds to wait at least (capped at 15 minutes); None if nobody said.
        status: HTTP status; None when there was no answer.
        answer: beginning of the answer's body, at most 2,000 characters.
        said: what the answer says, on one line.
    """

    kind: ObstacleKind
    detail: str
    retry_after: float | None = None
    status: int | None = None
    answer: str | None = None
    said: str = ""

    @property
    def in_full(self) -> str:
        """The line with what the answer says, for the queue file and the owner-only socket."""
        return quoting(self.detail, self.said)


Outcome = Delivered | Refused | Postponed


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one delivery came to.

    Attributes:
        outcomes: one for each item, in the order of the items.
        requests: HTTP requests that carried items, repetitions and halves included.
        sent_bytes: bytes of their bodies.
        catalog_id: id of the catalog that the items went to; None for other endpoints and when it was never
            found. An id other than the one known before means a new catalog (semantics S15).
        doubtful: indexes of postponed items that may have arrived (semantics S24).
    """

    outcomes: tuple[Outcome, ...]
    requests: int = 0
    sent_bytes: int = 0
    catalog_id: str | None = None
    doubtful: frozenset[int] = frozenset()

    @property
    def obstacle(self) -> Postponed | None:
        """What stopped the delivery, for the breaker; None when the endpoint works (suspects included)."""
        return next((one for one in self._postponed() if one.kind is not ObstacleKind.SUSPECT), None)

    @property
    def passed(self) -> bool:
        """Whether at least one item was delivered or refused by an answer: the endpoint is alive."""
        return any(
            isinstance(one, Delivered) or (isinstance(one, Refused) and one.status is not None)
            for one in self.outcomes
        )

    def _postponed(self) -> Iterator[Postponed]:
        return (one for one in self.outcomes if isinstance(one, Postponed))
