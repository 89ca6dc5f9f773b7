"""Errors named by remedy; each place translates foreign exceptions into these at its own edge.

The message of each is one line that says what is wrong and, where somebody can do something, what to do.
"""


class SynqdError(Exception):
    """Base of all errors that synqd raises on purpose."""


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
