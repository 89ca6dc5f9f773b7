"""What ``verify`` says about the state of the change log, and of what the next deploy would make of it."""

from collections.abc import Iterator

from synqd.magento.changelog import config_view, definers
from synqd.magento.changelog.look import Reads
from synqd.magento.changelog.schema import Present, State, mode_is_ours
from synqd.magento.changelog.split import Way, blind_views
from synqd.magento.changelog.tables import ALIVE, FORMAT, META, log_table
from synqd.magento.records import Fault, Finding, Level
from synqd.models.names import Model

_INSTALL = "run `synqd changelog install`"
_UPGRADE = (
    "run `bin/magento setup:upgrade`, then `bin/magento indexer:reindex`, then `synqd changelog install`"
)
_COMPARED = "; the daemon then compares everything it concerns"
_ALL = frozenset(Model)
_WITH_RIGHTS = "as an account with TRIGGER on the shop's tables"


async def examine(reads: Reads, state: State) -> list[Finding]:
    """Findings about tables, triggers, conflicts with Magento's own, and the account that triggers run as."""
    if not state.tables and not state.present:
        remedy = f"{_INSTALL}, or have a DBA run what `synqd changelog print` shows"
        missing = Finding(Level.ERROR, "change log", "is not installed", remedy, Fault.MISSING, _ALL)
        return [missing, *_left_out(state), *_blind_views(state)]
    findings = [
        *_older(state),
        *_conflicts(state),
        *_tables(state),
        *_uncovered(state),
        *_triggers(state),
        *_swept(state),
        *_blind_views(state),
        *_blindness(state),
        *await _definers(reads, state),
        *await _silence(reads, state),
        *await config_view.examine(reads, state.around.prefix),
    ]
    if not any(finding.level is Level.ERROR for finding in findings):
        findings.insert(0, Finding(Level.OK, "change log", f"all {len(state.wanted)} triggers are in place"))
    return findings


def _older(state: State) -> Iterator[Finding]:
    if 0 < state.format < FORMAT:
        what = "was installed by an older synqd, whose triggers stand in the way of Magento's `setup:upgrade`"
        yield Finding(Level.ERROR, "change log", what, _INSTALL, Fault.CONFLICT)


def _tables(state: State) -> Iterator[Finding]:
    for name in state.missing_tables:
        models = {model for model in Model if name == state.around.prefix + log_table(model)}
        remedy = _INSTALL + _COMPARED
        yield Finding(Level.ERROR, f"table {name}", "is missing", remedy, Fault.MISSING, frozenset(models))
    yield from _left_out(state)


def _left_out(state: State) -> Iterator[Finding]:
    for name in state.left_out:
        yield Finding(Level.WARNING, f"table {name}", "is not in this Magento and not watched")


def _conflicts(state: State) -> Iterator[Finding]:
    if state.around.own_triggers == "all":
        if state.conflicts:
            what = (
                f"stand beside Magento's own on {len(state.conflicts)} tables, as [magento] own_triggers says"
            )
            remedy = (
                'right only with patch ACSD-56741 or a Magento before 2.4.6; else set own_triggers = "auto"'
            )
            yield Finding(Level.WARNING, "triggers", what, remedy)
        return
    harm = (
        "drops Magento's own triggers without a word: its indexes go stale"
        if state.around.prefix
        else "ends half-way, before its data patches"
    )
    for table in sorted(state.conflicts):
        what = f"has triggers of synqd's beside Magento's own: the next `setup:upgrade` {harm}"
        yield Finding(Level.ERROR, f"table {table}", what, _INSTALL, Fault.CONFLICT)


def _uncovered(state: State) -> Iterator[Finding]:
    for table in sorted(state.uncovered):
        logs = ", ".join(dict.fromkeys(one.log for one in state.remembered[table].split.listeners))
        what = f"is no longer written to {logs} by Magento's triggers, so its changes escape"
        models = frozenset(one.model for one in state.remembered[table].split.listeners)
        yield Finding(Level.ERROR, f"table {table}", what, _INSTALL + _COMPARED, Fault.UNCOVERED, models)


