"""Keeps movers turning: the loop around ``tick()``, what an outage does to it, and proof of progress.

A mover does one unit of work per ``tick()`` and says how long it may rest. The loop rests that long, or until
the mover is woken. What happens to an error depends on its remedy only:

* ``Transient`` and ``Denied`` (an outage, a missing right), and a machine that is short of files, memory or
  threads, are waited out with growing pauses; they are logged when they begin, when they change and when they
  end, and stand in ``Turning.trouble`` meanwhile;
* anything else is a bug or fatal: it ends the task group, and with it the process (systemd starts it again).

A mover that goes on although part of its work has to wait says so by its ``hindrances``, which are told
like an outage while its turns keep their rhythm (the drainer tells it by itself, ``Progress.hinder``).

Liveness is progress: ``Progress`` remembers when each mover last finished a turn, successful or not, so that
the watchdog and ``/healthz`` notice a mover that hangs, and not merely one that waits for somebody else.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from synqd.models.errors import Denied, Transient
from synqd.models.shortage import outages
from synqd.models.text import storable
from synqd.runtime.clock import Clock
from synqd.runtime.hindrances import Hindrances
from synqd.runtime.logs import get_logger

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
LONGEST_REST = 3600.0

log = get_logger("supervisor")


def _nobody(name: str, ok: bool) -> None:  # noqa: FBT001 - the shape of a listener
    """Hears of turns when nobody else does."""


class Mover(Protocol):
    """Something that carries work from place to place."""

    name: str
    patience: float
    """Seconds after which a turn that has not ended counts as stuck."""

    async def tick(self) -> float:
        """Does one unit of work; returns the seconds it may rest before the next (0: there is more)."""


@runtime_checkable
class Divided(Protocol):
    """A mover whose work has parts that may have to wait alone."""

    hindrances: Hindrances[Any]


@dataclass
class Progress:
    """When each mover last finished a turn, and what it waits for."""

    clock: Clock
    turned: dict[str, float] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)
    trouble: dict[str, str] = field(default_factory=dict)
    causes: dict[str, Transient | Denied] = field(default_factory=dict)
    turns: Callable[[str, bool], None] = _nobody
    """Hears of each turn: the mover's name, and whether it could work."""
    words: Callable[[str], str] = str
    """What may be kept of the words of an error: an answer may name somebody who was forgotten (S20)."""

    def watch(self, mover: Mover) -> None:
        """Starts to expect turns of a mover."""
        self.limits[mover.name] = mover.patience
        self.turned[mover.name] = self.clock.monotonic()

    def turn(self, name: str, *, ok: bool = True) -> None:
        """A turn has ended; ``ok`` if the mover does not have to wait for something outside."""
        self.turned[name] = self.clock.monotonic()
        self.turns(name, ok)

    def hinder(self, name: str, error: Transient | Denied) -> None:
        """The mover, or part of its work, waits for something outside."""
        message = self.words(storable(str(error)))
        if self.trouble.get(name) != message:
            log.warning("mover.waiting", mover=name, reason=message)
        self.trouble[name] = message
        self.causes[name] = error

    def free(self, name: str) -> None:
        """The mover waits for nothing any more."""
        if self.trouble.pop(name, None) is not None:
            self.causes.pop(name, None)
            log.info("mover.recovered", mover=name)

    def in_full(self, name: str) -> str | None:
        """What the mover waits for, with what was said of it: for the owner-only socket (S34)."""
        cause = self.causes.get(name)
        return self.words(storable(cause.in_full)) if cause else None

    def retell(self) -> None:
        """Keeps of all troubles only what may be kept by now: somebody was forgotten."""
        for name, message in self.trouble.items():
            self.trouble[name] = self.words(message)
        for cause in self.causes.values():
            cause.retell(self.words)

    def forget(self, name: str) -> None:
        """The mover was stopped on purpose."""
        self.limits.pop(name, None)
        self.turned.pop(name, None)
        self.trouble.pop(name, None)
        self.causes.pop(name, None)

    def ages(self) -> Mapping[str, float]:
        """Seconds since the last turn of each mover."""
        now = self.clock.monotonic()
        return {name: now - turned for name, turned in self.turned.items()}

    def stuck(self) -> Iterator[tuple[str, float]]:
        """Movers that have not turned within their limit, with the seconds since their last turn."""
        for name, age in self.ages().items():
            if age > self.limits[name]:
                yield name, age


class Loop:
    """The loop around one mover."""

    def __init__(self, mover: Mover, clock: Clock, progress: Progress) -> None:
        self.mover = mover
        self._clock = clock
        self._progress = progress
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._failures = 0
        self._hindrances = mover.hindrances if isinstance(mover, Divided) else None

    def wake(self) -> None:
        """There is something to do: end the rest."""
        self._wake.set()

    def stop(self) -> None:
        """Ends the loop after the turn under way."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Turns until ``stop()``.

        Raises:
            Exception: whatever no waiting can heal.
        """
        self._progress.watch(self.mover)
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                rest = await self._turn()
                self._progress.turn(self.mover.name, ok=not self._failures)
                await self._rest(rest)
        finally:
            self._progress.forget(self.mover.name)

    async def _turn(self) -> float:
        try:
            with outages():
                rest = await self.mover.tick()
        except (Transient, Denied) as error:
            return self._wait_out(error)
        if self._hindrances is not None and (worst := self._hindrances.worst):
            self._progress.hinder(self.mover.name, worst)
        elif self._failures or self._hindrances is not None:
            self._progress.free(self.mover.name)
        self._failures = 0
        return rest

    def _wait_out(self, error: Transient | Denied) -> float:
        self._progress.hinder(self.mover.name, error)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures, 10))
        self._failures += 1
        asked = error.retry_after if isinstance(error, Transient) else None
        return max(pause, asked or 0.0)

    async def _rest(self, seconds: float) -> None:
        """Rests, at most until the watchdog would become nervous, or until woken."""
        longest = min(seconds, self.mover.patience / 3, LONGEST_REST)
        if longest <= 0:
            await asyncio.sleep(0)
            return
        # Not asyncio.timeout(): it ends a wait by cancellation, which costs a good deal more.
        alarm = asyncio.get_running_loop().call_later(longest, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            alarm.cancel()
