"""The words of PHP in which a literal array is written: texts, numbers, constants and marks.

Rules: the PHP manual, "Strings", "Integers", "Floating point numbers"; php-src, zend_language_scanner.l.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

INT_MAX = 2**63 - 1
_NAME = r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*"
_TOKEN = re.compile(
    rf"""(?P<skip>[ \t\r\n]+|/\*.*?\*/|(?://|\#)(?:(?!\?>)[^\r\n])*
        |declare[ \t]*\([ \t]*strict_types[ \t]*=[ \t]*[01][ \t]*\)[ \t]*;)
      | (?P<number>0x[0-9a-f]+(?:_[0-9a-f]+)*|0b[01]+(?:_[01]+)*|0o[0-7]+(?:_[0-7]+)*
        |(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?)
      | '(?P<single>(?:[^'\\]|\\.)*)' | "(?P<double>(?:[^"\\]|\\.)*)"
      | (?P<heredoc><<<[ \t]*(?:"(?P<quoted>{_NAME})"|'(?P<raw>{_NAME})'|(?P<bare>{_NAME}))(?:\r\n|\n|\r))
      | (?P<word>\\?{_NAME}(?:\\{_NAME})*)
      | (?P<mark>=>|\?>|<\?php\b|\.\.\.|::|--|\+\+|[\[\](),.;+-])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u\{([^}]*)\}?|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f", "\\": "\\", "$": "$"}
_VARIABLE = re.compile(r"\$[A-Za-z_{\u0080-\U0010ffff]|\{\$")
_UNENDED = {"'": "a text does not end", '"': "a text does not end", "/*": "a comment does not end"}
_FOREIGN = {"$": "a variable", "&": "a reference", "`": "a command", "<<<": "a text that begins so"}

CONSTANTS: Mapping[str, Any] = {
    "PHP_EOL": "\n",
    "DIRECTORY_SEPARATOR": "/",
    "PHP_INT_MAX": INT_MAX,
    "PHP_INT_MIN": -INT_MAX - 1,
    "PHP_INT_SIZE": 8,
    "INF": math.inf,
    "NAN": math.nan,
}
_WORDS = {"true": True, "false": False, "null": None}
_KEYWORDS = frozenset({"array", "return"})
_AFTER = re.compile(r"[ \t\r\n]*(\(|::)?")
_WHAT = {"(": "a function call", "::": "a class constant", None: "a constant"}


class PhpError(ValueError):
    """The text is no literal array; the message says where, and nothing of what stands there."""

    def __init__(self, text: str, position: int, what: str) -> None:
        """Args: text: all of it; position: of the fault; what: it is."""
        line = text.count("\n", 0, position) + 1
        column = position - text.rfind("\n", 0, position)
        super().__init__(f"line {line}, column {column}: no literal array: {what}")


class Token(NamedTuple):
    """One word: ``kind`` is ``value``, ``end``, a keyword or the mark itself."""

    kind: str
    value: Any
    position: int


def tokens(text: str) -> Iterator[Token]:
    """All words of a text, and one ``end``.

    Raises:
        PhpError: what stands there is none that a literal array is made of.
    """
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise PhpError(text, position, _foreign(text, position))
        end = found.end()
        if found["heredoc"]:
            value, end = _heredoc(text, found)
            yield Token("value", value, position)
        elif found["skip"] is None:
            yield _token(text, found)
        position = end
    yield Token("end", None, position)


def _foreign(text: str, position: int) -> str:
    for beginning, what in _UNENDED.items():
        if text.startswith(beginning, position):
            return what
    for beginning, what in _FOREIGN.items():
        if text.startswith(beginning, position):
            return f"{what} is not supported"
    return "what stands here is not supported"


def _token(text: str, found: re.Match[str]) -> Token:
    position = found.start()
    if found["word"]:
        return _word(text, found)
    if (single := found["single"]) is not None:
        return Token("value", re.sub(r"\\(['\\])", r"\1", single), position)
    if (double := found["double"]) is not None:
        return Token("value", _unescaped(double, '"', _fault(text, position)), position)
    if found["number"]:
        return Token("value", _number(found["number"].lower(), _fault(text, position)), position)
    return Token(found["mark"].lower(), None, position)


def _fault(text: str, position: int) -> Callable[[str], PhpError]:
    return lambda what: PhpError(text, position, what)


