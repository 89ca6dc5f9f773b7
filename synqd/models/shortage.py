"""Tells an outage of this machine (no files, memory or threads, a disk that fails) from a mistake. Pure."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from synqd.models.errors import Transient

_FILES = frozenset({errno.EMFILE, errno.ENFILE})
_SHORT = _FILES | frozenset(
    {
        errno.ENOMEM,
        errno.ENOBUFS,
        errno.EAGAIN,
        errno.EIO,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.ESTALE,
        errno.ETIMEDOUT,
        errno.EHOSTDOWN,
        errno.ENOLCK,
    }
)
_NO_THREAD = "can't start new thread"
"""Python has no class of its own for it."""


class Shortage(Transient):
    """This machine cannot give what is needed now; it passes, or an operator makes room meanwhile."""


def shortage(error: BaseException, doing: str = "the daemon cannot go on now") -> Shortage | None:
    """The outage that an exception of Python's tells of; None for a mistake or a bug.

    Args:
        error: what was raised.
        doing: what could not be done, for the message.
    """
    if isinstance(error, MemoryError):
        return Shortage(f"{doing}: this machine has no memory left")
    if isinstance(error, RuntimeError) and _NO_THREAD in str(error):
        return Shortage(f"{doing}: no thread can be started; look at TasksMax= and ulimit -u")
    if isinstance(error, OSError) and error.errno in _SHORT:
        remedy = "; look at LimitNOFILE= and ulimit -n" if error.errno in _FILES else ""
        return Shortage(f"{doing}: {error.strerror}{remedy}")
    return None


@contextmanager
def outages(doing: str = "the daemon cannot go on now") -> Iterator[None]:
    """Turns what Python raises inside when this machine is short of something into ``Shortage``."""
    try:
        yield
    except Exception as error:
        if outage := shortage(error, doing):
            raise outage from error
        raise
