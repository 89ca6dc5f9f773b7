"""What ``check-config --connect`` says about Magento's database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from synqd.clock import SystemClock
from synqd.config import MagentoSettings
from synqd.entities.watch import Watch
from synqd.magento.changelog.findings import examine
from synqd.magento.changelog.installing import refusal
from synqd.magento.changelog.look import read_state
from synqd.magento.changelog.render import account_name, installing_tables
from synqd.magento.changelog.schema import State
from synqd.magento.changelog.tables import META, SPLIT
from synqd.magento.grants import Grants
from synqd.magento.logs import logs_of
from synqd.magento.pool import Pool
from synqd.magento.reader import ChangeReader
from synqd.magento.reads import tables_read
from synqd.magento.records import Finding, Level
from synqd.magento.session import Session
from synqd.magento.statements import quote
from synqd.models.errors import SynqdError
from synqd.models.names import Model

OLDEST = {"MySQL": (8, 0), "MariaDB": (10, 4)}
"""Versions that Magento 2.4 supports and triggers need."""


BLIND = (
    "deleted customers, orders and subscribers are found by a look through the ledger every 15 minutes",
    "attribute values of customers, payments and order addresses written by SQL alone are not seen",
    "URL rewrites and options of bundles changed without saving their product may not be seen",
    "customers, orders and subscribers are seen by their times of change: after 2 seconds, later if large",
    "what a transaction changes in these that is open for more than two hours is not seen",
    "names of categories and options are compared every 10 seconds, names of regions not at all",
)
"""What ``capture = "readonly"`` misses or sees late; docs/capture.md has the table."""
_INSTEAD = 'use capture = "triggers", or add a [[schedule]] with changed_only = true'


async def check(
    pool: Pool, settings: MagentoSettings, watches: Mapping[Model, Sequence[Watch]]
) -> list[Finding]:
    """Connects and looks at everything: server, rights, change log. Errors become findings."""
    findings: list[Finding] = []
    try:
        async with pool.reader() as session:
            findings.append(_version(session.version))
            findings.append(await _writable(session, settings))
            rights = await _rights(session)
            if settings.capture == "readonly":
                findings += rights.missing("SELECT", _tables(watches, settings), "reading")
                findings += _unseen_triggers(rights, watches, settings)
                findings += await _readonly(pool, watches)
            else:
                findings += rights.missing("SELECT", _tables(watches, settings), "reading the shop")
                state = await read_state(session, watches, settings.table_prefix, settings.own_triggers)
                findings += _own_rights(rights, state, settings.table_prefix)
                findings += await examine(session, state)
                findings += await _could_install(session, rights, state)
    except SynqdError as error:
        message, _, remedy = str(error).partition("; ")
        findings.append(Finding(Level.ERROR, "database", message, remedy))
    return findings


async def _readonly(pool: Pool, watches: Mapping[Model, Sequence[Watch]]) -> list[Finding]:
    """What this mode cannot see, or not soon."""
    findings = [Finding(Level.WARNING, "read-only capture", blind, _INSTEAD) for blind in BLIND]
    reader = ChangeReader(pool, logs_of("readonly", watches), SystemClock())
    for source in await reader.off():
        what = "is not written: changes of products are seen late or not at all"
        remedy = "run `bin/magento indexer:set-mode schedule`"
        findings.append(Finding(Level.ERROR, f"log {source}", what, remedy))
    return findings


def _unseen_triggers(
    rights: "_Rights", watches: Mapping[Model, Sequence[Watch]], settings: MagentoSettings
) -> Iterator[Finding]:
    """Whether the account sees when Magento's own triggers were made, which tells of interruptions."""
    tables = [settings.table_prefix + watch.table for watch in watches.get(Model.PRODUCT, ())]
    looked = rights.missing("TRIGGER", dict.fromkeys(tables), "seeing triggers")
    if any(finding.level is not Level.OK for finding in looked):
        what = (
            "may not see triggers, so an interruption of Magento's logs shorter than a minute goes unnoticed"
        )
        remedy = "grant TRIGGER on the product tables, or run `synqctl verify` after each deploy"
        yield Finding(Level.WARNING, "read-only capture", what, remedy)


async def _rights(session: Session) -> "_Rights":
    grants = Grants([line for (line,) in await session.fetch("SHOW GRANTS")])
    ((account, database),) = await session.fetch("SELECT CURRENT_USER(), DATABASE()")
    return _Rights(grants, database, account)


