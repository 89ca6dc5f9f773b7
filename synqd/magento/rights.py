"""The rights that the daemon's account needs, as data: they are printed, looked for, and compared with."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from synqd.magento.changelog.tables import META, SPLIT
from synqd.magento.statements import quote

Columns = frozenset[str]
WHOLE: Columns = frozenset()
"""In place of columns: the table with all of them."""

LAYOUT = "REFERENCES"
"""With this right ``information_schema`` tells of all columns of a table, while it opens none: it is for
foreign keys, which nobody can make without CREATE."""


@dataclass(frozen=True, slots=True)
class TableRights:
    """What is granted on one table.

    Attributes:
        table: its name, prefix included.
        rights: right -> the columns that it is for, ``WHOLE`` for all.
    """

    table: str
    rights: Mapping[str, Columns]

    def sql(self, database: str, account: str) -> str:
        """The GRANT statement; ``account`` is a user as SQL has it."""
        words = ", ".join(right + listed(columns) for right, columns in self.rights.items())
        return f"GRANT {words} ON {quote(database)}.{quote(self.table)} TO {account};"


def listed(columns: Columns) -> str:
    """Columns as GRANT takes them after a right."""
    return f" ({', '.join(map(quote, sorted(columns)))})" if columns else ""


def to_read(
    tables: Mapping[str, Collection[str]], prefix: str, guarded: Mapping[str, Collection[str]]
) -> list[TableRights]:
    """The rights to read what is sent.

    Args:
        tables: columns of the tables that are there, by name without prefix.
        prefix: the shop's table prefix.
        guarded: the columns that are read of tables that hold more than that; all others are read whole.
    """
    return [
        TableRights(
            prefix + table,
            {"SELECT": frozenset(guarded[table]) & frozenset(columns), LAYOUT: WHOLE}
            if table in guarded
            else {"SELECT": WHOLE},
        )
        for table, columns in sorted(tables.items())
    ]


def on_own(tables: Collection[str], prefix: str) -> list[TableRights]:
    """The rights with which the daemon looks after its own tables: as little as its statements do there."""
    special: Mapping[str, Mapping[str, Columns]] = {
        prefix + META: {"SELECT": WHOLE, "INSERT": WHOLE, "UPDATE": WHOLE},
        prefix + SPLIT: {"SELECT": WHOLE},
    }
    log = {"SELECT": WHOLE, "UPDATE": frozenset({"old_key"}), "DELETE": WHOLE}
    return [TableRights(table, special.get(table, log)) for table in sorted(tables)]


def merged(rights: Iterable[TableRights]) -> list[TableRights]:
    """All rights with one entry a table, in the order in which they come; of one given twice, the wider."""
    found: dict[str, dict[str, Columns]] = {}
    for one in rights:
        held = found.setdefault(one.table, {})
        for right, columns in one.rights.items():
            before = held.get(right, columns)
            held[right] = before | columns if before and columns else WHOLE
    return [TableRights(table, held) for table, held in found.items()]
