"""The HTTP server for scrapers and probes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from html import escape
from typing import Any, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from synqd import __version__
from synqd.exporter.address import Hosts, bind
from synqd.exporter.health import Check, Condition, Health
from synqd.metrics import Metrics, Snapshot
from synqd.models.errors import Fatal, Transient
from synqd.models.shortage import outages
from synqd.runtime.clock import Clock
from synqd.runtime.http import BoundedSite, make_application, make_runner

FRESH = 1.0
"""Seconds for which what was looked up is shown again: ten scrapers cost no more than one."""
MOST_PAGES = 8
"""Forms of the same figures that are kept for that long; a scraper may ask for any version of a form."""
LOOKING = 5.0
"""Seconds in which the queue has to say its counts; Prometheus itself gives up after ten."""
PAGES = {
    "/metrics": "what Prometheus scrapes",
    "/healthz": "whether progress is made",
    "/readyz": "whether Magento, queue and Synerise can be used",
}
STRANGE_HOST = "the Host of this request is not known here: add it to [metrics] allowed_hosts\n"


class Exporter:
    """``async with Exporter(settings.metrics.listen, metrics, health, look, clock):`` serves until the end.

    ``look`` reads what is shown at scrape time; it is called at most once a second and may raise Transient:
    then counters are shown without it. With ``listen`` = "off" nothing is served. A connection gets one
    answer, so that what strangers cost is bounded with their connections. ``allowed_hosts``: names by which
    it may be asked, see ``address``.
    """

    def __init__(
        self,
        listen: str,
        metrics: Metrics,
        health: Health,
        look: Callable[[], Awaitable[Snapshot]],
        clock: Clock,
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        self._listen = listen
        self._allowed = allowed_hosts
        self._hosts = Hosts(listen, allowed_hosts, ())
        self._metrics = metrics
        self._health = health
        self._look = look
        self._clock = clock
        self._turn = asyncio.Lock()
        self._looked_at = -FRESH
        self._latest: Snapshot | None = None
        self._pages: dict[str, bytes] = {}
        """What was rendered of the latest look, by content type."""
        self._runner = make_runner(self._application())

    @property
    def addresses(self) -> Sequence[tuple[str, int]]:
        """Where it listens; empty before the start and when switched off."""
        return [(address[0], address[1]) for address in self._runner.addresses]

    async def __aenter__(self) -> Self:
        """Starts to serve.

        Raises:
            Fatal: the address cannot be used.
        """
        await self._runner.setup()
        if self._listen != "off":
            try:
                await self._listen_there()
            except (OSError, OverflowError) as error:
                await self._runner.cleanup()
                reason = (getattr(error, "strerror", None) or str(error)).lower()
                remedy = "stop what uses it, or choose another address"
                raise Fatal(f"[metrics] listen: {self._listen} cannot be used: {reason}; {remedy}") from error
        return self

    async def _listen_there(self) -> None:
        host, _, port = self._listen.rpartition(":")
        host = host.strip("[]")
        sockets = await asyncio.to_thread(bind, host, int(port))  # a name has to be looked up
        self._hosts = Hosts(host, self._allowed, [one.getsockname()[0] for one in sockets])
        for one in sockets:
            await BoundedSite(self._runner, one, "metrics").start()

    async def __aexit__(self, *_: object) -> None:
        """Ends; open requests get a moment."""
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = make_application([self._guard])
        application.router.add_get("/", self._index)
        application.router.add_get("/metrics", self._scrape)
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/readyz", self._readyz)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers only by known names, and once in a connection."""
        try:
            if self._hosts.admits(request.headers.get("Host")):
                response = await handler(request)
            else:
                response = web.Response(status=421, text=STRANGE_HOST)
        except web.HTTPException as error:
            error.force_close()
            raise
        response.force_close()
        return response

    async def _index(self, request: web.Request) -> web.Response:
        links = "".join(
            f'<li><a href="{path}">{path}</a>: {escape(what)}</li>' for path, what in PAGES.items()
        )
        head = "<!doctype html><html lang=en><meta charset=utf-8><title>synqd</title>"
        body = f"{head}<h1>synqd {escape(__version__)}</h1><ul>{links}</ul></html>"
        return web.Response(text=body, content_type="text/html")

    async def _scrape(self, request: web.Request) -> web.Response:
        await self._refresh()
        accept = request.headers.get("Accept", "")
        content_type = self._metrics.content_type(accept)
        if content_type not in self._pages:
            if len(self._pages) >= MOST_PAGES:
                self._pages.clear()
            self._pages[content_type], _ = self._metrics.render(self._latest, accept)
        return web.Response(body=self._pages[content_type], headers={"Content-Type": content_type})

    async def _refresh(self) -> None:
        async with self._turn:
            if self._clock.monotonic() - self._looked_at < FRESH:
                return
            latest = await self._look_up()
            if latest is not None:
                ages = {check.name: check.age for check in self._health.checks()}
                latest = replace(latest, turn_ages=ages)
            self._latest, self._looked_at = latest, self._clock.monotonic()
            self._pages.clear()

    async def _look_up(self) -> Snapshot | None:
        """What is there now, or None when the queue cannot say it (shown as synqd_snapshot_success 0)."""
        try:
            async with asyncio.timeout(LOOKING):
                with outages():
                    return await self._look()
        except (Transient, TimeoutError):
            return None

    async def _healthz(self, request: web.Request) -> web.Response:
        checks = self._health.checks()
        return _verdict(self._health.alive, checks=[_view(check) for check in checks])

    async def _readyz(self, request: web.Request) -> web.Response:
        checks = [_view(check) for check in self._health.checks() if not check.ok]
        conditions = [_view(condition) for condition in self._health.conditions()]
        return _verdict(self._health.ready, conditions=conditions, stuck=checks)


def _verdict(ok: bool, **details: list[dict[str, Any]]) -> web.Response:  # noqa: FBT001 - the verdict itself
    return web.json_response({"ok": ok, **details}, status=200 if ok else 503)


def _view(fact: Check | Condition) -> dict[str, Any]:
    shown = {
        name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(fact).items()
    }
    return {**shown, "ok": fact.ok} if isinstance(fact, Check) else shown
