"""Installs, checks and removes the change log."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from synqd.config import MagentoSettings
from synqd.entities.guarded import columns_to_read
from synqd.entities.watch import Watch
from synqd.magento.changelog import config_view, definers, installation, memory
from synqd.magento.changelog.config_view import CONFIG, VIEW
from synqd.magento.changelog.findings import examine
from synqd.magento.changelog.installing import BLIND, Undo, interrupted, marker, refusal, swept
from synqd.magento.changelog.look import own_tables, read_columns, read_state
from synqd.magento.changelog.render import Account, account_name, render, render_rights
from synqd.magento.changelog.schema import Present, State
from synqd.magento.changelog.tables import META
from synqd.magento.pool import Pool
from synqd.magento.records import Finding, InstallReport
from synqd.magento.rights import to_read
from synqd.magento.session import Session
from synqd.magento.statements import quote
from synqd.magento.tables_read import tables_read
from synqd.magento.translate import TRIGGER_EXISTS, LockWait, ServerError
from synqd.models.change import Installation
from synqd.models.errors import ConfigError, Denied, MagentoUnavailable
from synqd.models.names import Model
from synqd.runtime.clock import Clock

LOCK_TRIES = 30
LOCK_PAUSE = 1.0
"""Tries to get a table's metadata lock, and seconds between them.

