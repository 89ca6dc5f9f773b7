"""Credentials of a workspace: a token that a login gives, or guid and key with each request."""

import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import orjson

from synqd.config import Secret, WorkspaceSettings
from synqd.runtime.clock import Clock
from synqd.synerise.answer import Answer, Failure
from synqd.synerise.complaints import document
from synqd.synerise.flight import SingleFlight
from synqd.synerise.obstacles import held, held_unavailable
from synqd.synerise.outcome import Attempt, describe, obstacle, said
from synqd.synerise.report import ObstacleKind, Postponed
from synqd.synerise.tokens import renew_after
from synqd.synerise.transport import Request

SHORTEST = 1.0
"""Seconds for which a token is used at least: one that says it ends at once must not double all requests."""
_TOKEN = re.compile(r"[!-~]{1,16384}")
"""What a header can carry; servers take far less."""

Send = Callable[[Request], Awaitable[Answer | Failure]]


@dataclass(frozen=True, slots=True, eq=False)
class Credential:
    """What a request is authorized with; compared by identity, so that a renewal shows.

    Attributes:
        header: value of the Authorization header.
        renew_at: monotonic time after which it is not to be used any more.
    """

    header: Secret
    renew_at: float = float("inf")


class Authorizer(Protocol):
    """Gives credentials."""

    renewable: bool

    async def credential(self, stale: Credential | None = None) -> Credential:
        """A credential other than ``stale``, which was not accepted.

        Raises:
            HeldDenied: the key was refused.
            HeldUnavailable: the login did not work.
        """

    async def close(self) -> None:
        """Ends a login that is under way."""


class BasicAuthorizer:
    """Guid and key with each request; has to be switched on for the key in Synerise."""

    renewable = False

    def __init__(self, guid: str, key: Secret) -> None:
        pair = base64.b64encode(f"{guid}:{key.reveal()}".encode()).decode()
        self._credential = Credential(Secret(f"Basic {pair}"))

    async def credential(self, stale: Credential | None = None) -> Credential:
        """Always the same."""
        return self._credential

    async def close(self) -> None:
        """Nothing to end."""


class TokenAuthorizer:
    """Logs in with the key and renews the token; all who need a new one at the same time share one login."""

    renewable = True

    def __init__(
        self, settings: WorkspaceSettings, key: Secret, send: Send, clock: Clock, renewed: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._key = key
        self._send = send
        self._clock = clock
        self._renewed = renewed
        self._flight: SingleFlight[Credential] = SingleFlight()
        self._credential: Credential | None = None

    async def credential(self, stale: Credential | None = None) -> Credential:
        """The present token, or a new one where it is too old or the one that was not accepted."""
        present = self._credential
        if present is None or present is stale or self._clock.monotonic() >= present.renew_at:
            return await self._flight.run(self._log_in)
        return present

    async def close(self) -> None:
        """Ends a login that is under way."""
        await self._flight.close()

    async def _log_in(self) -> Credential:
        begin = self._clock.monotonic()
        body = orjson.dumps({"apiKey": self._key.reveal()})
        answer = await self._send(Request("login", "POST", self._settings.login_path, body))
        token = self._token(answer)
        life = max(SHORTEST, renew_after(token, self._clock.now(), self._settings.token_max_age))
        self._credential = Credential(Secret(f"Bearer {token}"), begin + life)
        self._renewed()
        return self._credential

    def _token(self, answer: Answer | Failure) -> str:
        """The token of a login's answer."""
        if isinstance(answer, Answer):
            self._refuse(answer)
        if isinstance(answer, Failure) or not answer.ok:
            verdict = obstacle(answer, Attempt(self._clock.now(), renewable=False))
            raise held(verdict) if isinstance(verdict, Postponed) else held_unavailable("login")
        found = document(answer.body)
        token = found.get("token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise held_unavailable(
                "the login was answered without a usable token: check base_url and login_path"
            )
        return token

    def _refuse(self, answer: Answer) -> None:
        """Says what an operator can do about a login that is not accepted."""
        if answer.status in (400, 401, 403):
            remedy = "the API key was refused: check api_key_file (a new key needs some minutes)"
        elif answer.status in (404, 405):
            remedy = f"there is no login at {self._settings.login_path}: check login_path and base_url"
        else:
            return
        detail = f"{describe(answer)}; {remedy}"
        raise held(Postponed(ObstacleKind.DENIED, detail, status=answer.status, said=said(answer)))
