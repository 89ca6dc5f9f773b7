"""Where a demo keeps its files: it only ever deletes what a demo has made."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synqd.models.errors import Fatal
from synqd_demo.stage import FILES

MARKER = ".made-by-synqd-demo"


@contextmanager
def place(directory: Path | None) -> Iterator[Path]:
    """An empty directory for a demo: the given one, whose files stay, or a temporary one.

    Raises:
        Fatal: something lies there that no demo has made.
    """
    if directory is None:
        with tempfile.TemporaryDirectory(prefix="synqd-demo-", ignore_cleanup_errors=True) as own:
            yield Path(own)
        return
    try:
        _clear(directory)
    except OSError as error:
        raise Fatal(f"{directory}: {error.strerror}; give --directory another one") from error
    yield directory


def _clear(directory: Path) -> None:
    """Makes the directory, or empties it of what an earlier demo has left."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        for name in _left(directory):
            _delete(directory / name)
    (directory / MARKER).touch(0o600)


def _left(directory: Path) -> list[str]:
    """Names of what an earlier demo has left there."""
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise Fatal(f"{directory} is no directory of yours; give --directory another one")
    names = sorted(path.name for path in directory.iterdir())
    strange = [name for name in names if name not in FILES and name != MARKER]
    if names and (strange or not _is_file(directory / MARKER)):
        what = strange[0] if strange else names[0]
        remedy = "empty it yourself, or give --directory another one"
        raise Fatal(f"{directory} holds {what}, which no demo has made: {remedy}")
    return names


def _is_file(path: Path) -> bool:
    return os.path.lexists(path) and stat.S_ISREG(path.lstat().st_mode)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
