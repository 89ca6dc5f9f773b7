"""What all requests and answers share."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=320, pattern=r"^[^\x00-\x1f]+$")]
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Field(ge=1, le=500)]


def instant(milliseconds: int) -> datetime:
    """A stored time (milliseconds since the epoch) as an answer shows it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class Request(BaseModel):
    """Base of requests: unknown fields are errors, and so are values of another JSON type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Answer(BaseModel):
    """Base of answers."""

    model_config = ConfigDict(frozen=True)


class Fault(Answer):
    """What is wrong."""

    code: str
    """A stable word."""
    message: str
    """One line for people, with the remedy."""
    field: str | None
    """The offending field of the request."""


class ErrorBody(Answer):
    """Body of every answer that is not 2xx."""

    error: Fault
