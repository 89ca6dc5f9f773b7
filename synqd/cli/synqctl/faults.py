"""The errors of synqctl."""


class ControlError(Exception):
    """A verb failed; the message is one line with the remedy."""


class Unreachable(ControlError):
    """No daemon answers: it does not run, or is being restarted."""
