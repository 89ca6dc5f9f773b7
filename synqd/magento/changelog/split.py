"""Which table is captured how, decided from what the database says (semantics S28). Pure.

Magento 2.4.6 and 2.4.7 take the triggers of a schema for their own: where a foreign one stands beside one of
theirs, ``setup:upgrade`` ends half-way or, with a table prefix, drops Magento's. So each watched table has
one of three ways:

``OWN``    synqd's own triggers, where Magento has none
``LOG``    a trigger on the change logs that Magento's own triggers write
``SWEEP``  neither may be had: the table is summed up now and then, and operators are warned

A log covers a watch if, for each of its events, the table's trigger puts the column that the watch names into
it, and compares every column that counts. Of all logs the smallest set that covers everything is listened to;
among equals the one that grows most slowly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from synqd.entities.watch import On, Watch
from synqd.magento.changelog.feeds import LOG, Feed, MagentoTrigger, by_table, logs_fed
from synqd.magento.changelog.stock import SUBSCRIBED
from synqd.models.names import Model

OwnTriggers = Literal["auto", "all"]


class Way(StrEnum):
    """How a watched table is captured."""

    OWN = "own"
    LOG = "log"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True, order=True)
class Listener:
    """One statement of a trigger on a log of Magento's; names are without prefix.

    Attributes:
        log: the log that is listened to.
        column: its column that leads to the entity.
        model: in whose log of synqd's the change is noted.
        via: how the column's value leads to the entity.
    """

    log: str
    column: str
    model: Model
    via: str


@dataclass(frozen=True, slots=True)
class TableSplit:
    """How one table is captured; names are without prefix.

    Attributes:
        way: how.
        listeners: for ``LOG`` and ``SWEEP`` what is heard of it all the same.
        reason: for ``SWEEP``, why nothing covers it.
        offers: all that could be listened to; not remembered.
    """

    way: Way
    listeners: tuple[Listener, ...] = ()
    reason: str = ""
    offers: frozenset[Listener] = field(default=frozenset(), compare=False)


Split = Mapping[str, TableSplit]
"""By table, without prefix."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the database says; tables have the shop's prefix, views have none.

    Attributes:
        prefix: the shop's table prefix.
        columns: columns of the watched tables, by name without prefix.
        triggers: Magento's own triggers, all of the schema.
        enabled: views that are updated by schedule.
        logs: columns of the existing logs of Magento's, by name without prefix.
        growth: rows a day of those logs, as far as it can be told.
        remembered: what the last ``install`` decided.
        own_triggers: ``[magento] own_triggers``.
    """

    prefix: str
    columns: Mapping[str, Mapping[str, str]]
    triggers: Sequence[MagentoTrigger]
    enabled: frozenset[str]
    logs: Mapping[str, frozenset[str]]
    growth: Mapping[str, float] = field(default_factory=dict)
    remembered: Split = field(default_factory=dict)
    own_triggers: OwnTriggers = "auto"

    def bare(self, table: str) -> str:
        """A name without the prefix."""
        return table.removeprefix(self.prefix)

    def is_enabled(self, log: str) -> bool:
        """Whether Magento has a log (without prefix) written now."""
        return log in self.logs and log.removesuffix(LOG) in self.enabled


def decide(watches: Mapping[Model, Sequence[Watch]], around: Surroundings) -> Split:
    """How each watched table that exists is captured."""
    asked = _by_table(watches, around.columns)
    if around.own_triggers == "all":
        return {table: TableSplit(Way.OWN) for table in asked}
    theirs = magentos(asked, around)
    offers = {
        (table, model, watch): _offers(around, table, model, watch)
        for table in theirs
        for model, watch in asked[table]
        if not watch.implied
    }
    chosen = choose({key: frozenset(one.log for one in found) for key, found in offers.items()}, around)
    return {
        table: _split(
            table, around, {key[1:]: found for key, found in offers.items() if key[0] == table}, chosen
        )
        if table in theirs
        else TableSplit(Way.OWN)
        for table in asked
    }


def magentos(tables: Iterable[str], around: Surroundings) -> frozenset[str]:
    """Tables on which no trigger of synqd's may stand, of those given (without prefix).

    A trigger of Magento's stands there, or stood there while its view is still enabled, or belongs there
    because an enabled view of Magento's own that nothing feeds subscribes to it.
    """
    standing = {around.bare(trigger.table) for trigger in around.triggers}
    blind = frozenset().union(*(SUBSCRIBED[view] for view in blind_views(around)))
    return frozenset(table for table in tables if table in standing | blind or _was_theirs(table, around))


def blind_views(around: Surroundings) -> list[str]:
    """Enabled views of Magento's own that no trigger feeds although they subscribe to watched tables."""
    fed = {around.bare(log) for log in logs_fed(around.triggers)}
    return sorted(
        view
        for view, tables in SUBSCRIBED.items()
        if tables & around.columns.keys() and around.is_enabled(view + LOG) and view + LOG not in fed
    )


