import io
import logging
import os

import aiohttp
import orjson
import pytest

from synqd.control import Caller
from synqd.control.body import MAX_BODY, MAX_LINE, PAGE
from tests.support.operations import Desk

NDJSON = {"Content-Type": "application/x-ndjson"}


async def error(answer: aiohttp.ClientResponse) -> dict[str, str | None]:
    body = await answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "field"}
    found: dict[str, str | None] = body["error"]
    return found


async def test_status_is_answered(client: aiohttp.ClientSession) -> None:
    answer = await client.get("/v1/status")
    body = await answer.json()
    assert answer.status == 200
    assert body["streams"][0]["waiting"] == {"live": 1, "batch": 0, "full": 344}
    assert body["streams"][0]["last_sent"] == "2026-01-02T03:04:05Z"


async def test_full_job_is_submitted_for_the_peer(client: aiohttp.ClientSession, desk: Desk) -> None:
    answer = await client.post("/v1/jobs", json={"kind": "full", "models": ["product"], "stores": ["de"]})
    assert answer.status == 200
    assert (await answer.json())["id"] == 1
    assert desk.callers == [Caller(os.getpid(), os.getuid(), os.getgid())]


async def test_each_change_is_logged_with_the_uid(
    client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "synqd")
    await client.get("/v1/status")
    await client.post("/v1/reload")
    await client.post("/v1/jobs/9/cancel")
    noted = [vars(record)["context"] for record in caplog.records if record.message == "control.request"]
    assert [(one["verb"], one["uid"], one["outcome"]) for one in noted] == [
        ("reload", os.getuid(), "done"),
        ("cancelJob", os.getuid(), "refused"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "kind"),
        (b"{", None),
        (b"[]", None),
        (b'{"kind": "half"}', "kind"),
        (b'{"kind": "full", "modles": ["product"]}', "modles"),
        (b'{"kind": "full", "models": ["produkt"]}', "models.0"),
        (b'{"kind": "full", "changed_only": "yes"}', "changed_only"),
        (b'{"kind": "full", "stores": ["xx"]}', "stores"),
        (b'{"kind": "batch", "model": "product"}', None),
        (b'{"kind": "batch", "model": "product", "ids": []}', None),
        (b'{"kind": "batch", "model": "product", "ids": [1], "skus": ["a"]}', None),
        (b'{"kind": "batch", "model": "product", "ids": ["1"]}', "ids.0"),
        (b'{"kind": "batch", "model": "product", "ids": [0]}', "ids.0"),
        (b'{"kind": "batch", "model": "product", "ids": [true]}', "ids.0"),
        (b'{"kind": "batch", "model": "product", "emails": ["a@b.c"]}', None),
        (b'{"kind": "batch", "model": "product", "skus": ["a\\u0000"]}', "skus.0"),
    ],
)
async def test_wrong_job_is_refused_and_changes_nothing(
    client: aiohttp.ClientSession, desk: Desk, body: bytes, field: str | None
) -> None:
    answer = await client.post("/v1/jobs", data=body)
    assert answer.status == 400
    assert (await error(answer))["field"] == field
    assert desk.changes == []


async def test_batch_by_list(client: aiohttp.ClientSession, desk: Desk) -> None:
    await client.post("/v1/jobs", json={"kind": "batch", "model": "product", "skus": ["a,b", "ü"]})
    assert desk.batches == {1: ["a,b", "ü"]}


def lines(*values: object) -> bytes:
    return b"\n".join(orjson.dumps(value) for value in values)


async def test_batch_streams_in(client: aiohttp.ClientSession, desk: Desk) -> None:
    ids = list(range(1, 5 * PAGE // 2))
    body = lines({"kind": "batch", "model": "order", "by": "ids"}, *ids)
    answer = await client.post("/v1/jobs", data=body, headers=NDJSON)
    assert answer.status == 200, await answer.text()
    assert desk.batches == {1: ids}


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (b'1\n"two"\n3', "line 3"),
        (b"1\n\n-5", "line 4"),
        (b"1\n" + b"7" * (MAX_LINE + 70_000), "line 3: is longer than 4096 bytes"),
        (b"1\nnot json", "line 3"),
        (b"1\n\xff", "line 3"),
    ],
)
async def test_one_wrong_line_refuses_the_whole_batch(
    client: aiohttp.ClientSession, desk: Desk, rest: bytes, message: str
) -> None:
    body = lines({"kind": "batch", "model": "order"}) + b"\n" + rest
    answer = await client.post("/v1/jobs", data=body, headers=NDJSON)
    assert answer.status == 400
    assert message in str((await error(answer))["message"])
    assert desk.changes == []


async def test_streamed_batch_needs_a_header(client: aiohttp.ClientSession, desk: Desk) -> None:
    for body in (b"", b"\n\n", b"1\n2\n", lines({"kind": "batch", "model": "order", "by": "skus"}, "a")):
        answer = await client.post("/v1/jobs", data=body, headers=NDJSON)
        assert answer.status == 400
    assert desk.changes == []