def _triggers(state: State) -> Iterator[Finding]:
    if state.blind and not state.remembered:
        what = "cannot be judged: this account may not see triggers, and no `install` has noted them"
        yield Finding(Level.ERROR, "triggers", what, f"{_INSTALL} {_WITH_RIGHTS}", Fault.MISSING, _ALL)
        return
    for trigger in state.missing:
        if state.is_told_of(trigger):
            continue
        changed = trigger.name in state.present
        what = "was changed by somebody" if changed else f"on {trigger.table} is missing"
        remedy, models = _INSTALL + _COMPARED, trigger.models
        yield Finding(Level.ERROR, f"trigger {trigger.name}", what, remedy, Fault.MISSING, models)
    wanted = {trigger.name for trigger in state.wanted}
    for name in state.superfluous:
        if name not in wanted and state.present[name].table not in state.conflicts:
            what = f"on {state.present[name].table} is of another version or configuration"
            yield Finding(Level.WARNING, f"trigger {name}", what, _INSTALL)
    for present in _sound(state):
        if not mode_is_ours(present.mode):
            what = f"has sql_mode {present.mode!r}, so a value that is too long would be lost"
            yield Finding(Level.WARNING, f"trigger {present.name}", what, f"drop it and {_INSTALL}")


def _swept(state: State) -> Iterator[Finding]:
    for table, split in sorted(state.split.items()):
        if split.way is Way.SWEEP:
            what = f"is only summed up now and then, since {split.reason}"
            remedy = "changes of it arrive within minutes instead of at once; docs/capture.md says what helps"
            yield Finding(Level.WARNING, f"table {table}", what, remedy)


def _blind_views(state: State) -> Iterator[Finding]:
    if state.blind:
        return
    for view in blind_views(state.around):
        what = "is enabled, but no trigger of Magento's writes its log: the shop's own index goes stale"
        yield Finding(Level.WARNING, f"view {view}", what, _UPGRADE)


def _blindness(state: State) -> Iterator[Finding]:
    if state.blind:
        what = (
            "cannot be seen by this account: their text is not compared, and an interruption shorter than a"
            " minute goes unnoticed until the next `changelog install`"
        )
        yield Finding(Level.WARNING, "triggers", what, "end each deploy with `synqd changelog install`")


async def _definers(reads: Reads, state: State) -> list[Finding]:
    """A trigger whose definer is gone makes every write to its table fail: the one way to hurt the shop."""
    findings = []
    for account in definers.present(state):
        wrong = await definers.unfit(reads, account, state)
        if wrong is None or wrong == definers.UNKNOWN:
            findings.append(Finding(Level.OK, f"account {account}", "is the one that the triggers run as"))
            continue
        what = f"runs triggers of the change log but {wrong}: writes of the shop fail or are not noted"
        remedy = f"give it back with its rights, or {_INSTALL}, which gives them another"
        findings.append(Finding(Level.ERROR, f"account {account}", what, remedy, Fault.DEFINER))
    return findings


async def _silence(reads: Reads, state: State) -> list[Finding]:
    """Triggers fall silent when no daemon has been there for the retention."""
    if state.format < FORMAT:
        return []
    rows = await reads.fetch(
        f"SELECT CAST(installed_at AS CHAR) FROM {{{META}}}"
        f" WHERE id = {ALIVE} AND installed_at <= CURRENT_TIMESTAMP"
    )
    what = "has noted nothing since {} UTC, because no daemon had been there for days"
    remedy = "start the daemon: it compares everything, once"
    return [Finding(Level.WARNING, "change log", what.format(since), remedy) for (since,) in rows]


def _sound(state: State) -> list[Present]:
    return [state.present[trigger.name] for trigger in state.wanted if trigger.name in state.sound]
