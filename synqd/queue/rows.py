"""Between rows and the shared vocabulary."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Stream
from synqd.queue.statements import load

SQL = load("rows")

make = tuple.__new__
"""Makes a named tuple from all its fields in a third of the time of calling its class: for rows."""

# sqlite3 binds values of the very types str and int about ten times faster than those of their subclasses
# (enums, bool), for which it looks for an adapter first: rows of hot statements are made plain.

Address = tuple[str, int, int]
"""Model, entity id and store view id: a key in the order in which the tables are sorted."""


def listed(ids: Sequence[int]) -> str:
    """Ids as the JSON list that statements take, ten times as fast as by the standard library."""
    return orjson.dumps(ids).decode()


def gathered(db: sqlite3.Connection, sql: str, args: Sequence[object]) -> list[list[Any]]:
    """The rows of a statement that gathers them into one JSON list.

    For each row sqlite3 lets other threads run and waits for them afterwards: here it is a single one.
    """
    ((text,),) = db.execute(sql, args).fetchall()
    rows: list[list[Any]] = orjson.loads(text)
    return rows


class Entries:
    """Builds ledger entries from rows; the texts that their numbers stand for are looked up once a call.

    Not once and for all: a number of a transaction that is rolled back is given again, to another text.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._fields: dict[int, frozenset[str]] = {}
        self._settings: dict[int, str] = {}

    def entry(self, row: Sequence[Any]) -> LedgerEntry | None:
        """From the columns of the ledger, from the workspace on, the digest as hex; None if they are NULL."""
        workspace, wire_key, field_set, digest, fingerprint, alive, first_at, last_at, status = row
        if workspace is None:
            return None
        fields = self._fields.get(field_set)
        if fields is None:
            fields = self._fields[field_set] = self._read_fields(field_set)
        settings = self._settings.get(fingerprint)
        if settings is None:
            settings = self._settings[fingerprint] = self._text("fingerprint_of", fingerprint)
        what = (workspace, wire_key, fields, bytes.fromhex(digest), settings, alive == 1)
        return make(LedgerEntry, (*what, first_at, last_at, status))

    def _read_fields(self, number: int) -> frozenset[str]:
        names = self._text("names_of", number)
        return frozenset(names.split("\n") if names else ())

    def _text(self, statement: str, number: int) -> str:
        (text,) = self._db.execute(SQL[statement], (number,)).fetchone()
        return str(text)


def address(key: Key) -> Address:
    """A key in the order in which the tables are sorted, as plain values."""
    return str(key.model), key.entity_id, key.store_id


def plain(stream: Stream) -> tuple[str, int]:
    """A stream as plain values."""
    return str(stream.model), stream.store_id
