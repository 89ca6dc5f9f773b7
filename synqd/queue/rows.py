"""Between rows and the shared vocabulary."""

from collections.abc import Sequence
from typing import Any

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Stream

# sqlite3 binds values of the very types str and int about ten times faster than those of their subclasses
# (enums, bool), for which it looks for an adapter first: rows of hot statements are made plain.

Address = tuple[str, int, int]
"""Model, entity id and store view id: a key in the order in which the tables are sorted."""


class Entries:
    """Builds ledger entries from rows; field sets that repeat within one call are parsed once."""

    def __init__(self) -> None:
        self._sets: dict[str, frozenset[str]] = {}

    def entry(self, row: Sequence[Any]) -> LedgerEntry | None:
        """From (workspace, wire key, names, digest, fingerprint, alive, first, last, status), or None."""
        if row[0] is None:
            return None
        workspace, wire_key, names, digest, settings, alive, *rest = row
        fields = self._sets.get(names)
        if fields is None:
            fields = self._sets[names] = frozenset(names.split("\n") if names else ())
        return LedgerEntry(workspace, wire_key, fields, digest, settings, bool(alive), *rest)


def address(key: Key) -> Address:
    """A key in the order in which the tables are sorted, as plain values."""
    return str(key.model), key.entity_id, key.store_id


def plain(stream: Stream) -> tuple[str, int]:
    """A stream as plain values."""
    return str(stream.model), stream.store_id
