"""What deploys do to a shop's triggers: Magento's own are made anew, a view goes to realtime, tables get a
prefix.

``upgrade`` decides about the triggers of a schema as Magento 2.4.6 and 2.4.7 do in ``setup:upgrade``: each
one that is not Magento's own is taken for that of an old view. On a table that an enabled view is subscribed
to the upgrade fails; elsewhere Magento's own triggers of that name are dropped, which with a table prefix are
those of the very table, since it is not recognized.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tests.support.database import Database

_EVENTS = ("insert", "update", "delete")
_TRIGGERS = (
    "SELECT trigger_name AS name, event_object_table AS `table` FROM information_schema.triggers"
    " WHERE trigger_schema = DATABASE()"
)
_TABLES = (
    "SELECT table_name AS name, table_type AS kind FROM information_schema.tables"
    " WHERE table_schema = DATABASE()"
)


@dataclass(frozen=True)
class Upgrade:
    """What ``setup:upgrade`` would do: whether it fails, and which triggers of Magento's it would lose."""

    aborts: bool
    lost: frozenset[str]

    @property
    def passes(self) -> bool:
        return not self.aborts and not self.lost


async def upgrade(database: Database) -> Upgrade:
    """What the next ``setup:upgrade`` would make of the triggers there are."""
    triggers = [(row["name"], row["table"]) for row in await database.sql(_TRIGGERS)]
    subscribed = {_unprefixed(table, database) for name, table in triggers if name.startswith("trg_")}
    wanted = {name for table in subscribed for name in _own_names(table, database)}
    kept = {name for name, _ in triggers} | wanted
    for name, table in triggers:
        if name in wanted:
            continue
        if table in subscribed:
            return Upgrade(aborts=True, lost=frozenset())
        kept -= _own_names(table, database)
    return Upgrade(aborts=False, lost=frozenset({name for name, _ in triggers} - kept))


def _unprefixed(table: str, database: Database) -> str:
    return re.sub("^" + re.escape(database.prefix), "", table)


def _own_names(table: str, database: Database) -> set[str]:
    full = table if database.prefix and table.startswith(database.prefix) else database.prefix + table
    return {f"trg_{full}_after_{event}" for event in _EVENTS}


async def definitions(database: Database, like: str = "trg\\_%") -> dict[str, str]:
    """CREATE statements of triggers, by name."""
    found = {}
    for row in await database.sql(_TRIGGERS):
        if re.match(like.replace("\\_", "_").replace("%", ".*"), row["name"]):
            (made,) = await database.sql(f"SHOW CREATE TRIGGER `{row['name']}`")
            found[row["name"]] = made["SQL Original Statement"]
    return found


def create(database: Database, statements: Iterable[str]) -> None:
    """Makes triggers."""
    database.run("DELIMITER $$\n" + "".join(f"{statement}$$\n" for statement in statements))


def drop(database: Database, names: Iterable[str]) -> None:
    """Drops triggers."""
    database.run("".join(f"DROP TRIGGER `{name}`;" for name in names))


async def recreate(database: Database) -> None:
    """All of Magento's own triggers dropped and made anew, as each ``setup:upgrade`` does."""
    made = await definitions(database)
    drop(database, made)
    create(database, made.values())


async def set_realtime(database: Database, *views: str) -> None:
    """``indexer:set-mode realtime`` for some views: their statements leave Magento's triggers."""
    made = await definitions(database)
    logs = [f"{database.prefix}{view}_cl" for view in views]
    drop(database, made)
    create(database, [left for statement in made.values() if (left := without(statement, logs))])
    for view in views:
        await database.sql(
            f"UPDATE {database.prefix}mview_state SET mode = 'disabled' WHERE view_id = %s", view
        )


def without(statement: str, logs: Iterable[str]) -> str:
    """A trigger without the lines that write these logs; "" if none is left."""
    lines = [line for line in statement.splitlines() if not any(f"`{log}`" in line for log in logs)]
    return "\n".join(lines) if any("INSERT" in line.split("FOR EACH ROW")[-1] for line in lines) else ""


async def set_all_realtime(database: Database) -> None:
    """All indexers realtime; the exporters of orders and stores stay on schedule, as they do in Magento."""
    rows = await database.sql(f"SELECT view_id FROM {database.prefix}mview_state WHERE mode = 'enabled'")
    views = [row["view_id"] for row in rows if "exporter" not in row["view_id"]]
    await set_realtime(database, *views)


async def with_prefix(database: Database, prefix: str) -> Database:
    """The same shop with a table prefix: tables renamed, triggers and views made anew."""
    rows = await database.sql(_TABLES)
    tables = [row["name"] for row in rows if row["kind"] == "BASE TABLE"]
    views = [row["name"] for row in rows if row["kind"] == "VIEW"]
    triggers = await definitions(database)
    shown = {name: (await database.sql(f"SHOW CREATE VIEW `{name}`"))[0]["Create View"] for name in views}
    drop(database, triggers)
    database.run("".join(f"DROP VIEW `{name}`;" for name in views))
    database.run("RENAME TABLE " + ", ".join(f"`{name}` TO `{prefix}{name}`" for name in tables))
    known = {*tables, *views}

    def renamed(text: str) -> str:
        text = re.sub(r"`(\w+)`", lambda one: f"`{prefix}{one[1]}`" if one[1] in known else one[0], text)
        text = re.sub(r"\bON (\w+) FOR EACH ROW", lambda one: f"ON {prefix}{one[1]} FOR EACH ROW", text)
        return re.sub(r"\btrg_(\w+_after_)", lambda one: f"trg_{prefix}{one[1]}", text)

    database.run("".join(f"{renamed(text)};\n" for text in shown.values()))
    create(database, map(renamed, triggers.values()))
    return replace(database, prefix=prefix)


def prefixed(script: str, database: Database) -> str:
    """Recorded statements as the shop would write them with its prefix."""
    if not database.prefix:
        return script
    known = {name.removeprefix(database.prefix) for name in database.run("SHOW TABLES").split()}

    def renamed(match: re.Match[str]) -> str:
        return f"{match[1]}`{database.prefix}{match[2]}`" if match[2] in known else match[0]

    script = re.sub(r"(\b(?:INTO|UPDATE|FROM|JOIN|TABLE|EXISTS|DELETE(?= +`))\s+)`?(\w+)`?", renamed, script)
    return re.sub(r"()`(\w+)`(?=\.)", renamed, script)
