"""The one error of synqctl."""


class ControlError(Exception):
    """A verb failed; the message is one line with the remedy."""
