"""The HTTP server that both faces (exporter and control socket) stand on: small answers, impatient.

A client that connects and says nothing, or drips its request, is cut off after ``IDLE`` seconds; one that
does not take its answer after ``PATIENCE``. None of them ever holds more than its own connection, and
``synqd.runtime.accepting`` bounds those.
"""

import asyncio
import logging
import socket
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from synqd.models.shortage import shortage
from synqd.runtime.accepting import Acceptor, Guest, Guests, Stage
from synqd.runtime.logs import Seldom, get_logger

log = get_logger("http")

IDLE = 30.0
"""Seconds for a whole request head, and between two requests of a connection."""
PATIENCE = 10.0
"""Seconds in which a client has to take its answer."""
GRACE = 2.0
"""Seconds that open requests get when serving ends."""
GUESTS = web.AppKey("guests", Guests)


def deliver_within(seconds: float) -> Middleware:
    """Middleware that sends each answer itself and drops a client that does not take it in time."""

    @web.middleware
    async def deliver(request: web.Request, handler: Handler) -> web.StreamResponse:
        guest = _guest(request)
        _note(guest, Stage.ASKED)
        try:
            response = await _answered(request, handler)
            _note(guest, Stage.ANSWERED)
            async with asyncio.timeout(seconds):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        finally:
            _note(guest, Stage.SILENT)
        return response

    return deliver


def _guest(request: web.Request) -> Guest | None:
    guests = request.app.get(GUESTS)
    return guests.of(request) if guests is not None else None


def _note(guest: Guest | None, stage: Stage) -> None:
    if guest is not None:
        guest.stage = stage


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        if outage := shortage(error):
            return web.Response(status=503, text=str(outage))
        log.exception("http.failed", method=request.method, path=request.path)
        return web.Response(status=500, text="an error inside the daemon; its log says more")


def make_application(middlewares: Sequence[Middleware] = (), *, max_body: int = 1024) -> web.Application:
    """An application whose answers are delivered within ``PATIENCE``; bodies above ``max_body`` get 413."""
    application = web.Application(
        middlewares=[deliver_within(PATIENCE), *middlewares], client_max_size=max_body
    )
    application[GUESTS] = Guests()
    return application


def make_runner(application: web.Application) -> web.AppRunner:
    """A runner without access log (metrics count requests that matter) and with the limits above."""
    # What is not HTTP gets a 400 from aiohttp, which would also log it as an error with a traceback.
    quiet = logging.getLogger("synqd.http.peers")
    quiet.setLevel(logging.CRITICAL)
    limits: dict[str, Any] = {
        "logger": quiet,
        "keepalive_timeout": IDLE,
        "shutdown_timeout": GRACE,
        "auto_decompress": False,  # nobody needs it here, and a small body could become a large one
    }
    return web.AppRunner(application, access_log=None, handle_signals=False, **limits)


class BoundedSite(web.BaseSite):
    """Serves an application of ``make_application`` on a bound socket, with bounded connections."""

    def __init__(self, runner: web.AppRunner, listening: socket.socket, name: str) -> None:
        """Args: name: what the log calls it."""
        super().__init__(runner)
        self._listening = listening
        self._guests = runner.app[GUESTS]
        self._seldom = Seldom(get_logger("http", listener=name))

    @property
    def name(self) -> str:
        """Where it listens, for aiohttp."""
        return str(self._listening.getsockname())

    async def start(self) -> None:
        """Begins to accept.

        Raises:
            OSError: somebody else listens there.
        """
        await super().start()
        assert self._runner.server is not None  # noqa: S101  # the base class has looked
        acceptor = Acceptor(self._listening, self._runner.server, self._guests, self._seldom)
        acceptor.open()
        self._server = acceptor  # type: ignore[assignment]  # aiohttp asks for its sockets and closes it

    async def stop(self) -> None:
        """Accepts nobody any more."""
        await super().stop()
        self._seldom.close()
