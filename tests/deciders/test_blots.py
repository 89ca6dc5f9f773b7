"""S20, S33: a person is found in a text however it is spelled there, and nobody else is."""

import html
import json
import quopri
from collections.abc import Callable
from urllib.parse import quote

import pytest

from synqd.models.blots import Blots
from synqd.models.names import Model
from synqd.models.person import ERASED, Person, folded

UUID = "5f0c7e0e-8d2a-5c55-9a53-000000000007"
ADDRESSES = [
    "ann@x.example",
    "josé.o'hara+tag@x.example",
    "JOSÉ@X.example",
    "żółw/100%_&co@x.example",
    "o\ufb03ce@x.example",
    "strasse@x.example",
    "\u212aim@x.example",
    "\U0001f600.kim@x.example",
    "a=b=c@x.example",
    "a{b}|c^d`e~f@[192.0.2.7]",
    '"ann b"@x.example',
    "50cent@x.example",
    "n" * 240 + "@x.example.com",
]
"""Addresses that Magento takes and Synerise too."""


def person(*addresses: str) -> Person:
    emails = frozenset(map(folded, addresses))
    return Person(emails, frozenset({(Model.CUSTOMER, 7), (Model.ORDER, 70)}), frozenset({*addresses, UUID}))


def told(text: str, *addresses: str) -> str:
    """The text without whoever has these addresses; told alike by the names and by the marks alone."""
    blots = Blots.of(person(*addresses))
    found = blots.text(text)
    assert Blots(blots.known).text(text) == found
    return found


def quoted(text: str) -> str:
    return quopri.encodestring(text.encode(), quotetabs=True).decode()


def numbered(text: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else f"&#{ord(char)};" for char in text)


def hexed(text: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else f"&#x{ord(char):X};" for char in text)


def pointed(text: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else f"\\u{{{ord(char):x}}}" for char in text)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in upper case": lambda text: (
        json.dumps(text)[1:-1].replace("\\u", "\\U").upper().replace("\\U", "\\u")
    ),
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/").replace("'", "\\u0027"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[3:-3],
    "code points": pointed,
    "web": lambda text: quote(text, safe=""),
    "web in lower case": lambda text: quote(text, safe="").lower(),
    "web in web": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": html.escape,
    "HTML by numbers": numbered,
    "HTML by hex numbers": hexed,
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "HTML in JSON": lambda text: json.dumps(numbered(text))[1:-1],
    "web in HTML": lambda text: html.escape(quote(text, safe="")),
    "JSON in web": lambda text: quote(json.dumps(text)[1:-1], safe=""),
    "mail": quoted,
    "bytes": lambda text: repr(text.encode())[2:-1],
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_address_is_found_in_every_spelling(address: str, spelling: str) -> None:
    spelled = SPELLINGS[spelling](address)
    for text in (
        f"{spelled}",
        f"profile <{spelled}> is bad",
        f'{{"email":"{spelled}","n":1}}',
        f"?e={spelled}&n=1",
    ):
        assert told(text, address) == text.replace(spelled, ERASED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann@x.example is bad", "(erased) is bad"),
        ('{"email":"ANN@X.EXAMPLE"}', '{"email":"(erased)"}'),
        ("mail ann@x.example.", "mail (erased)."),
        ("'ann@x.example', “ann@x.example” or ann@x.example's", "'(erased)', “(erased)” or (erased)'s"),
        ("mailto:ann@x.example?subject=you", "mailto:(erased)?subject=you"),
        ("/v4/clients/by-email/ann%40x.example/", "/v4/clients/by-email/(erased)/"),
        ("[ann@x.example,ann@x.example]|ann@x.example", "[(erased),(erased)]|(erased)"),
        ("line\\nann@x.example\\r\\n", "line\\n(erased)\\r\\n"),
        ('{\\"email\\":\\"ann@x.example\\"}', '{\\"email\\":\\"(erased)\\"}'),
        ("a &lt;ann@x.example&gt;", "a &lt;(erased)&gt;"),
        (f"profile {UUID.upper()};", "profile (erased);"),
        ('{"customId":"7"} customId=7 /by-customid/7 "customId": 7', None),
        ('"customId":"synqd-parked-7"', '"customId":"synqd-parked-(erased)"'),
        ("&quot;customId&quot;:&quot;7&quot;", "&quot;customId&quot;:&quot;(erased)&quot;"),
    ],
)
def test_what_stands_around_it_stays(text: str, expected: str | None) -> None:
    assert told(text, "ann@x.example") == (expected or text.replace("7", ERASED))


