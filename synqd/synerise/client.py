"""One workspace of Synerise: its connections, credentials, catalogs and limits.

``exchange`` is the way of deliveries, which judge the answer themselves. ``ask`` is the way of everything
else: it renews the token by itself and raises what stands in the way.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from synqd.config import Secret, WorkspaceSettings
from synqd.models.wire import Endpoint
from synqd.pacing.limiter import LimiterState
from synqd.runtime.clock import Clock, SystemClock
from synqd.synerise.answer import Answer, Failure
from synqd.synerise.auth import Authorizer, BasicAuthorizer, Credential, TokenAuthorizer
from synqd.synerise.catalogs import Catalogs
from synqd.synerise.observer import Observer, Silent
from synqd.synerise.obstacles import held
from synqd.synerise.outcome import Attempt, LoginAgain, obstacle
from synqd.synerise.pacer import Pacer
from synqd.synerise.reading import KeyCheck, Reading, check_key, read_item, read_profile
from synqd.synerise.transport import Request, Transport

_ENDPOINTS = {"catalogs": Endpoint.CATALOG}
"""Whose permissions a call needs; of the others no name is known."""


@dataclass(frozen=True, slots=True)
class ClientDeps:
    """What a workspace is given to work with."""

    clock: Clock
    observer: Observer


class Workspace:
    """A workspace to talk to; made by ``open_workspace``, used by any number of tasks."""

    def __init__(
        self, name: str, settings: WorkspaceSettings, key: Secret, tools: ClientDeps, limiter: LimiterState
    ) -> None:
        """Needs a running event loop; see ``open_workspace`` for the arguments."""
        self.name = name
        self.clock = tools.clock
        self._transport = Transport(name, settings, key, tools.clock, tools.observer)
        self._pacer = Pacer(tools.clock, settings.requests_per_second, limiter)
        self._authorizer = self._authorizer_for(settings, key, tools)
        self._catalogs = Catalogs(self.ask)

    def __repr__(self) -> str:
        return f"<Workspace {self.name}>"

    @property
    def throttled_for(self) -> float:
        """Seconds until requests are welcome again after a 429; 0 when they are now."""
        return self._pacer.paused

    @property
    def limiter(self) -> LimiterState:
        """State of the limiter, to be kept over a restart."""
        return self._pacer.state

    async def check(self, endpoints: Collection[Endpoint]) -> KeyCheck:
        """Asks what the key may do.

        Raises:
            Denied: the key was refused; the message names the remedy.
            SyneriseUnavailable: no usable answer.
        """
        return await check_key(self.ask, endpoints)

    async def find_catalog(self, name: str, *, create: bool = True) -> str | None:
        """Id of the catalog of that name, created if need be; None if it is missing and not to be created.

        Raises:
            Denied, SyneriseUnavailable: as ``check``.
        """
        return await self._catalogs.find(name, create=create)

    def remember_catalog(self, name: str, catalog_id: str) -> None:
        """Takes an id that was found earlier, so that no look-up is needed."""
        self._catalogs.remember(name, catalog_id)

    def forget_catalog(self, name: str, catalog_id: str | None = None) -> None:
        """Looks the id up again next time, unless it has changed from ``catalog_id`` already."""
        self._catalogs.forget(name, catalog_id)

    async def read_item(self, catalog: str, key: str) -> Reading:
        """Reads one catalog item, to compare it with what was sent.

        Raises:
            Denied, SyneriseUnavailable: as ``check``.
        """
        return await read_item(self.ask, await self._catalogs.find(catalog, create=False), key)

    async def read_profile(self, email: str) -> Reading:
        """Reads one profile, to compare it with what was sent.

        Raises:
            Denied, SyneriseUnavailable: as ``check``.
        """
        return await read_profile(self.ask, email)

    def attempt(self) -> Attempt:
        """The first attempt at a request."""
        return Attempt(self.clock.now(), renewable=self._authorizer.renewable)

    async def credential(self, stale: Credential | None = None) -> Credential:
        """A credential other than ``stale``, which was not accepted.

        Raises:
            HeldDenied, HeldUnavailable: the login did not work.
        """
        return await self._authorizer.credential(stale)

    async def exchange(self, request: Request, credential: Credential | None = None) -> Answer | Failure:
        """Sends one request when its turn has come, whatever the answer.

        Raises:
            HeldUnavailable: there is a pause after a 429.
        """
        if credential is not None:
            request = replace(request, authorization=credential.header)
        await self._pacer.turn()
        answer = await self._transport.send(request)
        self._pacer.hear(answer)
        return answer

    async def ask(self, request: Request) -> Answer:
        """Sends one authorized request and gives the answer if it is a success, a 400 or a 404.

        Raises:
            HeldDenied, HeldUnavailable: everything else, a token that stays refused included.
        """
        attempt, credential = self.attempt(), await self.credential()
        while True:
            answer = await self.exchange(request, credential)
            if isinstance(answer, Answer) and (answer.ok or answer.status in (400, 404)):
                return answer
            verdict = obstacle(answer, attempt, _ENDPOINTS.get(request.call))
            if not isinstance(verdict, LoginAgain):
                raise held(verdict)
            attempt, credential = attempt.after_login(), await self.credential(credential)

    async def close(self) -> None:
        """Ends what is under way and closes all connections."""
        await self._catalogs.close()
        await self._authorizer.close()
        await self._transport.close()

    def _authorizer_for(self, settings: WorkspaceSettings, key: Secret, tools: ClientDeps) -> Authorizer:
        if settings.auth == "basic":
            return BasicAuthorizer(settings.guid or "", key)
        return TokenAuthorizer(
            settings, key, self.exchange, tools.clock, lambda: tools.observer.token_renewed(self.name)
        )


@asynccontextmanager
async def open_workspace(
    name: str,
    settings: WorkspaceSettings,
    key: Secret,
    *,
    clock: Clock | None = None,
    observer: Observer | None = None,
    limiter: LimiterState | None = None,
) -> AsyncIterator[Workspace]:
    """A workspace whose connections are closed at the end; nothing is sent before the first call.

    Args:
        name: name of the workspace in the configuration.
        settings: its section.
        key: its API key.
        clock: time; the machine's own by default.
        observer: who hears of requests; nobody by default.
        limiter: state kept from before a restart.
    """
    tools = ClientDeps(clock or SystemClock(), observer or Silent())
    workspace = Workspace(name, settings, key, tools, limiter or LimiterState())
    try:
        yield workspace
    finally:
        await workspace.close()
