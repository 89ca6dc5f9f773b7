"""Triggers made from the entities' watches (semantics S2).

One trigger per table and event serves all models. Its name ends in a hash of its body, so a look at the names
tells whether the definition is present, and a changed one is created before the old one is dropped: no change
of the shop falls in between.

A body does nothing but ``INSERT ... VALUES`` and swallows every error. It runs with the rights of whoever
created it (its definer), who therefore has to keep TRIGGER on the table and INSERT on the log.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from synqd.entities.watch import On, Watch
from synqd.magento.changelog.tables import OWN, log_table
from synqd.magento.statements import quote
from synqd.models.errors import ConfigError
from synqd.models.names import Model

LONGEST_NAME = 64
LONGEST_VIA = 16
LONGEST_KEY = 255
_EVENTS = {On.INSERT: ("INSERT", "ai"), On.UPDATE: ("UPDATE", "au"), On.DELETE: ("DELETE", "ad")}
_TEXT = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_CONSTANT_ENTITY = "0"

Columns = Mapping[str, str]
"""Column name -> data type, in the table's order."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger as it has to be; names have the shop's prefix."""

    name: str
    table: str
    event: str
    body: str

    @property
    def sql(self) -> str:
        """The CREATE statement, without a delimiter."""
        return (
            f"CREATE TRIGGER {quote(self.name)} AFTER {self.event} ON {quote(self.table)} FOR EACH ROW\n"
            f"{self.body}"
        )


def build(
    watches: Mapping[Model, Sequence[Watch]], columns: Mapping[str, Columns], prefix: str
) -> list[Trigger]:
    """All triggers for these watches.

    Args:
        watches: what each model watches.
        columns: columns of the watched tables that exist, by table name without prefix.
        prefix: the shop's table prefix.

    Raises:
        ConfigError: a watched table or column does not exist and is not optional.
    """
    present = [
        (model, watch)
        for model in sorted(watches)
        for watch in watches[model]
        if _exists(watch, columns, prefix)
    ]
    tables = dict.fromkeys(watch.table for _, watch in present)
    triggers = []
    for table in tables:
        for event in _EVENTS:
            statements = [
                _statement(model, watch, event, columns[table], prefix)
                for model, watch in present
                if watch.table == table and event in watch.on
            ]
            if statements:
                triggers.append(_trigger(table, event, statements, prefix))
    return triggers


def _exists(watch: Watch, columns: Mapping[str, Columns], prefix: str) -> bool:
    if watch.table in columns:
        return True
    if watch.optional:
        return False
    raise ConfigError(
        f"Magento's database has no table {prefix}{watch.table} (or the user may not see it): "
        "check magento.database, magento.table_prefix and the user's SELECT right"
    )


def _trigger(table: str, event: On, statements: Iterable[str], prefix: str) -> Trigger:
    word, short = _EVENTS[event]
    lines = "\n".join(dict.fromkeys(statements))
    body = f"BEGIN\nDECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;\n{lines}\nEND"
    digest = hashlib.blake2b(f"{prefix}{table} {word} {body}".encode(), digest_size=4).hexdigest()
    ending = f"_{short}_{digest}"
    begin = f"{prefix}{OWN}{table}"
    return Trigger(begin[: LONGEST_NAME - len(ending)] + ending, prefix + table, word, body)


def _statement(model: Model, watch: Watch, event: On, columns: Columns, prefix: str) -> str:
    log = quote(prefix + log_table(model))
    if event is On.INSERT:
        return _insert(log, watch, "NEW", gone=False)
    if event is On.DELETE:
        return _insert(log, watch, "OLD", gone=watch.identity)
    lines = [_insert(log, watch, "NEW", gone=False)]
    if moved := _moved(watch):
        lines.append(f"IF {moved} THEN {_insert(log, watch, 'OLD', gone=False)} END IF;")
    text = "\n".join(lines)
    return f"IF {_changed(watch, columns)} THEN\n{text}\nEND IF;"


def _insert(log: str, watch: Watch, row: str, *, gone: bool) -> str:
    """One INSERT, left out for rows that lead to no entity.

    A key that Synerise knows is logged only where the row goes or is renamed, as it can be personal data; a
    key that leads to the entity always is.
    """
    if watch.via and not (watch.via.isidentifier() and len(watch.via) <= LONGEST_VIA):
        raise ValueError(
            f"via {watch.via!r} of the watch on {watch.table} is not a word of at most {LONGEST_VIA} letters"
        )
    entity = _of(watch.entity, row)
    key = watch.key if watch.via or row == "OLD" else None
    values = (
        entity if not watch.via else f"COALESCE({entity}, 0)",
        _of(watch.store, row) if watch.store else "NULL",
        f"'{watch.via}'",
        f"LEFT({_of(key, row)}, {LONGEST_KEY})" if key else "NULL",
        str(int(gone)),
    )
    insert = f"INSERT INTO {log} (entity_id, store_id, via, old_key, deleted) VALUES ({', '.join(values)});"
    return insert if watch.via else f"IF {entity} <> 0 THEN {insert} END IF;"


def _changed(watch: Watch, columns: Columns) -> str:
    """Condition for "a column that matters differs"."""
    wanted = watch.only or [name for name in columns if name not in watch.ignore]
    compared = [name for name in wanted if name in columns]
    if not compared:
        raise ConfigError(
            f"table {watch.table} has none of the columns {', '.join(wanted)}: this Magento is not supported"
        )
    return " OR ".join(_differs(f"{{row}}.{quote(name)}", binary=columns[name] in _TEXT) for name in compared)


def _moved(watch: Watch) -> str:
    """Condition for "the row belongs to another entity now, or has another key"; "" where that cannot be."""
    parts = []
    if watch.entity != _CONSTANT_ENTITY:
        parts.append(_differs(watch.entity))
    if watch.key and (watch.key_changes_matter or watch.via):
        parts.append(_differs(watch.key, binary=True))
    return " OR ".join(parts)


def _differs(expression: str, *, binary: bool = False) -> str:
    """Text is compared by its bytes: collations take "a" for "A", "e" for "é" and "x" for "x "."""
    old, new = _of(expression, "OLD"), _of(expression, "NEW")
    if binary:
        old, new = f"CAST({old} AS BINARY)", f"CAST({new} AS BINARY)"
    return f"NOT ({old} <=> {new})"


def _of(expression: str, row: str) -> str:
    return expression.replace("{row}", row)
