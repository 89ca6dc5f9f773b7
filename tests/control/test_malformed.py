"""Whatever comes: no 5xx, and a request that is refused has changed nothing."""

import asyncio
import json
import socket
from pathlib import Path

import aiohttp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synqd.control.routes import ROUTES
from tests.support.operations import Desk

SHARED = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)

names = st.sampled_from(
    [
        "kind",
        "model",
        "models",
        "stores",
        "ids",
        "skus",
        "emails",
        "all",
        "store",
        "reason",
        "by",
        "workspace",
    ]
)
words = st.sampled_from(["full", "batch", "product", "order", "de", "ids", "", "\x00", "\ud800"]) | st.text()
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | words, inner, max_size=4),
    max_leaves=8,
)
documents = st.dictionaries(names, values, max_size=5) | values
bodies = st.binary(max_size=200) | documents.map(lambda value: json.dumps(value).encode())
line_bodies = st.lists(bodies, max_size=6).map(b"\n".join)
paths = st.sampled_from(sorted({route.path for route in ROUTES})).flatmap(
    lambda path: st.sampled_from(["1", "0", "77", "-1", "%00", "..", "²", "99999999999999999999"]).map(
        lambda number: path.replace("{id}", number)
    )
)
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
kinds = st.sampled_from(["application/json", "application/x-ndjson", "text/plain", "x; charset=utf-16", ""])
queries = st.dictionaries(st.sampled_from(["limit", "before", "model", "x"]), st.text(max_size=5), max_size=2)


@SHARED
@given(method=methods, path=paths, body=bodies | line_bodies, kind=kinds, query=queries)
async def test_no_request_breaks_the_server_or_changes_anything_when_refused(
    client: aiohttp.ClientSession,
    desk: Desk,
    method: str,
    path: str,
    body: bytes,
    kind: str,
    query: dict[str, str],
) -> None:
    before = list(desk.changes)
    query = {name: value.encode(errors="replace").decode() for name, value in query.items()}
    answer = await client.request(method, path, data=body, params=query, headers={"Content-Type": kind})
    text = await answer.text()
    assert answer.status < 500, text
    if answer.status >= 400:
        assert desk.changes == before
        if method != "HEAD":
            assert json.loads(text)["error"]["message"]


async def exchange(path: Path, sent: bytes, *, half_close: bool = False) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(path))
    try:
        writer.write(sent)
        if half_close:
            writer.write_eof()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


@SHARED
@given(noise=st.binary(min_size=1, max_size=300))
async def test_what_is_not_http_is_turned_away(server: Path, desk: Desk, noise: bytes) -> None:
    answer = await exchange(server, noise + b"\r\n\r\n", half_close=True)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert desk.changes == []


async def test_a_list_that_breaks_off_is_not_accepted(
    client: aiohttp.ClientSession, server: Path, desk: Desk
) -> None:
    head = b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    first = b'{"kind": "batch", "model": "order"}\n1\n2\n'
    whole = head + b"Content-Length: 1000\r\n\r\n" + first
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n" + f"{len(first):x}\r\n".encode() + first + b"\r\n"
    for sent in (whole, chunked):
        await exchange(server, sent, half_close=True)
        _, writer = await asyncio.open_unix_connection(str(server))
        writer.write(sent)
        await writer.drain()
        writer.close()
    assert (await client.get("/v1/status")).status == 200
    assert desk.changes == []


async def test_silent_and_deaf_clients_hold_up_nobody(client: aiohttp.ClientSession, server: Path) -> None:
    idle = []
    for sent in (b"", b"GET /v1/sta", b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50):
        for _ in range(10):
            peer = socket.socket(socket.AF_UNIX)
            peer.setblocking(False)
            peer.connect(str(server))
            peer.send(sent) if sent else None
            idle.append(peer)
    answers = await asyncio.gather(*(client.get("/v1/status") for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    for peer in idle:
        peer.close()
