"""What a user plants in a directory to lead whoever opens its files elsewhere."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

NOBODY = 65534

Plant = Callable[[Path, Path], None]
"""Puts something at a place; the second is the file that it should lead to."""


def _link(place: Path, victim: Path) -> None:
    place.symlink_to(victim)


def _hard_link(place: Path, victim: Path) -> None:
    place.hardlink_to(victim)


def _fifo(place: Path, _: Path) -> None:
    os.mkfifo(place)


def _folder(place: Path, _: Path) -> None:
    place.mkdir()


PLANTS: Mapping[str, Plant] = {
    "link": _link,
    "hard link": _hard_link,
    "fifo": _fifo,
    "directory": _folder,
}

FILES = ("lock", "queue.db", "queue.db-wal", "queue.db-shm", "queue.db-journal")
"""Files that are opened under their own name; others are made under a new one."""
