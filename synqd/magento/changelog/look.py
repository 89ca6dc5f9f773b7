"""Looks at the database: columns, triggers, views and logs of Magento's, and what is installed of ours."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from synqd.entities.base import Row
from synqd.entities.watch import On, Watch
from synqd.magento.changelog import memory
from synqd.magento.changelog.feeds import LOG, TRIGGER, MagentoTrigger
from synqd.magento.changelog.schema import Present, State
from synqd.magento.changelog.split import OwnTriggers, Split, Surroundings, TableSplit, Way, decide
from synqd.magento.changelog.tables import META, OWN, SPLIT, definitions, is_own_table
from synqd.magento.changelog.triggers import LONGEST_NAME, Columns, build
from synqd.magento.grants import Grants
from synqd.magento.staging import holds_versions
from synqd.magento.statements import quote
from synqd.magento.translate import TABLE_EXISTS_NOT, TRIGGER_EXISTS_NOT, ServerError
from synqd.models.errors import Denied
from synqd.models.names import Model

_EVENTS = {"INSERT": On.INSERT, "UPDATE": On.UPDATE, "DELETE": On.DELETE}
_TRIGGERS = (
    "SELECT trigger_name, event_object_table, event_manipulation, action_statement, sql_mode, definer,"
    " CAST(created AS CHAR) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
)
_READABLE = (
    "SELECT c.table_name, c.column_name, FIND_IN_SET('select', c.privileges) > 0"
    " FROM information_schema.columns c WHERE c.table_schema = DATABASE() AND c.table_name IN %s"
    " ORDER BY c.table_name, c.ordinal_position"
)
# Ids that a log has given out since it was made, by the day.
_GROWTH = (
    "SELECT table_name, auto_increment / GREATEST(1, TIMESTAMPDIFF(SECOND, create_time, CURRENT_TIMESTAMP))"
    " FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN %s"
)

Watches = Mapping[Model, Sequence[Watch]]


class Reads(Protocol):
    """What runs queries: the pool, or a writing session."""

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> Sequence[Row]:
        """Runs a query."""


async def read_state(reads: Reads, watches: Watches, prefix: str, own_triggers: OwnTriggers) -> State:
    """Looks at the database.

    Raises:
        ConfigError: a watched table does not exist.
        MagentoUnavailable, Denied: it cannot be looked at.
    """
    columns = await _columns(reads, watches, prefix)
    watches = _with_versions(watches, columns)
    tables = await own_tables(reads, prefix)
    known = memory.remembered(await reads.fetch(memory.READ)) if prefix + SPLIT in tables else {}
    rows = await _visible(reads)
    present = {row.name: Present(*row) for row in rows if row.name.startswith(prefix + OWN)}
    theirs = [_magentos(row) for row in rows if row.name.startswith(TRIGGER)]
    blind = not theirs and await _is_blind(reads, [prefix + table for table in columns])
    if blind:
        theirs = await _probed(reads, prefix, columns, known)
    around = await _surroundings(reads, prefix, columns, theirs, known, own_triggers)
    split = _remembered(known, columns) if blind else decide(watches, around)
    wanted = build(watches, columns, prefix, split)
    for trigger in wanted:
        if trigger.name not in present and blind and await _exists(reads, trigger.name):
            present[trigger.name] = Present(trigger.name, trigger.table, trigger.event)
    return State(
        wanted=tuple(wanted),
        present=present,
        tables=tables,
        wanted_tables=definitions(prefix),
        left_out=tuple(
            dict.fromkeys(w.table for ws in watches.values() for w in ws if w.table not in columns)
        ),
        split=split,
        events=_events(watches),
        around=around,
        remembered=known,
        blind=blind,
        format=await _format(reads) if prefix + META in tables else 0,
    )


def _with_versions(watches: Watches, columns: Mapping[str, Columns]) -> Watches:
    """The watches as this shop's tables want them (content staging)."""
    return {
        model: [watch.with_versions() if holds_versions(watch.table, columns) else watch for watch in each]
        for model, each in watches.items()
    }


def _events(watches: Watches) -> dict[str, On]:
    events: dict[str, On] = {}
    for each in watches.values():
        for watch in each:
            events[watch.table] = events.get(watch.table, On(0)) | watch.on
    return events


async def own_tables(reads: Reads, prefix: str) -> frozenset[str]:
    """Names of the change log's tables that exist, prefix included."""
    rows = await reads.fetch(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND LEFT(table_name, %s) = %s",
        (len(prefix + OWN), prefix + OWN),
    )
    return frozenset(name for (name,) in rows if is_own_table(name, prefix))


async def read_split(reads: Reads) -> Split:
    """How each watched table is captured, as the last ``install`` noted it; empty before the first."""
    try:
        rows = await reads.fetch(memory.READ)
    except ServerError as error:
        if error.code == TABLE_EXISTS_NOT:
            return {}
        raise
    return {table: known.split for table, known in memory.remembered(rows).items()}


async def read_magento_triggers(reads: Reads) -> list[MagentoTrigger]:
    """Magento's own triggers, as far as the account may see them."""
    return [_magentos(row) for row in await _visible(reads) if row.name.startswith(TRIGGER)]


