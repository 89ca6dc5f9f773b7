"""Rights beyond those that are printed: what whoever has the password could do without need. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from synqd.magento.grants import ALL, Grant
from synqd.magento.records import Finding, Level
from synqd.magento.rights import LAYOUT, Columns, TableRights, listed, merged
from synqd.magento.statements import quote

_SECRETS = ("password_hash", "rp_token", "subscriber_confirm_code", "additional_information", "protect_code")
"""Columns that are named first where too many may be read."""
_MOST = 4
"""How many tables or columns a finding names."""
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "TRIGGER", *ALL})
_FILES = frozenset({"FILE", *ALL})
_FIRST = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", *ALL})
_PRINT = "what `synqd changelog print` prints"


@dataclass
class _Found:
    """Rights on single tables that are too much."""

    whole: list[tuple[str, str]] = field(default_factory=list)
    """(table, right) where some columns are enough."""
    others: list[tuple[str, str, str, Columns]] = field(default_factory=list)
    """(database, table, right, columns) that are not needed at all."""


@dataclass(frozen=True)
class Holder:
    """Who has the rights.

    Attributes:
        account: as SQL has it.
        database: the shop's.
        unread: of each table of which only some columns are read, the others that can be seen.
    """

    account: str
    database: str
    unread: Mapping[str, Sequence[str]]

    def surplus(self, given: Iterable[Grant], needed: Iterable[TableRights]) -> Iterator[Finding]:
        """Warnings in plain words, each with the REVOKE."""
        known = {one.table: one.rights for one in merged(needed)}
        found = _Found()
        wide: dict[str, Grant] = {}
        for grant in given:
            if grant.table == "*":  # MySQL shows rights that came later than others in a line of their own
                rights = wide[grant.database].rights if grant.database in wide else {}
                wide[grant.database] = replace(grant, rights={**rights, **grant.rights})
            else:
                _compare(grant, known.get(grant.table, {}) if grant.reaches(self.database) else {}, found)
        yield from map(self._wide, wide.values())
        yield from self._whole(found.whole)
        yield from self._others(found.others)

    def _wide(self, grant: Grant) -> Finding:
        rights = frozenset(grant.rights)
        where = "the whole server" if grant.database == "*" else f"all of database {_plain(grant.database)}"
        harms = []
        if rights & {"SELECT", *ALL} and grant.reaches(self.database):
            harms.append("reads the passwords and tokens of the back office, and secrets of other modules")
        if rights & _WRITES and grant.reaches(self.database):
            harms.append("may change the shop")
        if rights & _FILES and grant.database == "*":
            harms.append("reads and writes files of the database's host")
        words = _some(sorted(rights, key=lambda right: (right not in _FIRST, right)))
        place = "*" if grant.database == "*" else quote(grant.database)
        revoke = f"REVOKE {', '.join(sorted(rights))} ON {place}.* FROM {self.account};"
        remedy = f"give synqd an account of its own with {_PRINT}; if this is one: {revoke}"
        return _warning(f"has {words} on {where}", harms, remedy)

    def _whole(self, found: Sequence[tuple[str, str]]) -> Iterator[Finding]:
        if not found:
            return
        what = _some([f"{right} on {table}" for table, right in found])
        tables = [table for table, right in found if right == "SELECT"]
        unread = {name for table in tables for name in self.unread.get(table, ())}
        secrets = [name for name in _SECRETS if name in unread]
        harms = [f"reads {_some(secrets)}, which synqd does not"] if secrets else []
        revokes = " ".join(self._revoke(self.database, table, right) for table, right in found)
        text = f"has rights on whole tables where columns are enough ({what})"
        yield _warning(text, harms, f"{revokes} Then run {_PRINT}")

    def _others(self, found: Sequence[tuple[str, str, str, Columns]]) -> Iterator[Finding]:
        if not found:
            return
        what = _some([f"{right}{_columns(columns)} on {table}" for _, table, right, columns in found])
        revokes = " ".join(self._revoke(*each) for each in found)
        yield _warning(f"has rights that synqd does not need ({what})", [], revokes)

    def _revoke(self, database: str, table: str, right: str, columns: Columns = frozenset()) -> str:
        return f"REVOKE {right}{listed(columns)} ON {quote(database)}.{quote(table)} FROM {self.account};"


def _compare(grant: Grant, needed: Mapping[str, Columns], found: _Found) -> None:
    for right, columns in grant.rights.items():
        enough = needed.get(right)
        if enough is None:
            if not (needed and right == LAYOUT):
                found.others.append((grant.database, grant.table, right, columns))
        elif enough and not columns:
            found.whole.append((grant.table, right))
        elif enough and columns - enough:
            found.others.append((grant.database, grant.table, right, columns - enough))


def _warning(what: str, harms: Sequence[str], remedy: str) -> Finding:
    so = f": whoever has its password {' and '.join(harms)}" if harms else ""
    return Finding(Level.WARNING, "rights", what + so, remedy)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _columns(columns: Columns) -> str:
    return f" of {', '.join(sorted(columns))}" if columns else ""


def _plain(pattern: str) -> str:
    return pattern.replace("\\", "")
