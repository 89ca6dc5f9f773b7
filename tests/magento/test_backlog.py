"""A change log that grew while nobody read it: pages stay bounded, and what was read is never read again."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from synqd.config import MagentoSettings
from synqd.entities.customer import CustomerEntity
from synqd.magento import Magento
from synqd.magento.asking import PAGE, Asked
from synqd.models.change import Cursor
from synqd.models.names import Model
from tests.support.database import Database, numbers

ROWS = 300_000
MEBIBYTE = 1024 * 1024
LOG = "synqd_customer_cl"


@pytest.fixture
async def place(empty_shop: Database) -> AsyncIterator[Magento]:
    """A log with many rows, half of them of a thousand customers."""
    settings = MagentoSettings(socket=Path(empty_shop.socket), database=empty_shop.name, user="root")
    async with Magento.open(settings, {Model.CUSTOMER: CustomerEntity().watches}) as magento:
        await magento.changelog.install()
        fill = f"SELECT IF(seq MOD 2, seq, seq MOD 1000) FROM {numbers(ROWS)}"
        await empty_shop.sql(f"INSERT INTO {LOG} (entity_id) {fill}")
        yield magento


async def test_a_long_log_never_enters_memory(place: Magento) -> None:
    cursors = {LOG: Cursor(LOG, 0)}
    tracemalloc.start()
    rows = 0
    try:
        while True:
            (page,) = await place.reader.read(cursors)
            assert len(page.changes) <= PAGE + 1
            rows += len(page.changes)
            cursors = {LOG: page.cursor}
            if not page.more:
                break
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rows == ROWS
    assert peak < 24 * MEBIBYTE


@pytest.mark.parametrize("high", [0, ROWS // 2, ROWS])
async def test_a_poll_touches_only_what_is_new(place: Magento, empty_shop: Database, high: int) -> None:
    log = place.reader._logs[LOG]
    ((sql, args),) = Asked(log, Cursor(LOG, high), []).branches()
    statement = sql.replace(f"{{{LOG}}}", LOG) % tuple(args)
    (plan,) = await empty_shop.sql(f"EXPLAIN FORMAT=TRADITIONAL {statement}")
    assert (plan["type"], plan["key"]) in (("range", "PRIMARY"), ("index", "PRIMARY"))  # what MySQL calls it
    assert "filesort" not in (plan["Extra"] or "")
    async with empty_shop.connect() as connection, connection.cursor() as cursor:
        await cursor.execute("FLUSH STATUS")
        await cursor.execute(statement)
        found = len(await cursor.fetchall())
        await cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read_next'")
        ((_, touched),) = await cursor.fetchall()
    assert found == min(PAGE + 1, ROWS - high + (high > 0))
    assert int(touched) <= found
