"""What ``check-config --connect`` says about Magento's database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from synqd.config import MagentoSettings
from synqd.entities.guarded import COLUMNS, columns_to_read
from synqd.entities.watch import Watch
from synqd.magento.changelog import config_view, installation
from synqd.magento.changelog.findings import examine
from synqd.magento.changelog.installing import refusal
from synqd.magento.changelog.look import read_state
from synqd.magento.changelog.render import installing_rights, installing_tables
from synqd.magento.changelog.schema import State
from synqd.magento.changelog.tables import META, SPLIT
from synqd.magento.edition import examine_versions
from synqd.magento.log_tables import logs_of
from synqd.magento.pool import Pool
from synqd.magento.reader import ChangeReader
from synqd.magento.records import Finding, Level
from synqd.magento.rightcheck import Rights
from synqd.magento.rights import WHOLE, TableRights, on_own
from synqd.magento.session import Session
from synqd.magento.tables_read import tables_read
from synqd.models.errors import Denied, SynqdError
from synqd.models.names import Model
from synqd.runtime.clock import SystemClock

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


_PREFIXES = (
    "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name LIKE '%%customer_entity' ORDER BY table_name"
)


async def _prefix(session: Session, prefix: str) -> Finding | None:
    """Whether the tables have another prefix than the configured one: everything would be missing then."""
    own = "customer_entity"
    names = [str(name) for (name,) in await session.fetch(_PREFIXES)]
    if f"{prefix}{own}" in names or not names:
        return None
    there = [name.removesuffix(own) for name in names]
    told = " or ".join(repr(one) if one else "'' (none)" for one in there)
    message = f"there is no table {prefix}{own}"
    return Finding(
        Level.ERROR, "[magento] table_prefix", message, f"set it to {told}, as the tables here have it"
    )


async def check(
    pool: Pool, settings: MagentoSettings, watches: Mapping[Model, Sequence[Watch]]
) -> list[Finding]:
    """Connects and looks at everything: server, rights, change log. Errors become findings."""
    findings: list[Finding] = []
    try:
        async with pool.reader() as session, pool.writer() as primary:
            findings.append(_version(session.version))
            findings += await _writable(pool, session, primary, settings)
            if wrong := await _prefix(session, settings.table_prefix):
                return [*findings, wrong]
            staged = await pool.versions.are_there()
            names = tables_read(watches, settings.capture, staged=staged)
            rights = await Rights.look(session, settings.table_prefix, names)
            findings += _split_databases(rights)
            # What may be missing altogether cannot be told from what may not be seen.
            needed = [name for name, optional in names.items() if not optional]
            findings += rights.missing_to_read(needed, COLUMNS, "reading the shop")
            findings += await examine_versions(pool)
            look = _Look(pool, session, primary, settings, watches, rights, await _guarded(pool))
            findings += await (_readonly(look) if settings.capture == "readonly" else _with_log(look))
    except SynqdError as error:
        message, _, remedy = str(error).partition("; ")
        findings.append(Finding(Level.ERROR, "database", message, remedy))
    return findings


@dataclass(frozen=True)
class _Look:
    """What a look is made with.

    Attributes:
        primary: a session with the server that is written to; ``session`` is with the one that is read.
        rights: those at the server that is read.
        guarded: the columns to read of tables that hold more.
    """

    pool: Pool
    session: Session
    primary: Session
    settings: MagentoSettings
    watches: Mapping[Model, Sequence[Watch]]
    rights: Rights
    guarded: Mapping[str, Collection[str]]

    @property
    def prefix(self) -> str:
        return self.settings.table_prefix

    async def to_write(self) -> Rights:
        """The rights at the server that is written to."""
        if not self.pool.reads_replica:
            return self.rights
        staged = await self.pool.versions.are_there()
        names = tables_read(self.watches, self.settings.capture, staged=staged)
        return await Rights.look(self.primary, self.prefix, names)


async def _with_log(look: _Look) -> list[Finding]:
    """Rights, and synqd's own change log."""
    rights, session = await look.to_write(), look.session
    state = await read_state(session, look.watches, look.prefix, look.settings.own_triggers)
    installs = rights.has("CREATE", state.wanted_tables)
    needed = [*rights.to_read(look.guarded, installs=installs), *on_own(state.wanted_tables, look.prefix)]
    return [
        *_own_rights(rights, state, look.prefix),
        *rights.surplus([*needed, *(installing_rights(state) if installs else ())], look.guarded),
        *await examine(session, state),
        *await _could_install(look.primary, rights, state),
    ]


async def _readonly(look: _Look) -> list[Finding]:
    """Rights, and what this mode cannot see, or not soon."""
    seen = [look.prefix + watch.table for watch in look.watches.get(Model.PRODUCT, ())]
    watching = [TableRights(table, {"TRIGGER": WHOLE}) for table in seen]
    findings = [
        *look.rights.surplus([*look.rights.to_read(look.guarded, installs=False), *watching], look.guarded),
        *await config_view.examine(look.session, look.prefix),
        *_unseen_triggers(look.rights, seen),
    ]
    findings += [Finding(Level.WARNING, "read-only capture", blind, _INSTEAD) for blind in BLIND]
    reader = ChangeReader(look.pool, logs_of("readonly", look.watches), SystemClock())
    for source in await reader.off():
        what = "is not written: changes of products are seen late or not at all"
        remedy = "run `bin/magento indexer:set-mode schedule`"
        findings.append(Finding(Level.ERROR, f"log {source}", what, remedy))
    return findings


