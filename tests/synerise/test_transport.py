"""Servers that answer badly, slowly, too much or not at all."""

from __future__ import annotations

import asyncio
import ssl
import threading
from pathlib import Path

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from synqd.config import Secret
from synqd.models.wire import Endpoint
from synqd.runtime.clock import SystemClock
from synqd.synerise import Delivered, Delivery, DeliveryReport, ObstacleKind, Postponed
from synqd.synerise.answer import Answer, Failure
from synqd.synerise.observer import Silent
from synqd.synerise.transport import KEEP, SPARE, Request, Transport, translate
from tests.synerise.helpers import (
    OK,
    Recorder,
    Script,
    answering,
    client,
    clients,
    opened,
    raw_server,
    read_request,
    settings,
    some,
)


async def send(script: Script, *, within: float = 5.0, **request: object) -> Answer | Failure:
    values = {"call": "read", "method": "GET", "path": "/", **request}
    async with raw_server(script) as url:
        transport = Transport("main", settings(url, timeout=within), Secret("key"), SystemClock(), Silent())
        try:
            return await transport.send(Request(**values))  # type: ignore[arg-type]  # keywords of a test
        finally:
            await transport.close()


async def test_a_plain_answer() -> None:
    answer = await send(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRetry-After: 3\r\n\r\nhi"))
    assert answer == Answer(200, b"hi", {"retry-after": "3"})


async def test_of_a_huge_answer_only_the_beginning_is_read() -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await read_request(reader)
        writer.write(b"HTTP/1.1 400 Bad\r\nContent-Length: 100000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    answer = await send(flood)
    assert isinstance(answer, Answer)
    assert (answer.status, len(answer.body), answer.broken) == (400, KEEP, False)
    assert sent < 50_000_000


@pytest.mark.parametrize("kept_first", [b"", b"tr"])
async def test_a_dripping_answer_ends_by_the_time_out(kept_first: bytes) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + kept_first)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    answer = await send(drip, within=0.3)
    assert isinstance(answer, Answer)
    assert answer.broken
    assert not answer.ok


async def test_dripping_headers_end_by_the_time_out() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for n in range(10_000):
            writer.write(b"X-%d: y\r\n" % n)
            await writer.drain()
            await asyncio.sleep(0.02)

    assert await send(drip, within=0.3) == Failure("timeout", "no answer in time")


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\xff\x16\x03garbage\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"",
    ],
)
async def test_what_is_no_http_is_a_failure(answer: bytes) -> None:
    got = await send(answering(answer))
    if isinstance(got, Answer):
        assert got.broken
    else:
        assert got.word in ("protocol", "reset")
        assert "\n" not in got.detail
        assert len(got.detail) <= 300


async def test_a_compressed_answer_is_not_unpacked() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        assert b"accept-encoding: identity" in request.lower()
        writer.write(b"HTTP/1.1 400 Bad\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")

    answer = await send(script)
    assert isinstance(answer, Answer)
    assert answer.body == b"abcd"


async def test_a_kept_connection_that_is_closed_is_replaced_once() -> None:
    requests: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        if b"/login/" in requests[-1]:
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"token":"abc"}')
        else:
            writer.write(OK)
        await writer.drain()
        requests.append(await read_request(reader))  # and hang up without an answer

    async with raw_server(script) as url, opened(url) as workspace:
        report = await Delivery(workspace).deliver(clients(1))
    assert report.outcomes == (Delivered(202),)
    assert [request.split(b" ")[1] for request in requests if request] == [
        b"/uauth/v2/auth/login/profile",
        b"/v4/clients/batch",
        b"/v4/clients/batch",
    ]


async def test_a_new_connection_that_breaks_is_not_tried_again_at_once() -> None:
    requests: list[bytes] = []

    async def script(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))

    answer = await send(script, method="POST", body=b"[]")
    assert isinstance(answer, Failure)
    assert answer.word == "reset"
    assert len(requests) == 1


async def test_a_certificate_that_nobody_vouches_for_is_not_accepted(recorder: Recorder) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=_self_signed())
    async with server:
        port = server.sockets[0].getsockname()[1]
        report = await _deliver(f"https://127.0.0.1:{port}", recorder)
    assert recorder.outcomes("login") == ["tls"]
    assert isinstance(report.outcomes[0], Postponed)
    assert report.outcomes[0].kind is ObstacleKind.UNAVAILABLE
    assert "certificate" in report.outcomes[0].detail


