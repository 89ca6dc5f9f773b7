"""This process without what the machine should give."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_files() -> Iterator[None]:
    """Whoever opens something inside gets EMFILE; what is open stays."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
