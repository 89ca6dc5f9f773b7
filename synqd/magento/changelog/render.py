"""The change log, and the rights of the daemon, as SQL for a DBA."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from synqd.magento.changelog import memory
from synqd.magento.changelog.config_view import CONFIG, VIEW, definition
from synqd.magento.changelog.installation import UPGRADED, founding, waking
from synqd.magento.changelog.installing import interrupted, marker
from synqd.magento.changelog.schema import State
from synqd.magento.changelog.tables import META, SPLIT
from synqd.magento.rights import LAYOUT, WHOLE, TableRights, merged, on_own
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
        reading: the rights to read what is sent, and nothing else of the shop.
        whole: these are for whole tables, also those that hold secrets; else configuration is read by a view.
    """

    name: str
    database: str
    prefix: str
    reading: Sequence[TableRights]
    whole: bool = False

    def grants(self, rights: Iterable[TableRights]) -> list[str]:
        """GRANT statements."""
        return [one.sql(self.database, account_name(self.name)) for one in rights]


def installing_rights(state: State) -> list[TableRights]:
    """The rights that ``synqd changelog install`` and ``uninstall`` need beside those to read the shop.

    Those on the own tables are complete, since rights without CREATE cannot be given before a table exists.

    TRIGGER and INSERT have to stay as long as the triggers are there: they run with their creator's rights.
    TRIGGER is needed on all watched tables, also where none of synqd's will stand: without it, Magento's own
    triggers there cannot be seen. Of Magento's logs the columns have to be seen, to choose among them.
    Whoever installs reads the configuration itself, since a view would run with the same account's rights.
    """
    prefix = state.around.prefix
    own = dict.fromkeys(("CREATE", "DROP", "SELECT", "INSERT", "UPDATE", "DELETE"), WHOLE)
    return merged(
        [
            *(TableRights(name, own) for name in sorted(state.wanted_tables)),
            TableRights(prefix + META, {"TRIGGER": WHOLE}),
            *(TableRights(table, {"TRIGGER": WHOLE}) for table in installing_tables(state)),
            *(TableRights(prefix + log, {LAYOUT: WHOLE}) for log in sorted(state.around.logs)),
            TableRights(prefix + CONFIG, {"SELECT": WHOLE}),
        ]
    )


def installing_tables(state: State) -> list[str]:
    """The shop's tables, prefix included, on which ``install`` needs TRIGGER."""
    own = set(state.wanted_tables)
    watched = [state.around.prefix + table for table in state.split]
    return [
        name for name in dict.fromkeys([*watched, *(one.table for one in state.wanted)]) if name not in own
    ]


def render_rights(account: Account) -> str:
    """A script for the ``mysql`` or ``mariadb`` client: all that ``capture = "readonly"`` needs."""
    return "\n".join([f"USE {quote(account.database)};", *_reading(account)]) + "\n"


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
        *account.grants(on_own(state.wanted_tables, account.prefix)),
        "",
        "-- Only if synqd shall install by itself (synqd changelog install) instead of this script. Whoever",
        "-- has the password can then read every column of these tables, and change what is written:",
        *(f"-- {grant}" for grant in account.grants(installing_rights(state))),
    ]
    return "\n".join(lines) + "\n"


def _reading(account: Account) -> list[str]:
    to = account_name(account.name)
    return [
        f"-- Rights of the daemon. Where there is no such account yet: CREATE USER {to} IDENTIFIED BY '...';",
        *(_WHOLE if account.whole else _config_view(account)),
        "-- After an upgrade of synqd, and when a module was added to Magento, print this again.",
        *account.grants(account.reading),
        "-- One line instead of these, but with it passwords and tokens of the back office can be read, too:",
        f"-- GRANT SELECT ON {_database(account.database)}.* TO {to};",
    ]


_WHOLE = ("-- Whole tables: with them password hashes, and secrets of other modules, can be read, too.",)


def _config_view(account: Account) -> list[str]:
    return [
        f"-- What is read of {account.prefix}{CONFIG}, which holds secrets of other modules, too.",
        "-- The view runs with the rights of whoever makes it: that account has to stay.",
        *_plain(account, definition()),
        *account.grants([TableRights(account.prefix + VIEW, {"SELECT": WHOLE})]),
        "-- Of tables with secrets only the columns that are read; REFERENCES shows no more than the layout.",
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
