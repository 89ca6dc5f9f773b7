"""A look into the file from outside the daemon, without disturbing it; by root with its owner's rights."""

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from synqd.models.change import Installation
from synqd.models.errors import Fatal
from synqd.models.item import LedgerEntry
from synqd.models.names import Key
from synqd.models.shortage import shortage
from synqd.queue import flags, ledger, marks
from synqd.queue.connection import ours
from synqd.queue.errors import translated
from synqd.queue.marks import Forgotten, Marks
from synqd.runtime.rights import lent


def read_forgotten(path: Path) -> Forgotten | None:
    """What a queue file that nobody has open remembers of forgotten persons; None if it is broken or gone.

    Raises:
        StorageUnavailable: it cannot be opened now, which is no reason to lose what it remembers.
    """
    if not os.path.lexists(path):
        return None
    try:
        with _opened(path) as db:
            return marks.export(db)
    except (sqlite3.Error, OSError, Fatal) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_CANTOPEN or shortage(error):
            raise translated(error, path) or error from error
        return None


def read_installation(path: Path) -> Installation | None:
    """Whose changes a queue file holds; None where there is no file yet, or it cannot be read.

    A running daemon goes on. Nothing is created: a file that is not there stays so.

    Raises:
        Fatal: something else is in its place.
    """
    if not os.path.lexists(path):
        return None
    try:
        with _opened(path) as db:
            return flags.installation(db)
    except (sqlite3.Error, OSError, ValueError, TypeError):
        return None


def read_memory(path: Path, keys: Sequence[Key]) -> tuple[dict[Key, LedgerEntry], Marks]:
    """Ledger entries of those items that have one, and who was forgotten; a running daemon goes on.

    Raises:
        Fatal: the file cannot be read, or is no queue file of this version.
    """
    with _reading(path) as db:
        return ledger.known(db, keys), marks.read(db)


def read_withdrawn(path: Path, workspace: str, emails: Collection[str]) -> dict[str, int]:
    """``Queue.withdrawn``; a running daemon goes on.

    Raises:
        Fatal: the file cannot be read, or is no queue file of this version.
    """
    with _reading(path) as db:
        return ledger.withdrawn(db, workspace, emails)


def read_holding(path: Path, workspace: str, emails: Collection[str]) -> list[tuple[Key, LedgerEntry]]:
    """``Queue.holding``; a running daemon goes on.

    Raises:
        Fatal: the file cannot be read, or is no queue file of this version.
    """
    with _reading(path) as db:
        return ledger.holding(db, workspace, emails)


def read_newest_guests(path: Path, workspace: str, marks: Collection[str]) -> dict[str, int]:
    """``Queue.newest_guests``; a running daemon goes on.

    Raises:
        Fatal: the file cannot be read, or is no queue file of this version.
    """
    with _reading(path) as db:
        return ledger.newest_guests(db, workspace, marks)


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with _opened(path) as db:
            yield db
    except (sqlite3.Error, OSError) as error:
        raise Fatal(f"queue file {path}: cannot be read: {error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """What SQLite keeps beside the file it may make or empty also for who only reads."""
    with lent(path.parent):
        ours(path)
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            yield db
