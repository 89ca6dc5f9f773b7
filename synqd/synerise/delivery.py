"""One request's worth of items, brought to Synerise, with an outcome for each of them."""

from collections.abc import Sequence

from synqd.models.wire import WireItem
from synqd.synerise.client import Workspace
from synqd.synerise.report import DeliveryReport

MAX_ITEMS = 1000


class Delivery:
    """Delivers items to one workspace; may be shared by all tasks that do so."""

    def __init__(self, workspace: Workspace) -> None:
        """Args: workspace: where to."""

    async def deliver(
        self, items: Sequence[WireItem], *, max_items: int = MAX_ITEMS, isolate: bool = False
    ) -> DeliveryReport:
        """Sends items of one endpoint (and one catalog) in their order and tells what became of each.

        Never raises for anything that Synerise or the network does.

        Args:
            items: at least one; all of one endpoint, and of one catalog where that applies.
            max_items: most items in one request.
            isolate: the same items failed before: where the endpoint answers 5xx, 403 or the like, halve them
                to tell single culprits (``Hold.SUSPECT``) from an outage. Costs at most
                ``2 * ceil(log2(n)) + 2`` requests when it is an outage after all.
        """
        raise NotImplementedError
