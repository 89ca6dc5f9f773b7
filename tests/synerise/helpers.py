"""Items, workspaces and servers for the tests of this room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from synqd.config import Secret, WorkspaceSettings
from synqd.models.wire import Endpoint, WireItem
from synqd.runtime.clock import Clock
from synqd.synerise import RequestFacts, Workspace, open_workspace
from synqd.synerise.answer import Answer
from synqd_demo.fake_synerise import DEMO_GUID, DEMO_KEY

BATCHES = {
    Endpoint.CLIENTS: "/v4/clients/batch",
    Endpoint.TRANSACTIONS: "/v4/transactions/batch",
    Endpoint.EVENTS: "/v4/events/batch",
    Endpoint.CATALOG: "/items/batch",
}


class Recorder:
    """An observer that keeps what it hears."""

    def __init__(self) -> None:
        self.facts: list[RequestFacts] = []
        self.renewals = 0

    def request_done(self, facts: RequestFacts) -> None:
        self.facts.append(facts)

    def token_renewed(self, workspace: str) -> None:
        self.renewals += 1

    def outcomes(self, call: str) -> list[str]:
        return [facts.outcome for facts in self.facts if facts.call == call]


def settings(url: str, **values: Any) -> WorkspaceSettings:
    defaults = {"base_url": url, "api_key_file": Path("main.key"), "websites": ("base",), "guid": DEMO_GUID}
    return WorkspaceSettings(**{**defaults, "timeout": 20.0, **values})


def opened(
    url: str,
    *,
    key: str = DEMO_KEY,
    observer: Recorder | None = None,
    clock: Clock | None = None,
    **values: Any,
) -> AbstractAsyncContextManager[Workspace]:
    return open_workspace("main", settings(url, **values), Secret(key), observer=observer, clock=clock)


def client(email: str, **fields: Any) -> WireItem:
    return WireItem(Endpoint.CLIENTS, email, {"email": email, **fields})


def clients(count: int, *, bad: tuple[int, ...] = ()) -> list[WireItem]:
    """Profiles, some of them with an e-mail address that is none."""
    return [client(f"anna{n}" if n in bad else f"anna{n}@example.com") for n in range(count)]


def product(sku: str, catalog: str = "store-1", **value: Any) -> WireItem:
    body = {"itemKey": sku, "value": {"itemId": sku, "deleted": 0, **value}}
    return WireItem(Endpoint.CATALOG, sku, body, catalog=catalog)


def products(count: int, *, bad: tuple[int, ...] = (), catalog: str = "store-1") -> list[WireItem]:
    """Catalog items, some of them without the value they need."""
    spoilt = WireItem(Endpoint.CATALOG, "spoilt", {"itemKey": "spoilt"}, catalog=catalog)
    return [spoilt if n in bad else product(f"sku{n}", catalog) for n in range(count)]


def transaction(number: int, *, sku: str = "24-MB01") -> WireItem:
    money = {"amount": 49.2, "currency": "PLN"}
    order_id = f"{number:09d}"
    body = {
        "client": {"email": f"anna{number}@example.com"},
        "orderId": order_id,
        "eventSalt": order_id,
        "recordedAt": "2024-05-01T10:11:12.000Z",
        "source": "WEB_DESKTOP",
        "paymentInfo": {"method": "checkmo"},
        "revenue": money,
        "value": money,
        "products": [{"sku": sku, "name": "Bag", "quantity": 1, "finalUnitPrice": money}],
    }
    return WireItem(Endpoint.TRANSACTIONS, order_id, body)


def transactions(count: int, *, bad: tuple[int, ...] = ()) -> list[WireItem]:
    """Orders, some of them with a product that has no SKU."""
    return [transaction(n, sku="" if n in bad else "24-MB01") for n in range(count)]


def event(number: int) -> WireItem:
    body = {
        "type": "custom",
        "label": "clientDeleteAccount",
        "action": "client.deleteAccount",
        "client": {"email": f"anna{number}@example.com"},
        "time": "2024-06-01T08:00:00.000Z",
        "eventSalt": f"del-{number}",
        "params": {},
    }
    return WireItem(Endpoint.EVENTS, f"del-{number}", body)


def deletion(custom_id: str) -> WireItem:
    return WireItem(Endpoint.CLIENT_DELETE, custom_id, {}, tombstone=True)


def some(endpoint: Endpoint, count: int) -> list[WireItem]:
    """That many good items for an endpoint."""
    makers: dict[Endpoint, Callable[[int], WireItem]] = {
        Endpoint.CLIENTS: lambda n: client(f"anna{n}@example.com"),
        Endpoint.TRANSACTIONS: transaction,
        Endpoint.EVENTS: event,
        Endpoint.CATALOG: lambda n: product(f"sku{n}"),
        Endpoint.CLIENT_DELETE: lambda n: deletion(str(n)),
    }
    return [makers[endpoint](n) for n in range(count)]


def answered(status: int, body: bytes | str = b"", **headers: str) -> Answer:
    """An answer as the transport gives it; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, body.encode() if isinstance(body, str) else body, named)


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One request with its body, as it came; empty at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
    return head + await reader.readexactly(length)


@asynccontextmanager
async def raw_server(script: Script) -> AsyncIterator[str]:
    """A server that does to each connection what the script says; gives its address."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def answering(answer: bytes) -> Script:
    """A script that answers each request with the same bytes and closes."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer)
        await writer.drain()
        writer.write_eof()
        await reader.read()

    return script
