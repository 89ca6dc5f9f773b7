"""One request's worth of items, brought to Synerise, with an outcome for each of them.

Items travel in their order. A request that one of them spoils is repeated in halves, the first half to its
end before the second, so that a bad item among n costs at most ``2 * ceil(log2(n))`` extra requests and the
others arrive. What stands in the way of all requests (outage, 429, missing rights) ends the delivery: the
items that are not settled by then are postponed.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace

from synqd.entities.payload import encode
from synqd.models.wire import Endpoint, WireItem
from synqd.synerise.calls import Calls, Settled, Tally
from synqd.synerise.client import Workspace
from synqd.synerise.isolation import Isolation
from synqd.synerise.outcome import Bisect, PartlyRefused
from synqd.synerise.packing import MAX_BYTES, MAX_ITEMS, Part, fits_alone, halves, pack
from synqd.synerise.reading import in_path
from synqd.synerise.report import Delivered, DeliveryReport, ObstacleKind, Outcome, Postponed, Refused


class Delivery:
    """Delivers items to one workspace; shared by all tasks that do so."""

    def __init__(self, workspace: Workspace) -> None:
        """Args: workspace: where to."""
        self._workspace = workspace
        self._calls = Calls(workspace)
        self._healthy: dict[Endpoint, bool] = {}

    @property
    def throttled_for(self) -> float:
        """Seconds for which nothing is to be sent, after a 429; 0 when requests are welcome."""
        return self._workspace.throttled_for

    async def deliver(
        self, items: Sequence[WireItem], *, max_items: int = MAX_ITEMS, isolate: bool = False
    ) -> DeliveryReport:
        """Sends items of one endpoint (and one catalog) in their order and tells what became of each.

        Never raises for anything that Synerise or the network does. Cancelled, it leaves unknown what
        arrived: send all of it again, repetition does no harm.

        Args:
            items: at least one; all of one endpoint, and of one catalog where that applies.
            max_items: most items in one request.
            isolate: the same items failed before: where the endpoint answers 5xx, 403 or the like, halve them
                to tell single culprits (``Hold.SUSPECT``) from an outage. Costs at most
                ``2 * ceil(log2(n)) + 2`` failed requests when it is an outage after all. A single item
                counts as a culprit when the endpoint's last request, with other items, passed.

        Raises:
            ValueError: the items do not belong into one request.
        """
        kinds = {(item.endpoint, item.catalog) for item in items}
        if len(kinds) != 1:
            raise ValueError("a delivery needs items of one endpoint and catalog")
        ((endpoint, _),) = kinds
        isolation = Isolation(len(items), healthy=self._healthy.get(endpoint, False)) if isolate else None
        course = _Course(items, isolation)
        course.prepare(1 if endpoint is Endpoint.CLIENT_DELETE else min(max_items, MAX_ITEMS))
        async for verdict in course.run(self._calls):
            if isinstance(verdict, Delivered | PartlyRefused):
                self._healthy[endpoint] = True
            elif isinstance(verdict, Postponed):
                self._healthy[endpoint] = False
        return course.report()


class _Course:
    """One delivery under way: requests that are still to be made, and the outcomes so far."""

    def __init__(self, items: Sequence[WireItem], isolation: Isolation | None) -> None:
        self._items = items
        self._isolation = isolation
        self._bodies: list[bytes] = []
        self._outcomes: dict[int, Outcome] = {}
        self._unsure: set[int] = set()
        self._queue: deque[Part] = deque()
        self._tally = Tally()

    def prepare(self, max_items: int) -> None:
        """Encodes the items and divides them into requests; what cannot be sent is settled at once."""
        self._bodies = [self._encoded(index, item) for index, item in enumerate(self._items)]
        fit = [index for index in range(len(self._items)) if index not in self._outcomes]
        self._queue.extend(pack(fit, [len(body) for body in self._bodies], max_items))

    async def run(self, calls: Calls) -> AsyncIterator[Settled]:
        """Makes the requests one after the other; yields what each of them came to."""
        while self._queue:
            part = self._queue.popleft()
            items = [self._items[index] for index in part]
            bodies = [self._bodies[index] for index in part]
            self._tally.unsure = False
            verdict = await calls.send(items, bodies, self._tally)
            if self._tally.unsure:
                self._unsure.update(part)
            self._apply(part, verdict)
            yield verdict

    def report(self) -> DeliveryReport:
        """What it came to."""
        self._judge_loners()
        outcomes = tuple(self._outcomes[index] for index in range(len(self._items)))
        tally = self._tally
        doubtful = {index for index in self._unsure if isinstance(outcomes[index], Postponed)}
        return DeliveryReport(
            outcomes, tally.requests, tally.sent_bytes, tally.catalog_id, frozenset(doubtful)
        )

    def _encoded(self, index: int, item: WireItem) -> bytes:
        """The body as JSON; empty, with the outcome noted, where it cannot be sent."""
        if item.endpoint is Endpoint.CLIENT_DELETE:
            if in_path(item.key) is None:
                self._outcomes[index] = Refused("refused", "this customer id cannot be part of an address")
            return b""
        try:
            body = encode(item.body)
        except (TypeError, ValueError, ArithmeticError) as error:
            self._outcomes[index] = Refused("unencodable", f"cannot be written as JSON: {error}")
            return b""
        if not fits_alone(len(body)):
            detail = f"{len(body)} bytes; a request carries at most {MAX_BYTES}"
            self._outcomes[index] = Refused("too-large", detail)
        return body

    def _apply(self, part: Part, verdict: Settled) -> None:
        if isinstance(verdict, Bisect):
            self._again(part)
        elif isinstance(verdict, PartlyRefused):
            self._apply_partly(part, verdict)
        elif isinstance(verdict, Postponed):
            self._apply_obstacle(part, verdict)
        else:
            self._settle(part, verdict)
        if self._isolation and isinstance(verdict, Delivered | PartlyRefused):
            self._isolation.passed()

    def _apply_partly(self, part: Part, verdict: PartlyRefused) -> None:
        for place, refused in verdict.refused.items():
            self._outcomes[part[place]] = refused
        others = tuple(index for place, index in enumerate(part) if place not in verdict.refused)
        if verdict.unmatched:
            self._again(others)
        else:
            self._settle(others, Delivered(verdict.status))

    def _apply_obstacle(self, part: Part, verdict: Postponed) -> None:
        """Ends the delivery, unless single items are to be found that cause it."""
        if self._isolation is None or not self._isolation.goes_on(verdict):
            self._settle(part, verdict)
            while self._queue:
                self._settle(self._queue.popleft(), verdict)
        elif len(part) > 1:
            self._again(part)
        else:
            (index,) = part
            self._isolation.failed_alone(index, verdict)

    def _judge_loners(self) -> None:
        if self._isolation is None:
            return
        self._isolation.end()
        for index, verdict in self._isolation.suspects.items():
            self._outcomes[index] = replace(verdict, kind=ObstacleKind.SUSPECT)
        self._outcomes.update(self._isolation.unexplained)

    def _again(self, part: Part) -> None:
        """Sends a part again in halves, before everything that waits: the order is kept."""
        if part:
            self._queue.extendleft(reversed(halves(part)))

    def _settle(self, part: Iterable[int], outcome: Outcome) -> None:
        self._outcomes.update(dict.fromkeys(part, outcome))
