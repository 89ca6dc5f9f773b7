from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.synerise.retry_after import retry_after

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        ("900", 900.0),
        ("86400", 900.0),
        ("9" * 5000, 900.0),
        (formatdate(NOW + 30, usegmt=True), 30.0),
        (formatdate(NOW - 30, usegmt=True), 0.0),
        (formatdate(NOW + 1e6, usegmt=True), 900.0),
        ("Tue, 14 Nov 2023 22:13:50", 30.0),
    ],
)
def test_what_a_server_may_write(text: str, seconds: float) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon, maybe", "-5", "inf", "nan", "1e3", "\u0661", "Thu, 99 Foo 2024", "1 2", "0x10"]
)
def test_what_cannot_be_read_says_nothing(text: str) -> None:
    assert retry_after({"retry-after": text}, NOW) is None


def test_a_date_counts_from_the_servers_own_clock() -> None:
    headers = {"retry-after": formatdate(NOW + 3600 + 30, usegmt=True), "date": formatdate(NOW + 3600)}
    assert retry_after(headers, NOW) == 30.0


def test_no_header_says_nothing() -> None:
    assert retry_after({}, NOW) is None


@given(st.text(max_size=60))
def test_it_never_fails(text: str) -> None:
    seconds = retry_after({"retry-after": text, "date": text}, NOW)
    assert seconds is None or 0 <= seconds <= 900
