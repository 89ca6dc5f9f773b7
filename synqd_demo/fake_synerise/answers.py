"""Answers and the four shapes of error bodies that the services behind one host use.

/v4 answers with an object that carries `errors` (shape A), /catalogs with a short object (B) or a bare JSON
string (B'), /uauth with an object that carries a trace id (C). The texts are ours; a client must not match
them.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

JSON = "application/json"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

REASONS: dict[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    425: "Too Early",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

HTML_PAGE = b"<html><head><title>Service</title></head><body><h1>Something went wrong</h1></body></html>"

_TRACE_NAMESPACE = uuid.UUID("3c2f7f52-9d9c-4c55-8d35-0c8a5f1d3a11")


@dataclass(slots=True, frozen=True)
class Answer:
    """A complete HTTP answer; an empty body is sent with `Content-Length: 0` and no content type."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True, frozen=True)
class Problem:
    """One reason why an item was refused; `code` is one of the numbers below, `rejected` the value."""

    code: int
    field: str
    message: str
    rejected: Any = None

    def entry(self, index: int | None = None) -> dict[str, Any]:
        """Give the element of `errors`; with `index` the field names the place of the item in the batch."""
        name = self.field if index is None else f"[{index}].{self.field}"
        return {"code": self.code, "field": name, "message": self.message, "rejectedValue": self.rejected}


MISSING, FORMAT, ENUM, RANGE, CURRENCY, TYPE = 1, 2, 3, 4, 5, 6

ACCEPTED = Answer(202)
"""The answer to every /v4 write: queued, which is not the same as stored."""


def json_answer(status: int, document: Any) -> Answer:
    """Give an answer with a JSON body."""
    return Answer(status, orjson.dumps(document))


def timestamp(now: float) -> str:
    """Give epoch seconds in the form used in error bodies, `2024-05-01T10:11:12.000+00:00`."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")


def group_of(path: str) -> str:
    """Give the service a path belongs to, which decides the shape of its errors: catalogs, uauth or v4."""
    if path.startswith("/catalogs"):
        return "catalogs"
    if path.startswith("/uauth"):
        return "uauth"
    return "v4"


class RefusalError(Exception):
    """A check failed; `answer` is what the client gets."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(slots=True, frozen=True)
class Refusals:
    """Makes error answers in the shape of `path`; `now` is epoch seconds, `plain` sends B' as raw text."""

    now: float
    path: str
    plain: bool = False

    def refuse(
        self, status: int, message: str, *, error: str | None = None, problems: Sequence[Problem] = ()
    ) -> Answer:
        """Give the error answer for the path. `error` defaults to the reason phrase of the status."""
        group = group_of(self.path)
        if group == "catalogs":
            return self._catalogs(status, message, error)
        if group == "uauth":
            return json_answer(status, shape_c(self.now, self.path, status, message))
        body: dict[str, Any] = {
            "timestamp": timestamp(self.now),
            "status": status,
            "error": error or REASONS.get(status, "Error"),
            "message": message,
            "path": self.path,
        }
        if problems:
            body["errors"] = [problem.entry() for problem in problems]
        return json_answer(status, body)

    def _catalogs(self, status: int, message: str, error: str | None) -> Answer:
        if status in (400, 404, 413):
            if self.plain:
                return Answer(status, message.encode(), TEXT)
            return json_answer(status, message)
        body = {
            "status": status,
            "error": error or REASONS.get(status, "Error"),
            "message": message,
            "timestamp": timestamp(self.now),
        }
        return json_answer(status, body)


def shape_c(now: float, path: str, status: int, message: str) -> dict[str, Any]:
    """Give the error object of /uauth. The trace id depends on the content only, so runs can be compared."""
    trace = uuid.uuid5(_TRACE_NAMESPACE, f"{path}|{status}|{message}").hex
    return {
        "timestamp": timestamp(now),
        "path": path,
        "status": status,
        "errorCode": "AUTH-0001",
        "message": message,
        "traceId": trace,
    }


def partial_answer(shape: str, now: float, path: str, refused: Mapping[int, Sequence[Problem]]) -> Answer:
    """Give the 207 for the refused items (index -> problems), in one of the four shapes sources allow."""
    if shape == "empty":
        return Answer(207)
    if shape == "uauth":
        texts = [f"{p.field}: {p.message}" for problems in refused.values() for p in problems]
        return json_answer(207, [shape_c(now, path, 400, text) for text in texts])
    indexed = shape == "indexed"
    entries = [p.entry(index if indexed else None) for index, problems in refused.items() for p in problems]
    return json_answer(207, entries)
