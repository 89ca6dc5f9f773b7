"""Which rights the account lacks, and which it has beyond what is printed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from synqd.magento.changelog.config_view import CONFIG, VIEW
from synqd.magento.changelog.look import read_columns
from synqd.magento.changelog.render import account_name
from synqd.magento.grants import Grants
from synqd.magento.records import Finding, Level
from synqd.magento.rights import LAYOUT, WHOLE, Columns, TableRights, to_read
from synqd.magento.session import Session
from synqd.magento.surplus import Holder


class Rights:
    """What the account may do, and how that is worded."""

    def __init__(
        self,
        grants: Grants,
        database: str,
        account: str,
        prefix: str,
        columns: Mapping[str, Mapping[str, bool]],
    ) -> None:
        """Args: columns: of each table that is read, by name without prefix: column -> may be read."""
        self._grants = grants
        self._database = database
        self._account = account
        self._prefix = prefix
        self._columns = columns

    @classmethod
    async def look(cls, session: Session, prefix: str, tables: Iterable[str]) -> "Rights":
        """Asks the server; ``tables`` are those that are read, without prefix."""
        grants = Grants([line for (line,) in await session.fetch("SHOW GRANTS")])
        ((account, database),) = await session.fetch("SELECT CURRENT_USER(), DATABASE()")
        return cls(grants, database, account, prefix, await read_columns(session, prefix, tables))

    def sees(self, table: str) -> bool:
        """Whether the account can see a table (without prefix) that was asked for."""
        return table in self._columns

    def has_globally(self, *rights: str) -> bool:
        """Whether the account has one of these rights, which exist for the whole server only."""
        return any(map(self._grants.allows_globally, rights))

    def has(self, right: str, tables: Iterable[str]) -> bool:
        """Whether the account has a right on all of these tables (prefix included)."""
        return all(self._grants.allows(right, self._database, table) for table in tables)

    def missing(
        self, right: str, tables: Iterable[str], purpose: str, level: Level = Level.ERROR
    ) -> Iterator[Finding]:
        """One finding a table on which the right is missing; one OK finding if it is there on all."""
        names = list(tables)
        lacking = [name for name in names if not self.has(right, [name])]
        for name in lacking:
            yield self._lacks(TableRights(name, {right: WHOLE}), purpose, level)
        if names and not lacking:
            yield Finding(Level.OK, f"right {right}", f"is there for {purpose}")

    def missing_on_column(
        self, right: str, column: str, tables: Iterable[str], purpose: str
    ) -> Iterator[Finding]:
        """As ``missing``, of a right that is enough on one column; warnings."""
        names = list(tables)
        lacking = [name for name in names if not self._has_on(right, column, name)]
        for name in lacking:
            wanted = TableRights(name, {right: frozenset({column})})
            yield self._lacks(wanted, purpose, Level.WARNING)
        if names and not lacking:
            yield Finding(Level.OK, f"right {right}", f"is there for {purpose}")

    def _has_on(self, right: str, column: str, table: str) -> bool:
        return self.has(right, [table]) or any(
            column in grant.rights.get(right, ())
            for grant in self._grants.given
            if grant.table == table and grant.reaches(self._database)
        )

    def missing_to_read(
        self, tables: Sequence[str], guarded: Mapping[str, Collection[str]], purpose: str
    ) -> list[Finding]:
        """What is missing to read these tables (without prefix), of some of them only columns."""
        found = [finding for table in tables for finding in self._unread(table, guarded.get(table), purpose)]
        return found or [Finding(Level.OK, "right SELECT", f"is there for {purpose}")]

    def _unread(self, table: str, columns: Collection[str] | None, purpose: str) -> Iterator[Finding]:
        name = self._prefix + table
        if self.has("SELECT", [name]):
            return
        if table == CONFIG:
            view = TableRights(self._prefix + VIEW, {"SELECT": WHOLE})
            if not self.has("SELECT", [view.table]):
                yield self._lacks(view, f"{purpose} (a view that `changelog install` makes)")
            return
        if columns is None:
            yield self._lacks(TableRights(name, {"SELECT": WHOLE}), purpose)
            return
        held = self._columns.get(table, {})
        wanted: dict[str, Columns] = {}
        if lacking := frozenset(column for column in columns if not held.get(column)):
            wanted["SELECT"] = lacking
        if not self.has(LAYOUT, [name]):
            wanted[LAYOUT] = WHOLE
        if wanted:
            yield self._lacks(TableRights(name, wanted), purpose)

    def _lacks(self, wanted: TableRights, purpose: str, level: Level = Level.ERROR) -> Finding:
        right, columns = next(iter(wanted.rights.items()))
        some = f" ({', '.join(sorted(columns))})" if columns else ""
        message = f"is missing on {wanted.table}{some}, needed for {purpose}"
        return Finding(
            level, f"right {right}", message, wanted.sql(self._database, account_name(self._account))
        )

    def surplus(self, needed: Iterable[TableRights], guarded: Mapping[str, Collection[str]]) -> list[Finding]:
        """What the account may do beyond these rights."""
        unread = {
            self._prefix + table: sorted(self._columns.get(table, {}).keys() - set(columns))
            for table, columns in guarded.items()
        }
        holder = Holder(account_name(self._account), self._database, unread)
        return list(holder.surplus(self._grants.given, needed))

    def to_read(self, guarded: Mapping[str, Collection[str]], *, installs: bool) -> list[TableRights]:
        """What is needed to read the tables that can be seen; the configuration in one way or the other."""
        tables = {table: list(columns) for table, columns in self._columns.items()}
        if self.has("SELECT", [self._prefix + VIEW]) and not installs:
            tables.pop(CONFIG, None)
        view = TableRights(self._prefix + VIEW, {"SELECT": WHOLE})
        return [*to_read(tables, self._prefix, guarded), view]
