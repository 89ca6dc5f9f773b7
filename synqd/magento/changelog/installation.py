"""Whose database this is (semantics S3)."""

from synqd.models.change import Installation


def mismatch(found: Installation | None, remembered: Installation | None) -> str | None:
    """What is wrong between the database and the queue file, in one sentence with its remedy; None if nothing.

    Args:
        found: what the database says, None where no change log is installed.
        remembered: what the queue file says, None for a new file.
    """
    raise NotImplementedError
