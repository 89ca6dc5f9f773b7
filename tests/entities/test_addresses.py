"""When two addresses are one (S33)."""

from __future__ import annotations

import pytest

from synqd.models.person import folded

ONE = [("kim@mail.example", "KIM@Mail.Example"), ("żółw@mail.example", "żółW@MAIL.example")]
TWO = [
    ("kim@mail.example", "\u212aim@mail.example"),  # KELVIN SIGN
    ("strasse.f@mail.example", "straße.f@mail.example"),
    ("office@mail.example", "o\ufb03ce@mail.example"),  # a ligature
    ("josé@mail.example", "jose@mail.example"),
    ("josé@mail.example", "JOSÉ@mail.example"),
    ("josé@mail.example", "jose\u0301@mail.example"),
    ("kim@mail.example", " kim@mail.example"),
    ("kim@mail.example", "\uff4bim@mail.example"),  # full width
    ("sim@mail.example", "\u017fim@mail.example"),  # LONG S
    ("ivy@mail.example", "\u0131vy@mail.example"),  # dotless
    ("ivy@mail.example", "\u0130vy@mail.example"),  # dotted
    ("kim@mail.example", "\u200bkim@mail.example"),
]


@pytest.mark.parametrize(("one", "other"), ONE)
def test_the_case_of_a_to_z_makes_no_other_address(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), TWO)
def test_everything_else_does(one: str, other: str) -> None:
    assert folded(one) != folded(other)
