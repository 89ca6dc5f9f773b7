"""The HTTP side: one aiohttp low-level server whose handler runs each request through faults and checks.

There is no aiohttp application and no access log: routing is ours, and a whole test suite hits this handler.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from synqd_demo.fake_synerise import misbehaviour
from synqd_demo.fake_synerise.answers import Answer, Refusals
from synqd_demo.fake_synerise.faults import CONNECTION, FaultRule
from synqd_demo.fake_synerise.journal import Entry, Journal, fingerprint, hidden
from synqd_demo.fake_synerise.pipeline import decide
from synqd_demo.fake_synerise.world import Call, World

CONTROL = "/__fake/"
LOOPBACK = "127.0.0.1"
_READ_BUFFER = 1 << 20
_LAST_WORDS_S = 0.2
"""How long an answer that is being written may take at the end."""

_Handler = RequestHandler
ControlHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class _Server(web.Server):
    """Counts connections and the requests each has carried."""

    opened = 0

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        super().__init__(
            handler,
            handler_cancellation=True,
            access_log=None,
            auto_decompress=False,
            read_bufsize=_READ_BUFFER,
            lingering_time=0,
        )
        self.served: dict[_Handler, int] = {}

    def connection_made(self, handler: _Handler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self.opened += 1
        self.served[handler] = 0

    def connection_lost(self, handler: _Handler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self.served.pop(handler, None)

    def transports(self) -> list[asyncio.Transport]:
        return list(self._connections.values())


async def _end_connections(server: _Server) -> None:
    """Close all connections, which cancels their handlers; a peer that does not read is cut off."""
    transports = server.transports()
    for transport in transports:
        transport.close()
    await server.shutdown(_LAST_WORDS_S)
    for transport in transports:
        misbehaviour.abort(transport)


class HttpServer:
    """Listens on the loopback interface, answers from `world`; `control` serves what is below /__fake/."""

    def __init__(self, world: World, control: ControlHandler) -> None:
        self._world = world
        self._control = control
        self._server: _Server | None = None
        self._listener: asyncio.Server | None = None
        self._returning: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.reused = 0

    @property
    def connections_opened(self) -> int:
        """Give how many connections were accepted since the start."""
        return self._server.opened if self._server is not None else 0

    @property
    def listening(self) -> bool:
        """Tell whether new connections are accepted."""
        return self._listener is not None

    def transports(self) -> list[asyncio.Transport]:
        """Give all open connections."""
        return self._server.transports() if self._server is not None else []

    async def start(self, port: int) -> None:
        """Begin to listen; port 0 takes a free one, `port` tells which. Raises OSError when it is taken."""
        self._server = _Server(self._handle)
        self.port = port
        await self.listen()

    async def stop(self) -> None:
        """Stop listening and end all connections, also those that wait for an answer."""
        self.deaf()
        if self._server is not None:
            await _end_connections(self._server)
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def listen(self) -> None:
        """Listen (again) on the port."""
        if self._server is None or self._listener is not None:
            return
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._server, LOOPBACK, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        self._world.bell.ring()

    def deaf(self, *, drop_open: bool = False) -> None:
        """Stop listening, so that new connections are refused; `drop_open` also resets the open ones."""
        if self._returning is not None:
            self._returning.cancel()
            self._returning = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if drop_open:
            for transport in self.transports():
                misbehaviour.abort(transport)

    def refuse(self, seconds: float, *, drop_open: bool) -> None:
        """Be deaf for a time, then listen on the same port."""
        self.deaf(drop_open=drop_open)
        self._returning = asyncio.get_running_loop().call_later(seconds, self._return)

    def _return(self) -> None:
        task = asyncio.get_running_loop().create_task(self.listen())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.rel_url.raw_path
        if path.startswith(CONTROL):
            return await self._control(request)
        started, journal = time.perf_counter(), self._world.journal
        call = self._begin(request, path)
        status = 0
        try:
            response = await self._reply(request, call)
            status = 0 if isinstance(response, misbehaviour.NoAnswer) else response.status
            return response
        finally:
            self._note(journal, call, status, time.perf_counter() - started)

    def _begin(self, request: web.BaseRequest, path: str) -> Call:
        world = self._world
        now = world.settings.now()
        refusals = Refusals(now, path, world.settings.catalog_error_plain)
        call = Call(
            world.journal.begin(), request.method, path, request.rel_url.query, request.headers, now, refusals
        )
        call.fault = world.faults.pick(call.method, path, now)
        if call.fault is not None:
            world.counters[f"fault.{call.fault.action}"] += 1
        if self._served(request):
            self.reused += 1
        world.bell.ring()
        return call

    def _note(self, journal: Journal, call: Call, status: int, seconds: float) -> None:
        """Note the end of a request in the journal of its beginning, in case of a reset since."""
        world = self._world
        keep = world.settings.keep_bodies
        if call.login_key is not None:
            world.keyring.login_ends(call.login_key)
        entry = Entry(
            call.number,
            call.now,
            call.method,
            call.path,
            hidden(call.headers) if keep else {},
            status,
            call.items,
            fingerprint(call.body),
            call.body if keep else None,
            call.workspace_name,
            call.fault.action if call.fault is not None else "",
        )
        journal.note(call.route or f"{call.method} {call.path}", entry, len(call.body), seconds)
        world.bell.ring()

    def _served(self, request: web.BaseRequest) -> int:
        """Give how many requests the connection carried before this one."""
        return self._server.served.get(request.protocol, 0) if self._server is not None else 0

    async def _reply(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        fault = call.fault
        if fault is not None and fault.action in CONNECTION:
            gone = await self._disturb(request, call, fault)
            if gone is not None:
                return gone
        if not call.body:
            call.body = await request.content.read()
        answer = decide(self._world, call)
        delay_s = self._world.latency.seconds(call.path)
        if delay_s > 0:
            await asyncio.sleep(delay_s)
        if self._server is not None and request.protocol in self._server.served:
            self._server.served[request.protocol] += 1
        if fault is None:
            return _response(answer)
        return await self._deliver(request, answer, fault)

    async def _disturb(
        self, request: web.BaseRequest, call: Call, fault: FaultRule
    ) -> web.StreamResponse | None:
        """Do what a fault on the connection does before the request is looked at; None lets it go on."""
        arguments = fault.arguments
        match fault.action:
            case "reset_before":
                return misbehaviour.reset(request)
            case "reset_mid_request":
                call.body = await misbehaviour.read_some(request, arguments["after_bytes"])
                return misbehaviour.reset(request)
            case "never":
                await asyncio.get_running_loop().create_future()
            case "refuse":
                self.refuse(arguments["seconds"], drop_open=arguments["drop_open"])
                return misbehaviour.reset(request)
            case "redirect":
                call.body = await request.content.read()
                return web.Response(status=arguments["status"], headers={"Location": arguments["location"]})
            case "slow_read":
                call.body = await misbehaviour.read_slowly(request, arguments["chunk"], arguments["seconds"])
            case "close_idle" if arguments["on_reuse"] and self._served(request):
                return misbehaviour.close(request)
        return None

    async def _deliver(
        self, request: web.BaseRequest, answer: Answer, fault: FaultRule
    ) -> web.StreamResponse:
        """Send the answer of a request that was applied, in the way the fault wants."""
        match fault.action:
            case "reset_after_apply":
                return misbehaviour.reset(request)
            case "slow_headers":
                await asyncio.sleep(fault.arguments["seconds"])
            case "slow_body":
                return await misbehaviour.drip(request, answer, fault.arguments["seconds"])
            case "short_content_length":
                return misbehaviour.short_length(request, answer, fault.arguments["missing"])
            case "bad_chunk":
                return misbehaviour.bad_chunk(request, answer)
            case "close_idle":
                return self._close_idle(request, answer, fault)
        return _response(answer)

    def _close_idle(self, request: web.BaseRequest, answer: Answer, fault: FaultRule) -> web.StreamResponse:
        served = self._served(request)
        if 0 < fault.arguments["requests"] <= served:
            return _response(answer, misbehaviour.LastAnswer)
        if fault.arguments["seconds"] > 0:
            asyncio.get_running_loop().call_later(
                fault.arguments["seconds"], self._close_if_idle, request.protocol, served
            )
        return _response(answer)

    def _close_if_idle(self, handler: _Handler, served: int) -> None:
        if self._server is not None and self._server.served.get(handler) == served:
            handler.close()
            if handler.transport is not None:
                handler.transport.close()


def _response(answer: Answer, kind: type[web.Response] = web.Response) -> web.Response:
    if not answer.body:
        return kind(status=answer.status, headers=dict(answer.headers) or None)
    headers = {"Content-Type": answer.content_type, **dict(answer.headers)}
    return kind(status=answer.status, body=answer.body, headers=headers)
