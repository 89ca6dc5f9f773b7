"""Every route of the modelled API, and the checks a request passes before its endpoint sees it.

Order of the checks, the first failure answers: route (404, 405), content type (415), body size, content
encoding (415), authorization (401), `Api-Version` (400), permission (403). Faults and the rate limit come
before (`server`), the body's syntax, type and count after (`bodies`).
"""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from synqd_demo.fake_synerise import api_auth, api_catalogs, api_events, api_profiles
from synqd_demo.fake_synerise.answers import Answer, RefusalError
from synqd_demo.fake_synerise.auth import RefusedError
from synqd_demo.fake_synerise.settings import Settings
from synqd_demo.fake_synerise.world import Call, World

Endpoint = Callable[[World, Call], Answer]


@dataclass(slots=True, frozen=True)
class Route:
    """One route; `{}` in the pattern stands for one path segment.

    `permission` None means any authorized caller. `kind` names the limits of the body, empty means none.
    """

    method: str
    pattern: str
    permission: str | None
    endpoint: Endpoint
    kind: str = ""
    authorized: bool = True
    versioned: bool = False

    @property
    def name(self) -> str:
        """Give the name of the route in statistics."""
        return f"{self.method} {self.pattern}"


def _data(pattern: str, permission: str, endpoint: Endpoint, kind: str, method: str = "POST") -> Route:
    return Route(method, pattern, permission, endpoint, kind, versioned=pattern.startswith("/v4/"))


_BAG = "/catalogs/bags/{}"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/uauth/v2/auth/login/profile", None, api_auth.login, authorized=False),
    Route("POST", "/v4/auth/login/profile", None, api_auth.login, authorized=False),
    Route("GET", "/v4/auth/refresh/profile", None, api_auth.refresh),
    Route("POST", "/uauth/api-key/permission-check", None, api_auth.check_permissions),
    _data("/v4/clients/batch", "API_BATCH_CLIENT_CREATE", api_profiles.write_batch, "clients"),
    _data("/v4/clients", "API_CLIENT_CREATE", api_profiles.write_one, "clients"),
    _data("/v4/clients/by-customid/{}", "API_CLIENT_DELETE", api_profiles.delete, "", "DELETE"),
    _data("/v4/clients/by-custom-id/{}", "API_CLIENT_DELETE", api_profiles.delete, "", "DELETE"),
    _data("/v4/clients/by-email/{}", "API_CLIENT_READ", api_profiles.by_email, "", "GET"),
    _data("/v4/clients/by-customid/{}", "API_CLIENT_READ", api_profiles.by_custom_id, "", "GET"),
    _data(
        "/v4/transactions/batch",
        "API_BATCH_TRANSACTION_CREATE",
        api_events.transactions_batch,
        "transactions",
    ),
    _data("/v4/transactions", "API_TRANSACTION_CREATE", api_events.one_transaction, "transactions"),
    _data("/v4/events/custom", "API_CUSTOM_EVENTS_CREATE", api_events.custom_event, "events"),
    _data("/v4/events/batch", "API_CUSTOM_EVENTS_CREATE", api_events.events_batch, "events"),
    _data(
        "/v4/events/cancelled-transaction",
        "API_CUSTOM_EVENTS_CREATE",
        api_events.cancelled_transaction,
        "events",
    ),
    _data("/catalogs/bags", "CATALOGS_CATALOG_READ", api_catalogs.list_bags, "", "GET"),
    _data("/catalogs/bags", "CATALOGS_CATALOG_CREATE", api_catalogs.create_bag, "items"),
    _data(_BAG, "CATALOGS_CATALOG_READ", api_catalogs.read_bag, "", "GET"),
    _data(f"{_BAG}/keys", "CATALOGS_CATALOG_READ", api_catalogs.read_keys, "", "GET"),
    _data(f"{_BAG}/items/batch", "CATALOGS_ITEM_BATCH_CATALOG_CREATE", api_catalogs.write_items, "items"),
    _data(f"{_BAG}/items", "CATALOGS_ITEM_BATCH_CATALOG_CREATE", api_catalogs.write_item, "items"),
    _data(f"{_BAG}/items/itemKey/{{}}", "CATALOGS_CATALOG_READ", api_catalogs.read_item, "", "GET"),
    _data(
        "/business-profile-service/tracker/get-or-create-by-domain",
        "TRACKER_CREATE",
        api_catalogs.tracker,
        "items",
    ),
)


