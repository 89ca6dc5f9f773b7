"""What SHOW GRANTS says, as questions that can be asked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAME = r"(?:\*|`(?:[^`]|``)+`)"
_LINE = re.compile(
    rf"(?P<verb>GRANT|REVOKE) (?P<rights>.+?) ON (?:TABLE )?(?P<database>{_NAME})\.(?P<table>{_NAME})"
    r" (?:TO|FROM) ",
    re.IGNORECASE,
)
_ALL = frozenset({"ALL", "ALL PRIVILEGES"})


@dataclass(frozen=True, slots=True)
class _Grant:
    rights: frozenset[str]
    database: str
    table: str
    given: bool

    def covers(self, right: str, database: str, table: str) -> bool:
        wide = bool(self.rights & _ALL) or right in self.rights
        return wide and self._reaches(database) and self.table in {"*", table}

    def _reaches(self, database: str) -> bool:
        if self.database == "*":
            return True
        if self.table != "*":  # wildcards have a meaning in grants for whole databases only
            return self.database == database
        return re.fullmatch(_wildcards(self.database), database) is not None


class Grants:
    """The rights of an account: those of its active roles are among the lines that the server shows."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._grants = [grant for line in lines if (grant := _parsed(line))]

    def allows(self, right: str, database: str, table: str) -> bool:
        """Whether the account has a right (upper case) on a table; grants for single columns do not count."""
        denied = any(not grant.given and grant.covers(right, database, table) for grant in self._grants)
        return not denied and any(
            grant.given and grant.covers(right, database, table) for grant in self._grants
        )

    def allows_globally(self, right: str) -> bool:
        """Whether the account has a right (upper case) that exists for the whole server only."""
        return any(
            grant.given and grant.database == grant.table == "*" and bool(grant.rights & {right, *_ALL})
            for grant in self._grants
        )


def _parsed(line: str) -> _Grant | None:
    match = _LINE.match(line)
    if match is None:  # PROXY, roles, functions: nothing about tables
        return None
    without_columns = re.sub(r"\w+ \([^)]*\)(, )?", "", match["rights"])
    rights = frozenset(word.strip().upper() for word in without_columns.split(",") if word.strip())
    given = match["verb"].upper() == "GRANT"
    return _Grant(rights, _name(match["database"]), _name(match["table"]), given)


def _name(quoted: str) -> str:
    return quoted if quoted == "*" else quoted[1:-1].replace("``", "`")


def _wildcards(pattern: str) -> str:
    r"""A regular expression for a database pattern: ``_`` one character, ``%`` any, ``\_`` itself."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    words = {"_": ".", "%": ".*"}
    return "".join(words.get(part) or re.escape(part[-1]) for part in parts)
