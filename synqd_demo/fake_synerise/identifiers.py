"""The rules of identifiers and texts; the patterns are those published for the API's own models.

Two identifiers are one as the rules of July 2026 say ("identifier standardization"): blanks at the ends are
taken off, accents and everything else count. Whether the case of A to Z counts in an e-mail no source says:
the settings do.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from synqd_demo.fake_synerise.answers import FORMAT, MISSING, TYPE, Problem
from synqd_demo.fake_synerise.settings import Settings

_EMAIL = re.compile(
    r'(([^<>()\[\]\\.,;:\s@"]+(\.[^<>()\[\]\\.,;:\s@"]+)*)|(".+"))'
    r"@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\])|(([a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,}))"
)
_PHONE = re.compile(r"\+[0-9 \-()/]{6,19}|[0-9 \-()/]{6,20}")
_BAD_ID = re.compile("[\U00010000-\U0010ffff\r\n\u2028\u2029\u00ad\ufe00-\ufe0f\x00]")
_ONLY_SELECTORS = re.compile("[\ufe00-\ufe0f]+")
_BAD_NAME = re.compile("[\r\n\u2028\u2029\u00ad\x00\ufe00-\ufe0f]")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_ACTION = re.compile(r"[a-zA-Z0-9.\-_]{1,32}")

PROFILE_IDS = ("email", "customId", "uuid", "phone")
CLIENT_IDS = ("email", "customId", "uuid")


def email_key(email: str, settings: Settings) -> str:
    """Give what e-mails that are one have in common."""
    if settings.email_casefold:
        email = email.lower() if email.isascii() else email.translate(_LOWER)
    return id_key(email, settings)


def id_key(text: str, settings: Settings) -> str:
    """Give what identifiers that are one have in common."""
    if text.isascii() or not settings.fold_accents:
        return text
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def is_email(text: str) -> bool:
    """Tell whether the trimmed text is an e-mail address the API takes."""
    return _EMAIL.fullmatch(text.strip()) is not None


def is_phone(text: str) -> bool:
    """Tell whether the trimmed text is a phone number the API takes."""
    return _PHONE.fullmatch(text.strip()) is not None


def is_action(text: Any) -> bool:
    """Tell whether the value can be the action of a custom event."""
    return isinstance(text, str) and _ACTION.fullmatch(text) is not None


def is_text(value: Any) -> bool:
    """Tell whether the value is a string without U+0000 and not only of variation selectors."""
    return isinstance(value, str) and "\x00" not in value and _ONLY_SELECTORS.fullmatch(value) is None


@lru_cache(maxsize=4096)
def is_attribute_name(name: str) -> bool:
    """Tell whether a custom attribute may have this name."""
    return _BAD_NAME.search(name) is None


def check_ids(
    holder: Mapping[str, Any],
    problems: list[Problem],
    *,
    names: tuple[str, ...],
    number_name: str,
    int_custom_id: bool,
    prefix: str = "",
) -> None:
    """Check the identifiers `names` of a profile or of an event's client, and that there is at least one.

    `number_name` is what the holder calls the numeric profile id: `clientId` in profiles, `id` in clients.
    """
    found = False
    for name in names:
        value = holder.get(name)
        if value is None:
            continue
        if isinstance(value, int) and name == "customId" and int_custom_id and not isinstance(value, bool):
            found = True
            continue
        problem = _id_problem(name, value)
        if problem is not None:
            problems.append(Problem(problem[0], prefix + name, problem[1], value))
        found = found or value != ""
    number = holder.get(number_name)
    if number is not None:
        found = True
        if not isinstance(number, int) or isinstance(number, bool):
            problems.append(Problem(TYPE, prefix + number_name, "must be an integer", number))
    if not found:
        problems.append(Problem(MISSING, prefix + "email", "at least one identifier is required"))


def _id_problem(name: str, value: Any) -> tuple[int, str] | None:
    if not isinstance(value, str):
        return TYPE, "must be a string"
    if value.strip() == "":
        return None if value == "" else (MISSING, "must not be blank")
    if _BAD_ID.search(value) is not None:
        return FORMAT, "holds a forbidden character"
    if name == "email" and not is_email(value):
        return FORMAT, "must be a well-formed e-mail address"
    if name == "phone" and not is_phone(value):
        return FORMAT, "must be a well-formed phone number"
    return None
