"""Knowing a forgotten person again without keeping who it was: salted hashes (S20)."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from synqd.models.names import Model, Stream
from synqd.queue import flags
from synqd.queue.database import Database
from synqd.queue.statements import load

SQL = load("marks")

SALT = "salt"
"""Fact of the file: what marks are hashed with."""
SALT_BYTES = 32
"""As long as a key that nobody can guess has to be."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is remembered of forgotten persons."""

    salt: bytes = b""
    hashes: frozenset[bytes] = field(default=frozenset(), repr=False)

    def hold(self, marks: Iterable[str]) -> bool:
        """Whether one of these texts is a forgotten person's."""
        return bool(self.hashes) and any(self.hashed(mark) in self.hashes for mark in marks)

    def hashed(self, mark: str) -> bytes:
        """A text, whatever characters it is of, as it is remembered."""
        text = mark.encode(errors="surrogatepass")
        return hashlib.blake2b(text, digest_size=16, key=self.salt).digest()


class Forgotten(NamedTuple):
    """What a file remembers of forgotten persons: the salt, and rows of hash, person and time."""

    salt: str | None
    rows: list[tuple[bytes, int, int]]


def read(db: Database) -> Marks:
    """What the file remembers."""
    salt = flags.meta(db, SALT)
    hashes = frozenset(bytes(found) for (found,) in db.execute(SQL["hashes"]))
    return Marks(bytes.fromhex(salt), hashes) if salt else Marks()


def export(db: Database) -> Forgotten:
    """Everything by which another file can know the same persons."""
    return Forgotten(flags.meta(db, SALT), db.execute(SQL["all"]).fetchall())


def inherit(db: Database, forgotten: Forgotten) -> Marks:
    """Know the persons that a file before this one remembered; this one remembers nobody yet."""
    if forgotten.salt:
        flags.set_meta(db, SALT, forgotten.salt)
        db.executemany(SQL["remember"], forgotten.rows)
    return read(db)


def remember(
    db: Database, marks: Collection[str], now: int, items: Mapping[Stream, int] | None = None
) -> Marks:
    """From now on whoever is known by one of these texts is known again; they are one person's.

    Whoever is forgotten once more stays one person, so all marks end together. ``items`` counts what was
    known of the person by stream.
    """
    if not flags.meta(db, SALT):
        flags.set_meta(db, SALT, secrets.token_hex(SALT_BYTES))
    before = read(db)
    hashes = {before.hashed(mark) for mark in marks}
    (number,) = db.execute(SQL["next_person"]).fetchone()
    for known in hashes & before.hashes:
        db.execute(SQL["join_items"], (known, number))
        db.execute(SQL["join"], (known, number))
    db.executemany(SQL["remember"], [(one, number, now) for one in hashes - before.hashes])
    for (model, store_id), n in (items or {}).items():
        db.execute(SQL["count_items"], (number, str(model), store_id, n))
    db.execute(SQL["drop_items"])
    return Marks(before.salt, before.hashes | hashes)


def revoke(db: Database, marks: Iterable[str]) -> tuple[int, Marks]:
    """Forget persons' marks again that one of these texts belongs to; returns how many went."""
    known = read(db)
    gone = sum(db.execute(SQL["revoke"], (known.hashed(mark),)).rowcount for mark in marks)
    db.execute(SQL["drop_items"])
    return gone, read(db)


def items(db: Database) -> dict[Stream, int]:
    """How many items of each stream were a forgotten person's."""
    return {Stream(Model(model), store_id): n for model, store_id, n in db.execute(SQL["items"])}
