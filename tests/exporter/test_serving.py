"""A client that does not take its answer is dropped, and nothing waits for it."""

import asyncio
import socket

from aiohttp import web
from aiohttp.typedefs import Handler

from synqd.runtime.http import deliver_within, make_runner


async def test_a_client_that_does_not_read_is_dropped() -> None:
    delivered = asyncio.Event()

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 50_000_000)

    @web.middleware
    async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            delivered.set()

    application = web.Application(middlewares=[watch, deliver_within(0.05)])
    application.router.add_get("/", large)
    runner = make_runner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with socket.create_connection(runner.addresses[0]) as deaf:
        deaf.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(20):
            await delivered.wait()
            while runner.server and runner.server.connections:
                await asyncio.sleep(0.01)
    await runner.cleanup()