OTHERS = [
    "joann@x.example",
    "jo.ann@x.example",
    "jo-ann@x.example",
    "jo_ann@x.example",
    "jo+ann@x.example",
    "-ann@x.example",
    "o'ann@x.example",
    "éann@x.example",
    "e\u0301ann@x.example",
    "\u200bann@x.example",
    "\u200fann@x.example",
    "änn@x.example",
    "ａnn@x.example",  # noqa: RUF001  # full width
    "ann+1@x.example",
    "ann@x.example.com",
    "ann@x.example2",
    "ann@x.example-shop.com",
    "ann@y.x.example",
    "ann@x-example.com",
    "ann@x.examplé",
    "ann@x.example\u200f",
    "ann@x.example\u0301",
]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_nobody_else_is_found(other: str, spelling: str) -> None:
    spelled = SPELLINGS[spelling](other)
    for text in (
        spelled,
        f"profile <{spelled}> is bad",
        f'{{"email":"{spelled}"}}',
        f"it is {spelled}, he said",
    ):
        assert told(text, "ann@x.example") == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("josé@x.example", "jose@x.example"),
        ("josé@x.example", "JOSÉ@x.example"),
        ("josé@x.example", "jose\u0301@x.example"),
        ("strasse@x.example", "straße@x.example"),
        ("kim@x.example", "\u212aim@x.example"),
        ("sim@x.example", "\u017fim@x.example"),
        ("office@x.example", "o\ufb03ce@x.example"),
        ("ivy@x.example", "\u0130vy@x.example"),
    ],
)
def test_who_looks_alike_is_somebody_else(one: str, other: str) -> None:
    for mine, theirs in ((one, other), (other, one)):
        assert told(f"{mine}, {theirs}", mine) == f"{ERASED}, {theirs}"


def test_other_numbers_and_uuids_are_nobodys() -> None:
    for text in (
        f"x{UUID}",
        f"{UUID}-1",
        UUID.replace("7", "8"),
        "customId: 77",
        "customId 17",
        "customerId: 7",
    ):
        assert told(text, "ann@x.example") == text


def test_what_is_taken_out_leaves_json_that_can_be_read() -> None:
    """Nobody can say whether this is Nann behind a backslash, or Ann on a new line."""
    text = '{"reason": "\\nann@x.example \\u0022ann@x.example\\u0022"}'
    for address in ("ann@x.example", "nann@x.example"):
        assert "nann" not in json.loads(told(text, address))["reason"].replace("\nann", "")
        assert ERASED in json.loads(told(text, address))["reason"]


def test_somebody_without_an_address_is_in_no_text() -> None:
    nobody = Person(frozenset(), frozenset({(Model.CUSTOMER, 7)}))
    assert Blots.of(nobody).text("anything, 7, or nothing") == "anything, 7, or nothing"


@pytest.mark.parametrize(
    "text", ["=" * 300 + "@" + "=" * 300, '"@' * 300, "&amp;" * 400, "%25" * 700, "\\" * 2000]
)
def test_a_text_that_wants_to_be_searched_for_long_is_not(text: str) -> None:
    asked: list[str] = []

    def known(mark: str) -> bool:
        asked.append(mark)
        return False

    assert Blots(known).text(text * 5) == text * 5
    assert len(asked) < 20_000
