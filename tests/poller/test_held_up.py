"""Writes of the shop that wait for a lock are told of, while they do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from synqd.movers.sweeper.held_up import LONG, LOOK_EVERY, NOTICE, HeldUp
from tests.poller.test_soundness import Watchman, watching
from tests.support.database import Database

WAITING = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"


async def look(watchman: Watchman, sweep: HeldUp, seconds: float) -> None:
    """So much time passes, with the sweep's looks in it."""
    for _ in range(round(seconds / LOOK_EVERY)):
        watchman.clock.pass_(await sweep.run())
    await sweep.run()


async def has_to_wait(shop: Database) -> None:
    while (await shop.sql(WAITING))[0]["Value"] == "0":  # no event tells
        await asyncio.sleep(0.01)


def waited(watchman: Watchman) -> float | None:
    found: float | None = watchman.deps.metrics.registry.get_sample_value(
        "synqd_changelog_write_wait_seconds"
    )
    return found


@pytest.mark.parametrize("table", ["synqd_customer_cl", "customer_entity"])
async def test_writes_that_wait_for_long_are_told_of_until_they_do_not(
    shop: Database, tmp_path: Path, table: str
) -> None:
    async with watching(shop, tmp_path) as watchman:
        sweep = HeldUp(watchman.deps)
        await look(watchman, sweep, LONG)
        assert (NOTICE in watchman.deps.notices, waited(watchman)) == (False, 0.0)
        async with shop.connect(autocommit=False) as locker, locker.cursor() as cursor:
            await cursor.execute(f"SELECT * FROM {table} FOR UPDATE")
            await look(watchman, sweep, LONG)
            assert waited(watchman) == 0.0, "a lock that nobody waits for harms nobody"
            write = asyncio.create_task(shop.sql("UPDATE customer_entity SET firstname = 'Eve'"))
            await has_to_wait(shop)
            await look(watchman, sweep, LONG - LOOK_EVERY)
            assert NOTICE not in watchman.deps.notices, "now and then a shop waits for locks"
            await look(watchman, sweep, LOOK_EVERY)
            assert "writes of the shop" in watchman.deps.notices[NOTICE]
            assert waited(watchman) == LONG
            await locker.rollback()
        await write
        await look(watchman, sweep, 0)
        assert (NOTICE in watchman.deps.notices, waited(watchman)) == (False, 0.0)


async def test_locks_that_have_nothing_to_do_with_the_change_log_are_not_told_of(
    shop: Database, tmp_path: Path
) -> None:
    await shop.sql("CREATE TABLE elsewhere (id INT PRIMARY KEY) ENGINE=InnoDB")
    async with (
        watching(shop, tmp_path) as watchman,
        shop.connect(autocommit=False) as locker,
        locker.cursor() as cursor,
    ):
        await cursor.execute("SELECT * FROM elsewhere FOR UPDATE")
        write = asyncio.create_task(shop.sql("INSERT INTO elsewhere VALUES (1)"))
        await has_to_wait(shop)
        await look(watchman, HeldUp(watchman.deps), LONG)
        assert NOTICE not in watchman.deps.notices
        await locker.rollback()
        await write
