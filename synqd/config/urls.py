"""Addresses that somebody writes into a configuration or a command line. Pure."""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+")
"""Those of RFC 3986 but for the apostrophe: none of them ends a quoted text, a line or a template."""


def checked_url(text: str, schemes: Collection[str], *, query: bool = False) -> SplitResult:
    """The parts of an address that is complete and has nothing that does not belong into it.

    Args:
        text: the address; it may hold a password, so no message repeats it.
        schemes: those that may be.
        query: whether it may have a query.

    Raises:
        ValueError: what is wrong with it.
    """
    if not _CHARACTERS.fullmatch(text):
        raise ValueError("has blanks, quotes or other characters that no address has")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is no address: {error}") from error
    if parts.scheme not in schemes:
        raise ValueError(f"has to begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if "@" in parts.netloc:
        raise ValueError("has a user or password in it; keys belong into files of their own")
    if "#" in text or ("?" in text and not query):
        raise ValueError("has to end before '?' and '#'")
    if parts.scheme != "file" and (not parts.hostname or port == 0):
        raise ValueError("names no host")
    return parts


def checked_path(text: str) -> None:
    """Looks at a path on a server, as it stands in an address.

    Raises:
        ValueError: what is wrong with it.
    """
    if not text.startswith("/") or text.startswith("//"):
        raise ValueError("has to begin with one '/'")
    checked_url(f"https://host{text}", ["https"])
