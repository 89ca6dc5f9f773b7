"""The events of one workspace, with the overwriting rules of salts.

An event with a salt overwrites an earlier one only when salt, time (to the millisecond), profile and action
are all equal. The same salt with any of them different makes a second event and is counted as `salt_misuse`,
because that is how a client doubles an order. Without a salt every write is a new event (`unsalted`).

A `transaction.charge` owns one `product.buy` per position of `products`. Overwriting replaces by position;
a shorter list leaves the old tail in place (`stale_products`), another sku at a position is `moved_products`.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

CHARGE = "transaction.charge"
BUY = "product.buy"

_NAMESPACE = uuid.UUID("6f6c2f0e-51f3-4f4d-9d0c-6a4b7c1b2a90")

_Key = tuple[str, int, int, str]


@dataclass(slots=True)
class Event:
    """One stored event. `time_ms` is epoch milliseconds, `timed` tells whether the client gave it.

    `stale` marks a `product.buy` that the latest version of its transaction no longer has.
    """

    event_id: str
    action: str
    profile: int
    time_ms: int
    timed: bool
    salt: str | None
    client: Mapping[str, Any]
    body: Mapping[str, Any]
    writes: int = 1
    stale: bool = False
    buys: dict[int, "Event"] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Moment:
    """When an event happened: epoch milliseconds, and whether the client said so."""

    ms: int
    given: bool


class EventStore:
    """All events of one workspace; `counters` is shared with the server's statistics."""

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._by_key: dict[_Key, Event] = {}
        self._salts: dict[str, _Key] = {}
        self._of_profile: dict[int, list[Event]] = defaultdict(list)
        self._unsalted = 0
        self.all: list[Event] = []

    def add(
        self, action: str, profile: int, moment: Moment, item: Mapping[str, Any], body: Mapping[str, Any]
    ) -> Event:
        """Store or overwrite one event. `item` is the request's element, `body` what is kept of it."""
        salt = item.get("eventSalt")
        if not salt:
            self._counters["unsalted"] += 1
            self._unsalted += 1
            key_text = f"unsalted|{self._unsalted}"
            return self._append(self._event(key_text, action, profile, moment, None, item, body))
        key = (salt, moment.ms, profile, action)
        known = self._by_key.get(key)
        if known is not None:
            self._counters["overwrites"] += 1
            known.body, known.client, known.writes = body, item["client"], known.writes + 1
            return known
        if salt in self._salts:
            self._counters["salt_misuse"] += 1
        self._salts[salt] = key
        event = self._event(
            f"{salt}|{moment.ms}|{profile}|{action}", action, profile, moment, salt, item, body
        )
        self._by_key[key] = event
        return self._append(event)

    def charge(self, profile: int, moment: Moment, item: Mapping[str, Any]) -> Event:
        """Store or overwrite one transaction and its `product.buy` events."""
        kept = {name: value for name, value in item.items() if name not in ("client", "eventSalt")}
        event = self.add(CHARGE, profile, moment, item, kept)
        products = item["products"]
        for position, product in enumerate(products):
            self._buy(event, position, product)
        for position, buy in event.buys.items():
            if position >= len(products) and not buy.stale:
                buy.stale = True
                self._counters["stale_products"] += 1
        return event

    def move(self, source: int, target: int) -> None:
        """Let the events of a merged profile follow it."""
        events = self._of_profile.pop(source, [])
        for event in events:
            event.profile = target
            for buy in event.buys.values():
                buy.profile = target
            if event.salt is not None:
                self._by_key.pop((event.salt, event.time_ms, source, event.action), None)
                key = (event.salt, event.time_ms, target, event.action)
                self._by_key[key] = event
        self._of_profile[target].extend(events)

    def charges(self) -> list[Event]:
        """Give all stored transactions."""
        return [event for event in self.all if event.action == CHARGE and event.buys]

    def others(self) -> Iterable[Event]:
        """Give everything that is not a transaction, `product.buy` events included."""
        for event in self.all:
            if event.buys:
                yield from event.buys.values()
            else:
                yield event

    def _buy(self, charge: Event, position: int, product: Mapping[str, Any]) -> None:
        known = charge.buys.get(position)
        if known is None:
            buy_id = str(uuid.uuid5(uuid.UUID(charge.event_id), str(position)))
            charge.buys[position] = Event(
                buy_id, BUY, charge.profile, charge.time_ms, charge.timed, None, charge.client, product
            )
            return
        if known.body.get("sku") != product.get("sku"):
            self._counters["moved_products"] += 1
        known.body, known.stale, known.writes = product, False, known.writes + 1

    @staticmethod
    def _event(
        key_text: str,
        action: str,
        profile: int,
        moment: Moment,
        salt: str | None,
        item: Mapping[str, Any],
        body: Mapping[str, Any],
    ) -> Event:
        event_id = str(uuid.uuid5(_NAMESPACE, key_text))
        return Event(event_id, action, profile, moment.ms, moment.given, salt, item["client"], body)

    def _append(self, event: Event) -> Event:
        self.all.append(event)
        self._of_profile[event.profile].append(event)
        return event
