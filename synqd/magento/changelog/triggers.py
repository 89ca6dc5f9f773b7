"""Triggers made from the entities' watches (semantics S2, S28).

One trigger per table and event serves all models; one per log of Magento's that is listened to stands for the
tables behind it. A name ends in a hash of the body, so a look at the names tells whether the definition is
present, and a changed one is created before the old one is dropped: no change of the shop falls in between.

A body does nothing but ``INSERT ... VALUES`` and swallows every error of its own. It looks first whether
anybody reads: while the day in row ``ALIVE`` of the meta table lies behind, it falls silent, so that a log
that nobody reads does not fill the shop's disk. It runs with the rights of its definer, who therefore has to
keep TRIGGER on the table, INSERT on the log and SELECT on the meta table; the canary is how the daemon
notices that one is gone.

Two errors no handler gets in a trigger, on MariaDB and MySQL alike: a lock wait that lasted too long (1205),
and a deadlock. So whoever locks the end of a log makes the shop wait for it, and fail.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from synqd.entities.watch import On, Watch
from synqd.magento.changelog.split import Listener, Split, Way
from synqd.magento.changelog.tables import ALIVE, META, OWN, log_table
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
    models: frozenset[Model] = frozenset()
    """Models whose changes it notes."""

    def sql(self, definer: str | None = None) -> str:
        """The CREATE statement, without a delimiter; ``definer`` is an account as SQL has it."""
        whose = f"DEFINER = {definer} " if definer else ""
        return (
            f"CREATE {whose}TRIGGER {quote(self.name)} AFTER {self.event} ON {quote(self.table)}"
            f" FOR EACH ROW\n{self.body}"
        )


def build(
    watches: Mapping[Model, Sequence[Watch]], columns: Mapping[str, Columns], prefix: str, split: Split
) -> list[Trigger]:
    """All triggers for these watches, the canary last.

    Args:
        watches: what each model watches.
        columns: columns of the watched tables that exist, by table name without prefix.
        prefix: the shop's table prefix.
        split: how each of these tables is captured.

    Raises:
        ConfigError: a watched table or column does not exist and is not optional.
    """
    present = [
        (model, watch)
        for model in sorted(watches)
        for watch in watches[model]
        if _exists(watch, columns, prefix)
    ]
    own: dict[str, list[tuple[Model, Watch]]] = {}
    for model, watch in present:
        if split[watch.table].way is Way.OWN:
            own.setdefault(watch.table, []).append((model, watch))
    triggers = [
        _own_trigger(table, event, here, columns[table], prefix)
        for table, here in own.items()
        for event in _EVENTS
        if any(event in watch.on for _, watch in here)
    ]
    return [*triggers, *_listening(split, prefix), canary(prefix)]


def _listening(split: Split, prefix: str) -> list[Trigger]:
    """One trigger for each log of Magento's that is listened to."""
    logs: dict[str, set[Listener]] = {}
    for table in split.values():
        for listener in table.listeners:
            logs.setdefault(listener.log, set()).add(listener)
    return [_log_trigger(log, sorted(logs[log]), prefix) for log in sorted(logs)]


def canary(prefix: str) -> Trigger:
    """Fires whenever the daemon renews its claim: with a definer that is gone, that fails first of all."""
    return _trigger(META, On.UPDATE, "BEGIN\nSET @synqd_canary = NEW.id;\nEND", prefix, frozenset())


_SPLIT = "; sales in a database of their own (split databases) are not supported"


def _exists(watch: Watch, columns: Mapping[str, Columns], prefix: str) -> bool:
    if watch.table in columns:
        return True
    if watch.optional:
        return False
    raise ConfigError(
        f"Magento's database has no table {prefix}{watch.table} (or the user may not see it): "
        "check magento.database, magento.table_prefix and the user's SELECT right"
        f"{_SPLIT if watch.table.startswith('sales_') else ''}"
    )


def _own_trigger(
    table: str, event: On, here: Sequence[tuple[Model, Watch]], columns: Columns, prefix: str
) -> Trigger:
    mine = [(model, watch) for model, watch in here if event in watch.on]
    statements = [_statement(model, watch, event, columns, prefix) for model, watch in mine]
    rescue = ""
    if event is On.UPDATE:
        # A column that was dropped since: whatever it was, a change is noted rather than lost.
        rows = dict.fromkeys(row for model, watch in mine for row in _any_change(model, watch, prefix))
        rescue = _handler("SQLSTATE '42S22'", f"\n{_SWALLOW}\n" + "\n".join(rows) + "\n")
    body = _body(statements, prefix, rescue)
    return _trigger(table, event, body, prefix, frozenset(model for model, _ in mine))