def _was_theirs(table: str, around: Surroundings) -> bool:
    known = around.remembered.get(table)
    if known is None or known.way is Way.OWN:
        return False
    return any(around.is_enabled(listener.log) for listener in known.listeners)


def _by_table(
    watches: Mapping[Model, Sequence[Watch]], columns: Mapping[str, object]
) -> dict[str, list[tuple[Model, Watch]]]:
    found: dict[str, list[tuple[Model, Watch]]] = {}
    for model in sorted(watches):
        for watch in watches[model]:
            if watch.table in columns:
                found.setdefault(watch.table, []).append((model, watch))
    return found


def _offers(around: Surroundings, table: str, model: Model, watch: Watch) -> tuple[Listener, ...]:
    """The logs that cover a watch, and how."""
    events = by_table(around.triggers).get(around.prefix + table, {})
    wanted = [events.get(event, ()) for event in On if event in watch.on]
    found: list[Listener] = []
    for way in watch.ways:
        held = [_columns_holding(feeds, way.column, _counting(watch, around, table)) for feeds in wanted]
        everywhere = set.intersection(*held) if held else set()
        found += [
            Listener(around.bare(log), column, model, way.via)
            for log, column in sorted(everywhere)
            if around.is_enabled(around.bare(log)) and column in around.logs[around.bare(log)]
        ]
    return tuple({one.log: one for one in reversed(found)}.values())


def _columns_holding(feeds: Iterable[Feed], column: str, counting: frozenset[str]) -> set[tuple[str, str]]:
    """(log, its column) wherever a feed puts ``column``, if it takes all that count for a difference."""
    return {
        (feed.log, held)
        for feed in feeds
        if feed.compared is None or counting <= feed.compared
        for held, put in feed.held.items()
        if put == column
    }


def _counting(watch: Watch, around: Surroundings, table: str) -> frozenset[str]:
    """Columns that a log must compare; what a table has besides is Magento's own to judge."""
    return frozenset(watch.only) & around.columns[table].keys()


_Key = tuple[str, Model, Watch]


def choose(offers: Mapping[_Key, frozenset[str]], around: Surroundings) -> frozenset[str]:
    """The smallest set of logs that covers all that can be covered, those that grow slowly first."""
    current = frozenset(one.log for split in around.remembered.values() for one in split.listeners)
    if all(logs & current for logs in offers.values() if logs):
        return current  # what serves is not changed for a log that grows a little more slowly
    chosen = {next(iter(logs)) for logs in offers.values() if len(logs) == 1}
    while left := [logs for logs in offers.values() if logs and not logs & chosen]:
        candidates = frozenset().union(*left)
        chosen.add(
            min(
                candidates,
                key=lambda log: (
                    -sum(log in logs for logs in left),
                    log not in current,
                    around.growth.get(log, 0.0),
                    log,
                ),
            )
        )
    return frozenset(chosen)


def _split(
    table: str,
    around: Surroundings,
    offers: Mapping[tuple[Model, Watch], Sequence[Listener]],
    chosen: frozenset[str],
) -> TableSplit:
    heard = [one for found in offers.values() for one in _taken(found, chosen, around)]
    listeners = tuple(dict.fromkeys(heard))
    offered = frozenset(one for found in offers.values() for one in found)
    if all(offers.values()):
        return TableSplit(Way.LOG, listeners, offers=offered)
    return TableSplit(Way.SWEEP, listeners, _why(table, around), offered)


def _taken(found: Sequence[Listener], chosen: frozenset[str], around: Surroundings) -> list[Listener]:
    """One of the chosen logs is enough for a watch: the slowest."""
    usable = sorted((around.growth.get(one.log, 0.0), one) for one in found if one.log in chosen)
    return [one for _, one in usable[:1]]


def _why(table: str, around: Surroundings) -> str:
    standing = [each for each in around.triggers if around.bare(each.table) == table]
    if not standing:
        return "Magento's own triggers on it are missing"
    if any(trigger.body is None for trigger in standing):
        return "the text of Magento's own triggers on it cannot be seen"
    return "no change log of Magento's holds what is needed of it"
