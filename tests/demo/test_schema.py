"""The demo shop's tables against those of a real Magento 2.4.7."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest

from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import changelog, create_schema
from tests.support.database import Database

Row = dict[str, Any]

COLUMNS = """
    SELECT table_name AS t, column_name AS c, column_type, is_nullable, column_default, column_key, extra,
           character_set_name, collation_name
    FROM information_schema.columns WHERE table_schema = %s"""
INDEXES = """
    SELECT table_name AS t, CONCAT(IF(non_unique, 'key', 'unique'), ' (',
           GROUP_CONCAT(column_name ORDER BY seq_in_index), ')') AS definition
    FROM information_schema.statistics WHERE table_schema = %s GROUP BY table_name, index_name, non_unique"""
FOREIGN_KEYS = """
    SELECT k.table_name AS t,
           CONCAT(k.column_name, ' to ', k.referenced_table_name, '.', k.referenced_column_name,
                  ' on delete ', r.delete_rule, ' on update ', r.update_rule) AS definition
    FROM information_schema.key_column_usage AS k
    JOIN information_schema.referential_constraints AS r USING (constraint_schema, constraint_name)
    WHERE k.constraint_schema = %s AND k.referenced_table_name IS NOT NULL"""
TRIGGERS = """
    SELECT event_object_table AS t, event_manipulation AS event, action_statement AS body
    FROM information_schema.triggers WHERE trigger_schema = %s"""

# The only difference: logs of the data exporters, which come with one way of installing 2.4.7 only.
LEFT_OUT_LOGS = {"sales_order_data_exporter", "sales_order_status_data_exporter", "store_data_exporter"}


@pytest.fixture
def both(magento_dump: Database, empty_shop: Database) -> tuple[Database, Database]:
    return magento_dump, empty_shop


async def rows(database: Database, statement: str) -> list[Row]:
    return await database.sql(statement, database.name)


async def tables(shop: Database) -> set[str]:
    return {row["t"] for row in await rows(shop, COLUMNS)}


def definitions(found: Iterable[Row], of: set[str]) -> set[tuple[str, str]]:
    return {(row["t"], row["definition"]) for row in found if row["t"] in of}


async def test_columns_are_the_real_ones(both: tuple[Database, Database]) -> None:
    real, ours = both
    names = await tables(ours)
    expected = {(row["t"], row["c"]): row for row in await rows(real, COLUMNS) if row["t"] in names}
    found = {(row["t"], row["c"]): row for row in await rows(ours, COLUMNS)}
    assert len(names) > 80
    assert found == expected


@pytest.mark.parametrize("statement", [INDEXES, FOREIGN_KEYS], ids=["indexes", "foreign keys"])
async def test_keys_are_the_real_ones(both: tuple[Database, Database], statement: str) -> None:
    real, ours = both
    names = await tables(ours)
    expected = definitions(await rows(real, statement), names)
    found = definitions(await rows(ours, statement), names)
    assert found - expected == set()
    assert expected - found == set()


def logged(found: Iterable[Row]) -> set[tuple[str, str, str, str, frozenset[str]]]:
    """(table, event, log, logged column, compared columns) of every INSERT in the triggers."""
    subscriptions = set()
    for row in found:
        compared = frozenset(re.findall(r"NEW\.`(\w+)` <=> OLD", row["body"]))
        for log, column in re.findall(r"INTO `(\w+)_cl` \(`entity_id`\) VALUES \((.+?)\)", row["body"]):
            subscriptions.add((row["t"], row["event"], log, column, compared))
    return {entry for entry in subscriptions if entry[2] not in LEFT_OUT_LOGS}


async def test_change_log_triggers_are_the_real_ones(both: tuple[Database, Database]) -> None:
    real, ours = both
    real_triggers = await real.sql(TRIGGERS, real.name)
    our_triggers = await ours.sql(TRIGGERS, ours.name)
    assert len(our_triggers) == 3 * len(changelog.SUBSCRIPTIONS)
    assert logged(our_triggers) == logged(real_triggers)


async def test_prefix_is_on_every_table_and_trigger(mariadb: MariaDB, empty_shop: Database) -> None:
    prefixed = Database(mariadb, "prefixed", prefix="m2_")
    mariadb.create_database(prefixed.name)
    create_schema(mariadb, prefixed.name, "m2_")
    assert await tables(prefixed) == {f"m2_{name}" for name in await tables(empty_shop)}
    bodies = [row["body"] for row in await prefixed.sql(TRIGGERS, prefixed.name)]
    assert all("INTO `m2_" in body for body in bodies)
    mariadb.drop_database(prefixed.name)
