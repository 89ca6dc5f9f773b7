"""Errors of the queue file, and the one edge where SQLite's become ours."""

from synqd.models.errors import Fatal


class Corrupt(Fatal):
    """The queue file is broken; the message names it and the remedy."""