def _log_trigger(log: str, listeners: Sequence[Listener], prefix: str) -> Trigger:
    statements = [_heard(one, prefix) for one in listeners]
    return _trigger(
        log, On.INSERT, _body(statements, prefix), prefix, frozenset(one.model for one in listeners)
    )


def _heard(listener: Listener, prefix: str) -> str:
    """What a row of a log of Magento's becomes: the id, or what leads on."""
    value = f"NEW.{quote(listener.column)}"
    entity, key = ("0", f"CAST({value} AS CHAR)") if listener.via else (value, "NULL")
    row = _row(listener.model, prefix, (entity, "NULL", _word(listener.via), key, "0"))
    return f"IF {value} <> 0 THEN {row} END IF;"


def _handler(condition: str, body: str) -> str:
    return f"DECLARE CONTINUE HANDLER FOR {condition} BEGIN{body}END;"


_SWALLOW = _handler("SQLEXCEPTION", " ")


def _body(statements: Iterable[str], prefix: str, rescue: str = "") -> str:
    """All of a trigger: handlers, the look whether anybody reads, and the statements.

    The look is a SELECT of its own rather than a condition: that one reads without locks (but with a binary
    log by statement), so that nobody who has locked the meta table holds up the shop.
    """
    lines = "\n".join(dict.fromkeys(statements))
    handlers = f"{_SWALLOW}\n{rescue}\n" if rescue else f"{_SWALLOW}\n"
    look = (
        f"SELECT COUNT(*) INTO synqd_read FROM {quote(prefix + META)}"
        f" WHERE id = {ALIVE} AND installed_at > CURRENT_TIMESTAMP;"
    )
    return f"BEGIN\nDECLARE synqd_read INT;\n{handlers}{look}\nIF synqd_read THEN\n{lines}\nEND IF;\nEND"


def _trigger(table: str, event: On, body: str, prefix: str, models: frozenset[Model]) -> Trigger:
    word, short = _EVENTS[event]
    digest = hashlib.blake2b(f"{prefix}{table} {word} {body}".encode(), digest_size=4).hexdigest()
    ending = f"_{short}_{digest}"
    begin = f"{prefix}{OWN}{table}"
    return Trigger(begin[: LONGEST_NAME - len(ending)] + ending, prefix + table, word, body, models)


def _statement(model: Model, watch: Watch, event: On, columns: Columns, prefix: str) -> str:
    if event is On.INSERT:
        return _insert(model, watch, "NEW", prefix)
    if event is On.DELETE:
        return _insert(model, watch, "OLD", prefix, gone=watch.identity)
    lines = [_insert(model, watch, "NEW", prefix)]
    if moved := _moved(watch):
        lines.append(f"IF {moved} THEN {_insert(model, watch, 'OLD', prefix)} END IF;")
    text = "\n".join(lines)
    return f"IF {_changed(watch, columns)} THEN\n{text}\nEND IF;"


def _any_change(model: Model, watch: Watch, prefix: str) -> Iterable[str]:
    """Rows for an update of which nobody can tell what it changed; old keys of persons stay out."""
    yield _insert(model, watch, "NEW", prefix)
    if watch.via:
        yield _insert(model, watch, "OLD", prefix)


def _insert(model: Model, watch: Watch, row: str, prefix: str, *, gone: bool = False) -> str:
    """One INSERT, left out for rows that lead to no entity.

    A key that Synerise knows is logged only where the row goes or is renamed, as it can be personal data; a
    key that leads to the entity always is.
    """
    entity = _of(watch.entity, row)
    key = watch.key if watch.via or row == "OLD" else None
    values = (
        entity if not watch.via else f"COALESCE({entity}, 0)",
        _of(watch.store, row) if watch.store else "NULL",
        _word(watch.via),
        f"LEFT({_of(key, row)}, {LONGEST_KEY})" if key else "NULL",
        str(int(gone)),
    )
    insert = _row(model, prefix, values)
    return insert if watch.via else f"IF {entity} <> 0 THEN {insert} END IF;"


def _row(model: Model, prefix: str, values: Sequence[str]) -> str:
    log = quote(prefix + log_table(model))
    return f"INSERT INTO {log} (entity_id, store_id, via, old_key, deleted) VALUES ({', '.join(values)});"


def _word(via: str) -> str:
    if via and not (via.isidentifier() and len(via) <= LONGEST_VIA):
        raise ValueError(f"via {via!r} of a watch is not a word of at most {LONGEST_VIA} letters")
    return f"'{via}'"


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
