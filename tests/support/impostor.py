"""Somebody who answers where the database server should, speaks its protocol, and wants the password."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

SALT = b"12345678", b"123456789012\0"
DEPRECATE_EOF = 1 << 24
OK = b"\0\0\0\x02\0\0\0"


def switch_to(plugin: bytes) -> bytes:
    """The server's "log in by this instead", with a challenge."""
    return b"\xfe" + plugin + b"\0" + b"".join(SALT)


FULL_LOGIN = b"\x01\x04"
"""The demand of caching_sha2_password for the password itself."""


@dataclass
class Impostor:
    """Plays a script to each client; one packet of the client's is read before each packet of its own.

    Attributes:
        script: what it says after the greeting; ``OK`` for ever when that has ended.
        plugin: the kind of login that its greeting names.
        tls: with what it encrypts if the client wants to.
        heard: all that clients sent it, in clear.
    """

    script: Sequence[bytes]
    plugin: bytes = b"mysql_native_password"
    tls: ssl.SSLContext | None = None
    heard: bytes = b""
    logins: int = 0
    port: int = 0

    @asynccontextmanager
    async def listening(self, path: Path | None = None) -> AsyncIterator[Impostor]:
        """Listens on a free port of this machine, or at a unix socket."""
        with socket.socket(socket.AF_UNIX if path else socket.AF_INET) as listener:
            listener.bind(str(path) if path else ("127.0.0.1", 0))
            listener.listen()
            listener.setblocking(False)
            self.port = 0 if path else listener.getsockname()[1]
            serving = asyncio.create_task(self._accept(listener))
            try:
                yield self
            finally:
                serving.cancel()
                with suppress(asyncio.CancelledError):
                    await serving

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as clients:
            while True:
                client, _ = await loop.sock_accept(listener)
                self.logins += 1
                clients.create_task(self._serve(client))

    async def _serve(self, client: socket.socket) -> None:
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await loop.sock_sendall(client, packed(0, self._greeting()))
            # Not a byte more, since TLS may begin with the next one.
            head = await loop.sock_recv(client, 4)
            self.heard += (said := await loop.sock_recv(client, int.from_bytes(head[:3], "little")))
            tls = self.tls if len(said) == 32 else None  # nothing but the wish for TLS
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=tls)
            try:
                number = await self._hear(reader) if tls else head[3]
                for packet in chain(self.script, repeat(OK)):
                    transport.write(packed(number + 1, packet))
                    number = await self._hear(reader)
            finally:
                transport.abort()
                await asyncio.sleep(0)  # only then it lets go of its socket
        client.close()

    async def _hear(self, reader: asyncio.StreamReader) -> int:
        head = await reader.readexactly(4)
        self.heard += await reader.readexactly(int.from_bytes(head[:3], "little"))
        return head[3]

    def _greeting(self) -> bytes:
        able = 0xFFFF_FFFF & ~DEPRECATE_EOF
        low, high = (able & 0xFFFF).to_bytes(2, "little"), (able >> 16).to_bytes(2, "little")
        body = b"\x0a8.0.36\0" + (9).to_bytes(4, "little") + SALT[0] + b"\0" + low + b"\x2d\x02\0" + high
        return body + b"\x15" + bytes(10) + SALT[1] + self.plugin + b"\0"


def packed(number: int, packet: bytes) -> bytes:
    """A packet with its length and number before it."""
    return len(packet).to_bytes(3, "little") + bytes([number]) + packet
