"""Who is meant: the address as it is stored (S33)."""

import pytest
from pydantic import ValidationError

from synqd.control.schema import PersonRequest


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" Ann@x.example\n", "Ann@x.example"),
        ("ann@x.example\u00a0", "ann@x.example\u00a0"),
        ("\u3000ann@x.example", "\u3000ann@x.example"),
        ("ann@x.example\u200f", "ann@x.example\u200f"),
        ("jose\u0301@x.example", "jose\u0301@x.example"),
        ('"a@b c"@x.example', '"a@b c"@x.example'),
        ("%_+\\'*@x.example", "%_+\\'*@x.example"),
        ("é" * 242 + "@x.example.com", "é" * 242 + "@x.example.com"),
    ],
)
def test_an_address_is_taken_as_it_was_typed(typed: str, meant: str) -> None:
    assert PersonRequest(email=typed).email == meant


@pytest.mark.parametrize(
    "typed", ["ann", "@x.example", "ann@", "ann@x y", "a\nb@x.example", "a" * 320 + "@x", 7]
)
def test_what_is_no_address_is_refused(typed: object) -> None:
    with pytest.raises(ValidationError):
        PersonRequest.model_validate({"email": typed})
