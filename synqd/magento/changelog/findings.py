"""What ``verify`` says about the state of the change log."""

from collections.abc import Iterable, Iterator

from synqd.entities.base import Row
from synqd.magento.changelog.schema import Present, Reads, State, mode_is_ours
from synqd.magento.records import Finding, Level
from synqd.models.errors import Denied

_INSTALL = "run `synqd changelog install`"
_LOST = "; changes since then may be missing: run a full synchronization afterwards"


async def examine(reads: Reads, state: State) -> list[Finding]:
    """Findings about tables, triggers and the accounts that the triggers run as."""
    if not state.tables and not state.present:
        remedy = f"{_INSTALL}, or have a DBA run what `synqd changelog print` shows"
        return [Finding(Level.ERROR, "change log", "is not installed", remedy), *_left_out(state)]
    findings = [*_tables(state), *_triggers(state), *await _definers(reads, state)]
    if not any(finding.level is Level.ERROR for finding in findings):
        findings.insert(0, Finding(Level.OK, "change log", f"all {len(state.wanted)} triggers are in place"))
    return findings


def _tables(state: State) -> Iterator[Finding]:
    for name in state.missing_tables:
        yield Finding(Level.ERROR, f"table {name}", "is missing", _INSTALL + _LOST)
    yield from _left_out(state)


def _left_out(state: State) -> Iterator[Finding]:
    for name in state.left_out:
        yield Finding(Level.WARNING, f"table {name}", "is not in this Magento and not watched")


def _triggers(state: State) -> Iterator[Finding]:
    for trigger in state.missing:
        changed = trigger.name in state.present
        what = "was changed by somebody" if changed else f"on {trigger.table} is missing"
        yield Finding(Level.ERROR, f"trigger {trigger.name}", what, _INSTALL + _LOST)
    wanted = {trigger.name for trigger in state.wanted}
    for name in state.superfluous:
        if name not in wanted:
            what = f"on {state.present[name].table} is of another version or configuration"
            yield Finding(Level.WARNING, f"trigger {name}", what, _INSTALL)
    for present in _sound(state):
        if not mode_is_ours(present.mode):
            what = f"has sql_mode {present.mode!r}, so a value that is too long would be lost"
            yield Finding(Level.WARNING, f"trigger {present.name}", what, f"drop it and {_INSTALL}")
    hidden = sum(present.body is None for present in _sound(state))
    if hidden:
        what = f"{hidden} are there with the right names, but their text cannot be compared"
        yield Finding(Level.WARNING, "triggers", what, "grant TRIGGER for a full comparison")


async def _definers(reads: Reads, state: State) -> list[Finding]:
    """A trigger whose definer is gone makes every write to its table fail: the one way to hurt the shop."""
    definers = sorted({present.definer for present in _sound(state) if present.definer})
    ((current,),) = await reads.fetch("SELECT CURRENT_USER()")
    others = [definer for definer in definers if definer != current]
    accounts = await _accounts(reads) if others else None
    findings = []
    for definer in others:
        if accounts is not None and definer not in accounts:
            what = "runs triggers of the change log but does not exist: writes of the shop fail"
            remedy = f"create it again with its rights, or drop the triggers and {_INSTALL}"
            findings.append(Finding(Level.ERROR, f"account {definer}", what, remedy))
    return findings


async def _accounts(reads: Reads) -> frozenset[str] | None:
    """All accounts of the server; None where the user may not see them."""
    try:
        rows: Iterable[Row] = await reads.fetch("SELECT CONCAT(user, '@', host) FROM mysql.user")
    except Denied:
        return None
    return frozenset(str(account) for (account,) in rows)


def _sound(state: State) -> list[Present]:
    return [state.present[trigger.name] for trigger in state.wanted if trigger.name in state.sound]
