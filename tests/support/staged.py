"""A shop with content staging, and what its back office and its cron do to versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from synqd_demo.shop.staging import FAMILIES, LAST, PRODUCTS, Family, convert
from tests.support import deploys
from tests.support.database import Database

_COLUMNS = (
    "SELECT table_name AS name, column_name AS one, extra AS more FROM information_schema.columns"
    " WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position"
)
FLAG = "UPDATE flag SET flag_data = %s WHERE flag_code = 'staging'"


def staged(shop: Database) -> Database:
    """The demo's shop, converted."""
    convert(shop.server, shop.name, shop.prefix)
    return shop


async def schedule(
    shop: Database, entity: int, begin: int, end: int | None = None, *, family: Family = PRODUCTS
) -> list[int]:
    """Schedules an update of one entity from a moment on, until another or for good.

    Returns the numbers of the new rows: that of the update, and if it ends, that of what comes after it. Both
    begin as copies of what is valid at that moment.
    """
    bounds = [(begin, end), (end, LAST)] if end else [(begin, LAST)]
    known = ", ".join(f"({moment}, FROM_UNIXTIME({moment}), 'update')" for moment, _ in bounds)
    valid = f"{family.key} = {entity} AND created_in <= {begin} AND updated_in > {begin}"
    columns = await _columns(shop)
    shop.run(
        f"INSERT IGNORE INTO staging_update (id, start_time, name) VALUES {known};"
        f"SELECT row_id INTO @before FROM {family.main} WHERE {valid};"
        + "".join(text for bound in bounds for text in _copied(family, columns, *bound))
        + f"UPDATE {family.main} SET updated_in = {begin} WHERE row_id = @before;"
    )
    newest = f"SELECT row_id AS n FROM {family.main} ORDER BY row_id DESC LIMIT {len(bounds)}"
    return sorted(row["n"] for row in await shop.sql(newest))


async def _columns(shop: Database) -> Mapping[str, list[str]]:
    """Columns by table, without those that the database numbers."""
    found: dict[str, list[str]] = {}
    for row in await shop.sql(_COLUMNS):
        if "auto_increment" not in row["more"]:
            found.setdefault(row["name"], []).append(row["one"])
    return found


def _copied(family: Family, columns: Mapping[str, list[str]], begin: int, end: int) -> Iterator[str]:
    bounds = {"created_in": str(begin), "updated_in": str(end)}
    yield _copy(family.main, columns[family.main], "row_id", bounds)
    yield "SET @made = LAST_INSERT_ID();"
    for table, column in family.owned.items():
        yield _copy(table, columns[table], column, {column: "@made"})


def _copy(table: str, columns: list[str], key: str, changed: Mapping[str, str]) -> str:
    values = ", ".join(changed.get(name, name) for name in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {key} = @before;"


async def switch(shop: Database, version: int | None) -> None:
    """Makes a version current, as Magento's cron does; None takes the note away."""
    if version is None:
        await shop.sql("DELETE FROM flag WHERE flag_code = 'staging'")
        return
    await shop.sql("INSERT INTO flag (flag_code) SELECT 'staging' WHERE NOT EXISTS (SELECT 1 FROM flag)")
    await shop.sql(FLAG, f'{{"current_version":"{version}"}}')


async def unstaged(shop: Database, other: Database) -> None:
    """Takes content staging away again: tables of another shop, which never had it, are copied in place."""
    tables = [table for family in FAMILIES for table in (family.main, *family.owned)]
    copies = [
        f"CREATE TABLE {table} LIKE {name}; INSERT INTO {table} SELECT * FROM {name};"
        for table in tables
        for name in [f"{other.name}.{table}"]
    ]
    gone = f"DROP TABLE {', '.join(tables)}, staging_update; DELETE FROM flag;"
    shop.run(f"SET foreign_key_checks = 0; {gone} {' '.join(copies)}")
    made = (await deploys.definitions(other)).values()
    deploys.create(shop, [text for text in made if re.search(rf" ON `?({'|'.join(tables)})`? FOR", text)])
