"""Questions to Synerise that change nothing: what the key may do, what is stored."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from synqd.models.wire import Endpoint
from synqd.synerise.answer import Answer
from synqd.synerise.complaints import document, one_line
from synqd.synerise.obstacles import HeldDenied, senseless
from synqd.synerise.outcome import PERMISSIONS, describe
from synqd.synerise.report import ObstacleKind
from synqd.synerise.transport import Request

Ask = Callable[[Request], Awaitable[Answer]]

KEEP = 1024 * 1024
PERMISSION_CHECK = "/uauth/api-key/permission-check"


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What a key may do.

    Attributes:
        workspace: name of the workspace at Synerise.
        missing: permissions that the key lacks, by endpoint; endpoints that lack none are left out.
        unchecked: endpoints for which no permission name is known.
    """

    workspace: str
    missing: Mapping[Endpoint, tuple[str, ...]]
    unchecked: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Synerise has it; ``body`` is the profile or the item's value."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Absent:
    """Synerise does not have it."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The key may not read it, or it cannot be asked for; ``detail`` says which."""

    detail: str


Reading = Found | Absent | Unreadable


def in_path(key: str) -> str | None:
    """A key as one segment of a path; None for one that no path can hold (``..`` would climb)."""
    return None if key in ("", ".", "..") else quote(key, safe="")


async def check_key(ask: Ask, endpoints: Collection[Endpoint]) -> KeyCheck:
    """Asks for the permissions that the endpoints need.

    Raises:
        HeldDenied, HeldUnavailable: no usable answer.
    """
    wanted = sorted({name for endpoint in endpoints for name in PERMISSIONS[endpoint]})
    answer = await ask(Request("permissions", "POST", PERMISSION_CHECK, orjson.dumps(wanted)))
    found = document(answer.body) if answer.ok else None
    if not isinstance(found, dict) or not isinstance(found.get("permissions"), dict):
        raise senseless("the check of permissions", answer.status)
    granted = found["permissions"]
    lacking = {
        endpoint: tuple(name for name in PERMISSIONS[endpoint] if granted.get(name) is not True)
        for endpoint in endpoints
    }
    return KeyCheck(
        workspace=one_line(str(found.get("businessProfileName") or "")),
        missing={endpoint: names for endpoint, names in lacking.items() if names},
        unchecked=tuple(endpoint for endpoint in endpoints if not PERMISSIONS[endpoint]),
    )


async def read_item(ask: Ask, catalog_id: str | None, key: str) -> Reading:
    """The value of a catalog item; absent where there is no such catalog.

    Raises:
        HeldDenied, HeldUnavailable: no usable answer.
    """
    if catalog_id is None:
        return Absent()
    bag = quote(catalog_id, safe="")
    reading = await _read(ask, f"/catalogs/bags/{bag}/items/itemKey/", key)
    if isinstance(reading, Found):
        value = reading.body.get("value", reading.body)
        return Found(value) if isinstance(value, dict) else Unreadable("the item has no readable value")
    return reading


async def read_profile(ask: Ask, email: str) -> Reading:
    """A profile by e-mail.

    Raises:
        HeldDenied, HeldUnavailable: no usable answer.
    """
    return await _read(ask, "/v4/clients/by-email/", email)


async def _read(ask: Ask, path: str, key: str) -> Reading:
    segment = in_path(key)
    if segment is None:
        return Unreadable("this key cannot be asked for")
    try:
        answer = await ask(Request("read", "GET", path + segment, keep=KEEP))
    except HeldDenied as error:
        if error.postponed.kind is ObstacleKind.FORBIDDEN:
            return Unreadable(str(error))
        raise
    if answer.status == 404:
        return Absent()
    found = document(answer.body) if answer.ok else None
    if isinstance(found, dict) and isinstance(found.get("data"), dict):
        found = found["data"]
    return Found(found) if isinstance(found, dict) else Unreadable(describe(answer))
