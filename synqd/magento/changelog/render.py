"""The change log, and the rights of the daemon, as SQL for a DBA."""

from collections.abc import Iterable
from dataclasses import dataclass

from synqd.magento.changelog import memory
from synqd.magento.changelog.installation import UPGRADED, founding, waking
from synqd.magento.changelog.installing import interrupted, marker
from synqd.magento.changelog.schema import State
from synqd.magento.changelog.tables import META, SPLIT
from synqd.magento.session import SQL_MODE
from synqd.magento.statements import parse, quote
from synqd.models.change import Installation


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
    rights = {account.prefix + META: "SELECT, INSERT, UPDATE", account.prefix + SPLIT: "SELECT"}
    return [
        _grant(account, rights.get(table, "SELECT, UPDATE, DELETE"), table)
        for table in sorted(state.wanted_tables)
    ]


def _grant(account: Account, rights: str, table: str) -> str:
    return f"GRANT {rights} ON {quote(account.database)}.{quote(table)} TO {account_name(account.name)};"


def installing_grants(state: State, account: Account) -> list[str]:
    """The rights that ``synqd changelog install`` and ``uninstall`` need beside those to read the shop.

    Those on the own tables are complete, since rights without CREATE cannot be given before a table exists.

    TRIGGER and INSERT have to stay as long as the triggers are there: they run with their creator's rights.
    TRIGGER is needed on all watched tables, also where none of synqd's will stand: without it, Magento's own
    triggers there cannot be seen.
    """
    rights = "CREATE, DROP, SELECT, INSERT, UPDATE, DELETE"
    own = [
        _grant(account, f"{rights}, TRIGGER" if name == account.prefix + META else rights, name)
        for name in sorted(state.wanted_tables)
    ]
    return own + [_grant(account, "TRIGGER", table) for table in installing_tables(state)]


def installing_tables(state: State) -> list[str]:
    """The shop's tables, prefix included, on which ``install`` needs TRIGGER."""
    own = set(state.wanted_tables)
    watched = [state.around.prefix + table for table in state.split]
    return [
        name for name in dict.fromkeys([*watched, *(one.table for one in state.wanted)]) if name not in own
    ]


def render_rights(account: Account) -> str:
    """A script for the ``mysql`` or ``mariadb`` client: all that ``capture = "readonly"`` needs."""
    return "\n".join(_reading(account)) + "\n"


def render(state: State, account: Account, owner: Installation, retention_days: float) -> str:
    """A script for the ``mysql`` or ``mariadb`` client: what is missing now, then the grants.

    Comments stand outside of the statements, because the clients strip them.

    Args:
        state: what is there.
        account: who gets the rights.
        owner: who a log that is founded now belongs to.
        retention_days: days for which its triggers write without a daemon.
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
        *_plain(account, founding(owner), waking(retention_days)),
        "",
        *_triggers(state, account),
        *_memory(state, account),
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


def _triggers(state: State, account: Account) -> list[str]:
    lines = []
    for trigger in state.missing:
        if trigger.name in state.present:
            lines.append(f"DROP TRIGGER IF EXISTS {quote(trigger.name)};")
        lines += ["DELIMITER $$", f"{trigger.sql()}$$", "DELIMITER ;", ""]
    lines += _plain(account, *(marker(model, tables) for model, tables in interrupted(state).items()))
    again = {trigger.name for trigger in state.wanted}
    lines += [f"DROP TRIGGER IF EXISTS {quote(name)};" for name in state.superfluous if name not in again]
    return lines or ["-- All triggers are in place.", ""]


def _memory(state: State, account: Account) -> list[str]:
    """What ``install`` remembers of its decisions."""
    table = quote(account.prefix + SPLIT)
    rows = [
        f"INSERT INTO {table} (table_name, way, detail) VALUES ({', '.join(map(_literal, row))});"
        for row in memory.rows_of(state.split, state.around)
    ]
    return [f"DELETE FROM {table};", *rows, *_plain(account, UPGRADED), ""]


def _plain(account: Account, *statements: str) -> list[str]:
    """Statements without parameters, with the shop's prefix."""
    return [f"{''.join(parse(statement, account.prefix))};" for statement in statements]


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _database(name: str) -> str:
    """A database in a GRANT at database level, where ``_`` and ``%`` are wildcards."""
    return quote(name.replace("_", r"\_").replace("%", r"\%"))
