"""What Magento's own triggers write, read from their bodies (S28).

Magento gives each table that an enabled view subscribes to three triggers, ``trg_<table>_after_<event>``.
Their bodies are a list of statements of one form, one a view::

    INSERT IGNORE INTO `<view>_cl` (`entity_id`) VALUES (NEW.`product_id`);
    IF (NOT(NEW.`a` <=> OLD.`a`) OR ...) THEN INSERT IGNORE INTO ... ; END IF;

Whatever has another form (somebody else's trigger under Magento's name) is taken for unreadable: nothing is
known to be logged by it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from synqd.entities.watch import On

TRIGGER = "trg_"
"""Beginning of the names of Magento's own triggers."""
LOG = "_cl"
"""Ending of the names of Magento's own change logs: the view's name and this."""

_INSERT = (
    r"INSERT\s+(?:IGNORE\s+)?INTO\s+`?(?P<log>\w+)`?\s*\((?P<columns>[^()]*)\)\s*"
    r"VALUES\s*\((?P<values>[^()]*)\)\s*(?:ON\s+DUPLICATE\s+KEY\s+UPDATE\s+[^;]*)?;"
)
_GUARDED = re.compile(
    rf"IF\s*(?P<condition>\((?:(?!\bTHEN\b).)*\))\s*THEN\s+{_INSERT}\s*END\s+IF\s*;",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN = re.compile(_INSERT, re.IGNORECASE | re.DOTALL)
_FRAME = re.compile(r"\s*BEGIN\b(?P<rest>.*)\bEND\s*;?\s*", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/|--[ \t][^\n]*", re.DOTALL)
_COMPARISON = re.compile(r"NOT\s*\(\s*NEW\.`?(\w+)`?\s*<=>\s*OLD\.`?\1`?\s*\)", re.IGNORECASE)
_VALUE = re.compile(r"(?P<row>NEW|OLD)\.`?(?P<column>\w+)`?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MagentoTrigger:
    """One of Magento's own triggers; names have the shop's prefix.

    ``body``, ``created`` and ``definer`` are None where the account may not see them.
    """

    name: str
    table: str
    event: On
    body: str | None = None
    created: str | None = None
    definer: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """One statement of a trigger: what it puts into which log.

    Attributes:
        log: the log's table, prefix included.
        held: column of the log -> column of the written row.
        compared: columns whose difference counts as an update; None where every row is logged.
    """

    log: str
    held: Mapping[str, str]
    compared: frozenset[str] | None


def feeds(trigger: MagentoTrigger) -> tuple[Feed, ...]:
    """What a trigger puts into logs; nothing where its text cannot be seen or is of another form."""
    frame = _FRAME.fullmatch(_COMMENT.sub(" ", trigger.body or ""))
    if frame is None:
        return ()
    found: list[Feed] = []
    row = "OLD" if trigger.event is On.DELETE else "NEW"
    left = _GUARDED.sub(lambda match: _noted(found, match, row), frame["rest"])
    left = _PLAIN.sub(lambda match: _noted(found, match, row), left)
    return tuple(found) if not left.strip() else ()


def _noted(found: list[Feed], match: re.Match[str], row: str) -> str:
    """Takes a statement out of the text; one that cannot be relied on stays in and spoils the rest."""
    compared = _compared(match.groupdict().get("condition"))
    if compared is _UNREADABLE:
        return match[0]
    columns = [name.strip().strip("`") for name in match["columns"].split(",")]
    values = [_VALUE.fullmatch(value.strip()) for value in match["values"].split(",")]
    held = {
        column: value["column"]
        for column, value in zip(columns, values, strict=False)
        if value and value["row"].upper() == row
    }
    found.append(Feed(match["log"], held, compared))
    return ""


_UNREADABLE: frozenset[str] = frozenset({""})


def _compared(condition: str | None) -> frozenset[str] | None:
    if condition is None:
        return None
    names = frozenset(_COMPARISON.findall(condition))
    left = re.sub(r"[()\s]|\bOR\b", "", _COMPARISON.sub("", condition), flags=re.IGNORECASE)
    return names if names and not left else _UNREADABLE


def by_table(triggers: Iterable[MagentoTrigger]) -> Mapping[str, Mapping[On, tuple[Feed, ...]]]:
    """Feeds by table and event; one table has at most one of Magento's triggers for each event."""
    found: dict[str, dict[On, tuple[Feed, ...]]] = {}
    for trigger in triggers:
        events = found.setdefault(trigger.table, {})
        events[trigger.event] = (*events.get(trigger.event, ()), *feeds(trigger))
    return found


def logs_fed(triggers: Iterable[MagentoTrigger]) -> Iterator[str]:
    """Logs that at least one trigger writes to, prefix included."""
    for trigger in triggers:
        for feed in feeds(trigger):
            yield feed.log
