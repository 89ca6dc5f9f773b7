"""What faults do to a connection, below the level of HTTP answers."""

import asyncio
import socket
import struct

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from synqd_demo.fake_synerise.answers import HTML, HTML_PAGE, TEXT, Answer, Refusals

_LINGER_0 = struct.pack("ii", 1, 0)
_HUGE_BODY = b"all work and no play makes a dull body\n" * (5_000_000 // 39 + 1)


class NoAnswer(web.StreamResponse):
    """Tells aiohttp that the request is over although it sends nothing; the connection is closed."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Refuse to write anything."""
        raise ConnectionResetError("an injected fault took the connection")


class LastAnswer(web.Response):
    """An ordinary answer after which the connection is closed without having announced it."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the answer, then close."""
        request = self._req
        await super().write_eof(data)
        if request is not None and request.transport is not None:
            request.transport.close()


def reset(request: web.BaseRequest) -> NoAnswer:
    """Take the connection down with a TCP reset."""
    transport = request.transport
    if transport is not None:
        abort(transport)
    return NoAnswer()


def abort(transport: asyncio.BaseTransport) -> None:
    """Close a connection so that the peer sees a reset, not an orderly end; nothing if it is closed."""
    sock = transport.get_extra_info("socket")
    if sock is None or sock.fileno() < 0:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def close(request: web.BaseRequest) -> NoAnswer:
    """End the connection in order, without an answer."""
    if request.transport is not None:
        request.transport.close()
    return NoAnswer()


async def read_slowly(request: web.BaseRequest, chunk: int, pause_s: float) -> bytes:
    """Read the body `chunk` bytes at a time with a pause after each."""
    parts: list[bytes] = []
    while part := await request.content.read(chunk):
        parts.append(part)
        await asyncio.sleep(pause_s)
    return b"".join(parts)


async def read_some(request: web.BaseRequest, size: int) -> bytes:
    """Read at least `size` bytes of the body, less where it ends before."""
    parts = bytearray()
    while len(parts) < size and (part := await request.content.readany()):
        parts += part
    return bytes(parts)


def head(answer: Answer, length: int | None) -> bytes:
    """Give status line and headers by hand; `length` None announces a chunked body."""
    lines = [f"HTTP/1.1 {answer.status} {web.Response(status=answer.status).reason}"]
    lines.append(f"Content-Type: {answer.content_type}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def write_and_close(request: web.BaseRequest, data: bytes) -> NoAnswer:
    """Send bytes as they are, then end the connection."""
    if isinstance(request.transport, asyncio.WriteTransport) and not request.transport.is_closing():
        request.transport.write(data)
        request.transport.close()
    return NoAnswer()


async def drip(request: web.BaseRequest, answer: Answer, pause_s: float) -> NoAnswer:
    """Send a correct answer, its body one byte at a time; an empty body is made of 20 spaces."""
    body = answer.body or b" " * 20
    transport = request.transport
    if isinstance(transport, asyncio.WriteTransport):
        transport.write(head(answer, len(body)))
        for place in range(len(body)):
            await asyncio.sleep(pause_s)
            if transport.is_closing():
                break
            transport.write(body[place : place + 1])
    return close(request)


def short_length(request: web.BaseRequest, answer: Answer, missing: int) -> NoAnswer:
    """Announce `missing` bytes more than are sent."""
    return write_and_close(request, head(answer, len(answer.body) + missing) + answer.body)


def bad_chunk(request: web.BaseRequest, answer: Answer) -> NoAnswer:
    """Send a chunked answer whose second chunk size is no number."""
    return write_and_close(request, head(answer, None) + b"2\r\n{}\r\nzz\r\n!\r\n")


def faulty_status(status: int, body: str, header: object, refusals: Refusals) -> Answer:
    """Give an injected status with one of the kinds of body; `header` is the value of Retry-After or None."""
    headers = () if header is None else (("Retry-After", str(header)),)
    shaped = refusals.refuse(status, "injected fault")
    bodies: dict[str, tuple[bytes, str]] = {
        "shape": (shaped.body, shaped.content_type),
        "empty": (b"", shaped.content_type),
        "html": (HTML_PAGE, HTML),
        "truncated": (shaped.body[: len(shaped.body) // 2], shaped.content_type),
        "huge": (_HUGE_BODY, TEXT),
        "bad_utf8": (b'{"message":"\xff\xfe\xc3"}', shaped.content_type),
    }
    content, content_type = bodies[body]
    return Answer(status, content, content_type, headers)
