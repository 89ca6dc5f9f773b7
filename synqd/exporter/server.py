"""The HTTP server for scrapers and probes."""

from collections.abc import Awaitable, Callable
from typing import Self

from synqd.clock import Clock
from synqd.exporter.health import Health
from synqd.metrics import Metrics, Snapshot


class Exporter:
    """``async with Exporter(settings.metrics.listen, metrics, health, look, clock):`` serves until the end.

    ``look`` reads what is shown at scrape time; it is called at most once a second and may raise Transient.
    With ``listen`` = "off" nothing is served.
    """

    def __init__(
        self,
        listen: str,
        metrics: Metrics,
        health: Health,
        look: Callable[[], Awaitable[Snapshot]],
        clock: Clock,
    ) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Starts to serve. Raises Fatal when the address cannot be used."""
        raise NotImplementedError

    async def __aexit__(self, *_: object) -> None:
        """Ends; open requests get a moment."""
        raise NotImplementedError
