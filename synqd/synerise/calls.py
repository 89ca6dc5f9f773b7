"""Sends the items of one request until there is a verdict on them: login and catalog look-up included."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from synqd.models.wire import Endpoint, WireItem
from synqd.synerise.answer import Answer, Failure
from synqd.synerise.auth import Credential
from synqd.synerise.client import Workspace
from synqd.synerise.obstacles import HeldDenied, HeldUnavailable
from synqd.synerise.outcome import (
    Bisect,
    LoginAgain,
    LookUpAgain,
    PartlyRefused,
    judge,
    may_have_arrived,
)
from synqd.synerise.packing import join
from synqd.synerise.report import Delivered, ObstacleKind, Postponed, Refused
from synqd.synerise.transport import Request

BATCHES = {
    Endpoint.CLIENTS: "/v4/clients/batch",
    Endpoint.TRANSACTIONS: "/v4/transactions/batch",
    Endpoint.EVENTS: "/v4/events/batch",
}

DELETIONS = ("/v4/clients/by-customid/", "/v4/clients/by-custom-id/")
"""Two spellings are documented; which of them lives is not."""

Settled = Delivered | Refused | PartlyRefused | Bisect | Postponed


@dataclass(slots=True)
class Tally:
    """What a delivery has cost, the catalog that its items went to, and whether it made a new login.

    ``unsure``: a request since this was last reset may have been stored although it was not said so.
    """

    requests: int = 0
    sent_bytes: int = 0
    catalog_id: str | None = None
    renewed: bool = False
    unsure: bool = False


class Calls:
    """The calls that carry items, for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._deletions: tuple[str, ...] = DELETIONS

    async def send(self, items: Sequence[WireItem], bodies: Sequence[bytes], tally: Tally) -> Settled:
        """Sends items of one endpoint and catalog, encoded already, in one request and judges the answer."""
        try:
            verdict = await self._send(items, join(bodies), tally)
        except (HeldDenied, HeldUnavailable) as error:
            return error.postponed
        if isinstance(verdict, Postponed) and verdict.kind is ObstacleKind.THROTTLED:
            wait = max(verdict.retry_after or 0.0, self._workspace.throttled_for)
            return replace(verdict, retry_after=wait)
        return verdict

    async def _send(self, items: Sequence[WireItem], body: bytes, tally: Tally) -> Settled:
        attempt, credential = self._workspace.attempt(), await self._workspace.credential()
        while True:
            answer = await self._exchange(items, body, credential, tally)
            attempt = replace(attempt, now=self._workspace.clock.now(), fresh=tally.renewed)
            verdict = judge(items[0].endpoint, answer, items, attempt)
            if isinstance(verdict, LoginAgain):
                attempt, credential = attempt.after_login(), await self._workspace.credential(credential)
                tally.renewed = True
            elif isinstance(verdict, LookUpAgain):
                attempt = attempt.after_look_up()
                self._workspace.forget_catalog(items[0].catalog or "", tally.catalog_id)
            else:
                return verdict

    async def _exchange(
        self, items: Sequence[WireItem], body: bytes, credential: Credential, tally: Tally
    ) -> Answer | Failure:
        endpoint = items[0].endpoint
        if endpoint is Endpoint.CLIENT_DELETE:
            return await self._delete(items[0], credential, tally)
        if endpoint is Endpoint.CATALOG:
            path = await self._catalog_path(items[0].catalog or "", tally)
        else:
            path = BATCHES[endpoint]
        request = Request(endpoint.value, "POST", path, body, items=len(items))
        return await self._count(request, credential, tally)

    async def _catalog_path(self, name: str, tally: Tally) -> str:
        tally.catalog_id = await self._workspace.find_catalog(name)
        return f"/catalogs/bags/{quote(tally.catalog_id or '', safe='')}/items/batch"

    async def _delete(self, item: WireItem, credential: Credential, tally: Tally) -> Answer | Failure:
        """Deletes by the spelling that works; before that is known, both have to say that nobody is there."""
        objection: Answer | None = None
        for path in self._deletions:
            address = path + quote(item.key, safe="")  # the delivery has made sure that this is one segment
            answer = await self._count(
                Request(item.endpoint.value, "DELETE", address, items=1), credential, tally
            )
            if not isinstance(answer, Answer) or answer.status not in (404, 405):
                if isinstance(answer, Answer) and answer.ok:
                    self._deletions = (path,)
                return answer
            if objection is None or answer.status == 405:
                objection = answer
        return objection or Failure("protocol", "no address to delete profiles at")

    async def _count(self, request: Request, credential: Credential, tally: Tally) -> Answer | Failure:
        answer = await self._workspace.exchange(request, credential)
        tally.unsure |= may_have_arrived(answer)
        tally.requests += 1
        tally.sent_bytes += len(request.body or b"")
        return answer
