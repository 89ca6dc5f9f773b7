"""PHP's arrays as PHP reads them, and errors that quote nothing of the file."""

import math
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synqd.magento.deployed.phparray import DEEPEST, parse_php_array
from synqd.magento.deployed.phptokens import INT_MAX, PhpError
from tests.support.phpprinter import ARRAYS, Printer, integer

PASSWORD = "pa55-Phrase$word&"


def only(source: str) -> Any:
    """The value of the only element."""
    (value,) = parse_php_array(f"<?php return [{source}];").values()
    return value


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("5 => 'a', 'b'", {"5": "a", "6": "b"}),
        ("5 => 'a', 2 => 'b', 'c'", {"5": "a", "2": "b", "6": "c"}),
        ("'a', 'k' => 'b', 'c'", {"0": "a", "k": "b", "1": "c"}),
        ("'8' => 'a', 'b'", {"8": "a", "9": "b"}),
        ("'08' => 'a', 'b'", {"08": "a", "0": "b"}),
        ("'-3' => 'a', 'b'", {"-3": "a", "-2": "b"}),
        ("-3 => 'a', 'b', 'c'", {"-3": "a", "-2": "b", "-1": "c"}),
        (
            "'-0' => 'a', '+1' => 'b', ' 1' => 'c', '1.5' => 'd', 'e'",
            {"-0": "a", "+1": "b", " 1": "c"}
            | {
                "1.5": "d",
                "0": "e",
            },
        ),
        ("1.7 => 'a', -1.7 => 'b', 'c'", {"1": "a", "-1": "b", "2": "c"}),
        ("true => 'a', false => 'b', null => 'c', 'd'", {"1": "a", "0": "b", "": "c", "2": "d"}),
        ("1 => 'a', '1' => 'b', true => 'c', 1.2 => 'd'", {"1": "d"}),
        (f"'{INT_MAX}' => 'a'", {str(INT_MAX): "a"}),
        (f"'{INT_MAX + 1}' => 'a', 'b'", {str(INT_MAX + 1): "a", "0": "b"}),
        ("PHP_INT_MIN => 'a', 'b'", {str(-INT_MAX - 1): "a", str(-INT_MAX): "b"}),
        ("0x10 => 'a', 'b'", {"16": "a", "17": "b"}),
        ("'a' . 1 => 'b'", {"a1": "b"}),
    ],
)
def test_keys_are_those_of_php(source: str, expected: Mapping[str, str]) -> None:
    assert parse_php_array(f"<?php return [{source}];") == expected
    assert list(parse_php_array(f"<?php return array({source},);")) == list(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"'it\'s \\ \n \x41 \$ \"'", r"it's \ \n \x41 \$ \""),
        (r'"\n\t\r\v\e\f\\\$\""', '\n\t\r\v\x1b\f\\$"'),
        (r'"\x41\x4a\x4g\101\60\08\400\7"', "AJ\x04gA0\x008\x00\x07"),
        (r'"\u{1F600}\u{41}\u41\xC5\xBC"', "😀A\\u41ż"),
        (r'"\q\8\x\'\{ $ 5$ {a} $5"', r"\q\8\x\'\{ $ 5$ {a} $5"),
        ('"two\nlines\\\n"', "two\nlines\\\n"),
        ('<<<EOT\nit\'s "so" \\"\\x41\n  more\nEOT', 'it\'s "so" \\"A\n  more'),
        ("<<<'EOT'\nraw \\n $x \\x41\nEOT", "raw \\n $x \\x41"),
        ('<<<"EOT"\n    a\n      b\n\n    EOT', "a\n  b\n"),
        ("<<<A\nA", ""),
        ("<<< A\nAB\n A1\nA", "AB\n A1"),
        ("'a' . \"b\" . 1 . true . null . false . -5", "ab11-5"),
        ("('a') . ('b' . ('c'))", "abc"),
    ],
)
def test_texts_are_those_of_php(source: str, expected: str) -> None:
    assert only(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("0", 0),
        ("007", 7),
        ("0o17", 15),
        ("0b101", 5),
        ("0x1F", 31),
        ("1_000_000", 1_000_000),
        ("-5", -5),
        ("- 5", -5),
        ("+5", 5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1_0.5E-1_0", 1.05e-9),
        ("9223372036854775807", INT_MAX),
        ("9223372036854775808", 2.0**63),
        ("-9223372036854775807-1", -INT_MAX - 1),
        ("0xFFFFFFFFFFFFFFFF", 2.0**64),
        (f"0x{'F' * 5000}", math.inf),
        ("9" * 5000, math.inf),
        ("1e999", math.inf),
        ("PHP_INT_MAX", INT_MAX),
        ("INF", math.inf),
        ("-INF", -math.inf),
        ("True", True),
        ("FALSE", False),
        ("\\null", None),
        ("PHP_EOL", "\n"),
        ("DIRECTORY_SEPARATOR", "/"),
        ("2 + 3 - 1", 4),
    ],
)
def test_numbers_and_constants_are_those_of_php(source: str, expected: Any) -> None:
    value = only(source)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    "text",
    [
        "<?php\nreturn array(1, 2);\n?>\n",
        "<?php declare(strict_types=1);\n/* a */ # b\n// c ?\nreturn [1, /* , */ 2, # x\n]; what comes after",
        "\ufeff<?php return [1, 2]",
        "[1,2,]",
        "<?PHP RETURN Array ( 1 , 2 , ) ?> <html>",
    ],
)
def test_what_stands_around_it_does_not_matter(text: str) -> None:
    assert parse_php_array(text) == {"0": 1, "1": 2}


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("[=>1", "no value stands here"),
        ("[1 => ", "the array does not end"),
        ("[1, 2", "the array does not end"),
        ("[1)", "something is missing"),
        ("[1,,2]", "no value"),
        ("[,]", "no value"),
        ("[1 2]", "something is missing"),
        ("['a' => 'b' => 'c']", "something is missing"),
        ("[1]]", "the array ends before"),
        ("5", "not return an array"),
        ("", "the array does not end"),
        ("'x'", "it does not return an array"),
        ("[getenv('X')]", "a function call"),
        ("[A::B]", "a class constant"),
        ("[\\Foo\\BAR]", "a constant"),
        ("[$x]", "a variable is"),
        ("[&$x]", "a reference"),
        ('["a$x"]', "a variable in a text"),
        ('["a{$x}"]', "a variable in a text"),
        ("['a]", "a text does"),
        ('["a]', "a text does not end"),
        ("[/* a]", "a comment does not end"),
        ("[<<<A\nb]", "a text does not end"),
        ("[<<<A\n b\n  A]", "indented less"),
        ("[08]", "octal"),
        ("['a' + 1]", "only numbers"),
        ("[-'1']", "only numbers"),
        ("['a' . []]", "cannot be joined"),
        ("[[] => 1]", "cannot be a key"),
        ("[1e300 => 1]", "cannot be a key"),
        (f"[{INT_MAX} => 1, 2]", "no index after"),
        ('["\\u{110000}"]', "no character"),
        ('["\\u{x}"]', "no character"),
        ('["\\xff"]', "not UTF-8"),
        ("[--5]", "no value"),
        ("[...[1]]", "no value"),
        ("[1 ?: 2]", "not supported"),
        ("[(int) '5']", "a constant is not supported"),
        ("[new A]", "a constant"),
        ("[`ls`]", "a command"),
        ("[" * 100_000, "nested more than"),
        ("(" * 100_000, "nested more than"),
        ("array(" * 1000, "nested more than"),
        ("[1 => " * 1000, "nested more than"),
        ("[" + "-" * 100_000, "no value"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_literal_array_is_refused(source: str, told: str) -> None:
    with pytest.raises(PhpError, match=rf"^line \d+, column \d+: no literal array: .*{told}"):
        parse_php_array(source)


def test_the_place_is_told() -> None:
    with pytest.raises(
        PhpError, match=r"^line 3, column 8: no literal array: a function call is not supported$"
    ):
        parse_php_array("<?php\nreturn [\n 'a' =>getenv('A'),\n];")


def test_as_deep_as_nobody_needs_is_read() -> None:
    assert parse_php_array("[" * DEEPEST + "]" * DEEPEST)


@pytest.mark.parametrize(
    "source",
    [
        "['password' => '%s\n, 1]",
        "['password' => %s]",
        "['password' => \"%s\"]",
        "[%s => 1",
        "['a' => '%s' 5]",
    ],
)
def test_no_error_quotes_the_file(source: str) -> None:
    with pytest.raises(PhpError) as refused:
        parse_php_array(source % PASSWORD)
    words = re.findall(r"\w+", PASSWORD)
    assert not [word for word in words if word in str(refused.value)]


def read(value: Any) -> Any:
    """As it has to come back: keys are texts, and of keys that are the same to PHP the last counts."""
    return {str(key): read(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def overfull(value: Any) -> bool:
    return isinstance(value, dict) and any(
        integer(key) == INT_MAX or overfull(one) for key, one in value.items()
    )


@given(ARRAYS.filter(lambda value: not overfull(value)), st.data())
def test_what_php_prints_is_read_as_it_was(value: Mapping[Any, Any], data: st.DataObject) -> None:
    text = f"<?php\nreturn {Printer(data.draw).array(value)};\n"
    found = parse_php_array(text)
    assert found == read(value)
    assert list(found) == list(read(value))


PIECES = [
    "<?php",
    "return",
    "[",
    "]",
    "array(",
    ")",
    "=>",
    ",",
    "'",
    '"',
    "\\",
    "<<<A\n",
    "\nA",
    "$",
    "{",
    "0x",
    "9",
    ".",
    "-",
]
GARBAGE = st.text() | st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join)


@given(GARBAGE | st.binary().map(lambda octets: octets.decode("utf-8", "replace")))
@example("[<<<''\n")
def test_nothing_is_raised_but_that_it_is_none(text: str) -> None:
    for source in (text, f"<?php return [{text}];", f"<?php return ['a' => \"{text}\"];"):
        try:
            assert isinstance(parse_php_array(source), dict)
        except PhpError as error:
            assert str(error).startswith("line ")  # noqa: PT017 - it is none or an array
