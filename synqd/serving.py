"""The HTTP server that both faces (exporter and control socket) stand on: small answers, impatient.

A client that connects and says nothing, or drips its request, is cut off after ``IDLE`` seconds; one that
does not take its answer after ``PATIENCE``. None of them ever holds more than its own connection.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from synqd.logs import get_logger

log = get_logger("http")

IDLE = 30.0
"""Seconds for a whole request head, and between two requests of a connection."""
PATIENCE = 10.0
"""Seconds in which a client has to take its answer."""
GRACE = 2.0
"""Seconds that open requests get when serving ends."""


def deliver_within(seconds: float) -> Middleware:
    """Middleware that sends each answer itself and drops a client that does not take it in time."""

    @web.middleware
    async def deliver(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await _answered(request, handler)
        try:
            async with asyncio.timeout(seconds):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        return response

    return deliver


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("http.failed", method=request.method, path=request.path)
        return web.Response(status=500, text="an error inside the daemon; its log says more")


def make_application(middlewares: Sequence[Middleware] = (), *, max_body: int = 1024) -> web.Application:
    """An application whose answers are delivered within ``PATIENCE``; bodies above ``max_body`` get 413."""
    return web.Application(middlewares=[deliver_within(PATIENCE), *middlewares], client_max_size=max_body)


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
