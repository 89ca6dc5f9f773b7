"""What the room hands out, beside the vocabulary of ``models``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from synqd.models.change import Change, Cursor
from synqd.models.names import Model


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What one read found in one change log.

    ``cursor`` belongs into the transaction that enqueues ``changes`` (Q1).

    Attributes:
        model: whose log it is.
        cursor: how far it is read with these changes.
        changes: the rows not seen before, ascending by version id.
        more: the page was full, so another read at once is worth it.
        restarted: the ids of the log started again below the cursor (table truncated, dump restored); the
            cursor went back to the oldest row, and rows that were cut off in between are unknown.
        lost: ids that were deleted before they were read (by Magento's own cleaner, or by a purge that did
            not know this cursor). Ids of rolled back transactions may be among them, so it is an upper bound.
        expired: skipped ids given up after a day: rolled back transactions, as good as always.
    """

    model: Model
    cursor: Cursor
    changes: Sequence[Change]
    more: bool = False
    restarted: bool = False
    lost: int = 0
    expired: int = 0


@dataclass(frozen=True, slots=True)
class Lag:
    """How far reading is behind in one change log.

    Attributes:
        rows: version ids above the cursor (ids that were rolled back count too).
        seconds: age of the oldest unread row by the database's clock; None where the log has no times.
    """

    rows: int
    seconds: float | None


class Fault(StrEnum):
    """What is wrong with the change log, as a label of ``synqd_changelog_faults``."""

    MISSING = "missing"
    """A trigger or a table is not there, or was changed by somebody."""
    CONFLICT = "conflict"
    """Triggers of ours stand beside Magento's own: the next ``setup:upgrade`` suffers."""
    UNCOVERED = "uncovered"
    """A log of Magento's that is listened to is no longer written for some table."""
    DEFINER = "definer"
    """The account that triggers run as is gone or lacks rights: writes of the shop fail."""


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``check-config --connect`` or ``changelog verify``.

    Attributes:
        level: how bad.
        subject: what was looked at ("right SELECT", "trigger ...", "server").
        message: what was found, one sentence.
        remedy: what to do, with the exact command or statement; "" where nothing is to be done.
        fault: what kind of fault of the change log it is; None for everything else.
        models: whose changes escape by it.
    """

    level: Level
    subject: str
    message: str
    remedy: str = ""
    fault: Fault | None = None
    models: frozenset[Model] = frozenset()


@dataclass(frozen=True, slots=True)
class InstallReport:
    """What ``changelog install`` did; names of tables and triggers.

    Attributes:
        created_tables, created_triggers, dropped_triggers: names.
        kept_triggers: how many were there already.
        left_out: optional tables that this Magento does not have.
        definer: the account that the triggers run as.
        listened: logs of Magento's that stand for the tables on which its own triggers are.
        swept: tables that nothing covers, with the reason.
        marked: models whose change log was incomplete, so that the daemon compares everything of them.
        without_view: why the view of the configuration could not be made; "" if it was.
    """

    created_tables: tuple[str, ...]
    created_triggers: tuple[str, ...]
    dropped_triggers: tuple[str, ...]
    kept_triggers: int
    left_out: tuple[str, ...]
    definer: str
    listened: tuple[str, ...]
    swept: Mapping[str, str]
    marked: tuple[Model, ...]
    without_view: str = ""
