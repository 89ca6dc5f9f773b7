"""Facts for metrics; whoever wants them implements ``Observer``."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One HTTP request.

    Attributes:
        workspace: name of the workspace.
        call: value of ``Endpoint``, or ``login``, ``catalogs``, ``permissions``, ``read``.
        outcome: HTTP status as text, or ``timeout``, ``reset``, ``refused``, ``dns``, ``tls``, ``protocol``.
        seconds: from the first byte sent to the last byte read.
        items: wire items that it carried.
        sent_bytes: bytes of its body.
    """

    workspace: str
    call: str
    outcome: str
    seconds: float
    items: int
    sent_bytes: int


class Observer(Protocol):
    """Hears of requests and token renewals; must be quick and must not raise."""

    def request_done(self, facts: RequestFacts) -> None:
        """A request ended, one way or the other."""

    def token_renewed(self, workspace: str) -> None:
        """A login gave a new token."""


class Silent:
    """An observer that nobody listens to."""

    def request_done(self, facts: RequestFacts) -> None:
        """Does nothing."""

    def token_renewed(self, workspace: str) -> None:
        """Does nothing."""
