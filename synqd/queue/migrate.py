"""Brings a queue file to the schema of this program by numbered migrations."""

import sqlite3
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from synqd.models.errors import Fatal
from synqd.queue.statements import split

APPLICATION_ID = 0x53594E51
"""Marks the file as ours ("SYNQ"), so that a wrong path never damages somebody else's database."""


def migrations() -> list[tuple[int, Traversable]]:
    """All migrations by number, which start at 1 and have no holes."""
    folder = resources.files(__package__).joinpath("migrations")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    numbered = [(int(file.name.split("_", 1)[0]), file) for file in files]
    if [number for number, _ in numbered] != list(range(1, len(numbered) + 1)):
        raise ValueError(f"migrations are not numbered 1..n: {[file.name for file in files]}")
    return numbered


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """Apply the missing migrations, all in the caller's transaction.

    Raises: Fatal for a file that is not a queue, or that a newer synqd has written.
    """
    steps = migrations()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION_ID:
        raise Fatal(f"{path} is not a queue file of synqd: let [queue] path name another file")
    if version > len(steps):
        raise Fatal(
            f"queue file {path} has schema version {version}, this synqd knows up to {len(steps)}:"
            " start the newer synqd again, or move the file aside to begin with an empty queue"
        )
    for number, file in steps[version:]:
        for statement in split(file.read_text("utf-8")):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")
    if not tables:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
