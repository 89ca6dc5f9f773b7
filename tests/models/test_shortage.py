import errno

import pytest

from synqd.models.shortage import Shortage, outages, shortage

SHORT = [
    OSError(errno.EMFILE, "Too many open files"),
    OSError(errno.ENFILE, "Too many open files in system"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    OSError(errno.ENOBUFS, "No buffer space available"),
    OSError(errno.EIO, "Input/output error"),
    BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
    MemoryError(),
    RuntimeError("can't start new thread"),
]
MISTAKES = [
    FileNotFoundError(errno.ENOENT, "No such file"),
    PermissionError(errno.EACCES, "Permission denied"),
    OSError(errno.EBUSY, "Device or resource busy"),
    OSError("without a number"),
    RuntimeError("another"),
    ValueError("a bug"),
]


@pytest.mark.parametrize("error", SHORT, ids=repr)
def test_what_this_machine_is_short_of_is_an_outage(error: Exception) -> None:
    with (
        pytest.raises(Shortage, match=r"^the key cannot be read now: ") as told,
        outages("the key cannot be read now"),
    ):
        raise error
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("error", MISTAKES, ids=repr)
def test_everything_else_stays_what_it_is(error: Exception) -> None:
    assert shortage(error) is None
    with pytest.raises(type(error)) as raised, outages():
        raise error
    assert raised.value is error


def test_files_name_their_limit() -> None:
    assert "LimitNOFILE=" in str(shortage(SHORT[0]))
