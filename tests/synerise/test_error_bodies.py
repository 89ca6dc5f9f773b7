from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.synerise.complaints import EXCERPT, LINE, Complaint, complaints, excerpt, message

SHAPE_A = {
    "timestamp": "2024-05-01T10:11:12.000+00:00",
    "status": 400,
    "error": "Bad Request",
    "message": "Validation failed",
    "path": "/v4/clients/batch",
    "errors": [{"code": 123, "field": "email", "message": "malformed", "rejectedValue": "x"}],
}
SHAPE_B = {"status": 403, "error": "Forbidden", "message": "no CATALOGS_CATALOG_READ", "timestamp": "..."}
SHAPE_C = {
    "timestamp": "...",
    "path": "/uauth",
    "status": 401,
    "errorCode": "AUTH-0001",
    "message": "bad key",
}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (json.dumps(SHAPE_A), "Validation failed; email: malformed"),
        (json.dumps(SHAPE_B), "no CATALOGS_CATALOG_READ"),
        (json.dumps("Catalog not found"), "Catalog not found"),
        ("Catalog not found", "Catalog not found"),
        (json.dumps(SHAPE_C), "bad key"),
        (json.dumps(SHAPE_A["errors"]), "email: malformed"),
        (json.dumps([SHAPE_C, SHAPE_C]), "bad key; bad key"),
        (json.dumps({"errors": [SHAPE_C]}), "bad key"),
        (json.dumps({"errors": "none"}), '{"errors": "none"}'),
        (json.dumps({"error": "Token expired."}), "Token expired."),
        ("<html><body>Bad\n gateway</body></html>", "<html><body>Bad gateway</body></html>"),
        ('{"message":"trunc', '{"message":"trunc'),
        ("a\x1b[31mred\x07\r\nline", "a [31mred line"),
        ("", ""),
        ("null", "null"),
        ("[1,2]", "1; 2"),
    ],
)
def test_what_an_answer_says_on_one_line(body: str, said: str) -> None:
    assert message(body.encode()) == said


def test_bytes_that_are_no_text() -> None:
    assert message(b'{"message":"\xff\xfe\xc3"}') == '{"message":"\ufffd\ufffd\ufffd"}'


def test_huge_answers_are_cut() -> None:
    assert len(message(b"x" * 1_000_000)) == LINE
    assert len(excerpt("ż".encode() * 100_000) or "") == EXCERPT


def test_a_line_that_fits_is_not_cut() -> None:
    assert message(b"x" * LINE) == "x" * LINE
    assert message(b"x" * (LINE + 1)) == "x" * (LINE - 3) + "..."


def test_an_empty_answer_leaves_no_excerpt() -> None:
    assert excerpt(b"") is None


def test_single_complaints_of_all_shapes() -> None:
    found = Complaint("email", "malformed", "x")
    assert complaints(json.dumps(SHAPE_A).encode()) == (found,)
    assert complaints(json.dumps(SHAPE_A["errors"]).encode()) == (found,)
    assert complaints(json.dumps([SHAPE_C]).encode()) == (Complaint("", "bad key", None),)
    assert complaints(b'[{"error":"Bad Request"}]') == (Complaint("", "Bad Request", None),)
    assert complaints(b'[{"errorCode":"X-1","error":"Bad Request"}]') == (Complaint("", "X-1", None),)
    for none in ("", "[]", '"text"', "7", json.dumps(SHAPE_B)):
        assert complaints(none.encode()) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["errors", "message", "error", "field", "rejectedValue", "code"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=300), JSON.map(lambda value: json.dumps(value).encode())))
def test_it_never_fails(body: bytes) -> None:
    assert "\n" not in message(body)
    complaints(body)
    excerpt(body)


def test_a_very_deep_document_is_only_text() -> None:
    assert message(b"[" * 60_000).startswith("[[[")