A DDL statement that waits for a long transaction makes every later statement on the table wait behind it. So
it waits for at most a second (``lock_wait_timeout`` of the writing session), steps back, and tries again.
"""
ALONE_WITHIN = 10
"""Seconds that an ``install`` waits for another one to end."""


class ChangeLog:
    """The change-log tables and triggers in Magento's database."""

    def __init__(
        self, pool: Pool, settings: MagentoSettings, watches: Mapping[Model, Sequence[Watch]], clock: Clock
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._prefix = settings.table_prefix
        self._watches = watches
        self._clock = clock

    async def state(self, session: Session) -> State:
        """What is there against what has to be; raises like ``verify``."""
        return await read_state(session, self._watches, self._prefix, self._settings.own_triggers)

    async def install(
        self, *, remembered: Installation | None = None, definer: str | None = None
    ) -> InstallReport:
        """Creates what is missing and renews what changed; does nothing where all is well.

        Which table is captured how is decided anew each time (S28). The new way is made before the old one is
        dropped, and a model whose changes may have escaped meanwhile gets a marker in its log.

        Args:
            remembered: the installation that this configuration's queue file knows: a log that is founded
                now goes on as its next epoch.
            definer: ``user@host`` that the triggers run as; the best there is by default.

        Raises:
            Denied: a right is missing; the message has the GRANT.
            ConfigError: a watched table does not exist, Magento's own triggers are missing, the definer
            cannot
                be had, or the log was made by a newer synqd.
            MagentoUnavailable: a table stayed locked for too long; run it again.
            In each case nothing is left behind of what this call made.
        """
        async with self._pool.writer() as session, self._alone(session):
            state = await self.state(session)
            if self._prefix + META in state.tables:
                await installation.check_format(session)
            await self._refuse(session, state)
            whose = await definers.choose(session, state, definer)
            state = replace(state, unfit=await definers.to_replace(session, state, definer))
            undo = Undo()
            try:
                report = await self._make(session, state, whose, undo, remembered)
            except BaseException:
                async with self._pool.writer() as other:  # the one at hand may be what broke
                    await undo.run(other)
                raise
            await installation.arrival(self._pool, session, self._clock)
            return report

    async def _refuse(self, session: Session, state: State) -> None:
        """Raises Denied or ConfigError where nothing may be installed now."""
        if state.blind:
            ((current,),) = await session.fetch("SELECT CURRENT_USER()")
            grant = f"GRANT TRIGGER ON {quote(self._settings.database)}.* TO {account_name(current)}"
            raise Denied(f"{BLIND}: {grant}, or run this as the shop's own user")
        if reason := refusal(state):
            raise ConfigError(reason)

    async def _make(
        self,
        session: Session,
        state: State,
        whose: str,
        undo: Undo,
        remembered: Installation | None,
    ) -> InstallReport:
        for name in state.missing_tables:
            await self._ddl(session, state.wanted_tables[name], name)
            undo.table(name)
        await self._free_meta(session, state)
        await session.execute(installation.founding(installation.founder(remembered)))
        await session.execute(installation.waking(self._settings.retention_days))
        created = await self._create_triggers(session, state, whose, undo)
        marked = interrupted(state)
        for model, tables in marked.items():
            await session.execute(marker(model, tables))
        undo.forget()
        dropped = await self._drop_triggers(session, state)
        await session.execute(memory.CLEAR)
        for row in memory.rows_of(state.split, state.around):
            await session.execute(memory.WRITE, row)
        await session.execute(installation.UPGRADED)
        without_view = await self._make_view(session, whose)
        return InstallReport(
            created_tables=tuple(state.missing_tables),
            created_triggers=tuple(created),
            dropped_triggers=tuple(dropped),
            kept_triggers=len(state.wanted) - len(created),
            left_out=state.left_out,
            definer=whose,
            listened=tuple(sorted({one.log for each in state.split.values() for one in each.listeners})),
            swept=swept(state),
            marked=tuple(marked),
            without_view=without_view,
        )

    async def _make_view(self, session: Session, whose: str) -> str:
        """Makes or renews the view of the configuration; returns why that could not be done, "" if it was.

        Only accounts that may not read the table need the view, so nothing ends for lack of it.
        """
        ((current,),) = await session.fetch("SELECT CURRENT_USER()")
        may_read = await definers.may_read(session, whose, self._prefix + CONFIG)
        definer = account_name(whose) if whose != current and may_read else None
        try:
            await self._ddl(session, config_view.definition(definer), self._prefix + VIEW)
        except (Denied, ServerError) as error:
            return str(error)
        return ""

    async def verify(self) -> list[Finding]:
        """What is missing, changed, superfluous or in Magento's way; one OK finding where all is well.

        Needs no more than SELECT: without TRIGGER on a table the definition cannot be compared, but the name
        of a trigger, which holds a hash of its definition, can.

        Raises:
            MagentoUnavailable, Denied, ConfigError: the database cannot be looked at.
        """
        async with self._pool.reader() as session:
            return await examine(session, await self.state(session))

    async def render(
        self,
        account: str | None = None,
        remembered: Installation | None = None,
        *,
        whole_tables: bool = False,
    ) -> str:
        """The SQL that a DBA runs instead of ``install``: what is missing now, and the GRANT statements.

        Args:
            account: ``user@host`` that gets the rights; the one that is asking by default.
            remembered: as for ``install``.
            whole_tables: grants are for whole tables, also those that hold secrets.

        Raises:
            MagentoUnavailable, Denied, ConfigError: the database cannot be looked at.
        """
        async with self._pool.reader() as session:
            whose = await self._account(session, account, whole_tables=whole_tables)
            if self._settings.capture == "readonly":
                return render_rights(whose)
            state = await self.state(session)
            await self._refuse(session, state)
            owner = installation.founder(remembered)
            return render(state, whose, owner, self._settings.retention_days)

    async def _account(self, session: Session, name: str | None, *, whole_tables: bool) -> Account:
        ((asking,),) = await session.fetch("SELECT CURRENT_USER()")
        staged = await self._pool.versions.are_there()
        names = tables_read(self._watches, self._settings.capture, staged=staged)
        if not whole_tables:
            del names[CONFIG]
        tables = await read_columns(session, self._prefix, names)
        guarded = {} if whole_tables else await columns_to_read(self._pool)
        reading = to_read(tables, self._prefix, guarded)
        return Account(name or asking, self._settings.database, self._prefix, reading, whole_tables)

    async def uninstall(self, *, keep_tables: bool = False) -> tuple[str, ...]:
        """Removes all triggers, then all tables and the view of this change log; returns their names.

        Args: keep_tables: the log and its installation stay, so that ``install`` goes on with them.

        Raises:
            Denied: the rights DROP and TRIGGER are needed.
            MagentoUnavailable: a table stayed locked for too long; run it again.
        """
        async with self._pool.writer() as session, self._alone(session):
            present = await self._present(session)
            for trigger in present:
                await self._ddl(session, f"DROP TRIGGER IF EXISTS {quote(trigger.name)}", trigger.table)
            tables = [] if keep_tables else sorted(await own_tables(session, self._prefix))
            for table in tables:
                await self._ddl(session, f"DROP TABLE IF EXISTS {quote(table)}", table)
            if not keep_tables and await config_view.is_there(session, self._prefix):
                await self._ddl(session, f"DROP VIEW IF EXISTS {{{VIEW}}}", self._prefix + VIEW)
                tables.append(self._prefix + VIEW)
        return tuple(trigger.name for trigger in present) + tuple(tables)

    async def _present(self, session: Session) -> list[Present]:
        watches = self._optional_watches()
        state = await read_state(session, watches, self._prefix, self._settings.own_triggers)
        hidden = [trigger for trigger in state.present.values() if trigger.body is None]
        if hidden:
            raise Denied(
                f"the triggers on {hidden[0].table} may not be dropped: the right TRIGGER is missing;"
                " run `synqd changelog uninstall` as the user that installed them"
            )
        return list(state.present.values())

    def _optional_watches(self) -> Mapping[Model, Sequence[Watch]]:
        """The watches as if every table might be missing: removing must work in any Magento."""
        return {
            model: [replace(watch, optional=True) for watch in each] for model, each in self._watches.items()
        }

    @asynccontextmanager
    async def _alone(self, session: Session) -> AsyncIterator[None]:
        """Keeps another ``install`` or ``uninstall`` of this shop waiting."""
        name = f"synqd {self._settings.database} {self._prefix}"[:64]
        ((got,),) = await session.fetch("SELECT GET_LOCK(%s, %s)", (name, ALONE_WITHIN))
        if not got:
            raise MagentoUnavailable(
                "another `synqd changelog` command is at work; try again when it has ended"
            )
        yield
        await session.fetch("SELECT RELEASE_LOCK(%s)", (name,))

    async def _free_meta(self, session: Session, state: State) -> None:
        """Drops a canary that cannot run any more: it would make each write to the meta table fail."""
        for trigger in state.missing:
            if trigger.table == self._prefix + META and trigger.name in state.present:
                await self._ddl(session, f"DROP TRIGGER IF EXISTS {quote(trigger.name)}", trigger.table)

    async def _create_triggers(self, session: Session, state: State, whose: str, undo: Undo) -> list[str]:
        ((current,),) = await session.fetch("SELECT CURRENT_USER()")
        definer = None if whose == current else account_name(whose)
        again = [trigger for trigger in state.wanted if trigger in state.missing]
        for trigger in again:
            if trigger.name in state.present:  # tampered with: the same name cannot be created beside it
                await self._ddl(session, f"DROP TRIGGER IF EXISTS {quote(trigger.name)}", trigger.table)
            try:
                await self._ddl(session, trigger.sql(definer), trigger.table)
            except ServerError as error:
                if error.code != TRIGGER_EXISTS:  # a DBA runs the printed script at the same time
                    raise
            else:
                undo.trigger(trigger.name)
        return [trigger.name for trigger in again]

    async def _drop_triggers(self, session: Session, state: State) -> list[str]:
        """Drops triggers of older definitions; the new ones are in place already."""
        again = {trigger.name for trigger in state.wanted}
        dropped = [name for name in state.superfluous if name not in again]
        for name in dropped:
            table = state.present[name].table
            await self._ddl(session, f"DROP TRIGGER IF EXISTS {quote(name)}", table)
        return dropped

    async def _ddl(self, session: Session, statement: str, table: str) -> None:
        for _ in range(LOCK_TRIES):
            try:
                await session.execute(statement)
            except LockWait:
                await self._clock.sleep(LOCK_PAUSE)
            else:
                return
        raise MagentoUnavailable(
            f"table {table} is locked by a long transaction or a dump; try again when it has ended"
            " (SHOW FULL PROCESSLIST shows it)"
        )
