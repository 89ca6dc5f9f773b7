"""One reload at a time: look first, then change over (S27)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from synqd.app.lookahead import Reload, look_ahead
from synqd.config import Settings, load_settings
from synqd.config.change import ConfigChange
from synqd.metrics import Metrics
from synqd.models.errors import ConfigError, Transient
from synqd.queue import Queue
from synqd.runtime.clock import Clock
from synqd.runtime.logs import get_logger

log = get_logger("app")


class Reloader:
    """Reads the configuration again.

    Args:
        path: of the file.
        started: what the daemon began with.
        change_over: is told what differs, after the look.
    """

    def __init__(
        self,
        path: Path,
        started: Settings,
        metrics: Metrics,
        clock: Clock,
        change_over: Callable[[ConfigChange], None],
    ) -> None:
        self._path = path
        self._started = started
        self._metrics = metrics
        self._clock = clock
        self._change_over = change_over
        self._turn = asyncio.Lock()
        self._hangups: asyncio.Task[None] | None = None

    async def reload(self, present: Callable[[], Settings], queue: Queue) -> Reload:
        """Looks without any effect, then changes over; only what depends on a changed setting begins anew.

        Args:
            present: the configuration at work, asked when it is this reload's turn.
            queue: knows what the shop was like.

        Raises:
            ConfigError: it is wrong; nothing was changed, and the old one works on.
        """
        async with self._turn:
            try:
                change = ConfigChange(present(), load_settings(self._path), self._started)
                notes = await look_ahead(change, queue)
            except ConfigError as error:
                self._metrics.reloaded(ok=False, at=self._clock.now())
                log.error("config.refused", reason=str(error))
                raise
            self._metrics.reloaded(ok=True, at=self._clock.now())
            self._change_over(change)
            return Reload(change, tuple(notes))

    def soon(self, present: Callable[[], Settings], queue: Queue) -> None:
        """The same for a signal, which hears of nothing: the log tells."""
        self._hangups = asyncio.create_task(self._told(present, queue), name="reload")

    async def _told(self, present: Callable[[], Settings], queue: Queue) -> None:
        try:
            with suppress(ConfigError):
                await self.reload(present, queue)
        except Transient as error:
            log.warning("config.not_looked_at", reason=str(error))
