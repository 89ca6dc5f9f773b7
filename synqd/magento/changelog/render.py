"""The change log as SQL for a DBA."""

import uuid

from synqd.magento.changelog.installation import founding
from synqd.magento.changelog.schema import State
from synqd.magento.changelog.tables import META
from synqd.magento.session import SQL_MODE
from synqd.magento.statements import parse, quote


def account_name(account: str) -> str:
    """``user@host`` of CURRENT_USER() as GRANT takes it."""
    user, _, host = account.rpartition("@")
    return "'" + user.replace("'", "''") + "'@'" + host.replace("'", "''") + "'"


def running_grants(state: State, database: str, prefix: str, account: str) -> list[str]:
    """The rights with which the daemon runs: it reads the shop, and looks after its own tables."""
    to = f"TO {account_name(account)}"
    grants = [f"GRANT SELECT ON {_database(database)}.* {to};"]
    for table in sorted(state.wanted_tables):
        rights = "SELECT, INSERT, UPDATE" if table == prefix + META else "SELECT, UPDATE, DELETE"
        grants.append(f"GRANT {rights} ON {quote(database)}.{quote(table)} {to};")
    return grants


def installing_grants(state: State, database: str, account: str) -> list[str]:
    """The rights that ``synqd changelog install`` and ``uninstall`` need beside SELECT on the shop.

    Those on the own tables are complete, since rights without CREATE cannot be given before a table exists.

    TRIGGER and INSERT have to stay as long as the triggers are there: they run with their creator's rights.
    """
    to = f"TO {account_name(account)}"
    own = [
        f"GRANT CREATE, DROP, SELECT, INSERT, UPDATE, DELETE ON {quote(database)}.{quote(name)} {to};"
        for name in sorted(state.wanted_tables)
    ]
    watched = dict.fromkeys(trigger.table for trigger in state.wanted)
    return own + [f"GRANT TRIGGER ON {quote(database)}.{quote(table)} {to};" for table in watched]


def render(state: State, database: str, prefix: str, account: str) -> str:
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
        f"USE {quote(database)};",
        "",
        *(f"{statement};" for statement in state.wanted_tables.values()),
        *(f"{piece};" for piece in parse(founding(str(uuid.uuid4())), prefix)),
        "",
        *_triggers(state),
        "-- Rights of the daemon.",
        *running_grants(state, database, prefix, account),
        "",
        "-- Only if synqd shall install by itself (synqd changelog install) instead of this script:",
        *(f"-- {grant}" for grant in installing_grants(state, database, account)),
    ]
    return "\n".join(lines) + "\n"


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
