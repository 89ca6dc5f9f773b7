"""What the change log is in the database now, against what it has to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from synqd.entities.base import Row
from synqd.entities.watch import Watch
from synqd.magento.changelog.tables import OWN, definitions, is_own_table
from synqd.magento.changelog.triggers import Columns, Trigger, build
from synqd.magento.session import SQL_MODE
from synqd.magento.statements import quote
from synqd.magento.translate import TRIGGER_EXISTS_NOT, ServerError
from synqd.models.errors import Denied
from synqd.models.names import Model


class Reads(Protocol):
    """What runs queries: the pool, or a writing session."""

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> Sequence[Row]:
        """Runs a query."""


@dataclass(frozen=True, slots=True)
class Present:
    """A trigger of ours that is in the database.

    ``body``, ``mode`` and ``definer`` are None where the user may not see definitions (no TRIGGER right on
    the table): then only its name is known, which is enough to know its version.
    """

    name: str
    table: str
    body: str | None = None
    mode: str | None = None
    definer: str | None = None


@dataclass(frozen=True)
class State:
    """Wanted against present.

    Attributes:
        wanted: all triggers as they have to be.
        present: our triggers that are there, by name.
        tables: our tables that are there.
        wanted_tables: CREATE statements by name.
        left_out: optional tables of Magento that are not there.
    """

    wanted: tuple[Trigger, ...]
    present: Mapping[str, Present]
    tables: frozenset[str]
    wanted_tables: Mapping[str, str]
    left_out: tuple[str, ...]

    @cached_property
    def sound(self) -> frozenset[str]:
        """Names of the triggers that are there as they have to be, as far as the user can see."""
        return frozenset(trigger.name for trigger in self.wanted if self._is_sound(trigger))

    @property
    def missing(self) -> list[Trigger]:
        """Triggers to create."""
        return [trigger for trigger in self.wanted if trigger.name not in self.sound]

    @property
    def superfluous(self) -> list[str]:
        """Triggers to drop: of an older definition, tampered with, or of a table that is watched no more."""
        return [name for name in self.present if name not in self.sound]

    @property
    def missing_tables(self) -> list[str]:
        """Names of tables to create."""
        return [name for name in self.wanted_tables if name not in self.tables]

    def _is_sound(self, trigger: Trigger) -> bool:
        present = self.present.get(trigger.name)
        if present is None:
            return False
        return present.body in (None, trigger.body) or _squeezed(present.body) == _squeezed(trigger.body)


async def read_state(reads: Reads, watches: Mapping[Model, Sequence[Watch]], prefix: str) -> State:
    """Looks at the database.

    Raises:
        ConfigError: a watched table does not exist.
        MagentoUnavailable, Denied: it cannot be looked at.
    """
    columns = await _columns(reads, watches, prefix)
    wanted = build(watches, columns, prefix)
    present = await _visible(reads, prefix)
    for trigger in wanted:
        if trigger.name not in present and await _is_hidden(reads, trigger.name):
            present[trigger.name] = Present(trigger.name, trigger.table)
    return State(
        wanted=tuple(wanted),
        present=present,
        tables=await own_tables(reads, prefix),
        wanted_tables=definitions(prefix),
        left_out=tuple(
            dict.fromkeys(w.table for ws in watches.values() for w in ws if w.table not in columns)
        ),
    )


async def own_tables(reads: Reads, prefix: str) -> frozenset[str]:
    """Names of the change log's tables that exist, prefix included."""
    rows = await reads.fetch(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND LEFT(table_name, %s) = %s",
        (len(prefix + OWN), prefix + OWN),
    )
    return frozenset(name for (name,) in rows if is_own_table(name, prefix))


async def _columns(reads: Reads, watches: Mapping[Model, Sequence[Watch]], prefix: str) -> dict[str, Columns]:
    names = {prefix + watch.table: watch.table for each in watches.values() for watch in each}
    rows = await reads.fetch(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
        " WHERE c.table_schema = DATABASE() AND c.table_name IN %s"
        " ORDER BY c.table_name, c.ordinal_position",
        (sorted(names),),
    )
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        columns.setdefault(names[table], {})[column] = _text(kind).lower()
    return dict(columns)


async def _visible(reads: Reads, prefix: str) -> dict[str, Present]:
    rows = await reads.fetch(
        "SELECT trigger_name, event_object_table, action_statement, sql_mode, definer"
        " FROM information_schema.triggers"
        " WHERE trigger_schema = DATABASE() AND LEFT(trigger_name, %s) = %s",
        (len(prefix + OWN), prefix + OWN),
    )
    return {row[0]: Present(*(_text(value) for value in row)) for row in rows}


async def _is_hidden(reads: Reads, name: str) -> bool:
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


def _text(value: str | bytes) -> str:
    """MySQL 8 gives some columns of information_schema as binary text."""
    return value.decode() if isinstance(value, bytes) else value


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def mode_is_ours(mode: str | None) -> bool:
    """Whether a trigger runs with the sql_mode it was made for; a strict one loses what it could shorten."""
    return mode is None or mode == SQL_MODE
