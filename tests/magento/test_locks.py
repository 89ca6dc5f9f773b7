"""Locks of others on synqd's tables, and what they do to the shop's writes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from asyncmy.errors import OperationalError

from synqd.magento import Magento
from tests.support.database import Database

LOCK_WAIT = 1205
META, LOG = "synqd_meta", "synqd_customer_cl"
WRITE = "UPDATE customer_entity SET firstname = CONCAT(firstname, '!')"


@asynccontextmanager
async def locked(shop: Database, *statements: str) -> AsyncIterator[None]:
    """Somebody's transaction that stays open."""
    async with shop.connect(autocommit=False) as connection, connection.cursor() as cursor:
        for statement in statements:
            await cursor.execute(statement)
        yield


async def write(shop: Database) -> None:
    """A write of the shop's, which does not wait for the usual fifty seconds."""
    async with shop.connect() as connection, connection.cursor() as cursor:
        await cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
        await cursor.execute(WRITE)


@pytest.fixture
async def customers(magento: Magento, empty_shop: Database) -> Database:
    await empty_shop.sql(
        "INSERT INTO customer_entity (email, firstname, store_id) VALUES ('a@mail.example', 'Ann', NULL)"
    )
    return empty_shop


async def logged(shop: Database) -> int:
    return len(await shop.sql(f"SELECT 1 FROM {LOG}"))


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT * FROM {META} FOR UPDATE",
        f"UPDATE {META} SET installed_at = installed_at + INTERVAL 1 HOUR",
        f"DELETE FROM {META} WHERE id <> 3",
        "SELECT * FROM synqd_split FOR UPDATE",
    ],
)
async def test_a_lock_on_the_meta_table_holds_up_no_write(customers: Database, statement: str) -> None:
    before = await logged(customers)
    async with locked(customers, statement):
        await write(customers)
    assert await logged(customers) == before + 1


@pytest.mark.parametrize("table", [LOG, "customer_entity"])
async def test_reading_is_enough_to_lock_and_no_handler_in_a_trigger_helps(
    customers: Database, table: str
) -> None:
    """What docs/security.md says under what is left: it is so for each table that an account may read."""
    customers.server.create_account("reads", "", [f"SELECT ON {customers.name}.{table}"])
    reads = replace(customers, user="reads")
    async with locked(reads, f"SELECT * FROM {table} LOCK IN SHARE MODE"):
        with pytest.raises(OperationalError) as failed:
            await write(customers)
    assert failed.value.args[0] == LOCK_WAIT
