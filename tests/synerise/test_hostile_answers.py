"""What no API would answer: whatever comes, it is an answer, and its texts can be stored."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from synqd.models.wire import WireItem
from synqd.synerise import Delivered, Delivery
from tests.synerise.helpers import Script, client, opened, raw_server, read_request

DIGITS = b"9" * 4_400
"""More than Python reads as one number."""
ITEMS: list[WireItem] = [client(f"anna{n}@example.com", tags=["a", "b"]) for n in range(3)]


def said(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def complaint(field: bytes, rejected: bytes = b'"x"') -> bytes:
    return b'{"errors":[{"field":"%b","message":"m","rejectedValue":%b}]}' % (field, rejected)


ANSWERS = {
    "a location that is no text": b"HTTP/1.1 302 X\r\nLocation: http://p/f\xfcr\r\nContent-Length: 0\r\n\r\n",
    "a pause that is no text": b"HTTP/1.1 429 X\r\nRetry-After: \xff\r\nContent-Length: 0\r\n\r\n",
    "a reason that is no text": b"HTTP/1.1 999 \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    "a chunk without a size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
    "a chunk that breaks off": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "another protocol": b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "a header without an end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    "no HTTP": b"\x16\x03\x01",
    "JSON of a thousand levels": said(400, b"[" * 1_000 + b"]" * 1_000),
    "a complaint of a thousand levels": said(207, complaint(b"email", b"[" * 1_000 + b"]" * 1_000)),
    "a place of 4,400 digits": said(207, complaint(b"tags[%b]" % DIGITS)),
    "a step of 4,400 digits": said(207, complaint(b"tags.%b" % DIGITS, b"null")),
    "a value of 400 digits": said(207, complaint(b"email", b"9" * 400)),
    "half a surrogate": said(400, complaint(b"\\ud800")),
    "a field that is an object": said(207, b'{"errors":[{"field":{"a":[1]},"message":["m"]}]}'),
}


def answering_all_but_logins(answer: bytes) -> Script:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            login = b"/login/" in request.split(b"\r\n")[0]
            writer.write(said(200, b'{"token":"abc"}') if login else answer)
            await writer.drain()
            if not login:
                return

    return script


@pytest.mark.parametrize("shape", ANSWERS)
async def test_an_answer_of_any_shape_is_an_answer_whose_texts_can_be_stored(shape: str) -> None:
    async with (
        raw_server(answering_all_but_logins(ANSWERS[shape])) as url,
        opened(url, timeout=5.0) as workspace,
    ):
        report = await Delivery(workspace).deliver(ITEMS)
    assert len(report.outcomes) == len(ITEMS)
    for outcome in report.outcomes:
        assert not isinstance(outcome, Delivered), outcome
        orjson.dumps([outcome.detail, outcome.answer])  # takes nothing but what UTF-8 can hold
