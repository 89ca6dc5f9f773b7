"""The change log, and the rights of the daemon, as SQL for a DBA."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from synqd.magento.changelog.installation import founding
from synqd.magento.changelog.schema import State
from synqd.magento.changelog.tables import META
from synqd.magento.session import SQL_MODE
from synqd.magento.statements import parse, quote


def account_name(account: str) -> str:
    """``user@host`` of CURRENT_USER() as GRANT takes it."""
    user, _, host = account.rpartition("@")
    return "'" + user.replace("'", "''") + "'@'" + host.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Account:
    """Who gets rights, and on what.

    Attributes:
        name: ``user@host``, as CURRENT_USER() has it.
        database: the shop's database.
        prefix: prefix of its tables.
        tables: the shop's tables that are read, as far as they are there, prefix included.
    """

    name: str
    database: str
    prefix: str
    tables: Iterable[str]


def reading_grants(account: Account) -> list[str]:
    """The right to read what is sent, and nothing else of the shop."""
    return [_grant(account, "SELECT", table) for table in sorted(account.tables)]


def own_grants(state: State, account: Account) -> list[str]:
    """The rights with which the daemon looks after its own tables."""
    meta = account.prefix + META
    return [
        _grant(account, "SELECT, INSERT, UPDATE" if table == meta else "SELECT, UPDATE, DELETE", table)
        for table in sorted(state.wanted_tables)
    ]


def _grant(account: Account, rights: str, table: str) -> str:
    return f"GRANT {rights} ON {quote(account.database)}.{quote(table)} TO {account_name(account.name)};"


def installing_grants(state: State, account: Account) -> list[str]:
    """The rights that ``synqd changelog install`` and ``uninstall`` need beside those to read the shop.

    Those on the own tables are complete, since rights without CREATE cannot be given before a table exists.

    TRIGGER and INSERT have to stay as long as the triggers are there: they run with their creator's rights.
    """
    rights = "CREATE, DROP, SELECT, INSERT, UPDATE, DELETE"
    own = [_grant(account, rights, name) for name in sorted(state.wanted_tables)]
    watched = dict.fromkeys(trigger.table for trigger in state.wanted)
    return own + [_grant(account, "TRIGGER", table) for table in watched]


def render_rights(account: Account) -> str:
    """A script for the ``mysql`` or ``mariadb`` client: all that ``capture = "readonly"`` needs."""
    return "\n".join(_reading(account)) + "\n"


def render(state: State, account: Account) -> str:
    """A script for the ``mysql`` or ``mariadb`` client: what is missing now, then the grants.

    Comments stand outside of the statements, because the clients strip them.
    """
    lines = [
        "-- Change log of synqd. Whoever runs this becomes the definer of the triggers; that account has",
        "-- to stay, with TRIGGER on the watched tables and INSERT on the logs, or writes of the shop fail.",
        "SET NAMES utf8mb4;",
        f"SET SESSION sql_mode = '{SQL_MODE}';",
        "-- Never queue for long behind a transaction: the shop would wait, too. Repeat the script instead.",
        "SET SESSION lock_wait_timeout = 2;",
        f"USE {quote(account.database)};",
        "",
        *(f"{statement};" for statement in state.wanted_tables.values()),
        *(f"{piece};" for piece in parse(founding(str(uuid.uuid4())), account.prefix)),
        "",
        *_triggers(state),
        *_reading(account),
        "-- Its own tables.",
        *own_grants(state, account),
        "",
        "-- Only if synqd shall install by itself (synqd changelog install) instead of this script:",
        *(f"-- {grant}" for grant in installing_grants(state, account)),
    ]
    return "\n".join(lines) + "\n"


def _reading(account: Account) -> list[str]:
    to = account_name(account.name)
    return [
        f"-- Rights of the daemon. Where there is no such account yet: CREATE USER {to} IDENTIFIED BY '...';",
        "-- The tables that are sent from. When a module was added to Magento, print this again.",
        *reading_grants(account),
        "-- One line instead of these, but with it passwords and tokens of the back office can be read, too:",
        f"-- GRANT SELECT ON {_database(account.database)}.* TO {to};",
    ]


def _triggers(state: State) -> list[str]:
    lines = []
    for trigger in state.missing:
        if trigger.name in state.present:
            lines.append(f"DROP TRIGGER IF EXISTS {quote(trigger.name)};")
        lines += ["DELIMITER $$", f"{trigger.sql}$$", "DELIMITER ;", ""]
    again = {trigger.name for trigger in state.wanted}
    lines += [f"DROP TRIGGER IF EXISTS {quote(name)};" for name in state.superfluous if name not in again]
    return lines or ["-- All triggers are in place.", ""]


def _database(name: str) -> str:
    """A database in a GRANT at database level, where ``_`` and ``%`` are wildcards."""
    return quote(name.replace("_", r"\_").replace("%", r"\%"))
