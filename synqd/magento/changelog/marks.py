"""What shows that changes may have escaped, however short the interruption was (S28).

When a trigger was made, when a table was made and how far its ids have come are marks: another value than
before means that rows may have been written meanwhile that no trigger saw.

``TRUNCATE`` fires no trigger. It sets the ids of a table back (or its estimated number of rows, where it has
none); a table that was restored or swapped was made at another time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from synqd.config import MagentoSettings
from synqd.entities.watch import Watch
from synqd.magento.changelog.feeds import feeds
from synqd.magento.changelog.look import Reads, read_magento_triggers, read_split
from synqd.magento.changelog.split import Way
from synqd.magento.changelog.tables import OWN
from synqd.magento.log_tables import MAGENTO_LOGS
from synqd.models.names import Model

MANY_ROWS = 50
"""Estimated rows of a table below which it says nothing that they became fewer."""
FELL_TO = 0.25
"""The part of its estimated rows below which a table is taken for emptied; estimates are off by some
tenths."""

# MySQL would otherwise answer with figures that are up to a day old.
_FRESH = "SET SESSION information_schema_stats_expiry = 0"
_TABLES = (
    "SELECT table_name, CAST(create_time AS CHAR), auto_increment, table_rows FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name IN %s"
)
_OWN_TRIGGERS = (
    "SELECT trigger_name, event_object_table, CAST(created AS CHAR) FROM information_schema.triggers"
    " WHERE trigger_schema = DATABASE() AND LEFT(trigger_name, %s) = %s"
)

Models = frozenset[Model]


@dataclass(frozen=True, slots=True)
class TableMark:
    """A watched table: when it was made, its next id (0 for none), its estimated rows."""

    made: str
    next_id: int
    rows: int


@dataclass(frozen=True, slots=True)
class Marks:
    """All marks at one moment; names have no prefix.

    Attributes:
        at: the moment, seconds since the epoch by the database's clock.
        moment: the same as a text, which compares with when triggers were made.
        triggers: each trigger that capture depends on -> when it was made.
        tables: the watched tables.
        behind: whose changes each trigger or table tells: name -> (table, models).
    """

    at: int
    moment: str
    triggers: Mapping[str, str]
    tables: Mapping[str, TableMark]
    behind: Mapping[str, tuple[str, Models]] = field(default_factory=dict)


async def read_marks(
    reads: Reads, settings: MagentoSettings, watches: Mapping[Model, Sequence[Watch]]
) -> Marks:
    """Looks at the marks; those that the account may not see are left out.

    Raises:
        MagentoUnavailable, Denied: they cannot be looked at.
    """
    prefix = settings.table_prefix
    models = _models(watches)
    triggers, behind = await _triggers(reads, settings, models)
    ((at, moment),) = await reads.fetch("SELECT UNIX_TIMESTAMP(), CAST(UTC_TIMESTAMP(2) AS CHAR)")
    tables = await _table_marks(reads, prefix, models)
    return Marks(
        int(at), str(moment), triggers, tables, {**behind, **{name: (name, models[name]) for name in tables}}
    )


def interruptions(before: Marks, now: Marks, good_until: Mapping[Model, str]) -> Mapping[str, Models]:
    """Tables whose changes may have escaped between two looks -> the models concerned.

    ``good_until`` is the moment up to which each model has been made good already: triggers that were made
    before it tell nothing new.
    """
    found: dict[str, Models] = {}
    for name, made in now.triggers.items():
        if before.triggers.get(name, made) != made:
            table, models = now.behind[name]
            _add(found, table, frozenset(one for one in models if made > good_until.get(one, "")))
    for name, mark in now.tables.items():
        known = before.tables.get(name)
        if known is not None and _was_emptied(known, mark):
            _add(found, *now.behind[name])
    return found


def _was_emptied(before: TableMark, now: TableMark) -> bool:
    if before.made != now.made or now.next_id < before.next_id:
        return True
    return not now.next_id and before.rows >= MANY_ROWS and now.rows < before.rows * FELL_TO


def _add(found: dict[str, Models], table: str, models: Models) -> None:
    if models:
        found[table] = found.get(table, frozenset()) | models


def _models(watches: Mapping[Model, Sequence[Watch]]) -> Mapping[str, Models]:
    models: dict[str, Models] = {}
    for model, each in watches.items():
        for watch in each:
            models[watch.table] = models.get(watch.table, frozenset()) | {model}
    return models


async def _triggers(
    reads: Reads, settings: MagentoSettings, models: Mapping[str, Models]
) -> tuple[dict[str, str], dict[str, tuple[str, Models]]]:
    if settings.capture == "readonly":
        found = [row for row in await _magentos(reads, settings.table_prefix) if row[3] & MAGENTO_LOGS.keys()]
        return _noted((name, table, made, frozenset({Model.PRODUCT})) for name, table, made, _ in found)
    split = await read_split(reads)
    heard = {one.log: frozenset[Model]() for each in split.values() for one in each.listeners}
    for each in split.values():
        for one in each.listeners:
            heard[one.log] |= {one.model}
    theirs = [
        (name, table, made, models.get(table, frozenset()))
        for name, table, made, _ in await _magentos(reads, settings.table_prefix)
        if table in split and split[table].way is not Way.OWN
    ]
    prefix = settings.table_prefix
    rows = _texts(await reads.fetch(_OWN_TRIGGERS, (len(prefix + OWN), prefix + OWN)))
    bare = [(name, table.removeprefix(prefix), made) for name, table, made in rows]
    known = {**heard, **models}
    return _noted(
        [*theirs, *((name, table, made, known.get(table, frozenset())) for name, table, made in bare)]
    )


async def _magentos(reads: Reads, prefix: str) -> list[tuple[str, str, str, frozenset[str]]]:
    """Magento's own triggers that can be seen: name, table, when made, the logs they write to."""
    return [
        (
            trigger.name,
            trigger.table.removeprefix(prefix),
            trigger.created,
            frozenset(feed.log.removeprefix(prefix) for feed in feeds(trigger)),
        )
        for trigger in await read_magento_triggers(reads)
        if trigger.created
    ]


def _noted(
    found: Iterable[tuple[str, str, str, Models]],
) -> tuple[dict[str, str], dict[str, tuple[str, Models]]]:
    rows = list(found)
    return {row[0]: row[2] for row in rows}, {row[0]: (row[1], row[3]) for row in rows}


async def _table_marks(reads: Reads, prefix: str, models: Mapping[str, Models]) -> dict[str, TableMark]:
    ((version,),) = await reads.fetch("SELECT VERSION()")
    if "MariaDB" not in str(version):
        await reads.fetch(_FRESH)
    rows = await reads.fetch(_TABLES, ([prefix + table for table in sorted(models)],))
    return {
        str(table).removeprefix(prefix): TableMark(str(made), int(next_id or 0), int(count or 0))
        for table, made, next_id, count in rows
    }


def _texts(rows: Iterable[Sequence[object]]) -> list[tuple[str, str, str]]:
    texts = ([value.decode() if isinstance(value, bytes) else str(value) for value in row] for row in rows)
    return [(name, table, created) for name, table, created in texts]