class Router:
    """Finds the route of a request."""

    def __init__(self) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._patterns: dict[int, list[tuple[list[str], dict[str, Route]]]] = {}
        for route in ROUTES:
            self._methods(route.pattern)[route.method] = route

    def _methods(self, pattern: str) -> dict[str, Route]:
        if "{}" not in pattern:
            return self._exact.setdefault(pattern, {})
        parts = pattern.split("/")
        same_length = self._patterns.setdefault(len(parts), [])
        for known, methods in same_length:
            if known == parts:
                return methods
        same_length.append((parts, {}))
        return same_length[-1][1]

    def find(self, call: Call) -> Route:
        """Give the route and set the call's `route` and `arguments`.

        Raises:
            RefusalError: 404 unknown path, 405 known path with another method.
        """
        methods, call.arguments = self._lookup(call.path)
        if methods is None:
            raise RefusalError(call.refusals.refuse(404, f"no route {call.method} {call.path}"))
        route = methods.get(call.method)
        if route is None:
            message = f"{call.method} is not allowed, use {' or '.join(sorted(methods))}"
            raise RefusalError(call.refusals.refuse(405, message))
        call.route = route.name
        return route

    def _lookup(self, path: str) -> tuple[dict[str, Route] | None, tuple[str, ...]]:
        exact = self._exact.get(path)
        if exact is not None:
            return exact, ()
        parts = path.split("/")
        for pattern, methods in self._patterns.get(len(parts), ()):
            if all(want in ("{}", part) for want, part in zip(pattern, parts, strict=True)):
                found = (part for want, part in zip(pattern, parts, strict=True) if want == "{}")
                return methods, tuple(unquote(part) for part in found)
        return None, ()


def admit(world: World, call: Call, route: Route) -> None:
    """Let the call pass to its endpoint, with `key` set and the body decoded.

    Raises:
        RefusalError: one of the checks named above failed.
    """
    if call.method == "POST":
        _check_body(world.settings, call, route)
    if route.authorized:
        _authorize(world, call)
    if route.versioned and world.settings.require_api_version and "Api-Version" not in call.headers:
        raise RefusalError(call.refusals.refuse(400, "header Api-Version is required"))
    if route.permission is not None and call.key is not None and route.permission not in call.key.permissions:
        raise RefusalError(call.refusals.refuse(403, f"permission {route.permission} is missing"))


def _check_body(settings: Settings, call: Call, route: Route) -> None:
    content_type = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise RefusalError(call.refusals.refuse(415, f"Content type {content_type!r} is not supported"))
    limit = settings.max_body_bytes.get(route.kind)
    _check_size(settings, call, limit)
    encoding = call.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        return
    if encoding != "gzip" or not settings.accept_gzip:
        raise RefusalError(call.refusals.refuse(415, f"Content encoding {encoding!r} is not supported"))
    try:
        call.body = gzip.decompress(call.body)
    except (OSError, EOFError, zlib.error):
        raise RefusalError(call.refusals.refuse(400, "The body is not gzip")) from None
    _check_size(settings, call, limit)


def _check_size(settings: Settings, call: Call, limit: int | None) -> None:
    if limit is not None and len(call.body) > limit:
        message = f"The body has {len(call.body)} bytes, at most {limit} are allowed"
        raise RefusalError(call.refusals.refuse(settings.too_many_bytes_status, message))


def _authorize(world: World, call: Call) -> None:
    try:
        call.key = world.keyring.authorize(call.headers.get("Authorization"))
    except RefusedError as refused:
        message = refused.error if call.path.startswith("/catalogs") else "Full authentication is required"
        raise RefusalError(call.refusals.refuse(401, message, error=refused.error)) from None
