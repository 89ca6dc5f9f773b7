"""The HTTP server behind the unix socket."""

from contextlib import ExitStack
from typing import Any, Self

import orjson
from aiohttp import web
from pydantic import ValidationError

from synqd.config import ControlSettings
from synqd.control.body import MAX_BODY, NDJSON, read_document
from synqd.control.faults import answer_faults, invalid
from synqd.control.listener import listening_socket
from synqd.control.openapi import document
from synqd.control.operations import Caller, Operations
from synqd.control.routes import ROUTES, Call, Route
from synqd.control.schema import Request
from synqd.models.errors import Invalid
from synqd.runtime.accepting import credentials
from synqd.runtime.http import BoundedSite, make_application, make_runner
from synqd.runtime.logs import get_logger

log = get_logger("control")


class ControlServer:
    """``async with ControlServer(operations, settings.control): ...`` serves the control socket.

    The caller holds the lock on the state directory: a socket file found at the path belongs to nobody any
    more and is replaced.
    """

    def __init__(self, operations: Operations, settings: ControlSettings) -> None:
        self._operations = operations
        self._settings = settings
        self._stack = ExitStack()
        self._runner = make_runner(self._application())

    async def __aenter__(self) -> Self:
        """Starts to serve.

        Raises:
            Fatal: the socket cannot be made.
        """
        with ExitStack() as stack:
            bound = stack.enter_context(listening_socket(self._settings))
            await self._runner.setup()
            await BoundedSite(self._runner, bound, "control").start()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends: open requests get a moment, the socket file is removed if it was made here."""
        with self._stack:
            await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = make_application([answer_faults], max_body=MAX_BODY)
        for route in ROUTES:
            application.router.add_route(route.method, route.path, _Handler(route, self._operations).handle)
        application.router.add_get("/v1/openapi.json", _describe)
        return application


async def _describe(_: web.Request) -> web.Response:
    return web.Response(body=orjson.dumps(document()), content_type="application/json")


class _Handler:
    """One route: checks the request, runs the verb, writes the answer, notes who changed something."""

    def __init__(self, route: Route, operations: Operations) -> None:
        self._route = route
        self._operations = operations

    async def handle(self, request: web.Request) -> web.Response:
        caller = _caller(request)
        outcome = "refused"
        try:
            call = await self._check(request, caller)
            answer = await self._route.handle(call)
            outcome = "done"
        finally:
            if self._route.method != "GET":
                context = {"uid": caller.uid, "pid": caller.pid, "outcome": outcome}
                log.info("control.request", verb=self._route.name, path=request.path, **context)
        return web.json_response(text=answer.model_dump_json())

    async def _check(self, request: web.Request, caller: Caller) -> Call:
        number = _number(request.match_info["id"]) if self._route.numbered else 0
        query = _query(request, self._route.query)
        return Call(self._operations, caller, number, query, await self._read(request))

    async def _read(self, request: web.Request) -> Any:
        if self._route.lines and request.content_type == NDJSON:
            return request.content
        return await read_document(request, self._route.body) if self._route.body else None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Invalid(f"{text!r} is not an id", field="id")
    return int(text)


def _query(request: web.Request, model: type[Request] | None) -> Request | None:
    given = dict(request.query)
    if len(given) < len(request.query):
        twice = next(name for name in given if len(request.query.getall(name)) > 1)
        raise Invalid(f"{twice}: is given twice", field=twice)
    if model is None:
        if given:
            raise Invalid(f"{request.path} takes no parameters", field=next(iter(given)))
        return None
    try:
        return model.model_validate_strings(given)
    except ValidationError as error:
        raise invalid(error) from error


def _caller(request: web.Request) -> Caller:
    """Who is at the other end, as the kernel recorded it when they connected (SO_PEERCRED)."""
    if request.transport is None:
        raise ConnectionResetError("the caller is gone")
    return Caller(*credentials(request.transport.get_extra_info("socket")))
