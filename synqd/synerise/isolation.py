"""Tells a single item that Synerise cannot digest from an outage. Pure but for its own small state.

An answer of 500 names no item. When the same items keep getting it, they are sent in halves, down to single
ones: those that fail alone, while others pass, are suspects; when nothing passes at all, it is an outage and
no item's fault (semantics S14). A 403 that is not in the API's own words is treated the same: a firewall in
front of it may object to what one item says. In its own words it means a missing right, which
no item lacks alone.
"""

from synqd.synerise.complaints import document
from synqd.synerise.report import ObstacleKind, Postponed

EXTRA = 2
"""Requests that may fail in a row beyond those that a single culprit costs."""


class Isolation:
    """Follows the requests of one delivery.

    Attributes:
        suspects: items that failed alone, with what was answered.
    """

    def __init__(self, items: int, *, healthy: bool) -> None:
        """Args: items: how many the delivery has (some); healthy: the endpoint's last request passed."""
        self._budget = 2 * (items - 1).bit_length() + EXTRA
        self._seen_pass = healthy
        self._failed_in_row = 0
        self._outage = False
        self._alone: dict[int, Postponed] = {}
        self.suspects: dict[int, Postponed] = {}

    def passed(self) -> None:
        """A request was answered as it should be: who failed alone before it did so by its own fault."""
        self._seen_pass = True
        self._failed_in_row = 0
        self.suspects |= self._alone
        self._alone.clear()

    def goes_on(self, verdict: Postponed) -> bool:
        """Whether to look further after an obstacle, or to take it for an outage."""
        self._failed_in_row += 1
        self._outage = not _may_be_an_item(verdict) or self._failed_in_row > self._budget
        return not self._outage

    def failed_alone(self, index: int, verdict: Postponed) -> None:
        """A request with one item met an obstacle."""
        self._alone[index] = verdict

    def end(self) -> None:
        """Nothing is left to send: those that failed last count too, if all were tried and others passed."""
        if self._seen_pass and not self._outage:
            self.passed()

    @property
    def unexplained(self) -> dict[int, Postponed]:
        """Items that failed alone while nothing passed."""
        return self._alone


def _may_be_an_item(verdict: Postponed) -> bool:
    """Whether a single item may have caused it; nobody who asks for patience is asked again at once."""
    if verdict.status is None or verdict.retry_after is not None:
        return False
    if verdict.kind is ObstacleKind.UNAVAILABLE:
        return verdict.status >= 500
    if verdict.kind is ObstacleKind.FORBIDDEN:
        return not isinstance(document((verdict.answer or "").encode()), dict)
    return verdict.kind is ObstacleKind.MISUSED
