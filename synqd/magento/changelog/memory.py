"""What the last ``install`` saw and decided, kept in a table of its own beside the logs.

A table that was Magento's stays Magento's while its triggers are made anew, and an account that may not see
triggers has nothing else to go by.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from synqd.entities.base import Row
from synqd.magento.changelog.feeds import MagentoTrigger
from synqd.magento.changelog.split import Listener, Split, Surroundings, TableSplit, Way
from synqd.magento.changelog.tables import SPLIT
from synqd.models.names import Model


@dataclass(frozen=True, slots=True)
class Remembered:
    """One table as the last ``install`` left it.

    Attributes:
        split: how it is captured.
        triggers: Magento's own triggers on it -> when they were made, as far as that could be seen.
    """

    split: TableSplit
    triggers: Mapping[str, str] = field(default_factory=dict)


READ = f"SELECT table_name, way, detail FROM {{{SPLIT}}}"
CLEAR = f"DELETE FROM {{{SPLIT}}}"
WRITE = f"INSERT INTO {{{SPLIT}}} (table_name, way, detail) VALUES (%s, %s, %s)"


def remembered(rows: Sequence[Row]) -> dict[str, Remembered]:
    """What the table says; rows of a newer synqd that cannot be read are left out."""
    found = {}
    for table, way, detail in rows:
        try:
            found[str(table)] = _parsed(Way(way), json.loads(detail))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return found


def _parsed(way: Way, detail: Any) -> Remembered:
    listeners = tuple(
        Listener(log, column, Model(model), via) for log, column, model, via in detail["listeners"]
    )
    return Remembered(TableSplit(way, listeners, detail["reason"]), dict(detail["triggers"]))


def rows_of(split: Split, around: Surroundings) -> list[tuple[str, str, str]]:
    """What ``install`` writes: (table, way, detail) for each watched table."""
    standing = by_bare_table(around)
    return [
        (
            table,
            each.way.value,
            json.dumps(
                {
                    "listeners": [list(one) for one in map(_plain, each.listeners)],
                    "reason": each.reason,
                    "triggers": {trigger.name: trigger.created or "" for trigger in standing.get(table, ())},
                },
                separators=(",", ":"),
            ),
        )
        for table, each in sorted(split.items())
    ]


def _plain(listener: Listener) -> tuple[str, str, str, str]:
    return listener.log, listener.column, listener.model.value, listener.via


def by_bare_table(around: Surroundings) -> Mapping[str, list[MagentoTrigger]]:
    """Magento's own triggers by table without prefix."""
    found: dict[str, list[MagentoTrigger]] = {}
    for trigger in around.triggers:
        found.setdefault(around.bare(trigger.table), []).append(trigger)
    return found
