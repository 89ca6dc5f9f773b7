"""What ``/healthz`` and ``/readyz`` are decided by (semantics S21)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from synqd.runtime.clock import Clock


class Turns(Protocol):
    """When movers last turned; ``supervisor.Progress`` is one."""

    limits: dict[str, float]
    trouble: dict[str, str]

    def ages(self) -> Mapping[str, float]:
        """Seconds since the last turn of each mover."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to make progress.

    Attributes:
        name: mover, or what ``expect`` named.
        age: seconds since it last made progress.
        limit: seconds after which it counts as stuck.
        trouble: what it waits for outside, "" if nothing.
    """

    name: str
    age: float
    limit: float
    trouble: str = ""

    @property
    def ok(self) -> bool:
        """It has made progress within its limit."""
        return self.age <= self.limit


@dataclass(frozen=True, slots=True)
class Condition:
    """Something outside that has to be usable for work to be done."""

    name: str
    usable: bool
    detail: str = ""


@dataclass
class Health:
    """Collects proof of progress, and what is known of the places.

    Alive is about the process: restarting it would help when it is not. Ready is about the world: Magento,
    queue and Synerise can be used. An outage makes the daemon unready and never unhealthy.
    """

    clock: Clock
    turns: Turns
    _beats: dict[str, float] = field(default_factory=dict)
    _limits: dict[str, float] = field(default_factory=dict)
    _conditions: dict[str, Condition] = field(default_factory=dict)

    def expect(self, name: str, limit: float) -> None:
        """From now on ``beat(name)`` is expected at least every ``limit`` seconds."""
        self._limits[name] = limit
        self._beats[name] = self.clock.monotonic()

    def beat(self, name: str) -> None:
        """What ``expect`` named has made progress."""
        self._beats[name] = self.clock.monotonic()

    def forget(self, name: str) -> None:
        """Nothing is expected of it any more: it was stopped on purpose, or its workspace is gone."""
        self._limits.pop(name, None)
        self._beats.pop(name, None)
        self._conditions.pop(name, None)

    def usable(self, name: str, *, ok: bool, detail: str = "") -> None:
        """Whether ``name`` ("magento", "queue", "synerise main") can be used now, and why not."""
        self._conditions[name] = Condition(name, ok, detail)

    def retell(self, words: Callable[[str], str]) -> None:
        """Tells all reasons in the words that may be kept by now: somebody was forgotten (S20)."""
        for name, condition in self._conditions.items():
            self._conditions[name] = replace(condition, detail=words(condition.detail))

    def checks(self) -> Sequence[Check]:
        """Everything that has to make progress, by name."""
        now = self.clock.monotonic()
        limits = self.turns.limits
        movers = [
            Check(name, age, limits[name], self.turns.trouble.get(name, ""))
            for name, age in self.turns.ages().items()
            if name in limits
        ]
        others = [Check(name, now - self._beats[name], limit) for name, limit in self._limits.items()]
        return sorted([*movers, *others], key=lambda check: check.name)

    def conditions(self) -> Sequence[Condition]:
        """Everything that has to be usable, by name."""
        return sorted(self._conditions.values(), key=lambda condition: condition.name)

    @property
    def alive(self) -> bool:
        """Whether everything made progress within its limit."""
        return all(check.ok for check in self.checks())

    @property
    def ready(self) -> bool:
        """Whether work can be done: alive, and at least one condition is known and all are met."""
        known = self.conditions()
        return bool(known) and self.alive and all(condition.usable for condition in known)
