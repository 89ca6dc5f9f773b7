"""The HTTP server for scrapers and probes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from html import escape
from typing import Any, Self

from aiohttp import web

from synqd import __version__
from synqd.clock import Clock
from synqd.exporter.health import Check, Condition, Health
from synqd.metrics import Metrics, Snapshot
from synqd.models.errors import Fatal, Transient
from synqd.serving import make_application, make_runner

FRESH = 1.0
"""Seconds for which what was looked up is shown again: ten scrapers cost no more than one."""
LOOKING = 5.0
"""Seconds in which the queue has to say its counts; Prometheus itself gives up after ten."""
PAGES = {
    "/metrics": "what Prometheus scrapes",
    "/healthz": "whether progress is made",
    "/readyz": "whether Magento, queue and Synerise can be used",
}


class Exporter:
    """``async with Exporter(settings.metrics.listen, metrics, health, look, clock):`` serves until the end.

    ``look`` reads what is shown at scrape time; it is called at most once a second and may raise Transient:
    then counters are shown without it. With ``listen`` = "off" nothing is served.
    """

    def __init__(
        self,
        listen: str,
        metrics: Metrics,
        health: Health,
        look: Callable[[], Awaitable[Snapshot]],
        clock: Clock,
    ) -> None:
        self._listen = listen
        self._metrics = metrics
        self._health = health
        self._look = look
        self._clock = clock
        self._turn = asyncio.Lock()
        self._looked_at = -FRESH
        self._latest: Snapshot | None = None
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
            host, _, port = self._listen.rpartition(":")
            try:
                await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
            except (OSError, OverflowError) as error:
                await self._runner.cleanup()
                remedy = "stop what uses it, or choose another address"
                raise Fatal(f"[metrics] listen: {self._listen} cannot be used: {error}; {remedy}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends; open requests get a moment."""
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = make_application()
        application.router.add_get("/", self._index)
        application.router.add_get("/metrics", self._scrape)
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/readyz", self._readyz)
        return application

    async def _index(self, request: web.Request) -> web.Response:
        links = "".join(
            f'<li><a href="{path}">{path}</a>: {escape(what)}</li>' for path, what in PAGES.items()
        )
        head = "<!doctype html><html lang=en><meta charset=utf-8><title>synqd</title>"
        body = f"{head}<h1>synqd {escape(__version__)}</h1><ul>{links}</ul></html>"
        return web.Response(text=body, content_type="text/html")

    async def _scrape(self, request: web.Request) -> web.Response:
        snapshot = await self._snapshot()
        if snapshot is not None:
            ages = {check.name: check.age for check in self._health.checks()}
            snapshot = replace(snapshot, turn_ages=ages)
        body, content_type = self._metrics.render(snapshot, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _snapshot(self) -> Snapshot | None:
        async with self._turn:
            if self._clock.monotonic() - self._looked_at >= FRESH:
                self._latest = await self._look_up()
                self._looked_at = self._clock.monotonic()
            return self._latest

    async def _look_up(self) -> Snapshot | None:
        """What is there now, or None when the queue cannot say it (shown as synqd_snapshot_success 0)."""
        try:
            async with asyncio.timeout(LOOKING):
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
