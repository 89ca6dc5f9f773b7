"""What Synerise accepts in a field; whatever would be refused is left out here and told about.

The patterns and limits are those of the API's own specification
(``CreateClientRequestBody`` and its siblings).
"""

import re

_EMAIL = re.compile(
    r'(([^<>()\[\]\\.,;:\s@"]+(\.[^<>()\[\]\\.,;:\s@"]+)*)|(".+"))'
    r"@((\[[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\])|(([a-zA-Z\-0-9]+\.)+[a-zA-Z]{2,}))"
)
_PHONE = re.compile(r"\+[0-9 \-()/]{6,19}|[0-9 \-()/]{6,20}")
_BAD_ID = re.compile("[\U00010000-\U0010ffff\r\n\u2028\u2029\u00ad\ufe00-\ufe0f\x00]")


def is_email(text: str) -> bool:
    """Whether a text can be a profile's e-mail; internationalized domains have to be punycode."""
    return _EMAIL.fullmatch(text) is not None and _BAD_ID.search(text) is None


def is_phone(text: str) -> bool:
    """Whether a text can be a profile's phone."""
    return _PHONE.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Whether a text can be an id: not empty, nothing above U+FFFF, no line breaks or invisible signs."""
    return bool(text) and _BAD_ID.search(text) is None
