"""What ``install`` decides before it writes, and how it takes back what it began."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from synqd.entities.watch import MARKER, On
from synqd.magento.changelog.feeds import LOG
from synqd.magento.changelog.memory import by_bare_table
from synqd.magento.changelog.schema import State
from synqd.magento.changelog.split import Way
from synqd.magento.changelog.tables import log_table
from synqd.magento.changelog.triggers import LONGEST_KEY, Trigger
from synqd.magento.session import Session
from synqd.magento.staging import half_done
from synqd.magento.statements import quote
from synqd.models.errors import SynqdError
from synqd.models.names import Model

BLIND = "this account may not see the triggers of the shop, so nobody can tell where those of synqd may stand"
_DUMMY = "_dummy"
"""Ending of Magento's views that subscribe to nothing."""


def refusal(state: State) -> str | None:
    """Why nothing may be installed now; None where nothing speaks against it."""
    if half := half_done(state.around.columns):
        return (
            f"content staging is there by half: {half}; end the upgrade first (`bin/magento setup:upgrade`)"
        )
    if state.around.own_triggers == "all" or state.around.triggers:
        return None
    waiting = sorted(view for view in _live_views(state) if not view.endswith(_DUMMY))
    if not waiting:
        return None
    return (
        f"Magento updates {len(waiting)} indexes by schedule ({', '.join(waiting[:3])}, ...), but none of its"
        " own triggers is there, as after loading a dump without them: run `bin/magento setup:upgrade` first"
    )


def _live_views(state: State) -> frozenset[str]:
    return frozenset(view for view in state.around.enabled if view + LOG in state.around.logs)


def interrupted(state: State) -> Mapping[Model, tuple[str, ...]]:
    """Models whose changes may have escaped, with the tables (without prefix); none for a log founded now."""
    if not state.format:
        return {}
    found = [
        (model, state.around.bare(trigger.table))
        for trigger in state.missing
        if not _is_replaced(trigger, state)
        for model in trigger.models
    ]
    found += [(model, log_table(model)) for model in _models_without_log(state)]
    found += _behind_new_triggers(state)
    return {
        model: tuple(sorted({table for each, table in found if each is model}))
        for model in sorted({model for model, _ in found})
    }


def _is_replaced(trigger: Trigger, state: State) -> bool:
    """Whether something older notes the same changes until the new trigger is in place."""
    log = state.around.bare(trigger.table)
    behind = [table for table, split in state.split.items() if any(one.log == log for one in split.listeners)]
    if not behind:
        return _stands(trigger.table, trigger.event, state)
    return all(_has_own(table, state) or _was_heard(table, state) for table in behind)


def _has_own(table: str, state: State) -> bool:
    full = state.around.prefix + table
    return all(_stands(full, event.name or "", state) for event in On if event in state.events[table])


def _was_heard(table: str, state: State) -> bool:
    """Whether logs of Magento's told of a table until now, maybe others than from now on."""
    known = state.remembered.get(table)
    if known is None or known.split.way is not Way.LOG or table in state.uncovered:
        return False
    return all(_stands(state.around.prefix + one.log, "INSERT", state) for one in known.split.listeners)


def _stands(table: str, event: str, state: State) -> bool:
    """Whether a trigger of ours is there, of whatever version, but not one that somebody changed."""
    changed = {trigger.name for trigger in state.missing}
    return any(
        one.table == table and one.event == event and one.name not in changed
        for one in state.present.values()
    )


def _models_without_log(state: State) -> list[Model]:
    missing = set(state.missing_tables)
    return [model for model in Model if state.around.prefix + log_table(model) in missing]


def _behind_new_triggers(state: State) -> list[tuple[Model, str]]:
    """What stands behind triggers of Magento's that were made anew since the last ``install``."""
    found = []
    for table, now in by_bare_table(state.around).items():
        known = state.remembered.get(table)
        if known is None or known.split.way is not Way.LOG:
            continue
        if known.triggers != {trigger.name: trigger.created or "" for trigger in now}:
            found += [(one.model, table) for one in known.split.listeners]
    return found


def marker(model: Model, tables: Iterable[str]) -> str:
    """The row after which the daemon compares everything of a model, whoever was running meanwhile.

    It names the tables as far as there is room; "" means any.
    """
    names = ",".join(tables)
    what = names if len(names) <= LONGEST_KEY else ""
    return (
        f"INSERT INTO {{{log_table(model)}}} (entity_id, store_id, via, old_key, deleted)"
        f" VALUES (0, NULL, '{MARKER}', '{what}', 0)"
    )


def swept(state: State) -> Mapping[str, str]:
    """Tables that nothing covers, with the reason."""
    return {table: split.reason for table, split in state.split.items() if split.way is Way.SWEEP}


@dataclass
class Undo:
    """What an ``install`` has made so far: if it fails, nothing of it stays."""

    _statements: list[str] = field(default_factory=list)

    def table(self, name: str) -> None:
        """A table was created."""
        self._statements.append(f"DROP TABLE IF EXISTS {quote(name)}")

    def trigger(self, name: str) -> None:
        """A trigger was created."""
        self._statements.append(f"DROP TRIGGER IF EXISTS {quote(name)}")

    def forget(self) -> None:
        """Everything new is in place: from here on the old ways go, and going on is the way back."""
        self._statements.clear()

    async def run(self, session: Session) -> None:
        """Takes back as much as can be; the error that led here is what counts."""
        for statement in reversed(self._statements):
            with suppress(SynqdError):
                await session.execute(statement)
