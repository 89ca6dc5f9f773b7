"""Requests to Synerise as metrics."""

from synqd.metrics import Metrics
from synqd.synerise import RequestFacts


class RequestMetrics:
    """An observer of the Synerise room that counts."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def request_done(self, facts: RequestFacts) -> None:
        """A request ended."""
        self._metrics.request(
            facts.workspace, facts.call, facts.outcome, facts.seconds, sent=facts.sent_bytes
        )

    def token_renewed(self, workspace: str) -> None:
        """A login gave a new token."""
        self._metrics.token_renewed(workspace)
