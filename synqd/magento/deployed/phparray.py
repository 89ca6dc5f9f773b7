"""Reads the array that a PHP configuration file such as ``app/etc/env.php`` returns; runs no PHP.

Read are literals, constants of the language, and what joins them (``.``, ``+``, ``-``); nothing else, such as
a call of a function, has a value without running PHP.
"""

import re
from collections.abc import Mapping
from typing import Any

from synqd.magento.deployed.phptokens import INT_MAX, PhpError, Token, fitting, tokens

DEEPEST = 64
"""Arrays and brackets inside each other; Magento's own files have some ten."""
_INTEGER = re.compile(r"0|-?[1-9]\d{0,18}", re.ASCII)
_CLOSING = {"[": "]", "(": ")"}


def parse_php_array(text: str) -> dict[str, Any]:
    """The returned array as nested dictionaries; list elements have their index as key, as in PHP.

    Keys are texts: to PHP, ``8`` and ``"8"`` are the same key. The index after a negative one is the next, as
    since PHP 8.3.

    Raises:
        PhpError: the text holds anything but a literal array; a ValueError that quotes nothing of it.
    """
    return _Parser(text).document()


def inside(array: Mapping[str, Any], *keys: str) -> Any:
    """The value under these keys, one inside the other; None where one is missing."""
    value: Any = array
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def as_text(value: Any) -> str:
    """A single value as PHP would join it to a text; an array is none."""
    if isinstance(value, dict) or value is None or value is False:
        return ""
    return value if isinstance(value, str) else str(int(value)) if isinstance(value, int) else str(value)


class _Parser:
    """One pass over the words of a text."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff")
        self._tokens = tokens(self._text)
        self._next = next(self._tokens)
        self._depth = 0

    def document(self) -> dict[str, Any]:
        """What the file returns; what comes after is never run."""
        self._skip("<?php")
        self._skip("return")
        begin = self._next
        value = self._joined()
        if self._next.kind not in (";", "?>", "end"):
            raise self._fault("the array ends before")
        if not isinstance(value, dict):
            raise self._fault("it does not return an array", begin)
        return value

    def _joined(self) -> Any:
        """Values with ``.`` between them."""
        value = self._sum()
        while self._skip("."):
            value = self._as_text(value) + self._as_text(self._sum())
        return value

    def _sum(self) -> Any:
        """Numbers with ``+`` and ``-`` between them: PHP itself writes its least integer as a difference."""
        value = self._signed()
        while self._next.kind in ("+", "-"):
            sign = self._take()
            other = self._signed()
            self._number(value, sign)
            self._number(other, sign)
            value = fitting(value + other if sign.kind == "+" else value - other)
        return value

    def _signed(self) -> Any:
        sign, mark = 1, None
        while self._next.kind in ("+", "-"):
            mark = self._take()
            sign = -sign if mark.kind == "-" else sign
        value = self._single()
        if mark:
            self._number(value, mark)
            return fitting(sign * value)
        return value

    def _single(self) -> Any:
        token = self._take()
        match token.kind:
            case "value":
                return token.value
            case "[":
                return self._array("[", token)
            case "array" if self._next.kind == "(":
                return self._array("(", self._take())
            case "(":
                self._deeper(token)
                value = self._joined()
                self._depth -= 1
                self._expect(")")
                return value
        raise self._fault("the array does not end" if token.kind == "end" else "no value stands here", token)

    def _array(self, opening: str, token: Token) -> dict[str, Any]:
        self._deeper(token)
        result: dict[str, Any] = {}
        following = -INT_MAX - 1  # the index of an element without a key; as PHP begins
        closing = _CLOSING[opening]
        while not self._skip(closing):
            begin = self._next
            value = self._joined()
            if self._skip("=>"):
                key = self._key(value, begin)
                value = self._joined()
            elif following > INT_MAX:
                raise self._fault("there is no index after the largest", begin)
            else:
                key = 0 if following < -INT_MAX else following
            if isinstance(key, int):
                following = max(following, key + 1)
            result[str(key)] = value
            if self._next.kind != closing:
                self._expect(",")
        self._depth -= 1
        return result

    def _key(self, value: Any, token: Token) -> int | str:
        """A key as PHP takes it."""
        if isinstance(value, str):
            number = int(value) if _INTEGER.fullmatch(value) else None
            return value if number is None or not -INT_MAX - 1 <= number <= INT_MAX else number
        if value is None:
            return ""
        if isinstance(value, int) or (isinstance(value, float) and abs(value) < INT_MAX):
            return int(value)
        raise self._fault("this cannot be a key", token)

    def _as_text(self, value: Any) -> str:
        if isinstance(value, dict | float):
            raise self._fault("an array or a float cannot be joined to a text")
        return as_text(value)

    def _number(self, value: Any, token: Token) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._fault("only numbers can be added", token)

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(f"it is nested more than {DEEPEST} deep", token)

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _skip(self, kind: str) -> bool:
        if self._next.kind != kind:
            return False
        self._take()
        return True

    def _expect(self, kind: str) -> None:
        if not self._skip(kind):
            end = self._next.kind == "end"
            raise self._fault("the array does not end" if end else "something is missing before this")

    def _fault(self, what: str, token: Token | None = None) -> PhpError:
        return PhpError(self._text, (token or self._next).position, what)