async def test_large_document_is_refused(client: aiohttp.ClientSession, desk: Desk) -> None:
    answer = await client.post("/v1/jobs", data=io.BytesIO(b" " * (MAX_BODY + 1)))
    assert answer.status == 413
    assert (await error(answer))["code"] == "too-large"
    assert desk.changes == []


async def test_jobs_are_listed_in_pages(client: aiohttp.ClientSession, desk: Desk) -> None:
    for _ in range(3):
        desk.add_job("full")
    first = await (await client.get("/v1/jobs?limit=2")).json()
    second = await (await client.get(f"/v1/jobs?limit=2&before={first['next_before']}")).json()
    assert [job["id"] for job in (*first["jobs"], *second["jobs"])] == [3, 2, 1]
    assert second["next_before"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "colour=red", "limit=1&limit=2", "unfinished=perhaps"]
)
async def test_wrong_parameters_are_refused(client: aiohttp.ClientSession, query: str) -> None:
    answer = await client.get(f"/v1/jobs?{query}")
    assert answer.status == 400
    assert (await error(answer))["field"] == query.split("=", maxsplit=1)[0]


async def test_jobs_are_steered(client: aiohttp.ClientSession, desk: Desk) -> None:
    desk.add_job("full")
    states = [
        (await (await client.post(f"/v1/jobs/1/{verb}")).json())["state"]
        for verb in ("pause", "resume", "cancel")
    ]
    assert states == ["paused", "running", "cancelled"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/jobs/77", 404, "not-found"),
        ("POST", "/v1/jobs/77/pause", 404, "not-found"),
        ("GET", "/v1/jobs/x", 400, "invalid"),
        ("GET", "/v1/jobs/9999999999999999999999", 400, "invalid"),
        ("GET", "/v1/dead-letters/77", 404, "not-found"),
        ("GET", "/v2/status", 404, "no-such-path"),
        ("DELETE", "/v1/jobs", 405, "method-not-allowed"),
        ("GET", "/v1/status?verbose=1", 400, "invalid"),
    ],
)
async def test_what_is_not_there_is_said(
    client: aiohttp.ClientSession, desk: Desk, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status == status
    assert (await error(answer))["code"] == code
    assert desk.changes == []


async def test_a_job_that_is_over_is_a_conflict(client: aiohttp.ClientSession, desk: Desk) -> None:
    desk.add_job("full", "finished")
    answer = await client.post("/v1/jobs/1/cancel")
    assert answer.status == 409
    assert (await error(answer))["message"] == "job 1 is over"


async def test_dead_letters(client: aiohttp.ClientSession, desk: Desk) -> None:
    listed = await (await client.get("/v1/dead-letters?model=order")).json()
    assert [one["id"] for one in listed["dead_letters"]] == [1, 2, 3]
    assert "payload" not in listed["dead_letters"][0]
    shown = await (await client.get("/v1/dead-letters/2")).json()
    assert shown["payload"] == '{"orderId": "x"}'
    retried = await client.post("/v1/dead-letters/retry", json={"ids": [1]})
    assert await retried.json() == {"count": 1}
    discarded = await client.post("/v1/dead-letters/discard", json={"all": True})
    assert await discarded.json() == {"count": 2}
    assert desk.letters == {}


@pytest.mark.parametrize("body", [{}, {"all": False}, {"all": True, "model": "order"}])
async def test_all_dead_letters_have_to_be_meant(
    client: aiohttp.ClientSession, desk: Desk, body: dict[str, object]
) -> None:
    answer = await client.post("/v1/dead-letters/discard", json=body)
    assert answer.status == 400
    assert len(desk.letters) == 3


async def test_hold_and_release(client: aiohttp.ClientSession) -> None:
    held = await (await client.post("/v1/pause", json={"model": "order"})).json()
    assert held["holds"][0]["model"] == "order"
    assert held["holds"][0]["by"] == f"operator uid {os.getuid()}"
    assert await (await client.post("/v1/resume")).json() == {"holds": []}


async def test_wrong_configuration_is_said_on_reload(client: aiohttp.ClientSession, desk: Desk) -> None:
    desk.broken_config = True
    answer = await client.post("/v1/reload")
    assert answer.status == 422
    assert (await error(answer))["message"] == "[sync] enabld: unknown key; did you mean enabled?"


async def test_a_bug_is_logged_and_hides_nothing_behind_a_success(
    client: aiohttp.ClientSession, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.bug = True
    answer = await client.get("/v1/status")
    assert answer.status == 500
    assert (await error(answer))["code"] == "internal"
    record = next(one for one in caplog.records if one.message == "control.failed")
    assert record.exc_info
    assert isinstance(record.exc_info[1], ZeroDivisionError)
