from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.synerise.tokens import renew_after

NOW = 1_700_000_000.0
MAX_AGE = 2700.0


def signed(**claims: Any) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{middle}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("claims", "seconds"),
    [
        ({"exp": NOW + 3600}, 3540.0),
        ({"exp": NOW + 100}, 90.0),
        ({"exp": NOW + 1}, 0.9),
        ({"exp": NOW + 604_800}, 604_740.0),
        # Issued by a clock that is an hour behind ours: it lives for an hour all the same.
        ({"exp": NOW, "iat": NOW - 3600}, 3540.0),
    ],
)
def test_a_readable_token_is_renewed_a_little_before_its_end(claims: dict[str, Any], seconds: float) -> None:
    assert renew_after(signed(**claims), NOW, MAX_AGE) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "",
        "a.b.c.d.e",
        "a.b.c",
        "a.\u0142.c",
        "..",
        signed(),
        signed(exp="soon"),
        signed(exp=True),
        signed(exp=None),
        signed(exp=NOW - 10),
        signed(exp=NOW, iat=NOW),
        "x." + base64.urlsafe_b64encode(b"[1]").decode() + ".y",
    ],
)
def test_a_token_that_says_nothing_is_renewed_by_age(token: str) -> None:
    assert renew_after(token, NOW, MAX_AGE) == MAX_AGE


@given(st.text(max_size=40), st.binary(max_size=60))
def test_it_never_fails(text: str, middle: bytes) -> None:
    assert renew_after(text, NOW, MAX_AGE) == MAX_AGE
    assert renew_after(f"a.{base64.urlsafe_b64encode(middle).decode()}.c", NOW, MAX_AGE) > 0
