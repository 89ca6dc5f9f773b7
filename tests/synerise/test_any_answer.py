"""Whatever comes back from any call that synqd makes is an outcome: soon, and in words that can be kept.

Answers are made up from what parsers stumble over. Somebody's address stands in all of them: it may be in
what an answer said, never in what everybody may see (S34).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synqd.models.errors import Denied, SyneriseUnavailable
from synqd.models.wire import Endpoint
from synqd.movers.verifier.compare import differing
from synqd.synerise import (
    Absent,
    Delivered,
    Delivery,
    Found,
    KeyCheck,
    Postponed,
    Refused,
    Unreadable,
    Workspace,
)
from synqd.synerise.complaints import LINE
from tests.synerise.helpers import client, opened, product, raw_server, read_request, some

SOMEBODY = "ann@leak.example"
EXAMPLES = 60
SHARED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ODD = st.sampled_from(
    (
        *(
            b"null",
            b"true",
            b"0",
            b"-1",
            b"1.5",
            b"1e999",
            b"-1e999",
            b"NaN",
            b"Infinity",
            b"tru",
            b"[",
            b"{}",
        ),
        *(b"18446744073709551616", b"9" * 400, b"9" * 5_000, b'""', b'"\\ud800"', b'"\\u0000"', b'"\xff"'),
        *(b'"store-1"', b'"email"', b'"[0].email"', b'"tags.%b"' % (b"9" * 5_000), b'"%b"' % (b"a" * 70_000)),
        *(b'"\\u202e"', *[f'"{SOMEBODY}"'.encode()] * 4),
    )
)
NAMES = st.sampled_from(
    (
        *("message", "errors", "error", "errorCode", "field", "rejectedValue", "data", "metaData", "id"),
        *("totalCount", "name", "token", "permissions", "businessProfileName", "value", "email", SOMEBODY),
    )
)


def listed(parts: list[bytes]) -> bytes:
    return b"[" + b",".join(parts) + b"]"


def named(parts: list[tuple[str, bytes]]) -> bytes:
    """An object; nothing keeps a name from coming twice."""
    return b"{" + b",".join(b"%b:%b" % (json.dumps(name).encode(), value) for name, value in parts) + b"}"


def nested(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(inner, max_size=4).map(listed) | st.lists(st.tuples(NAMES, inner), max_size=4).map(named)


DEEP = st.sampled_from([100, 254, 255, 600, 1_016, 1_025, 30_000]).flatmap(
    lambda depth: st.sampled_from(
        [b"[" * depth + b"]" * depth, b'{"message":' * depth + b"1" + b"}" * depth, b"[" * depth]
    )
)
VALUES = st.recursive(ODD, nested, max_leaves=8) | DEEP


def filled(template: bytes) -> st.SearchStrategy[bytes]:
    """What an answer of the API looks like, with anything in its places."""
    places = template.count(b"?")
    return st.tuples(*[VALUES] * places).map(lambda values: _fill(template, values))


def _fill(template: bytes, values: tuple[bytes, ...]) -> bytes:
    pieces = template.split(b"?")
    return b"".join(piece + value for piece, value in zip(pieces, (*values, b""), strict=True))


TEMPLATES = [
    b"?",
    b'{"message":?,"errors":[?]}',
    b'{"errors":[{"field":?,"message":?,"rejectedValue":?},{"field":?}]}',
    b'{"data":[{"name":"store-1","id":?},?],"metaData":{"totalCount":?}}',
    b'{"data":{"name":"store-1","id":?}}',
    b'{"token":?}',
    b'{"permissions":?,"businessProfileName":?}',
    b'{"value":?,"email":?}',
]
BODIES = st.sampled_from(TEMPLATES).flatmap(filled) | st.binary(max_size=40) | st.just(b"false")
STATUSES = st.sampled_from(
    (
        *(200, 200, 200, 202, 204, 206, 207, 207, 300, 302, 400, 400, 401, 403, 404, 405, 408, 413, 415, 422),
        *(425, 429, 500, 503, 599, 999, 100, 101),
    )
)
HEADERS = st.lists(
    st.sampled_from(
        (
            *(b"Content-Encoding: gzip", b"Content-Type: \xff\xfe", b"Content-Type: text/html; charset=x"),
            *(b"Content-Type: application/json; charset=utf-16", b"Transfer-Encoding: chunked", b"nonsense"),
            *(b"Location: http://p/%b" % SOMEBODY.encode(), b"Location: \xff", b"Date: nonsense"),
            *(b"Retry-After: 1e999", b"Retry-After: " + b"9" * 500, b"Retry-After: -1"),
            *(b"Retry-After: Mon, 99 Foo 9999 99:99:99 GMT", b"X: \x01%b" % SOMEBODY.encode()),
            b"Set-Cookie: %b=1; a b" % SOMEBODY.encode(),
        )
    ),
    max_size=3,
)


def written(status: int, headers: list[bytes], body: bytes) -> bytes:
    lines = [b"HTTP/1.1 %d %b" % (status, SOMEBODY.encode()), *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


ANSWERS = st.builds(written, STATUSES, HEADERS, BODIES) | st.binary(max_size=60)


@dataclass
class Scene:
    """A server that says the same to everybody; only logins get a token, unless they are what is tried."""

    url: str = ""
    answer: bytes = b""
    logins_too: bool = False
    seen: int = 0

    async def script(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        login = b"/login/" in request.split(b"\r\n")[0]
        self.seen += 1
        token = written(200, [], b'{"token":"abc"}')
        writer.write(token if login and not self.logins_too else self.answer)
        await writer.drain()
        writer.write_eof()


async def delivered(workspace: Workspace, endpoint: Endpoint) -> None:
    items = some(endpoint, 3)
    report = await Delivery(workspace).deliver(items)
    assert len(report.outcomes) == len(items)
    for outcome in report.outcomes:
        assert isinstance(outcome, Delivered | Refused | Postponed)
        if isinstance(outcome, Refused | Postponed):
            orjson.dumps([outcome.detail, outcome.answer])  # takes nothing but what UTF-8 can hold
            assert len(outcome.detail) <= LINE + 200
        if isinstance(outcome, Postponed):
            shown(outcome.detail)
            orjson.dumps(outcome.said)


def shown(text: str) -> None:
    """It may be seen by everybody."""
    assert SOMEBODY not in text
    assert text.isprintable()


async def asked(question: Awaitable[object]) -> object:
    try:
        return await question
    except (Denied, SyneriseUnavailable) as error:
        shown(str(error))
        orjson.dumps(error.said)
        return None


async def checked(workspace: Workspace) -> None:
    found = await asked(workspace.check(list(Endpoint)))
    assert found is None or isinstance(found, KeyCheck)


async def searched(workspace: Workspace) -> None:
    found = await asked(workspace.find_catalog("store-1"))
    assert found is None or isinstance(found, str)


async def read_back(workspace: Workspace) -> None:
    workspace.remember_catalog("store-1", "7")
    for item, question in (
        (product("a", name="x", tags=["y"]), workspace.read_item("store-1", "a")),
        (client("b@example.com", firstname="Bea", age=7), workspace.read_profile("b@example.com")),
    ):
        found = await asked(question)
        assert found is None or isinstance(found, Found | Absent | Unreadable)
        if isinstance(found, Found):
            differing(item, found.body)
        elif isinstance(found, Unreadable):
            shown(found.detail)


Call = Callable[[Workspace], Awaitable[None]]


async def tried(scene: Scene, answer: bytes, call: Call) -> None:
    scene.answer, scene.seen = answer, 0
    async with asyncio.timeout(20), opened(scene.url, timeout=5.0) as workspace:
        await call(workspace)
    assert scene.seen < 40


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    async with raw_server(scene.script) as scene.url:
        yield scene


@pytest.mark.parametrize("endpoint", Endpoint)
@SHARED
@given(answer=ANSWERS)
async def test_any_answer_to_a_delivery_is_an_outcome(
    scene: Scene, endpoint: Endpoint, answer: bytes
) -> None:
    async def call(workspace: Workspace) -> None:
        workspace.remember_catalog("store-1", "7")
        await delivered(workspace, endpoint)

    await tried(scene, answer, call)


@pytest.mark.parametrize("call", [checked, searched, read_back])
@SHARED
@given(answer=ANSWERS)
async def test_any_answer_to_a_question_is_an_answer_or_an_outage(
    scene: Scene, call: Call, answer: bytes
) -> None:
    await tried(scene, answer, call)


@SHARED
@given(answer=ANSWERS)
async def test_any_answer_to_a_login_is_a_token_or_an_outcome(scene: Scene, answer: bytes) -> None:
    scene.logins_too = True
    await tried(scene, answer, lambda workspace: delivered(workspace, Endpoint.CLIENTS))
