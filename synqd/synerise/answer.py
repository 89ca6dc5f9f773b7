"""What came back from a request: an answer, or why there is none."""

from dataclasses import dataclass, field

from synqd.models.text import whole_words


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, as much of it as matters.

    Attributes:
        status: HTTP status.
        body: the beginning of the body, bounded by the reader.
        headers: header values by lower-case name.
        broken: the body ended before it was complete.
        repeated: the same was sent before, and that was not answered.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    repeated: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status says success and the whole answer arrived."""
        return 200 <= self.status < 300 and not self.broken

    @property
    def said(self) -> bytes:
        """The body as it may be told: without a word that broke off, which nobody could erase (S20)."""
        return whole_words(self.body.decode("latin1")).encode("latin1") if self.broken else self.body


@dataclass(frozen=True, slots=True)
class Failure:
    """There was no answer.

    Attributes:
        word: ``timeout``, ``reset``, ``refused``, ``dns``, ``tls`` or ``protocol``.
        detail: one line for people, without anything that came over the connection (semantics S34).
        left: the request may have left: there was a connection.
        said: the piece of what came that was no HTTP, on one line.
    """

    word: str
    detail: str
    left: bool = True
    said: str = ""