def _word(text: str, found: re.Match[str]) -> Token:
    """A keyword or a constant; what else is named would have to be run, or looked up in other files."""
    word, position = found["word"].removeprefix("\\"), found.start()
    if word.lower() in _WORDS:
        return Token("value", _WORDS[word.lower()], position)
    if word.lower() in _KEYWORDS:
        return Token(word.lower(), None, position)
    after = _AFTER.match(text, found.end())
    what = _WHAT[after[1] if after else None]
    if word in CONSTANTS and what == "a constant":
        return Token("value", CONSTANTS[word], position)
    raise PhpError(text, position, f"{what} is not supported")


def _number(text: str, fault: Callable[[str], PhpError]) -> int | float:
    """An integer of 64 bits, or else a float, as PHP takes it."""
    digits = text.replace("_", "")
    for beginning, base in (("0x", 16), ("0b", 2), ("0o", 8)):
        if digits.startswith(beginning):
            return _fitting(int(digits[2:], base))
    if not digits.isdigit():
        return float(digits)
    if digits[0] == "0" and len(digits) > 1:
        if digits.strip("01234567"):
            raise fault("an octal number has a digit 8 or 9")
        return _fitting(int(digits, 8))
    return int(digits) if len(digits) < 19 else _fitting_decimal(digits)


def _fitting_decimal(digits: str) -> int | float:
    number = float(digits)  # int() refuses thousands of digits
    return _fitting(int(digits)) if number < 2 * INT_MAX else number


def _fitting(number: int) -> int | float:
    if -INT_MAX - 1 <= number <= INT_MAX:
        return number
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def fitting(number: float) -> int | float:
    """A result of arithmetic as PHP has it: an integer that does not fit into 64 bits is a float."""
    return _fitting(number) if isinstance(number, int) else number


def _unescaped(text: str, quote: str, fault: Callable[[str], PhpError]) -> str:
    """The text between double quotes, or of a heredoc (``quote`` empty): bytes, which have to be UTF-8."""
    written = bytearray()
    at = 0
    for escape in _ESCAPE.finditer(text):
        written += _plain(text[at : escape.start()], fault)
        written += _escape(escape, quote, fault)
        at = escape.end()
    written += _plain(text[at:], fault)
    try:
        return written.decode()
    except UnicodeDecodeError:
        raise fault("a text that is not UTF-8 is not supported") from None


def _plain(text: str, fault: Callable[[str], PhpError]) -> bytes:
    if _VARIABLE.search(text):
        raise fault("a variable in a text is not supported")
    return text.encode(errors="surrogatepass")


def _escape(found: re.Match[str], quote: str, fault: Callable[[str], PhpError]) -> bytes:
    octal, hexadecimal, point, letter = found.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if point is None:
        known = _LETTERS.get(letter) or (letter if letter == quote else None)
        return (known if known is not None else found[0]).encode(errors="surrogatepass")
    if not re.fullmatch(r"[0-9A-Fa-f]+", point) or not found[0].endswith("}") or int(point, 16) > 0x10FFFF:
        raise fault("an escape names no character")
    return chr(int(point, 16)).encode(errors="surrogatepass")


def _heredoc(text: str, head: re.Match[str]) -> tuple[str, int]:
    """A heredoc or nowdoc: its text without the indentation of its closing mark, and where it ends."""
    fault = _fault(text, head.start())
    label = head["quoted"] or head["raw"] or head["bare"]
    closing = re.compile(rf"^([ \t]*){re.escape(label)}(?![A-Za-z0-9_\u0080-\U0010ffff])", re.MULTILINE)
    end = closing.search(text, head.end())
    if end is None:
        raise fault("a text does not end")
    body = re.sub(r"(?:\r\n|\n|\r)\Z", "", text[head.end() : end.start()])
    lines = [_outdented(line, end[1], fault) for line in body.split("\n")]
    whole = "\n".join(lines)
    return (whole if head["raw"] else _unescaped(whole, "", fault)), end.end()


def _outdented(line: str, indentation: str, fault: Callable[[str], PhpError]) -> str:
    if line.startswith(indentation):
        return line[len(indentation) :]
    if line.strip(" \t\r"):
        raise fault("a line of a text is indented less than its end")
    return line.lstrip(" \t")
