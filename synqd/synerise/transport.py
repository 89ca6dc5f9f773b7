"""HTTP, and nothing else: one request in, one bounded answer or the reason why there is none out.

Here aiohttp's, TLS's and the operating system's exceptions end. Redirects are not followed, certificates are
verified, cookies and proxies are ignored, and of an answer no more is read than was asked for, however large
it is or slowly it comes. Compression is not offered, so that a small answer cannot unpack into a large one.
Keys and tokens that an answer echoes are blotted out before anybody sees them.
"""

import asyncio
import ssl
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import aiohttp
from yarl import URL

from synqd import __version__
from synqd.config import Secret, WorkspaceSettings
from synqd.models.shortage import shortage
from synqd.models.text import storable
from synqd.runtime.clock import Clock
from synqd.synerise.answer import Answer, Failure
from synqd.synerise.complaints import one_line
from synqd.synerise.observer import Observer, RequestFacts

KEEP = 65_536
"""Bytes of an answer that are read, unless a caller needs more."""

CONNECT = 10.0
"""Most seconds for a TCP connection; a dead host shall not use up the whole time-out."""

SPARE = 6
"""Connections beyond those for full synchronizations: live changes, login, look-ups, samples."""

HEADERS = {
    "Api-Version": "4.4",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": f"synqd/{__version__}",
}
KEPT_HEADERS = ("content-type", "date", "location", "retry-after")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        call: what it is for, as metrics name it.
        method, path: the path starts with a slash and is encoded already.
        body: JSON, or None.
        authorization: value of the header of that name.
        items: wire items that it carries.
        keep: bytes of the answer that are wanted.
        repeatable: doing it twice is doing it once.
    """

    call: str
    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    authorization: Secret | None = None
    items: int = 0
    keep: int = KEEP
    repeatable: bool = True


class Transport:
    """Connections to one workspace's host."""

    def __init__(
        self, workspace: str, settings: WorkspaceSettings, key: Secret, clock: Clock, observer: Observer
    ) -> None:
        self._workspace = workspace
        self._base = settings.url
        self._key = key
        self._clock = clock
        self._observer = observer
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=settings.max_in_flight + SPARE),
            timeout=aiohttp.ClientTimeout(
                total=settings.timeout, sock_connect=min(settings.timeout, CONNECT)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=HEADERS,
            auto_decompress=False,
            trace_configs=[_reuse_trace()],
        )

    async def close(self) -> None:
        """Closes all connections."""
        await self._session.close()

    async def send(self, request: Request) -> Answer | Failure:
        """Sends a request; repeats it once when a kept connection turns out to be closed.

        The repetition keeps a server that closes idle connections from looking like an outage.
        """
        reuse = _Reuse()
        answer = await self._send(request, reuse)
        closed = reuse.happened and isinstance(answer, Failure) and answer.word == "reset"
        if closed and request.repeatable:
            answer = await self._send(request, _Reuse())
            # Whatever it says of the second: the first may have arrived.
            return (
                replace(answer, left=True) if isinstance(answer, Failure) else replace(answer, repeated=True)
            )
        return answer

    async def _send(self, request: Request, reuse: "_Reuse") -> Answer | Failure:
        begin = self._clock.monotonic()
        answer = await self._exchange(request, reuse)
        outcome = answer.word if isinstance(answer, Failure) else str(answer.status)
        seconds = self._clock.monotonic() - begin
        size = len(request.body or b"")
        self._observer.request_done(
            RequestFacts(self._workspace, request.call, outcome, seconds, request.items, size)
        )
        return answer

    async def _exchange(self, request: Request, reuse: "_Reuse") -> Answer | Failure:
        headers = {} if request.body is None else {"Content-Type": "application/json"}
        if request.authorization is not None:
            headers["Authorization"] = request.authorization.reveal()
        try:
            async with self._session.request(
                request.method,
                URL(self._base + request.path, encoded=True),
                data=request.body,
                headers=headers,
                allow_redirects=False,
                trace_request_ctx=reuse,
            ) as response:
                body, broken = await _read(response, request.keep)
                found = response.headers
                kept = {name: storable(found[name]) for name in KEPT_HEADERS if name in found}
                return Answer(response.status, self._blotted(request, body), kept, broken)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RuntimeError, MemoryError) as error:
            if isinstance(error, RuntimeError) and not shortage(error):
                raise
            return translate(error)

    def _blotted(self, request: Request, body: bytes) -> bytes:
        """The body without the credentials it may echo; parts of it go into logs and dead letters."""
        secrets = [self._key.reveal()]
        if request.authorization is not None:
            secrets.append(request.authorization.reveal().rpartition(" ")[2])
        for secret in filter(None, secrets):
            body = body.replace(secret.encode(), b"***")
        return body


@dataclass(slots=True)
class _Reuse:
    """Whether a request went over a connection that had been kept open."""

    happened: bool = False


def _reuse_trace() -> aiohttp.TraceConfig:
    async def note(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: Any) -> None:
        context.trace_request_ctx.happened = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(note)
    return trace


async def _read(response: aiohttp.ClientResponse, keep: int) -> tuple[bytes, bool]:
    """The beginning of the body, and whether it broke off; what is not wanted is not waited for."""
    body = bytearray()
    try:
        async for part in response.content.iter_chunked(KEEP):
            body += part
            if len(body) > keep:
                return bytes(body[:keep]), False
    except (aiohttp.ClientError, OSError, TimeoutError, MemoryError):
        return bytes(body), True
    return bytes(body), False


def translate(error: Exception) -> Failure:
    """The reason why there was no answer, without an address that could hold somebody's e-mail."""
    word, reason = _word(error), _reason(error)
    detail = one_line(f"{_MEANING[word]}: {reason}" if reason else _MEANING[word])
    came = "" if reason or isinstance(error, TimeoutError) else _came(error)
    return Failure(word, detail, not isinstance(error, _NEVER_LEFT), one_line(came))


def _reason(error: Exception) -> str:
    """What this machine says of it; "" where it only repeats what came or what was asked for."""
    if outage := shortage(error):
        return str(outage)
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{error.host}: {error.os_error}"
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        return error.strerror or ""
    return ""


def _came(error: Exception) -> str:
    return error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)


def _word(error: Exception) -> str:
    for word, kinds in _KINDS.items():
        if isinstance(error, kinds):
            return word
    return "protocol"


_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    RuntimeError,
)
"""No connection came about, so nothing was sent."""

_KINDS: dict[str, tuple[type[Exception], ...]] = {
    "timeout": (TimeoutError, asyncio.TimeoutError),
    "dns": (aiohttp.ClientConnectorDNSError, RuntimeError),  # names are looked up in threads
    "tls": (aiohttp.ClientSSLError, ssl.SSLError),
    "refused": (aiohttp.ClientConnectorError,),
    "reset": (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError, MemoryError),
}
"""From the special to the general: the first that fits names the failure."""

_MEANING = {
    "timeout": "no answer in time",
    "dns": "the host name cannot be resolved",
    "tls": "the certificate or encryption is not acceptable",
    "refused": "no connection",
    "reset": "the connection broke",
    "protocol": "the answer is no HTTP",
}
