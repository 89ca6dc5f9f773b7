"""Every row of the decision table, without a network."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.models.wire import Endpoint, WireItem
from synqd.synerise.answer import Answer, Failure
from synqd.synerise.outcome import (
    Attempt,
    Bisect,
    LoginAgain,
    LookUpAgain,
    PartlyRefused,
    Verdict,
    judge,
    may_have_arrived,
)
from synqd.synerise.report import Delivered, ObstacleKind, Postponed, Refused
from tests.synerise.helpers import answered, clients, some

FIRST = Attempt(now=1_700_000_000.0)
RENEWED = FIRST.after_login()
BASIC = Attempt(now=FIRST.now, renewable=False)
BATCHES = [Endpoint.CLIENTS, Endpoint.TRANSACTIONS, Endpoint.EVENTS, Endpoint.CATALOG]
MANY = clients(3)
ONE = clients(1)


def judged(
    answer: Answer | Failure,
    items: list[WireItem] | None = None,
    attempt: Attempt = RENEWED,
    endpoint: Endpoint = Endpoint.CLIENTS,
) -> Verdict:
    return judge(endpoint, answer, some(endpoint, 3) if items is None else items, attempt)


def hold(verdict: Verdict) -> ObstacleKind:
    assert isinstance(verdict, Postponed)
    return verdict.kind


@pytest.mark.parametrize("endpoint", list(Endpoint))
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_is_delivered(endpoint: Endpoint, status: int) -> None:
    assert judged(answered(status, "true"), endpoint=endpoint) == Delivered(status)


def test_a_catalog_that_answers_false_has_not_taken_the_items() -> None:
    answer = answered(200, " false\n")
    assert judged(answer, endpoint=Endpoint.CATALOG) == Bisect()
    single = judged(answer, some(Endpoint.CATALOG, 1), endpoint=Endpoint.CATALOG)
    assert isinstance(single, Refused)
    assert judged(answer, endpoint=Endpoint.CLIENTS) == Delivered(200)


@pytest.mark.parametrize(
    "kind", ["text/html", "Text/HTML; charset=utf-8", " text/html", "application/xhtml+xml;charset=x"]
)
def test_a_page_for_people_is_no_success(kind: str) -> None:
    page = answered(200, "<html>maintenance</html>", content_type=kind)
    assert hold(judged(page)) is ObstacleKind.UNAVAILABLE
    nowhere = answered(404, "<html>no such page</html>", content_type=kind)
    gone = judged(nowhere, some(Endpoint.CLIENT_DELETE, 1), endpoint=Endpoint.CLIENT_DELETE)
    assert hold(gone) is ObstacleKind.UNAVAILABLE, "nobody says that the profile is gone"


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (299, True), (300, False)])
def test_a_whole_answer_with_a_status_of_success_is_a_success(status: int, ok: bool) -> None:
    assert answered(status).ok is ok
    assert not Answer(status, broken=True).ok


@pytest.mark.parametrize("status", [100, 199])
def test_a_status_that_ends_nothing_is_no_success(status: int) -> None:
    assert hold(judged(answered(status))) is ObstacleKind.UNAVAILABLE


@pytest.mark.parametrize("status", [200, 202, 207, 299])
def test_half_a_success_is_no_success(status: int) -> None:
    assert hold(judged(Answer(status, b"tr", broken=True))) is ObstacleKind.UNAVAILABLE


@pytest.mark.parametrize("endpoint", BATCHES)
@pytest.mark.parametrize("status", [400, 422])
def test_a_spoilt_request_is_halved_and_a_spoilt_item_refused(endpoint: Endpoint, status: int) -> None:
    answer = answered(status, '"Validation failed"')
    assert judged(answer, endpoint=endpoint) == Bisect()
    single = judged(answer, some(endpoint, 1), endpoint=endpoint)
    assert single == Refused("refused", f"HTTP {status}: Validation failed", status, '"Validation failed"')


def test_a_request_that_is_too_large_is_halved_and_an_item_that_is_refused() -> None:
    assert judged(answered(413)) == Bisect()
    assert judged(answered(413), ONE) == Refused("too-large", "HTTP 413", 413, None)


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_is_renewed_once(status: int) -> None:
    assert judged(answered(status), attempt=FIRST) == LoginAgain()
    assert hold(judged(answered(status), attempt=RENEWED)) in (ObstacleKind.DENIED, ObstacleKind.FORBIDDEN)


def test_a_403_says_nothing_against_a_token_that_is_new() -> None:
    fresh = Attempt(now=FIRST.now, fresh=True)
    assert hold(judged(answered(403), attempt=fresh)) is ObstacleKind.FORBIDDEN
    assert judged(answered(401), attempt=fresh) == LoginAgain()


def test_a_key_that_stays_refused_is_denied_with_a_remedy() -> None:
    for attempt in (RENEWED, BASIC):
        verdict = judged(answered(401, '{"error":"Unauthorized"}'), attempt=attempt)
        assert hold(verdict) is ObstacleKind.DENIED
        assert isinstance(verdict, Postponed)
        assert verdict.said == "Unauthorized"
        assert "Unauthorized" not in verdict.detail
        assert "api_key_file" in verdict.detail


def test_a_missing_permission_is_named() -> None:
    verdict = judged(answered(403, '{"message":"no"}'), attempt=BASIC)
    assert isinstance(verdict, Postponed)
    assert verdict.kind is ObstacleKind.FORBIDDEN
    assert "API_BATCH_CLIENT_CREATE" in verdict.detail


@pytest.mark.parametrize(
    "answer",
    [answered(404, '"Catalog not found"'), answered(403, '{"message":"Bag Some(Id(7)) of another profile"}')],
)
def test_a_lost_catalog_is_looked_up_once(answer: Answer) -> None:
    assert judged(answer, attempt=FIRST, endpoint=Endpoint.CATALOG) == LookUpAgain()
    again = judged(answer, attempt=RENEWED.after_look_up(), endpoint=Endpoint.CATALOG)
    assert hold(again) in (ObstacleKind.UNAVAILABLE, ObstacleKind.FORBIDDEN)


def test_a_deleted_profile_is_gone() -> None:
    gone = answered(404)
    assert judged(gone, endpoint=Endpoint.CLIENT_DELETE) == Delivered(404)
    assert hold(judged(gone, endpoint=Endpoint.CLIENTS)) is ObstacleKind.MISUSED


@pytest.mark.parametrize("status", [408, 425, 500, 501, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("endpoint", list(Endpoint))
def test_an_outage_is_nobodys_fault(status: int, endpoint: Endpoint) -> None:
    for items in (some(endpoint, 1), some(endpoint, 3)):
        verdict = judged(answered(status, retry_after="7"), items, endpoint=endpoint)
        assert isinstance(verdict, Postponed)
        assert (verdict.kind, verdict.status, verdict.retry_after) == (ObstacleKind.UNAVAILABLE, status, 7.0)


@pytest.mark.parametrize("word", ["timeout", "reset", "refused", "dns", "tls", "protocol"])
def test_no_answer_is_nobodys_fault(word: str) -> None:
    assert judged(Failure(word, "it broke"), ONE) == Postponed(ObstacleKind.UNAVAILABLE, "it broke")


def test_429_is_throttled() -> None:
    verdict = judged(answered(429, retry_after="1.5"))
    assert isinstance(verdict, Postponed)
    assert (verdict.kind, verdict.retry_after) == (ObstacleKind.THROTTLED, 1.5)
    assert hold(judged(answered(429), ONE)) is ObstacleKind.THROTTLED


@pytest.mark.parametrize(
    "status", [402, 405, 406, 407, 409, 410, 412, 414, 415, 418, 421, 423, 424, 426, 428, 430, 431, 451, 499]
)
def test_anything_else_is_a_misuse(status: int) -> None:
    assert hold(judged(answered(status), ONE)) is ObstacleKind.MISUSED
    assert hold(judged(answered(status), MANY)) is ObstacleKind.MISUSED


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308])
def test_a_redirect_names_where_it_leads(status: int) -> None:
    verdict = judged(answered(status, location="https://elsewhere.example/"))
    assert isinstance(verdict, Postponed)
    assert verdict.kind is ObstacleKind.MISUSED
    assert "elsewhere.example" in verdict.said
    assert "elsewhere.example" not in verdict.detail
    assert "base_url" in verdict.detail


def test_207_refuses_what_it_names() -> None:
    items = clients(4, bad=(2,))
    body = json.dumps([{"code": 2, "field": "email", "message": "malformed", "rejectedValue": "anna2"}])
    verdict = judged(answered(207, body), items)
    assert isinstance(verdict, PartlyRefused)
    assert not verdict.unmatched
    assert verdict.refused == {2: Refused("refused", "email: malformed", 207, body)}


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", "<html>", '[{"errorCode":"X","message":"bad"}]'])
def test_207_that_names_nothing_leaves_all_in_doubt(body: str) -> None:
    verdict = judged(answered(207, body))
    assert isinstance(verdict, PartlyRefused)
    assert (verdict.refused, verdict.unmatched) == ({}, True)
    assert isinstance(judged(answered(207, body), ONE), Refused)


@given(
    status=st.integers(100, 999),
    body=st.binary(max_size=400),
    endpoint=st.sampled_from(list(Endpoint)),
    count=st.sampled_from([1, 3]),
    broken=st.booleans(),
)
def test_every_answer_has_a_verdict_and_only_success_delivers(
    *, status: int, body: bytes, endpoint: Endpoint, count: int, broken: bool
) -> None:
    verdict = judge(endpoint, Answer(status, body, broken=broken), some(endpoint, count), RENEWED)
    if isinstance(verdict, Delivered):
        gone = endpoint is Endpoint.CLIENT_DELETE and status == 404
        assert gone or (200 <= status < 300 and not broken)
    if isinstance(verdict, Refused):
        assert count == 1
        assert status in (207, 400, 413, 422) or body.strip() == b"false"


@pytest.mark.parametrize(
    ("answer", "arrived"),
    [
        *[
            (Answer(status), True)
            for status in (199, 200, 202, 207, 299, 400, 408, 422, 425, 500, 502, 503, 504)
        ],
        *[(Answer(status), False) for status in (300, 301, 401, 403, 404, 405, 413, 415, 429, 499)],
        (Answer(429, repeated=True), True),
        (Failure("timeout", ""), True),
        (Failure("reset", ""), True),
        (Failure("refused", "", left=False), False),
    ],
)
def test_items_may_be_stored_wherever_nobody_says_that_they_were_not(
    answer: Answer | Failure, *, arrived: bool
) -> None:
    assert may_have_arrived(answer) is arrived
