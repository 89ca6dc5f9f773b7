"""What SHOW GRANTS says, as questions that can be asked."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NAME = r"(?:\*|`(?:[^`]|``)+`)"
_LINE = re.compile(
    rf"(?P<verb>GRANT|REVOKE) (?P<rights>.+?) ON (?:TABLE )?(?P<database>{_NAME})\.(?P<table>{_NAME})"
    r" (?:TO|FROM) ",
    re.IGNORECASE,
)
_RIGHT = re.compile(r"(?P<right>[A-Z_ ]+?)\s*(?:\((?P<columns>[^)]*)\))?\s*(?:,|$)", re.IGNORECASE)
ALL = frozenset({"ALL", "ALL PRIVILEGES"})
"""What stands for every right."""
_NOTHING = frozenset({"USAGE"})


@dataclass(frozen=True, slots=True)
class Grant:
    """A line of SHOW GRANTS that is about tables.

    Attributes:
        rights: right (upper case) -> the columns that it is for, none for the whole table.
        database, table: names, ``*`` for all; the database may be a pattern.
        given: whether the line gives; else it takes away (MySQL's partial revokes).
        public: whether it is about everybody.
    """

    rights: Mapping[str, frozenset[str]]
    database: str
    table: str
    given: bool
    public: bool

    @property
    def whole(self) -> frozenset[str]:
        """The rights that are not for single columns."""
        return frozenset(right for right, columns in self.rights.items() if not columns)

    def covers(self, right: str, database: str, table: str) -> bool:
        """Whether this line is about a right on a whole table."""
        wide = bool(self.whole & {*ALL, right})
        return wide and self.reaches(database) and self.table in {"*", table}

    def reaches(self, database: str) -> bool:
        """Whether this line is about a database."""
        if self.database == "*":
            return True
        if self.table != "*":  # wildcards have a meaning in grants for whole databases only
            return self.database == database
        return re.fullmatch(_wildcards(self.database), database) is not None


class Grants:
    """The rights of an account: those of its active roles are among the lines that the server shows."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._grants = [grant for line in lines if (grant := _parsed(line)) is not None]

    def allows(self, right: str, database: str, table: str) -> bool:
        """Whether the account has a right (upper case) on a table; grants for single columns do not count."""
        denied = any(not grant.given and grant.covers(right, database, table) for grant in self._grants)
        return not denied and any(
            grant.given and grant.covers(right, database, table) for grant in self._grants
        )

    def allows_globally(self, right: str) -> bool:
        """Whether the account has a right (upper case) that exists for the whole server only."""
        return any(
            grant.given and grant.database == grant.table == "*" and bool(grant.whole & {right, *ALL})
            for grant in self._grants
        )

    @property
    def given(self) -> list[Grant]:
        """All lines that give something to this account rather than to everybody (MariaDB's PUBLIC)."""
        return [grant for grant in self._grants if grant.given and grant.rights and not grant.public]


def _parsed(line: str) -> Grant | None:
    match = _LINE.match(line)
    if match is None:  # PROXY, roles, functions: nothing about tables
        return None
    rights: dict[str, frozenset[str]] = {}
    for each in _RIGHT.finditer(match["rights"]):
        right, columns = (
            each["right"].strip().upper(),
            frozenset(re.findall(r"[^`,\s]+", each["columns"] or "")),
        )
        if right not in _NOTHING:
            # Given twice, it is for the whole table.
            rights[right] = columns if columns and rights.get(right, columns) else frozenset()
    if line.endswith(" WITH GRANT OPTION"):
        rights["GRANT OPTION"] = frozenset()
    given, public = match["verb"].upper() == "GRANT", line[match.end() :].startswith("PUBLIC")
    return Grant(rights, _name(match["database"]), _name(match["table"]), given, public)


def _name(quoted: str) -> str:
    return quoted if quoted == "*" else quoted[1:-1].replace("``", "`")


def _wildcards(pattern: str) -> str:
    r"""A regular expression for a database pattern: ``_`` one character, ``%`` any, ``\_`` itself."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    words = {"_": ".", "%": ".*"}
    return "".join(words.get(part) or re.escape(part[-1]) for part in parts)
