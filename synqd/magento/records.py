"""What the room hands out, beside the vocabulary of ``models``."""

from collections.abc import Sequence
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
    """

    level: Level
    subject: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class InstallReport:
    """What ``changelog install`` did; names of tables and triggers."""

    created_tables: tuple[str, ...]
    created_triggers: tuple[str, ...]
    dropped_triggers: tuple[str, ...]
    kept_triggers: int
    left_out: tuple[str, ...]
    """Optional tables that this Magento does not have."""
