"""A plain client of the fake and good samples of every item, written without any code of synqd's client."""

import asyncio
import copy
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from synqd_demo.fake_synerise import FakeSynerise

LOGIN = "/uauth/v2/auth/login/profile"
OLD_LOGIN = "/v4/auth/login/profile"
CLIENTS = "/v4/clients/batch"
TRANSACTIONS = "/v4/transactions/batch"
EVENTS = "/v4/events/batch"
CUSTOM = "/v4/events/custom"


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def document(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Api:
    """Sends requests with a token of its own; `call` sends anything."""

    fake: FakeSynerise
    session: aiohttp.ClientSession
    token: str = ""

    async def call(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        sent: dict[str, str | None] = {
            "Api-Version": "4.4",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.token}",
        }
        sent.update(headers or {})
        data = orjson.dumps(document) if body is None and method == "POST" else body
        kept = {name: value for name, value in sent.items() if value is not None}
        skip = [name for name, value in sent.items() if value is None]
        url = self.fake.url + path
        async with self.session.request(
            method, url, data=data, headers=kept, skip_auto_headers=skip, allow_redirects=False
        ) as response:
            return Reply(response.status, await response.read(), response.headers)

    async def post(self, path: str, document: Any, **options: Any) -> Reply:
        return await self.call("POST", path, document, **options)

    async def get(self, path: str, **options: Any) -> Reply:
        return await self.call("GET", path, **options)

    async def login(self, key: str | None = None, path: str = LOGIN) -> Reply:
        reply = await self.post(path, {"apiKey": key or self.fake.api_key}, headers={"Authorization": None})
        if reply.status == 200:
            self.token = reply.document["token"]
        return reply


class Clock:
    """A clock that only moves when told."""

    def __init__(self, now: float = 1_714_558_272.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class RawConnection:
    """A bare TCP connection, to see exactly what the server does to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, fake: FakeSynerise, receive_buffer: int | None = None) -> "RawConnection":
        sock = socket.socket()
        sock.setblocking(False)
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", fake.port))
        except OSError:
            sock.close()
            raise
        return cls(*await asyncio.open_connection(sock=sock))

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    def post(self, path: str, token: str, document: Any) -> None:
        self.send(request_bytes(path, token, orjson.dumps(document)))

    async def read_all(self) -> bytes:
        """Read until the server ends the connection; a reset raises ConnectionResetError."""
        async with asyncio.timeout(10):
            return await self._reader.read()

    async def read_reply(self) -> bytes:
        """Read one answer with a Content-Length."""
        async with asyncio.timeout(10):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            return head + await self._reader.readexactly(int(length.split(b":")[1]))

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:
            return


def request_bytes(path: str, token: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: fake\r\nApi-Version: 4.4\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def money(amount: Any, currency: Any = "PLN") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


PROFILE: dict[str, Any] = {"email": "anna@example.test", "customId": "17", "firstName": "Anna"}
PRODUCT: dict[str, Any] = {"sku": "24-MB01", "name": "Bag", "quantity": 2, "finalUnitPrice": money(49.2)}
TRANSACTION: dict[str, Any] = {
    "client": {"email": "anna@example.test", "customId": "17"},
    "orderId": "000000042",
    "eventSalt": "m2-1-000000042",
    "recordedAt": "2024-05-01T10:11:12.000Z",
    "source": "WEB_DESKTOP",
    "paymentInfo": {"method": "checkmo"},
    "revenue": money(98.4),
    "value": money(80.0),
    "products": [PRODUCT],
}
EVENT: dict[str, Any] = {
    "type": "custom",
    "label": "clientDeleteAccount",
    "action": "client.deleteAccount",
    "client": {"email": "anna@example.test"},
    "time": "2024-06-01T08:00:00.000Z",
    "eventSalt": "m2-del-17",
    "params": {"applicationName": "shop"},
}
ITEM: dict[str, Any] = {"itemKey": "24-MB01", "value": {"itemId": "24-MB01", "deleted": 0, "price": 49.2}}

REMOVED = object()


def altered(sample: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Give a deep copy of a sample with entries replaced, those given as REMOVED taken out."""
    made = copy.deepcopy({**sample, **changes})
    return {name: value for name, value in made.items() if changes.get(name) is not REMOVED}
