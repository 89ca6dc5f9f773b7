"""The errors of synqctl."""


class ControlError(Exception):
    """A verb failed; the message is one line with the remedy.

    Attributes:
        code: a stable word: the daemon's own, or "unreachable", "not-allowed", "no-answer", "not-synqd".
        field: what of the request is wrong, if the daemon says so.
    """

    def __init__(self, message: str, code: str = "failed", field: str | None = None) -> None:
        """Args: message: the line; code, field: as above."""
        super().__init__(message)
        self.code = code
        self.field = field


class Unreachable(ControlError):
    """No daemon answers: it does not run, or is being restarted."""
