"""Showing what is stored, and one hash over all of it to compare two runs."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from synqd_demo.fake_synerise.events import BUY, Event
from synqd_demo.fake_synerise.profiles import Profile
from synqd_demo.fake_synerise.world import Workspace, World


def profiles(world: World, workspace: str | None = None) -> list[dict[str, Any]]:
    """Give all profiles, of one workspace (by name) or of all."""
    return [
        {"workspace": place.name, **profile.document()}
        for place in _chosen(world, workspace)
        for profile in place.profiles.by_number.values()
    ]


def transactions(world: World, workspace: str | None = None) -> list[dict[str, Any]]:
    """Give all transactions in order of arrival, as sent, with what became of each."""
    return [
        {"workspace": place.name, **_described(place, event), **event.body, "buys": _buys(event)}
        for place in _chosen(world, workspace)
        for event in place.events.charges()
    ]


def events(world: World, workspace: str | None = None, action: str | None = None) -> list[dict[str, Any]]:
    """Give all other events, `product.buy` included."""
    return [
        {"workspace": place.name, **_described(place, event), "params": event.body}
        for place in _chosen(world, workspace)
        for event in place.events.others()
        if action is None or event.action == action
    ]


def items(world: World, bag_id: int) -> list[dict[str, Any]]:
    """Give the items of one catalog by number. Raises KeyError for an unknown one."""
    return [{**item.document(), "writes": item.writes} for item in world.catalogs.bags[bag_id].items.values()]


def digest(world: World, workspace: str | None = None) -> str:
    """Give one hash over all stored data, free of what depends on the order of arrival.

    Left out: numbers given by the server, times of receipt, how often something was written.
    """
    rows = sorted(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) for row in _rows(world, workspace))
    return hashlib.sha256(b"\n".join(rows)).hexdigest()


def live_items(world: World) -> int:
    """Count the items of all catalogs that are not marked as deleted."""
    return world.catalogs.live(world.catalogs.bags.values())


def _chosen(world: World, name: str | None) -> Iterable[Workspace]:
    return [place for place in world.workspaces.values() if name is None or place.name == name]


def _rows(world: World, workspace: str | None) -> Iterator[list[Any]]:
    for place in _chosen(world, workspace):
        for profile in place.profiles.by_number.values():
            yield ["profile", place.name, _timeless(profile.document(), "clientId", "uuid")]
        for event in place.events.charges():
            yield [*_event_row(place, event), _sorted_buys(event)]
        for event in place.events.others():
            if event.action != BUY:
                yield _event_row(place, event)
    for bag in world.catalogs.bags.values():
        name = world.workspace_name(bag.workspace_id)
        if workspace in (None, name):
            for item in bag.items.values():
                yield ["item", name, bag.name, item.key, item.value]


def _event_row(place: Workspace, event: Event) -> list[Any]:
    profile = _person(place.profiles.by_number.get(event.profile))
    return [event.action, place.name, profile, event.salt, event.time_ms if event.timed else None, event.body]


def _sorted_buys(event: Event) -> list[list[Any]]:
    return [[position, buy.stale, buy.body] for position, buy in sorted(event.buys.items())]


def _timeless(document: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in names}


def _person(profile: Profile | None) -> dict[str, Any] | None:
    if profile is None:
        return None
    return {"email": profile.email, "customId": profile.custom_id, "uuids": sorted(profile.uuids)}


def _described(place: Workspace, event: Event) -> dict[str, Any]:
    moment = datetime.fromtimestamp(event.time_ms / 1000, UTC)
    return {
        "eventId": event.event_id,
        "action": event.action,
        "clientId": event.profile,
        "profile": _person(place.profiles.by_number.get(event.profile)),
        "client": event.client,
        "eventSalt": event.salt,
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "writes": event.writes,
        "stale": event.stale,
    }


def _buys(event: Event) -> list[dict[str, Any]]:
    return [
        {"eventId": buy.event_id, "position": position, "stale": buy.stale, "writes": buy.writes, **buy.body}
        for position, buy in sorted(event.buys.items())
    ]
