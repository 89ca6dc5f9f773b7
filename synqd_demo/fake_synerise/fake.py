"""The fake as a Python object, for tests in the same process."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from synqd_demo.fake_synerise import inspection
from synqd_demo.fake_synerise.catalogs import Bag
from synqd_demo.fake_synerise.control import Control
from synqd_demo.fake_synerise.faults import FaultRule
from synqd_demo.fake_synerise.journal import KINDS, Arrival, Entry
from synqd_demo.fake_synerise.server import LOOPBACK, HttpServer
from synqd_demo.fake_synerise.settings import Settings
from synqd_demo.fake_synerise.world import World


class FakeSynerise:
    """A fake Synerise on 127.0.0.1.

    Use it as `async with FakeSynerise(settings) as fake`, or with `start` and `stop`. Everything may be
    looked at and changed while it runs, from the event loop it runs in.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.world = World(settings or Settings())
        self._http = HttpServer(self.world, Control(self).handle)

    def __repr__(self) -> str:
        return f"<FakeSynerise {self.url} requests={self.world.journal.requests}>"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Begin to listen; port 0 takes a free one. Raises OSError when the port is taken."""
        await self._http.start(port)

    async def stop(self) -> None:
        """End all connections and stop; what is stored can still be looked at."""
        await self._http.stop()

    @property
    def port(self) -> int:
        """Give the port it listens on, which stays the same while it is away."""
        return self._http.port

    @property
    def url(self) -> str:
        """Give the base address, without a slash at the end."""
        return f"http://{LOOPBACK}:{self._http.port}"

    @property
    def listening(self) -> bool:
        """Tell whether new connections are accepted; they are refused while it is away."""
        return self._http.listening

    @property
    def api_key(self) -> str:
        """Give the first API key of the settings."""
        return self.settings.api_keys[0].key

    @property
    def settings(self) -> Settings:
        """Give the present settings; change them with `configure`."""
        return self.world.settings

    @property
    def counters(self) -> Counter[str]:
        """Give the named counters: conflicts, salt_misuse, unsalted, early_retries, logins and so on."""
        return self.world.counters

    def configure(self, **changes: Any) -> None:
        """Change settings. Raises SettingsError."""
        self.world.configure(changes)

    def reset(self) -> None:
        """Forget everything stored, seen and changed since the start. Connections stay open."""
        self.world.reset()

    # What has been seen

    @property
    def stored(self) -> int:
        """How many items were stored so far, of whatever kind."""
        return sum(self.world.journal.stored.values())

    def stats(self) -> dict[str, Any]:
        """Give all numbers as JSON-ready data."""
        journal, keyring = self.world.journal, self.world.keyring
        return {
            "requests": journal.requests,
            "finished": journal.finished,
            "open": journal.open,
            "most_open": journal.most_open,
            "connections_opened": self._http.connections_opened,
            "requests_on_reused_connections": self._http.reused,
            "stored": dict(journal.stored),
            "distinct": {kind: journal.distinct(kind) for kind in KINDS},
            "live_items": inspection.live_items(self.world),
            "logins": dict(keyring.logins),
            "most_parallel_logins": max(keyring.most_parallel_logins.values(), default=0),
            "counters": dict(sorted(self.counters.items())),
            "routes": {name: stats.document() for name, stats in sorted(journal.routes.items())},
        }

    def requests(self, since: int = 0, path: str | None = None) -> list[Entry]:
        """Give the finished requests with a number above `since`; `path` is a regular expression."""
        entries = self.world.journal.since(since)
        return entries if path is None else [entry for entry in entries if re.search(path, entry.path)]

    def arrivals(self, kind: str) -> Counter[Arrival]:
        """Give how often each key of a kind (item, profile, transaction, event) was stored.

        What is a key, see `Arrival`.
        """
        return self.world.journal.arrivals(kind)

    def conflicts(self) -> list[dict[str, Any]]:
        """Give the items that were answered 202 and not stored because their identifiers conflict."""
        return self.world.journal.conflicts

    # What is stored

    def profiles(self, workspace: str | None = None) -> list[dict[str, Any]]:
        """Give all profiles, see `inspection`."""
        return inspection.profiles(self.world, workspace)

    def transactions(self, workspace: str | None = None) -> list[dict[str, Any]]:
        """Give all transactions."""
        return inspection.transactions(self.world, workspace)

    def events(self, workspace: str | None = None, action: str | None = None) -> list[dict[str, Any]]:
        """Give all other events, `product.buy` included."""
        return inspection.events(self.world, workspace, action)

    def catalogs(self, workspace: str | None = None) -> list[Bag]:
        """Give all catalogs by number."""
        bags = self.world.catalogs.bags.values()
        return [bag for bag in bags if workspace in (None, self.world.workspace_name(bag.workspace_id))]

    def items(self, catalog: str | int, workspace: str | None = None) -> dict[str, dict[str, Any]]:
        """Give the values of a catalog's items by itemKey. Raises KeyError for an unknown catalog."""
        return {key: item.value for key, item in self._bag(catalog, workspace).items.items()}

    def digest(self, workspace: str | None = None) -> str:
        """Give one hash over all stored data, to compare two runs."""
        return inspection.digest(self.world, workspace)

    # Waiting

    async def wait(
        self,
        *,
        requests: int | None = None,
        items: int | None = None,
        kind: str | None = None,
        path: str | None = None,
        counters: Mapping[str, int] | None = None,
        idle_s: float | None = None,
        until: Callable[[], bool] | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        """Wait until all given conditions hold.

        Args:
            requests: that many requests are finished; with `path` (regular expression) only those.
            items: that many things are stored, repeats included; with `kind` only of that kind.
            kind: item, profile, transaction or event.
            path: see `requests`.
            counters: each named counter has reached its number.
            idle_s: nothing came in and nothing is open for that long.
            until: any condition; asked again after each request.
            timeout_s: how long to wait.

        Raises:
            TimeoutError: the time is over; the message shows the state.
        """

        def missing() -> float:
            if until is not None and not until():
                return math.inf
            if requests is not None and self._finished(path) < requests:
                return math.inf
            if items is not None and self._stored(kind) < items:
                return math.inf
            if any(self.counters[name] < number for name, number in (counters or {}).items()):
                return math.inf
            return 0.0 if idle_s is None else self._until_idle(idle_s)

        if not await self.world.bell.until(missing, timeout_s):
            state = {name: value for name, value in self.stats().items() if name != "routes"}
            raise TimeoutError(f"the fake Synerise did not see it within {timeout_s} s: {state}")

    def _finished(self, path: str | None) -> int:
        return self.world.journal.finished if path is None else len(self.requests(path=path))

    def _stored(self, kind: str | None) -> int:
        stored = self.world.journal.stored
        return sum(stored.values()) if kind is None else stored[kind]

    def _until_idle(self, idle_s: float) -> float:
        if self.world.journal.open > 0:
            return math.inf
        return self.world.bell.until_quiet(idle_s)

    # Changing things while it runs

    def add_fault(self, action: str, **entries: Any) -> FaultRule:
        """Add a fault rule, see `faults`; it tells how often it was `seen` and has `fired`."""
        return self.world.add_fault({"action": action, **entries})

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self.world.faults.clear()

    def expire_tokens(self) -> int:
        """Expire all tokens now; give how many were still good."""
        return self.world.keyring.expire_tokens()

    def revoke(self, permission: str, key: str | None = None) -> None:
        """Take one permission away, from one key or from all."""
        self.world.keyring.revoke(permission, key)

    def grant(self, permission: str, key: str | None = None) -> None:
        """Give one permission back, to one key or to all."""
        self.world.keyring.grant(permission, key)

    def deactivate(self, key: str) -> None:
        """Let a key and its tokens be refused."""
        self.world.keyring.change(key, {"active": False})

    def activate(self, key: str) -> None:
        """Let a key and its tokens be accepted again."""
        self.world.keyring.change(key, {"active": True})

    def rotate(self, key: str, new_key: str) -> None:
        """Replace a key by another; the old one and its tokens are refused."""
        self.world.keyring.rotate(key, new_key)

    def create_catalog(self, name: str, workspace_id: int | None = None, author: str = "api") -> Bag:
        """Create a catalog, by default in the workspace of the first key."""
        owner = self.settings.api_keys[0].workspace_id if workspace_id is None else workspace_id
        return self.world.catalogs.create(owner, name, self.settings.now(), author)

    def delete_catalog(self, catalog: str | int, workspace: str | None = None) -> None:
        """Delete a catalog with its items. Raises KeyError for an unknown one."""
        del self.world.catalogs.bags[self._bag(catalog, workspace).bag_id]

    def move_catalog(self, catalog: str | int, workspace_id: int) -> None:
        """Give a catalog to another workspace. Raises KeyError for an unknown one."""
        self._bag(catalog, None).workspace_id = workspace_id

    def go_away(self) -> None:
        """Refuse new connections and reset the open ones, until `come_back`."""
        self._http.deaf(drop_open=True)

    async def come_back(self) -> None:
        """Listen again on the same port."""
        await self._http.listen()

    def _bag(self, catalog: str | int, workspace: str | None) -> Bag:
        if isinstance(catalog, int):
            return self.world.catalogs.bags[catalog]
        found = [bag for bag in self.catalogs(workspace) if bag.name == catalog]
        if not found:
            raise KeyError(catalog)
        return found[0]
