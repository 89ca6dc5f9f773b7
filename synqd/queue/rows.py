"""Between rows and the shared vocabulary."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from synqd.models.item import LedgerEntry, make
from synqd.models.names import Key, Stream
from synqd.queue.database import Database
from synqd.queue.statements import load

SQL = load("rows")

_NOTHING = ("", None, None, None, None)
"""What the ledger remembers of most rows beside what was sent: no event, no consent, no doubt, no guest."""

# sqlite3 binds values of the very types str and int about ten times faster than those of their subclasses
# (enums, bool), for which it looks for an adapter first: rows of hot statements are made plain.

Address = tuple[str, int, int]
"""Model, entity id and store view id: a key in the order in which the tables are sorted."""


def listed(values: Sequence[int] | Sequence[str]) -> str:
    """Ids or texts as the JSON list that statements take, ten times as fast as by the standard library."""
    return orjson.dumps(values).decode()


def gathered(db: Database, sql: str, args: Sequence[object]) -> list[list[Any]]:
    """The rows of a statement that gathers them into one JSON list.

    For each row sqlite3 lets other threads run and waits for them afterwards: here it is a single one.
    """
    ((text,),) = db.execute(sql, args).fetchall()
    rows: list[list[Any]] = orjson.loads(text)
    return rows


def entries(db: Database, rows: Iterable[Sequence[Any]]) -> list[LedgerEntry | None]:
    """Ledger entries from columns of the ledger, from the workspace on; None for NULLs."""
    sent = list(rows)
    fields = field_sets(db, {row[2] for row in sent})
    settings = dict(_texts(db, "fingerprints_of", {row[4] for row in sent}))
    return [_entry(row, fields, settings) if row[0] is not None else None for row in sent]


def _entry(
    row: Sequence[Any], fields: Mapping[int | None, frozenset[str]], settings: Mapping[int, str]
) -> LedgerEntry:
    workspace, wire_key, field_set, digest, fingerprint, alive, first_at, last_at, status, memory = row
    event, agreed_at, withdrawn_at, doubt, guest = orjson.loads(memory) if memory else _NOTHING
    return make(
        LedgerEntry,
        (
            workspace,
            wire_key,
            fields[field_set],
            bytes.fromhex(digest),
            settings[fingerprint],
            alive == 1,
            first_at,
            last_at,
            status,
            bytes.fromhex(event),
            agreed_at,
            withdrawn_at,
            None if doubt is None else tuple(orjson.loads(doubt)),
            guest or "",
        ),
    )


def field_sets(db: Database, numbers: set[int | None]) -> dict[int | None, frozenset[str]]:
    """Sets of field names by their numbers."""
    return {
        number: frozenset(names.split("\n") if names else ())
        for number, names in _texts(db, "names_of", numbers)
    }


def _texts(db: Database, statement: str, numbers: set[int | None]) -> list[list[Any]]:
    """Numbers with the texts that they stand for.

    Not kept for later calls: a number of a transaction that is rolled back is given again, to another text.
    """
    wanted = [number for number in numbers if number is not None]
    return gathered(db, SQL[statement], (listed(wanted),)) if wanted else []


def address(key: Key) -> Address:
    """A key in the order in which the tables are sorted, as plain values."""
    return str(key.model), key.entity_id, key.store_id


def plain(stream: Stream) -> tuple[str, int]:
    """A stream as plain values."""
    return str(stream.model), stream.store_id
