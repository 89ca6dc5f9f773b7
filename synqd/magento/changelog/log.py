"""Installs, checks and removes the change log."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from synqd.clock import Clock
from synqd.config import MagentoSettings
from synqd.entities.watch import Watch
from synqd.magento.changelog import installation
from synqd.magento.changelog.findings import examine
from synqd.magento.changelog.render import Account, render, render_rights
from synqd.magento.changelog.schema import Present, State, own_tables, read_state
from synqd.magento.changelog.tables import META
from synqd.magento.pool import Pool
from synqd.magento.reads import tables_read
from synqd.magento.records import Finding, InstallReport
from synqd.magento.session import Session
from synqd.magento.statements import quote
from synqd.magento.translate import TRIGGER_EXISTS, LockWait, ServerError
from synqd.models.errors import Denied, MagentoUnavailable
from synqd.models.names import Model

LOCK_TRIES = 30
LOCK_PAUSE = 1.0
"""Tries to get a table's metadata lock, and seconds between them.

A DDL statement that waits for a long transaction makes every later statement on the table wait behind it. So
it waits for at most a second (``lock_wait_timeout`` of the writing session), steps back, and tries again.
"""


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

    async def install(self) -> InstallReport:
        """Creates what is missing and renews what changed; does nothing where all is well.

        Raises:
            Denied: a right is missing; the message has the GRANT.
            ConfigError: a watched table does not exist, or the log was made by a newer synqd.
            MagentoUnavailable: a table stayed locked for too long; what was done so far stays, run it again.
        """
        async with self._pool.writer() as session:
            state = await read_state(session, self._watches, self._prefix)
            if self._prefix + META in state.tables:
                await installation.check_format(session)
            for name in state.missing_tables:
                await self._ddl(session, state.wanted_tables[name], name)
            await installation.found(session)
            created = await self._create_triggers(session, state)
            dropped = await self._drop_triggers(session, state)
        return InstallReport(
            created_tables=tuple(state.missing_tables),
            created_triggers=tuple(created),
            dropped_triggers=tuple(dropped),
            kept_triggers=len(state.wanted) - len(created),
            left_out=state.left_out,
        )

    async def verify(self) -> list[Finding]:
        """What is missing, changed or superfluous; one OK finding where all is well.

        Needs no more than SELECT: without TRIGGER on a table the definition cannot be compared, but the name
        of a trigger, which holds a hash of its definition, can.

        Raises:
            MagentoUnavailable, Denied, ConfigError: the database cannot be looked at.
        """
        async with self._pool.reader() as session:
            state = await read_state(session, self._watches, self._prefix)
            return await examine(session, state)

    async def render(self, account: str | None = None) -> str:
        """The SQL that a DBA runs instead of ``install``: what is missing now, and the GRANT statements.

        Args: account: ``user@host`` that gets the rights; the one that is asking by default.

        Raises:
            MagentoUnavailable, Denied, ConfigError: the database cannot be looked at.
        """
        async with self._pool.reader() as session:
            whose = await self._account(session, account)
            if self._settings.capture == "readonly":
                return render_rights(whose)
            return render(await read_state(session, self._watches, self._prefix), whose)

    async def _account(self, session: Session, name: str | None) -> Account:
        ((asking,),) = await session.fetch("SELECT CURRENT_USER()")
        names = [self._prefix + table for table in tables_read(self._watches, self._settings.capture)]
        there = await session.fetch(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_name IN %s",
            (names,),
        )
        tables = [table for (table,) in there]
        return Account(name or asking, self._settings.database, self._prefix, tables)

    async def uninstall(self) -> tuple[str, ...]:
        """Removes all triggers, then all tables of this change log; returns their names.

        Raises:
            Denied: the rights DROP and TRIGGER are needed.
            MagentoUnavailable: a table stayed locked for too long; run it again.
        """
        async with self._pool.writer() as session:
            present = await self._present(session)
            for trigger in present:
                await self._ddl(session, f"DROP TRIGGER IF EXISTS {quote(trigger.name)}", trigger.table)
            tables = sorted(await own_tables(session, self._prefix))
            for table in tables:
                await self._ddl(session, f"DROP TABLE IF EXISTS {quote(table)}", table)
        return tuple(trigger.name for trigger in present) + tuple(tables)

    async def _present(self, session: Session) -> list[Present]:
        state = await read_state(session, self._optional_watches(), self._prefix)
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

    async def _create_triggers(self, session: Session, state: State) -> list[str]:
        for trigger in state.missing:
            if trigger.name in state.present:  # tampered with: the same name cannot be created beside it
                await self._ddl(session, f"DROP TRIGGER IF EXISTS {quote(trigger.name)}", trigger.table)
            try:
                await self._ddl(session, trigger.sql, trigger.table)
            except ServerError as error:
                if error.code != TRIGGER_EXISTS:  # somebody installs at the same time
                    raise
        return [trigger.name for trigger in state.missing]

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
