"""The routes below /__fake/, only for loopback peers: `FakeSynerise` for tests in another process."""

import ipaddress
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from synqd_demo.fake_synerise import inspection
from synqd_demo.fake_synerise.settings import SettingsError, as_document

if TYPE_CHECKING:
    from synqd_demo.fake_synerise.fake import FakeSynerise

_PAGE = 1000

_Endpoint = Callable[[web.BaseRequest, Any], Awaitable[Any]]


class Control:
    """Serves the control routes of one fake. Wrong input is answered 400 with `{"error": ...}`."""

    def __init__(self, fake: "FakeSynerise") -> None:
        self._fake = fake
        self._routes: dict[tuple[str, str], _Endpoint] = {
            ("GET", "health"): self._health,
            ("GET", "stats"): self._stats,
            ("GET", "requests"): self._requests,
            ("GET", "arrivals"): self._arrivals,
            ("GET", "conflicts"): self._conflicts,
            ("GET", "profiles"): self._profiles,
            ("GET", "transactions"): self._transactions,
            ("GET", "events"): self._events,
            ("GET", "catalogs"): self._catalogs,
            ("POST", "catalogs"): self._create_catalog,
            ("GET", "digest"): self._digest,
            ("GET", "config"): self._config,
            ("POST", "config"): self._configure,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "reset"): self._reset,
            ("POST", "tokens/expire"): self._expire,
            ("POST", "wait"): self._wait,
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one control request."""
        if not is_loopback(request.remote):
            return _json(403, {"error": "only for this machine"})
        name = request.rel_url.path.removeprefix("/__fake/").strip("/")
        endpoint = self._routes.get((request.method, name)) or self._with_argument(request.method, name)
        if endpoint is None:
            return _json(404, {"error": f"no control route {request.method} {name}"})
        try:
            body = await request.content.read()
            document = orjson.loads(body) if body else {}
            return _json(200, await endpoint(request, document))
        except TimeoutError as error:
            return _json(408, {"error": str(error)})
        except (SettingsError, ValueError, TypeError) as error:
            return _json(400, {"error": str(error)})
        except KeyError as error:
            return _json(404, {"error": f"unknown: {error}"})

    def _with_argument(self, method: str, name: str) -> _Endpoint | None:
        head, _, rest = name.partition("/")
        argument, _, tail = rest.partition("/")
        routes: dict[tuple[str, str, str], Callable[[str], _Endpoint]] = {
            ("POST", "keys", ""): self._change_key,
            ("GET", "catalogs", "items"): self._items,
            ("POST", "catalogs", ""): self._change_catalog,
            ("DELETE", "catalogs", ""): self._delete_catalog,
        }
        made = routes.get((method, head, tail))
        return made(argument) if made is not None and argument else None

    async def _health(self, request: web.BaseRequest, document: Any) -> Any:
        return {"status": "ok"}

    async def _stats(self, request: web.BaseRequest, document: Any) -> Any:
        return self._fake.stats()

    async def _requests(self, request: web.BaseRequest, document: Any) -> Any:
        query = request.rel_url.query
        entries = self._fake.requests(int(query.get("since", "0")), query.get("path"))
        return [entry.document() for entry in _paged(request, entries)]

    async def _arrivals(self, request: web.BaseRequest, document: Any) -> Any:
        counts = self._fake.arrivals(request.rel_url.query.get("kind", "item"))
        return [[*arrival, count] for arrival, count in counts.items()]

    async def _conflicts(self, request: web.BaseRequest, document: Any) -> Any:
        return self._fake.conflicts()

    async def _profiles(self, request: web.BaseRequest, document: Any) -> Any:
        return self._shown(
            request, self._fake.profiles(_workspace(request)), ("email", "customId", "clientId")
        )

    async def _transactions(self, request: web.BaseRequest, document: Any) -> Any:
        return self._shown(request, self._fake.transactions(_workspace(request)), ("orderId", "eventSalt"))

    async def _events(self, request: web.BaseRequest, document: Any) -> Any:
        return self._shown(request, self._fake.events(_workspace(request)), ("action", "eventSalt"))

    async def _catalogs(self, request: web.BaseRequest, document: Any) -> Any:
        bags = self._fake.catalogs(_workspace(request))
        return [{**bag.document(), "items": len(bag.items)} for bag in bags]

    async def _create_catalog(self, request: web.BaseRequest, document: Any) -> Any:
        return self._fake.create_catalog(**document).document()

    async def _digest(self, request: web.BaseRequest, document: Any) -> Any:
        return {"digest": self._fake.digest(_workspace(request))}

    async def _config(self, request: web.BaseRequest, document: Any) -> Any:
        return as_document(self._fake.settings)

    async def _configure(self, request: web.BaseRequest, document: Any) -> Any:
        self._fake.world.configure(document)
        return as_document(self._fake.settings)

    async def _faults(self, request: web.BaseRequest, document: Any) -> Any:
        return [rule.document() for rule in self._fake.world.faults.rules]

    async def _add_faults(self, request: web.BaseRequest, document: Any) -> Any:
        rules = document if isinstance(document, list) else [document]
        return [self._fake.world.add_fault(rule).document() for rule in rules]

    async def _clear_faults(self, request: web.BaseRequest, document: Any) -> Any:
        self._fake.clear_faults()
        return {}

    async def _reset(self, request: web.BaseRequest, document: Any) -> Any:
        self._fake.reset()
        return {}

    async def _expire(self, request: web.BaseRequest, document: Any) -> Any:
        return {"expired": self._fake.expire_tokens()}

    async def _wait(self, request: web.BaseRequest, document: Any) -> Any:
        await self._fake.wait(**document)
        return self._fake.stats()

    def _change_key(self, key: str) -> _Endpoint:
        """Change fields of a key; `revoke` and `grant` name one permission, `new_key` replaces the key."""

        async def change(_request: web.BaseRequest, document: Any) -> Any:
            keyring = self._fake.world.keyring
            changes = dict(document)
            for verb, act in (("revoke", keyring.revoke), ("grant", keyring.grant)):
                if verb in changes:
                    act(changes.pop(verb), key)
            new_key = changes.pop("new_key", None)
            changed = keyring.change(key, changes)
            if new_key is not None:
                keyring.rotate(key, new_key)
            return {"key": changed.key, "active": changed.active, "permissions": sorted(changed.permissions)}

        return change

    def _items(self, bag: str) -> _Endpoint:
        async def show(request: web.BaseRequest, _document: Any) -> Any:
            return self._shown(request, inspection.items(self._fake.world, int(bag)), ("itemKey",))

        return show

    def _change_catalog(self, bag: str) -> _Endpoint:
        async def move(_request: web.BaseRequest, document: Any) -> Any:
            self._fake.move_catalog(int(bag), document["workspace_id"])
            return {}

        return move

    def _delete_catalog(self, bag: str) -> _Endpoint:
        async def delete(_request: web.BaseRequest, _document: Any) -> Any:
            self._fake.delete_catalog(int(bag))
            return {}

        return delete

    def _shown(self, request: web.BaseRequest, rows: list[dict[str, Any]], filters: tuple[str, ...]) -> Any:
        """Give a page of the rows that match the query, or with `?digest=1` the hash over all stored data."""
        query = request.rel_url.query
        if query.get("digest"):
            return {"digest": self._fake.digest(_workspace(request))}
        for name in filters:
            if name in query:
                rows = [row for row in rows if str(row.get(name)) == query[name]]
        return _paged(request, rows)


def is_loopback(peer: str | None) -> bool:
    """Tell whether the address of a peer is on this machine."""
    try:
        return peer is not None and ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _workspace(request: web.BaseRequest) -> str | None:
    return request.rel_url.query.get("workspace")


def _paged(request: web.BaseRequest, rows: list[Any]) -> list[Any]:
    query = request.rel_url.query
    offset, limit = int(query.get("offset", "0")), int(query.get("limit", str(_PAGE)))
    return rows[offset : offset + limit]


def _json(status: int, document: Any) -> web.Response:
    body = orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS)
    return web.Response(status=status, body=body, content_type="application/json")