async def test_a_server_without_tls_is_not_spoken_to_in_plain(recorder: Recorder) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.read(65_536)
        assert b"login" not in hello
        writer.write(OK)

    async with raw_server(script) as url:
        report = await _deliver(url.replace("http://", "https://"), recorder)
    assert recorder.outcomes("login") in (["tls"], ["refused"], ["reset"])
    assert isinstance(report.outcomes[0], Postponed)


async def test_a_name_that_does_not_resolve(recorder: Recorder) -> None:
    report = await _deliver("https://synerise.invalid", recorder)
    assert recorder.outcomes("login") == ["dns"]
    assert isinstance(report.outcomes[0], Postponed)
    assert "host name" in report.outcomes[0].detail


KEY = ConnectionKey("api.example", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (TimeoutError(), "timeout"),
        (aiohttp.ServerTimeoutError(), "timeout"),
        (aiohttp.ConnectionTimeoutError(), "timeout"),
        (aiohttp.ClientConnectorDNSError(KEY, OSError("no such host")), "dns"),
        (aiohttp.ClientConnectorSSLError(KEY, OSError("handshake")), "tls"),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.CertificateError("expired")), "tls"),
        (ssl.SSLError("alert"), "tls"),
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), "refused"),
        (aiohttp.ServerDisconnectedError(), "reset"),
        (aiohttp.ClientOSError(104, "reset"), "reset"),
        (ConnectionResetError("reset"), "reset"),
        (aiohttp.ClientPayloadError("cut"), "protocol"),
        (aiohttp.InvalidURL("x"), "protocol"),
        (OSError(24, "too many open files"), "protocol"),
        (ValueError("x"), "protocol"),
    ],
)
def test_every_exception_of_the_library_gets_a_word(error: Exception, word: str) -> None:
    assert translate(error).word == word


async def test_no_more_connections_than_allowed_are_opened() -> None:
    open_now = most = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        while await read_request(reader):
            await asyncio.sleep(0)
            writer.write(OK)
        open_now -= 1

    async with raw_server(script) as url, opened(url, auth="basic", max_in_flight=2) as workspace:
        delivery = Delivery(workspace)
        await asyncio.gather(*(delivery.deliver(some(Endpoint.EVENTS, 1)) for _ in range(40)))
    assert most <= 2 + SPARE


async def test_a_full_synchronization_leaves_connections_for_everything_else() -> None:
    """All requests that may be under way hang, and as many others as are spared for get through."""
    together = asyncio.Barrier(2 + SPARE)

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await together.wait()
        writer.write(OK)

    async with raw_server(script) as url, opened(url, auth="basic", max_in_flight=2) as workspace:
        requests = [workspace.exchange(Request("read", "GET", "/")) for _ in range(2 + SPARE)]
        answers = await asyncio.wait_for(asyncio.gather(*requests), 10)
    assert all(isinstance(answer, Answer) for answer in answers)


async def _deliver(url: str, recorder: Recorder) -> DeliveryReport:
    async with opened(url, observer=recorder) as workspace:
        return await Delivery(workspace).deliver(clients(1))


def _self_signed() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    return context


async def test_what_may_not_be_done_twice_is_not_repeated_on_a_closed_connection() -> None:
    """The creation of a catalog: it may have worked, and a second one would be there beside it."""
    requests: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        writer.write(OK)
        await writer.drain()
        requests.append(await read_request(reader))  # and hang up without an answer

    async with raw_server(script) as url, opened(url, auth="basic") as workspace:
        first = await workspace.exchange(Request("read", "GET", "/"))
        creation = Request("catalogs", "POST", "/catalogs/bags", b"{}", repeatable=False)
        second = await workspace.exchange(creation)
    assert isinstance(first, Answer)
    assert isinstance(second, Failure)
    assert second.word == "reset"
    assert [request.split(b" ")[0] for request in requests if request] == [b"GET", b"POST"]


async def test_a_name_that_no_thread_is_there_to_look_up_is_an_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    async with opened("https://api.invalid", auth="basic") as workspace:
        with monkeypatch.context() as patched:
            patched.setattr(threading, "_start_new_thread", no_thread)
            report = await Delivery(workspace).deliver([client("anna@example.com")])
    (outcome,) = report.outcomes
    assert isinstance(outcome, Postponed)
    assert outcome.kind is ObstacleKind.UNAVAILABLE
    assert "no thread can be started" in outcome.detail
    assert not report.doubtful