def _own_rights(rights: "_Rights", state: State, prefix: str) -> Iterator[Finding]:
    """Rights on the change log; those for installing only while there is something to install."""
    own = sorted(state.tables)
    logs = [name for name in own if name not in {prefix + META, prefix + SPLIT}]
    yield from rights.missing("SELECT", own, "reading the change log")
    yield from rights.missing("DELETE", logs, "purging the change log")
    yield from rights.missing("UPDATE", logs, "forgetting a person (synqctl forget)", Level.WARNING)
    yield from rights.missing("UPDATE", [name for name in own if name == prefix + META], "synqd adopt")
    if state.missing_tables:
        yield from rights.missing("CREATE", state.missing_tables, "synqd changelog install", Level.WARNING)
    if state.missing or not state.tables:
        yield from rights.missing(
            "TRIGGER", installing_tables(state), "synqd changelog install", Level.WARNING
        )


async def _could_install(session: Session, rights: "_Rights", state: State) -> list[Finding]:
    """Whether ``changelog install``, run by this account, would succeed; asked while there is work for it."""
    if not (state.missing or state.missing_tables):
        return []
    findings = []
    ((logging, trusting),) = await session.fetch("SELECT @@log_bin, @@log_bin_trust_function_creators")
    if logging and not trusting and not rights.has_globally("SUPER", "BINLOG ADMIN"):
        what = "writes a binary log, so this account may not create triggers (error 1419)"
        remedy = "SET GLOBAL log_bin_trust_function_creators = 1, or have a DBA run `synqd changelog print`"
        findings.append(Finding(Level.WARNING, "server", what, remedy))
    if not state.blind and (reason := refusal(state)):
        findings.append(Finding(Level.ERROR, "synqd changelog install", f"would refuse: {reason}"))
    return findings


class _Rights:
    """Looks for rights that are missing, and words what is found."""

    def __init__(self, grants: Grants, database: str, account: str) -> None:
        self._grants = grants
        self._database = database
        self._account = account

    def has_globally(self, *rights: str) -> bool:
        """Whether the account has one of these rights, which exist for the whole server only."""
        return any(map(self._grants.allows_globally, rights))

    def missing(
        self, right: str, tables: Iterable[str], purpose: str, level: Level = Level.ERROR
    ) -> Iterator[Finding]:
        """One finding a table on which the right is missing; one OK finding if it is there on all."""
        names = list(tables)
        lacking = [name for name in names if not self._grants.allows(right, self._database, name)]
        for name in lacking:
            grant = f"GRANT {right} ON {quote(self._database)}.{quote(name)} TO {account_name(self._account)}"
            yield Finding(level, f"right {right}", f"is missing on {name}, needed for {purpose}", f"{grant};")
        if names and not lacking:
            yield Finding(Level.OK, f"right {right}", f"is there for {purpose}")


def _tables(watches: Mapping[Model, Sequence[Watch]], settings: MagentoSettings) -> list[str]:
    """What has to be readable; what may be missing altogether cannot be told from what may not be seen."""
    tables = tables_read(watches, settings.capture)
    return [settings.table_prefix + name for name, optional in tables.items() if not optional]


def _version(greeting: str) -> Finding:
    """Judges a greeting like "8.0.36" or "5.5.5-10.11.6-MariaDB-log" (older MariaDB puts 5.5.5 in front)."""
    kind = "MariaDB" if "MariaDB" in greeting else "MySQL"
    number = greeting.removeprefix("5.5.5-") if kind == "MariaDB" else greeting
    digits = number.split("-")[0].split(".")
    version = tuple(int(part) for part in digits[:2] if part.isdigit())
    if version >= OLDEST[kind]:
        return Finding(Level.OK, "server", f"is {kind} {number}")
    least = ".".join(map(str, OLDEST[kind]))
    return Finding(
        Level.WARNING, "server", f"is {kind} {number}, older than {least}", f"use {kind} {least} or later"
    )


async def _writable(session: Session, settings: MagentoSettings) -> Finding:
    ((read_only,),) = await session.fetch("SELECT @@GLOBAL.read_only")
    if not read_only:
        return Finding(Level.OK, "server", "accepts writes")
    if settings.capture == "readonly":
        return Finding(Level.OK, "server", 'is read-only, which is enough for capture = "readonly"')
    return Finding(
        Level.WARNING,
        "server",
        "is read-only (a replica?): the change log can be read, but neither installed nor purged here",
        "point [magento] at the primary server",
    )
