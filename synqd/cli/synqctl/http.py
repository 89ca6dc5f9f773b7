"""As much of HTTP/1.1 over a unix socket as a verb needs.

The standard library's client brings a parser of e-mails along, which would be a third of the time to start.
"""

import contextlib
import socket
from collections.abc import Iterable, Iterator

LONGEST_LINE = 65_536
"""Bytes of a line of an answer's head."""
LONGEST_BODY = 256 << 20
"""Bytes of an answer; what is longer is none of the daemon's."""


class NotHttpError(Exception):
    """What came is no answer of HTTP."""


def exchange(
    path: str, timeout: float, method: str, target: str, body: bytes | Iterable[bytes] | None, kind: str
) -> tuple[int, bytes]:
    """Sends one request and returns status and body of the answer.

    Args:
        path: the socket.
        timeout: seconds for which the other side may be silent.
        method: of the request.
        target: path and query.
        body: all of it, or blocks of any number, sent as they come.
        kind: content type of the body.

    Raises:
        OSError: the socket cannot be used, or the other side hung up.
        NotHttpError: something else answers.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        # Refused before all of it was sent? Then the answer is there and says why.
        with contextlib.suppress(BrokenPipeError):
            for block in _request(method, target, body, kind):
                connection.sendall(block)
        return _answer(connection)


def _request(method: str, target: str, body: bytes | Iterable[bytes] | None, kind: str) -> Iterator[bytes]:
    head = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close"]
    if body is None:
        yield _head(head)
    elif isinstance(body, bytes):
        yield _head([*head, f"Content-Type: {kind}", f"Content-Length: {len(body)}"]) + body
    else:
        yield _head([*head, f"Content-Type: {kind}", "Transfer-Encoding: chunked"])
        for block in body:
            if block:
                yield b"%x\r\n%b\r\n" % (len(block), block)
        yield b"0\r\n\r\n"


def _head(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    with connection.makefile("rb") as stream:
        version, _, rest = stream.readline(LONGEST_LINE).partition(b" ")
        status = rest[:3]
        if not version.startswith(b"HTTP/1.") or not status.isdigit():
            raise NotHttpError("no HTTP") if version else ConnectionResetError
        length = 0
        while (line := stream.readline(LONGEST_LINE)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
        if length > LONGEST_BODY:
            raise NotHttpError(f"an answer of {length} bytes")
        body = stream.read(length)
    if len(body) < length:
        raise ConnectionResetError
    return int(status), body
