"""What the server has seen: journal, statistics per route, and how often each key was stored."""

import hashlib
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

KINDS = ("item", "profile", "transaction", "event")


class Arrival(NamedTuple):
    """A stored thing by its key on the wire; `catalog` is empty for everything that is not an item.

    The key is the itemKey, the orderId, an event's salt (else its action), and of a profile the first of
    customId, email, uuid, phone and clientId that it carried.
    """

    workspace: str
    catalog: str
    key: str


@dataclass(slots=True)
class Entry:
    """One request. `status` 0 means that no answer was given; `fault` names the fault it met, else is empty.

    `time` is the server's clock in epoch seconds; `body` is None when bodies are not kept.
    """

    number: int
    time: float
    method: str
    path: str
    headers: dict[str, str]
    status: int
    items: int
    sha256: str
    body: bytes | None
    workspace: str
    fault: str

    def document(self) -> dict[str, Any]:
        """Give the entry as JSON-ready data; bytes of the body that are not UTF-8 are replaced."""
        document = {name: getattr(self, name) for name in Entry.__slots__}
        document["body"] = None if self.body is None else self.body.decode(errors="replace")
        return document


@dataclass(slots=True)
class RouteStats:
    """Numbers of one route. Handling times are seconds of the latest requests only."""

    requests: int = 0
    items: int = 0
    bytes: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    times: deque[float] = field(default_factory=lambda: deque(maxlen=2048))

    def document(self) -> dict[str, Any]:
        """Give the numbers as JSON-ready data."""
        times = sorted(self.times)
        return {
            "requests": self.requests,
            "items": self.items,
            "bytes": self.bytes,
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "p50_ms": _percentile_ms(times, 0.50),
            "p95_ms": _percentile_ms(times, 0.95),
        }


def _percentile_ms(times: list[float], share: float) -> float:
    return round(times[int(share * (len(times) - 1))] * 1000, 3) if times else 0.0


class Journal:
    """Everything the server notes; `counters` holds the named counters of the checks, stores and faults."""

    def __init__(self, size: int) -> None:
        self.counters: Counter[str] = Counter()
        self.entries: deque[Entry] = deque(maxlen=size)
        self.routes: dict[str, RouteStats] = {}
        self._arrivals: dict[str, dict[tuple[str, str], Counter[str]]] = {kind: {} for kind in KINDS}
        self.conflicts: list[dict[str, Any]] = []
        self.requests = 0
        self.finished = 0
        self.stored: Counter[str] = Counter()
        self.open = 0
        self.most_open = 0

    def begin(self) -> int:
        """Note a request that starts now; give its number from 1."""
        self.requests += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        return self.requests

    def arrive(self, kind: str, workspace: str, keys: Sequence[str], catalog: str = "") -> None:
        """Note that the things with these keys were stored."""
        self.stored[kind] += len(keys)
        self._arrivals[kind].setdefault((workspace, catalog), Counter()).update(keys)

    def arrivals(self, kind: str) -> Counter[Arrival]:
        """Give how often each key of a kind was stored."""
        counts: Counter[Arrival] = Counter()
        for (workspace, catalog), keys in self._arrivals[kind].items():
            for key, count in keys.items():
                counts[Arrival(workspace, catalog, key)] = count
        return counts

    def distinct(self, kind: str) -> int:
        """Give how many different keys of a kind were stored."""
        return sum(len(keys) for keys in self._arrivals[kind].values())

    def note(self, route: str, entry: Entry, size: int, seconds: float) -> None:
        """Note a request that is over."""
        self.open -= 1
        self.finished += 1
        stats = self.routes.get(route)
        if stats is None:
            stats = self.routes[route] = RouteStats()
        stats.requests += 1
        stats.items += entry.items
        stats.bytes += size
        stats.statuses[entry.status] += 1
        stats.times.append(seconds)
        self.entries.append(entry)

    def since(self, number: int) -> list[Entry]:
        """Give the kept entries with a number greater than `number`."""
        return sorted((entry for entry in self.entries if entry.number > number), key=lambda e: e.number)


def fingerprint(body: bytes) -> str:
    """Give the hash of a request body as the journal shows it."""
    return hashlib.sha256(body).hexdigest() if body else ""


def hidden(headers: Any) -> dict[str, str]:
    """Give the headers with lower-case names, of Authorization only the last four characters."""
    shown = {name.lower(): value for name, value in headers.items()}
    secret = shown.get("authorization")
    if secret is not None:
        shown["authorization"] = f"...{secret[-4:]}"
    return shown
