"""Reads error bodies of every shape that the services of Synerise use, and of none. Never fails.

Seen in the wild: an object with ``message`` and ``errors``, a smaller object, a bare JSON string, an array of
either; in front of them proxies that answer HTML, text, half a document or bytes that are no text at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from synqd.models.text import cut

EXCERPT = 2000
"""Characters of an answer that are kept."""

LINE = 300
"""Characters of the one line for people."""

_READ = 4
"""Of a text that is shortened, at least so much is looked at: bytes of a character, characters of a line."""

DEEPEST = 200
"""Levels of nesting that no honest answer has."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One element of ``errors``: what is wrong with which field; empty where the answer does not say."""

    field: str = ""
    message: str = ""
    rejected: Any = None

    def __str__(self) -> str:
        return one_line(f"{self.field}: {self.message}" if self.field else self.message)


def excerpt(body: bytes) -> str | None:
    """The beginning of a body as text; None for an empty one."""
    return cut(body[: _READ * EXCERPT].decode(errors="replace"), EXCERPT) or None


def one_line(text: str) -> str:
    """The text on one line, without control characters, shortened."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in cut(text, _READ * LINE)).split())
    return flat if len(flat) <= LINE else cut(flat, LINE - 3) + "..."


def document(body: bytes) -> Any:
    """The JSON of a body; None where it is none, or nested so deeply that nobody could look at it."""
    try:
        found = orjson.loads(body)
        if body.count(b"[") + body.count(b"{") > DEEPEST:
            orjson.dumps(found)  # it nests at most 254 levels; Python's repr() would end in a RecursionError
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return found


def message(body: bytes) -> str:
    """What the answer says, on one line; empty for an empty body."""
    found = document(body)
    if isinstance(found, str):
        return one_line(found)
    texts = [str(one) for one in _complaints(found)][:3]
    if isinstance(found, dict):
        own = next((found[name] for name in ("message", "error", "errorCode") if found.get(name)), "")
        texts = [str(own), *texts] if own not in texts else texts
    return one_line("; ".join(filter(None, texts)) or excerpt(body) or "")


def complaints(body: bytes) -> tuple[Complaint, ...]:
    """The single complaints of an answer; none where it lists none."""
    return tuple(_complaints(document(body)))


def _complaints(found: Any) -> Iterator[Complaint]:
    listed = found.get("errors") if isinstance(found, dict) else found
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            said = one.get("message") or one.get("errorCode") or one.get("error") or ""
            yield Complaint(str(one.get("field") or ""), str(said), one.get("rejectedValue"))
        else:
            yield Complaint(message=str(one))
