"""Errors named by remedy; each place translates foreign exceptions into these at its own edge.

The message of each is one line that says what is wrong and, where somebody can do something, what to do.
"""

from collections.abc import Callable


class SynqdError(Exception):
    """Base of all errors that synqd raises on purpose.

    Attributes:
        said: what Synerise answered, in its own words, which may name a person: for the owner-only socket and
            a terminal, never for the exporter or a log line above debug (semantics S34). Not in the message.
    """

    said: str = ""

    @property
    def in_full(self) -> str:
        """The message with what was said."""
        return quoting(str(self), self.said)

    def retell(self, words: Callable[[str], str]) -> None:
        """Keeps of what was said only what may be kept by now: somebody was forgotten (semantics S20)."""
        self.said = words(self.said)


def quoting(detail: str, said: str) -> str:
    """A line of ours with the other side's words after it; they are left out where there are none."""
    return f"{detail}; the answer said: {said}" if said else detail


class Fatal(SynqdError):
    """Nobody but an operator can help: the process ends with status 1 and this message."""


class ConfigError(Fatal):
    """A setting is wrong; the message names it and offers what would be right."""


class Mismatch(Fatal):
    """Database and queue file do not belong together (semantics S3); remedy: ``synqd adopt``."""


class Transient(SynqdError):
    """It will pass by itself: wait and try again. Never the fault of an item."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        """Args: message: what happened; retry_after: seconds to wait at least, if the other side said so."""
        super().__init__(message)
        self.retry_after = retry_after


class MagentoUnavailable(Transient):
    """Magento's database does not answer, refuses connections or is read-only."""


class SyneriseUnavailable(Transient):
    """Synerise does not answer, or answers that it cannot serve now."""


class StorageUnavailable(Transient):
    """The queue file cannot be written: the disk is full or fails (semantics S16)."""


class Denied(SynqdError):
    """Credentials or rights are missing; an operator has to grant them, after which it goes on by itself."""


class Invalid(SynqdError):
    """Input from outside (socket, command line, a row) is wrong; nothing was changed.

    Attributes:
        field: name of the offending field, if there is one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Args: message: one line; field: the offending field."""
        super().__init__(message)
        self.field = field
