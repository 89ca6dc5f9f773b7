"""The state of one fake: what is stored for which workspace, who may do what, and what has been seen."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from synqd_demo.fake_synerise.answers import Refusals
from synqd_demo.fake_synerise.auth import Keyring
from synqd_demo.fake_synerise.catalogs import CatalogStore
from synqd_demo.fake_synerise.events import EventStore
from synqd_demo.fake_synerise.faults import FaultBook, FaultRule
from synqd_demo.fake_synerise.journal import Journal
from synqd_demo.fake_synerise.latency import Latency
from synqd_demo.fake_synerise.profiles import ProfileStore
from synqd_demo.fake_synerise.rate import RateGate
from synqd_demo.fake_synerise.settings import ApiKey, RateSettings, Settings, changed
from synqd_demo.fake_synerise.waiting import Bell


@dataclass(slots=True)
class Workspace:
    """Everything stored for one workspace except its catalogs."""

    workspace_id: int
    name: str
    profiles: ProfileStore
    events: EventStore
    trackers: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """One request on its way through the checks. `path` is still percent-encoded, `now` is epoch seconds."""

    number: int
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    now: float
    refusals: Refusals
    route: str = ""
    arguments: tuple[str, ...] = ()
    body: bytes = b""
    items: int = 0
    key: ApiKey | None = None
    fault: FaultRule | None = None
    login_key: str | None = None

    @property
    def workspace_name(self) -> str:
        """Give the name of the workspace the caller belongs to, empty before authorization."""
        return self.key.workspace_name if self.key is not None else ""


class World:
    """All state of one server. `reset` brings back the state right after the start."""

    def __init__(self, settings: Settings) -> None:
        self._initial = settings
        self._timers: set[asyncio.TimerHandle] = set()
        self.bell = Bell()
        self._begin(settings)

    def _begin(self, settings: Settings) -> None:
        self.settings = settings
        self.journal = Journal(settings.journal_size)
        self.counters = self.journal.counters
        self.keyring = Keyring(lambda: self.settings, self.counters)
        self.catalogs = CatalogStore(self.counters)
        self.rate = RateGate(self.counters)
        self.faults = FaultBook()
        self.latency = Latency(settings.latency_ms, settings.seed)
        self.workspaces: dict[int, Workspace] = {}
        self._trackers = itertools.count(1)
        for document in settings.faults:
            self.faults.add(document, seed=settings.seed, now=settings.now())

    def reset(self) -> None:
        """Forget everything stored, seen and changed since the start."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._begin(self._initial)
        self.bell.ring()

    def configure(self, document: Mapping[str, Any]) -> None:
        """Change settings while running; keys and rules of faults given here replace the present ones.

        Raises:
            SettingsError: unknown name or unusable value; nothing is changed.
        """
        settings = changed(self.settings, document)
        latency = Latency(settings.latency_ms, settings.seed)
        self.settings = settings
        if "latency_ms" in document:
            self.latency = latency
        if "rate" in document:
            self.rate.forget()
        if "api_keys" in document:
            self.keyring.keys.clear()
            for key in settings.api_keys:
                self.keyring.add(key)
        if "faults" in document:
            self.faults.clear()
            for rule in settings.faults:
                self.add_fault(rule)

    def add_fault(self, document: Mapping[str, Any]) -> FaultRule:
        """Add one fault rule. Raises SettingsError."""
        return self.faults.add(document, seed=self.settings.seed, now=self.settings.now())

    def workspace(self, key: ApiKey) -> Workspace:
        """Give the workspace of the key, made at first use."""
        known = self.workspaces.get(key.workspace_id)
        if known is None:
            events = EventStore(self.counters)
            profiles = ProfileStore(settings=lambda: self.settings, moved=events.move, counters=self.counters)
            known = Workspace(key.workspace_id, key.workspace_name, profiles, events)
            self.workspaces[key.workspace_id] = known
        return known

    def workspace_name(self, workspace_id: int) -> str:
        """Give the name of a workspace by its number, the number as text where no key tells."""
        names = (key.workspace_name for key in self.keyring.keys.values() if key.workspace_id == workspace_id)
        return next(names, str(workspace_id))

    def tracker_number(self) -> int:
        """Give a new number for a tracker."""
        return next(self._trackers)

    def apply(self, store: Callable[[], None]) -> None:
        """Store now, or after the set delay, as a server that only queues what it accepts."""
        delay_ms = self.settings.apply_delay_ms
        if delay_ms <= 0:
            store()
            return
        timer: asyncio.TimerHandle

        def later() -> None:
            self._timers.discard(timer)
            store()
            self.bell.ring()

        timer = asyncio.get_running_loop().call_later(delay_ms / 1000, later)
        self._timers.add(timer)

    @property
    def rate_settings(self) -> RateSettings:
        """Give the settings of the rate limit, those of an absent limit when it is off."""
        return self.settings.rate or _NO_LIMIT

    def scope(self, call: Call) -> str:
        """Give the scope of the rate limit that the call falls into."""
        kind = self.rate_settings.scope
        if kind == "host":
            return "host"
        if kind == "path":
            return call.route or call.path
        header = call.headers.get("Authorization")
        key = self.keyring.holder(header)
        return f"key {key.key}" if key is not None else f"header {header}"


_NO_LIMIT = RateSettings()
