"""Proof of progress for systemd, its status line, and what of the world outside can be used."""

from collections.abc import Callable
from datetime import timedelta

from synqd.app.generation import Generation
from synqd.app.pace import Recent
from synqd.app.parts import DaemonParts
from synqd.entities.addressed import reason, without_address
from synqd.exporter import Health
from synqd.models.errors import StorageUnavailable, Transient
from synqd.models.names import Lane
from synqd.models.shortage import outages
from synqd.runtime.systemd import Notifier

INTERVAL = 5.0
ADDRESSES = "addresses"
QUEUE_LIMIT = 30.0
"""Seconds after which a round trip through the queue counts as stuck."""


class Heartbeat:
    """Beats as long as the queue answers; the watchdog is fed only while everything makes progress (S21)."""

    def __init__(
        self,
        house: DaemonParts,
        health: Health,
        notifier: Notifier,
        current: Callable[[], Generation | None],
        summary: Callable[[], str],
    ) -> None:
        """Args: current: the generation at work; summary: what the daemon does, in a few words."""
        self._house = house
        self._health = health
        self._notifier = notifier
        self._current = current
        self._summary = summary
        self._sent = Recent(house.clock)

    async def run(self) -> None:
        """Beats until it is cancelled."""
        interval = INTERVAL
        if self._notifier.watchdog_seconds:
            interval = min(interval, self._notifier.watchdog_seconds / 3)
        self._health.expect("queue", QUEUE_LIMIT)
        while True:
            await self.beat()
            await self._house.clock.sleep(interval)

    async def beat(self) -> None:
        """One round trip through the queue, and a look around."""
        queue = self._house.queue
        try:
            with outages():
                await queue.file.probe()
                line = await self._figures()
            storage = "the disk is full: make room" if queue.file.reserve_freed else ""
        except Transient as error:
            line, storage = self._summary(), str(error)
        self._look_around(storage)
        self._health.beat("queue")
        if self._health.alive and self._notifier.watchdog_seconds is not None:
            self._notifier.watchdog()
        self._notifier.status(line)

    def _look_around(self, storage: str) -> None:
        """What the movers have met outside, as conditions of readiness; ``storage``: what is wrong there."""
        progress = self._house.progress
        told = [(error, progress.trouble[name]) for name, error in progress.causes.items()]
        writing = [trouble for error, trouble in told if isinstance(error, StorageUnavailable)]
        storage = storage or next(iter(writing), "")
        self._health.usable("queue", ok=not storage, detail=storage)
        current = self._current()
        if current is None:
            return
        reading = [trouble for error, trouble in told if not isinstance(error, StorageUnavailable)]
        self._health.usable("magento", ok=not reading, detail=next(iter(reading), ""))
        self._look_at_addresses(current)
        for name, workspace in current.parts.workspaces.items():
            reason = current.parts.breakers.trouble(name)
            if wait := workspace.throttled_for:
                reason = reason or f"Synerise asked to wait ({wait:.0f} s left)"
            self._health.usable(f"synerise {name}", ok=not reason, detail=reason)

    def _look_at_addresses(self, current: Generation) -> None:
        """Told only while something waits for them (S31)."""
        routes = current.parts.routes
        stores = [route.store for route in routes.by_store.values()]
        if told := reason(without_address(routes.shop.config, stores)):
            self._health.usable(ADDRESSES, ok=False, detail=told)
        else:
            self._health.forget(ADDRESSES)

    async def _figures(self) -> str:
        """What waits, since when, how fast it leaves, and what cannot leave."""
        queue = self._house.queue
        counts, first = await queue.facts.counts(), (await queue.facts.oldest()).values()
        by_lane = dict.fromkeys(Lane, 0)
        for (_, lane), depth in counts.depth.items():
            by_lane[lane] += depth
        waiting = ", ".join(f"{depth} {lane.name.lower()}" for lane, depth in by_lane.items())
        age = max(0.0, self._house.clock.now() - min(first) / 1000) if first else 0.0
        oldest = f", oldest for {timedelta(seconds=round(age))}" if first else ""
        rate = self._sent.rate(self._house.metrics.sent) or 0.0
        return (
            f"{self._summary()}; waiting: {waiting}{oldest}; sent: {rate:.1f}/s;"
            f" dead letters: {sum(counts.dead.values())}"
        )