async def read_columns(reads: Reads, prefix: str, tables: Iterable[str]) -> dict[str, dict[str, bool]]:
    """Columns of tables (without prefix) that can be seen -> whether they may be read.

    With rights for single columns a table has columns that may not be read; unless the account has some right
    on the whole table, they cannot be seen either.
    """
    names = {prefix + table: table for table in tables}
    found: dict[str, dict[str, bool]] = {}
    for table, column, readable in await reads.fetch(_READABLE, (list(names),)) if names else ():
        found.setdefault(names[_text(table)], {})[_text(column)] = bool(readable)
    return found


async def _format(reads: Reads) -> int:
    rows = await reads.fetch(f"SELECT format FROM {{{META}}} WHERE id = 1")
    return int(rows[0][0]) if rows else 0


async def _surroundings(
    reads: Reads,
    prefix: str,
    columns: Mapping[str, Columns],
    triggers: Sequence[MagentoTrigger],
    known: Mapping[str, memory.Remembered],
    own_triggers: OwnTriggers,
) -> Surroundings:
    enabled = await _enabled(reads)
    names = [prefix + view + LOG for view in sorted(enabled)]
    logs = await read_columns(reads, prefix, [view + LOG for view in sorted(enabled)])
    growth = await reads.fetch(_GROWTH, (names,)) if names else ()
    return Surroundings(
        prefix=prefix,
        columns=columns,
        triggers=triggers,
        enabled=enabled,
        logs={log: frozenset(held) for log, held in logs.items()},
        growth={_text(table).removeprefix(prefix): float(rate or 0) for table, rate in growth},
        remembered={table: each.split for table, each in known.items()},
        own_triggers=own_triggers,
    )


async def _enabled(reads: Reads) -> frozenset[str]:
    """Views that are updated by schedule; none in a shop without that table."""
    try:
        rows = await reads.fetch("SELECT view_id FROM {mview_state} WHERE mode = 'enabled'")
    except ServerError as error:
        if error.code == TABLE_EXISTS_NOT:
            return frozenset()
        raise
    return frozenset(_text(view) for (view,) in rows)


async def _columns(reads: Reads, watches: Watches, prefix: str) -> dict[str, Columns]:
    names = {prefix + watch.table: watch.table for each in watches.values() for watch in each}
    rows = await reads.fetch(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
        " WHERE c.table_schema = DATABASE() AND c.table_name IN %s"
        " ORDER BY c.table_name, c.ordinal_position",
        (sorted(names),),
    )
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        columns.setdefault(names[_text(table)], {})[_text(column)] = _text(kind).lower()
    return dict(columns)


async def _visible(reads: Reads) -> list["_Visible"]:
    rows = await reads.fetch(_TRIGGERS)
    return [_Visible(*map(_text, row[:3]), *(_text(value) or None for value in row[3:])) for row in rows]


class _Visible(NamedTuple):
    """A row of ``information_schema.triggers``; what the account may not see is None."""

    name: str
    table: str
    event: str
    body: str | None
    mode: str | None
    definer: str | None
    created: str | None


def _magentos(row: _Visible) -> MagentoTrigger:
    return MagentoTrigger(row.name, row.table, _EVENTS[row.event], row.body, row.created, row.definer)


async def _is_blind(reads: Reads, tables: Iterable[str]) -> bool:
    """Whether triggers may be there that the account does not see, for lack of the TRIGGER right (rule 7)."""
    ((database,),) = await reads.fetch("SELECT DATABASE()")
    grants = Grants([_text(line) for (line,) in await reads.fetch("SHOW GRANTS")])
    return not all(grants.allows("TRIGGER", _text(database), table) for table in tables)


async def _probed(
    reads: Reads, prefix: str, columns: Mapping[str, Columns], known: Mapping[str, memory.Remembered]
) -> list[MagentoTrigger]:
    """Magento's triggers by their names alone, for an account that may not see them.

    Those that the last ``install`` saw, and on tables with triggers of ours those that Magento would make.
    """
    asked = {
        (name, table)
        for table, each in known.items()
        if each.split.way is not Way.OWN
        for name in each.triggers
    }
    for table, each in known.items():
        if each.split.way is Way.OWN and table in columns:
            asked.add((f"{TRIGGER}{prefix}{table}_after_insert", table))
    asked = {(name, table) for name, table in asked if len(name) <= LONGEST_NAME}  # Magento shortens these
    found = []
    for name, table in sorted(asked):
        if await _exists(reads, name):
            event = next((on for word, on in _EVENTS.items() if name.endswith(word.lower())), On.INSERT)
            found.append(MagentoTrigger(name, prefix + table, event))
    return found


async def _exists(reads: Reads, name: str) -> bool:
    """Whether a trigger exists that ``information_schema`` hides for lack of the TRIGGER right.

    SHOW CREATE TRIGGER tells the two apart: it finds no such trigger, or denies its text.
    """
    try:
        await reads.fetch(f"SHOW CREATE TRIGGER {quote(name)}")
    except ServerError as error:
        if error.code == TRIGGER_EXISTS_NOT:
            return False
        raise
    except Denied:
        return True
    return True


def _remembered(known: Mapping[str, memory.Remembered], columns: Mapping[str, Columns]) -> Split:
    """The remembered split; tables that came since are for the next ``install`` to judge."""
    return {table: known[table].split if table in known else TableSplit(Way.OWN) for table in columns}


def _text(value: object) -> str:
    """MySQL 8 gives some columns of information_schema as binary text."""
    return value.decode() if isinstance(value, bytes) else str(value) if value is not None else ""
