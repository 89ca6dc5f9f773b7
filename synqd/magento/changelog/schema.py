"""What the change log is in the database now, against what it has to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from synqd.entities.watch import On
from synqd.magento.changelog.memory import Remembered
from synqd.magento.changelog.split import Split, Surroundings, Way, magentos
from synqd.magento.changelog.triggers import Trigger
from synqd.magento.session import SQL_MODE


@dataclass(frozen=True, slots=True)
class Present:
    """A trigger of ours that is in the database.

    ``body``, ``mode``, ``definer`` and ``created`` are None where the user may not see definitions (no
    TRIGGER right on the table): then only its name is known, which is enough to know its version.
    """

    name: str
    table: str
    event: str
    body: str | None = None
    mode: str | None = None
    definer: str | None = None
    created: str | None = None


@dataclass(frozen=True)
class State:
    """Wanted against present.

    Attributes:
        wanted: all triggers as they have to be.
        present: our triggers that are there, by name.
        tables: our tables that are there.
        wanted_tables: CREATE statements by name.
        left_out: optional tables of Magento that are not there.
        split: how each watched table has to be captured, by table without prefix.
        events: the row events of each watched table that count.
        around: what the split was decided from.
        remembered: what the last ``install`` noted, by table without prefix.
        blind: the account may not see triggers, so the split is the remembered one.
        format: version of the tables' layout; 0 where none is installed.
        unfit: accounts that triggers of ours must not run as any more.
    """

    wanted: tuple[Trigger, ...]
    present: Mapping[str, Present]
    tables: frozenset[str]
    wanted_tables: Mapping[str, str]
    left_out: tuple[str, ...]
    split: Split
    events: Mapping[str, On]
    around: Surroundings
    remembered: Mapping[str, Remembered]
    blind: bool
    format: int
    unfit: frozenset[str] = frozenset()

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

    @cached_property
    def conflicts(self) -> frozenset[str]:
        """Tables (prefix included) on which triggers of ours and of Magento's stand together."""
        ours = {trigger.table for trigger in self.present.values()}
        theirs = magentos([self.around.bare(table) for table in ours], self.around)
        return frozenset(table for table in ours if self.around.bare(table) in theirs)

    @cached_property
    def uncovered(self) -> frozenset[str]:
        """Tables (without prefix) that Magento's triggers no longer write to the log that was listened to."""
        standing = {trigger.name for trigger in self.around.triggers}
        return frozenset(
            table for table, known in self.remembered.items() if self._has_gone(table, known, standing)
        )

    def is_told_of(self, trigger: Trigger) -> bool:
        """Whether a trigger is missing because tables are uncovered, which is a finding of its own."""
        table = self.around.bare(trigger.table)
        return table in self.uncovered or any(
            one.log == table for name in self.uncovered for one in self.split[name].listeners
        )

    def _has_gone(self, table: str, known: Remembered, standing: set[str]) -> bool:
        if known.split.way is not Way.LOG or table not in self.split:
            return False
        if not set(known.triggers) <= standing:
            return True
        if any(not self.around.is_enabled(one.log) for one in known.split.listeners if self.around.logs):
            return True
        now, heard = self.split[table], frozenset(known.split.listeners)
        return not self.blind and (now.way is Way.SWEEP or not heard <= now.offers)

    def _is_sound(self, trigger: Trigger) -> bool:
        present = self.present.get(trigger.name)
        if present is None or present.table != trigger.table or present.definer in self.unfit:
            return False
        return present.body in (None, trigger.body) or squeezed(present.body) == squeezed(trigger.body)


def squeezed(text: str) -> str:
    """A text with every run of white space as one blank: servers and clients differ in that."""
    return " ".join(text.split())


def mode_is_ours(mode: str | None) -> bool:
    """Whether a trigger runs with the sql_mode it was made for; a strict one loses what it could shorten."""
    return mode is None or mode == SQL_MODE
