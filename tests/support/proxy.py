"""A TCP proxy on 127.0.0.1 that does to connections what bad networks do; switched while it runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Self

CHUNK = 65_536


class Proxy:
    """Forwards each connection to ``target`` (a port of 127.0.0.1, or a unix socket).

    Attributes:
        delay: seconds that each piece of data waits, in either direction.
        drip: at most so many bytes a piece; with ``delay`` a slow, thin line.
        cut_after: connections are reset after so many bytes of answers; counts for each connection.
        cuts: how many connections ``cut_after`` may still cut.
        hole: data is taken and nothing ever comes back.
        choke: a request that contains this text gets HTTP ``status`` instead of reaching the target.
        connections: how many were accepted so far.
    """

    def __init__(self, target: int | Path) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.delay = 0.0
        self.drip = CHUNK
        self.cut_after: int | None = None
        self.cuts = 0
        self.hole = False
        self.choke: bytes | None = None
        self.status = 500
        self.connections = 0

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def accept(self) -> None:
        """Listens, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Refuses new connections and resets the open ones."""
        if self._server is not None:
            self._server.close()
            self.cut()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        """Resets all open connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        with suppress(OSError, asyncio.CancelledError):
            await self._forward(reader, writer)
        writer.transport.abort()
        self._writers.discard(writer)
        self._tasks.discard(task)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(self._target, Path):
            there, back = await asyncio.open_unix_connection(self._target)
        else:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        ways = [
            asyncio.create_task(self._requests(reader, back, writer)),
            asyncio.create_task(self._answers(there, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            back.transport.abort()  # before the next await, where a cancellation may strike
            await asyncio.gather(*ways, return_exceptions=True)

    async def _requests(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        seen = b""
        while data := await reader.read(min(CHUNK, self.drip)):
            await self._hold()
            seen = (seen + data)[-2 * CHUNK :]
            if self.choke and self.choke in seen:
                answer = f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                client.write(answer.encode())
                await client.drain()
                client.write_eof()
                await reader.read()
                return
            back.write(data)
            await back.drain()

    async def _answers(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        while data := await there.read(min(CHUNK, self.drip)):
            await self._hold()
            if self.cut_after is not None and self.cuts and passed + len(data) > self.cut_after:
                self.cuts -= 1
                writer.write(data[: max(0, self.cut_after - passed)])
                await writer.drain()
                return
            passed += len(data)
            writer.write(data)
            await writer.drain()

    async def _hold(self) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        while self.hole:
            await asyncio.sleep(0.02)