def _unseen_triggers(rights: Rights, tables: Sequence[str]) -> Iterator[Finding]:
    """Whether the account sees when Magento's own triggers were made, which tells of interruptions."""
    if not rights.has("TRIGGER", tables):
        what = (
            "may not see triggers, so an interruption of Magento's logs shorter than a minute goes unnoticed"
        )
        remedy = "grant TRIGGER on the product tables, or run `synqctl verify` after each deploy"
        yield Finding(Level.WARNING, "read-only capture", what, remedy)


def _own_rights(rights: Rights, state: State, prefix: str) -> Iterator[Finding]:
    """Rights on the change log; those for installing only while there is something to install."""
    own = sorted(state.tables)
    logs = [name for name in own if name not in {prefix + META, prefix + SPLIT}]
    yield from rights.missing("SELECT", own, "reading the change log")
    yield from rights.missing("DELETE", logs, "purging the change log")
    yield from rights.missing_on_column("UPDATE", "old_key", logs, "forgetting a person (synqctl forget)")
    meta = [name for name in own if name == prefix + META]
    yield from rights.missing("UPDATE", meta, "synqd adopt")
    if state.missing_tables:
        yield from rights.missing("CREATE", state.missing_tables, "synqd changelog install", Level.WARNING)
    if state.missing or not state.tables:
        yield from rights.missing(
            "TRIGGER", installing_tables(state), "synqd changelog install", Level.WARNING
        )


async def _could_install(session: Session, rights: Rights, state: State) -> list[Finding]:
    """Whether ``changelog install``, run by this account, would succeed; asked while there is work for it."""
    if not (state.missing or state.missing_tables):
        return []
    findings = []
    ((logging, trusting),) = await session.fetch("SELECT @@log_bin, @@log_bin_trust_function_creators")
    if logging and not trusting and not rights.has_globally("SUPER", "BINLOG ADMIN"):
        what = "writes a binary log, so this account may not create triggers (error 1419)"
        remedy = (
            "SET GLOBAL log_bin_trust_function_creators = 1 (a managed server has it among its parameters),"
            " or have a DBA run `synqd changelog print`"
        )
        findings.append(Finding(Level.WARNING, "server", what, remedy))
    if not state.blind and (reason := refusal(state)):
        findings.append(Finding(Level.ERROR, "synqd changelog install", f"would refuse: {reason}"))
    return findings


async def _guarded(pool: Pool) -> Mapping[str, Collection[str]]:
    """Columns to read of tables that hold more; those of attributes only where these may be looked at."""
    try:
        return await columns_to_read(pool)
    except Denied:
        return COLUMNS


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


async def _writable(
    pool: Pool, session: Session, primary: Session, settings: MagentoSettings
) -> list[Finding]:
    """Whether the change log can be claimed and purged; also, whether a replica is one of the primary's."""
    if settings.capture == "readonly" and await _is_read_only(session):
        return [Finding(Level.OK, "server", 'is read-only, which is enough for capture = "readonly"')]
    if not await _is_read_only(primary):
        found = [Finding(Level.OK, "write_host" if pool.reads_replica else "server", "accepts writes")]
        return found + (await _kinship(session, primary) if pool.reads_replica else [])
    what = "is read-only (a replica?): the change log can be neither installed nor claimed nor purged there"
    if pool.reads_replica:
        return [Finding(Level.ERROR, "write_host", what, "name the server that the shop writes to")]
    remedy = "set [magento] write_host to the server that the shop writes to"
    return [Finding(Level.ERROR, "server", what, remedy)]


async def _is_read_only(session: Session) -> bool:
    ((read_only, storage),) = await session.fetch("SELECT @@GLOBAL.read_only, @@GLOBAL.innodb_read_only")
    return bool(int(read_only) or int(storage))


async def _kinship(replica: Session, primary: Session) -> list[Finding]:
    """Whether both servers show the same change log."""
    here, there = await installation.shown(replica), await installation.shown(primary)
    if here == there:
        return [Finding(Level.OK, "server", "is a replica of [magento] write_host, as far as it can be told")]
    what = "shows another change log than [magento] write_host, or none"
    remedy = "name two servers of one replication; where they are, wait until this one has caught up"
    return [Finding(Level.ERROR, "server", what, remedy)]


def _split_databases(rights: Rights) -> list[Finding]:
    """Adobe Commerce once could have sales and carts in databases of their own."""
    if rights.sees("sales_order") or not rights.sees("catalog_product_entity"):
        return []
    what = "has products but no table sales_order: split databases are not supported"
    remedy = (
        "if it is there, let the account see it (GRANT SELECT); else bring the sales back into this database"
    )
    return [Finding(Level.ERROR, "database", what, remedy)]
