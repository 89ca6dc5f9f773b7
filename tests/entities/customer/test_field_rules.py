"""The API's own rules for fields."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synqd.entities.valid import (
    is_attribute_name,
    is_birth_date,
    is_email,
    is_id,
    is_phone,
    iso_moment,
    plain_text,
)
from synqd.models.text import is_clean


@pytest.mark.parametrize(
    ("email", "fine"),
    [
        ("a+b@x.com", True),
        ("o'hara@x.com", True),
        ("żółw@b.pl", True),
        ('"a b"@x.com', True),
        ("a@[10.0.0.1]", True),
        ("a@b", False),
        ("a..b@c.pl", False),
        ("x@y.c1", False),
        ("a@żółw.pl", False),
        ("a@b.pl\n", False),
        ('"a\U0001f600"@x.com', False),
        ('"a\u00ad"@x.com', False),
    ],
)
def test_emails(email: str, *, fine: bool) -> None:
    assert is_email(email) is fine


PUBLISHED = re.compile(
    r'(([^<>()\[\]\\.,;:\s@"]+(\.[^<>()\[\]\\.,;:\s@"]+)*)|(".+"))'
    r"@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\])|(([a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,}))"
)
"""The pattern as the API's specification has it."""


@given(st.text('ab1.-@"[] \n', max_size=12) | st.from_regex(PUBLISHED))
def test_emails_are_those_of_the_published_pattern(text: str) -> None:
    refused = re.search("[\U00010000-\U0010ffff\r\n\u2028\u2029\u00ad\ufe00-\ufe0f\x00]", text)
    taken = PUBLISHED.fullmatch(text) is not None and not refused
    assert is_email(text) is (taken and is_clean(text))


@pytest.mark.parametrize(
    ("phone", "fine"),
    [
        ("+48 600 100 108", True),
        ("(555) 229-3326", True),
        ("512.345.678", False),
        ("12345", False),
        ("tel 123456", False),
        ("123456\n", False),
    ],
)
def test_phones(phone: str, *, fine: bool) -> None:
    assert is_phone(phone) is fine


@pytest.mark.parametrize(("day", "fine"), [("1980-02-29", True), ("1900-01-01", False), ("1980-2-9", False)])
def test_birth_dates(day: str, *, fine: bool) -> None:
    assert is_birth_date(day) is fine


def test_names_that_the_api_reserves_are_no_attribute_names() -> None:
    assert is_attribute_name("taxvat")
    assert not is_attribute_name("country_id")
    assert not is_attribute_name("Country_ID")
    assert not is_attribute_name("lastUpdateType")
    assert not is_attribute_name("a\u00adb")
    assert not is_attribute_name("")


def test_ids_hold_nothing_above_the_basic_plane() -> None:
    assert is_id("000000042")
    assert not is_id("a\U0001f600")
    assert not is_id("")


def test_texts_lose_what_no_field_takes() -> None:
    assert plain_text("A\x00da") == "Ada"
    assert plain_text("\ufe0f\ufe0f") == ""
    assert plain_text("Zoë \U0001f600") == "Zoë \U0001f600"


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("2026-09-06 21:34:56", "2026-09-06T21:34:56.000Z"),
        ("0000-00-00 00:00:00", None),
        ("2026-13-01 00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_moments(stored: str | None, written: str | None) -> None:
    assert iso_moment(stored) == written
