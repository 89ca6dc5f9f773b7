"""What Magento's own triggers write, read from their bodies (S28).

Magento gives each table that an enabled view subscribes to three triggers, ``trg_<table>_after_<event>``.
Their bodies are a list of statements of one form, one a view::

    INSERT IGNORE INTO `<view>_cl` (`entity_id`) VALUES (NEW.`product_id`);
    IF (NOT(NEW.`a` <=> OLD.`a`) OR ...) THEN INSERT IGNORE INTO ... ; END IF;

With content staging the tables of values name rows of versions, and what has versions is not logged before
its time::

    SET @entity_id = (SELECT `entity_id` FROM `catalog_product_entity` WHERE `row_id` = NEW.`row_id`);
    INSERT IGNORE INTO `<view>_cl` (`entity_id`) values(@entity_id);
    IF (NEW.created_in <= UNIX_TIMESTAMP()) THEN ... END IF;

Whatever has another form (somebody else's trigger under Magento's name) is taken for unreadable: nothing is
known to be logged by it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from synqd.entities.watch import On, entity_of

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
_LOOKED_UP = re.compile(
    r"SET\s+@(?P<name>\w+)\s*=\s*\(\s*SELECT\s+`?entity_id`?\s+FROM\s+`?\w+`?\s+"
    r"WHERE\s+`?row_id`?\s*=\s*(?P<value>(?:NEW|OLD)\.`?\w+`?)\s*(?:LIMIT\s+1\s*)?\)\s*;",
    re.IGNORECASE,
)
_NOT_BEFORE = re.compile(
    r"IF\s*\(\s*(?:NEW|OLD)\.`?created_in`?\s*<=\s*UNIX_TIMESTAMP\(\)\s*\)\s*THEN\b", re.IGNORECASE
)
_END_IF = re.compile(r"\bEND\s+IF\s*;", re.IGNORECASE)
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
        held: column of the log -> column of the written row, or ``entity_of`` it.
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
    looked_up = _looked_up(frame["rest"], row)
    left, ends = _NOT_BEFORE.subn(" ", _LOOKED_UP.sub(" ", frame["rest"]))
    left = _GUARDED.sub(lambda match: _noted(found, match, row, looked_up), left)
    left = _PLAIN.sub(lambda match: _noted(found, match, row, looked_up), left)
    left = _END_IF.sub(" ", left, count=ends) if ends else left
    return tuple(found) if not left.strip() else ()


def _looked_up(text: str, row: str) -> Mapping[str, str]:
    """Variables that hold the entity of a row's number -> its column; those set in two ways are left out."""
    held: dict[str, set[str]] = {}
    for match in _LOOKED_UP.finditer(text):
        value = _VALUE.fullmatch(match["value"])
        column = value["column"] if value and value["row"].upper() == row else ""
        held.setdefault(match["name"], set()).add(column)
    return {name: min(columns) for name, columns in held.items() if len(columns) == 1 and min(columns)}


def _noted(found: list[Feed], match: re.Match[str], row: str, looked_up: Mapping[str, str]) -> str:
    """Takes a statement out of the text; one that cannot be relied on stays in and spoils the rest."""
    compared = _compared(match.groupdict().get("condition"))
    if compared is _UNREADABLE:
        return match[0]
    columns = [name.strip().strip("`") for name in match["columns"].split(",")]
    values = [_held(value.strip(), row, looked_up) for value in match["values"].split(",")]
    held = {column: value for column, value in zip(columns, values, strict=False) if value}
    found.append(Feed(match["log"], held, compared))
    return ""


def _held(text: str, row: str, looked_up: Mapping[str, str]) -> str:
    """What a value is: a column of the written row, or the entity of one; "" for anything else."""
    if text.startswith("@"):
        column = looked_up.get(text[1:], "")
        return entity_of(column) if column else ""
    value = _VALUE.fullmatch(text)
    return value["column"] if value and value["row"].upper() == row else ""


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
