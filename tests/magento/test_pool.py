"""Reading connections: shared, read-only, translated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from synqd.magento.pool import Pool
from synqd.magento.session import Connector
from synqd.models.errors import ConfigError, Denied, Fatal, MagentoUnavailable
from tests.magento.places import OpenMagento, settings_for
from tests.support.database import Database, numbers

CONNECTIONS = "SELECT id FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID()"


async def server_threads(database: Database) -> list[int]:
    return [row["id"] for row in await database.sql(CONNECTIONS, database.name)]


async def test_values_arrive_as_they_are(empty_shop: Database, open_magento: OpenMagento) -> None:
    source = (await open_magento(empty_shop)).source
    value = "grüße 🫖 ' \" \\ % {store}"
    rows = await source.fetch(
        "SELECT %s, %s, CAST(%s AS DECIMAL(20,6)), CAST(%s AS DATETIME), NULL, %s, 7 %% 4",
        (value, 2**64 - 1, "1.5", datetime(2026, 3, 29, 2, 30), b"\x00\xff'\\"),  # noqa: DTZ001 - as SQL has it
    )
    moment = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 - the column has no zone
    assert rows == [(value, 2**64 - 1, Decimal("1.500000"), moment, None, b"\x00\xff'\\", 3)]


async def test_lists_and_empty_lists(empty_shop: Database, open_magento: OpenMagento) -> None:
    source = (await open_magento(empty_shop)).source
    empty_shop.run(
        "INSERT INTO store_website (website_id, code) VALUES (1, 'a'), (2, 'b')"
        " ON DUPLICATE KEY UPDATE code = VALUES(code)"
    )
    everything = "SELECT website_id FROM {store_website} WHERE website_id > 0 AND website_id"
    assert await source.fetch(f"{everything} IN %s", ([2, 3],)) == [(2,)]
    assert await source.fetch(f"{everything} IN %s", ([],)) == []
    assert await source.fetch(f"{everything} NOT IN %s ORDER BY 1", ([],)) == [(1,), (2,)]
    assert await source.fetch("SELECT 1 WHERE (1, 'b') IN %s", ([(1, "a"), (1, "b")],)) == [(1,)]


async def test_sessions_do_not_depend_on_the_server(empty_shop: Database, open_magento: OpenMagento) -> None:
    source = (await open_magento(empty_shop)).source
    limit = "@@max_execution_time / 1000" if empty_shop.is_mysql else "@@max_statement_time"
    ((zone, mode, charset, seconds),) = await source.fetch(
        f"SELECT @@time_zone, @@sql_mode, @@character_set_connection, {limit}"
    )
    assert (zone, mode, charset, float(seconds)) == ("+00:00", "NO_ENGINE_SUBSTITUTION", "utf8mb4", 30.0)


@pytest.mark.parametrize(
    "statement", ["DELETE FROM {store}", "CREATE TABLE nope (a int)", "UPDATE {store} SET code = 'x'"]
)
async def test_reading_sessions_cannot_write(
    empty_shop: Database, open_magento: OpenMagento, statement: str
) -> None:
    source = (await open_magento(empty_shop)).source
    with pytest.raises(Fatal, match="READ ONLY"):
        await source.fetch(statement)


async def test_connections_are_shared_and_closed(empty_shop: Database) -> None:
    pool = Pool(Connector(settings_for(empty_shop)), 3)
    await asyncio.gather(*(pool.fetch("SELECT SLEEP(0.02)") for _ in range(12)))
    assert len(await server_threads(empty_shop)) == 3
    await pool.close()
    for _ in range(100):  # the server takes note of a goodbye a moment later
        if not (left := await server_threads(empty_shop)):
            break
        await asyncio.sleep(0.02)
    assert left == []


async def test_a_killed_idle_connection_is_replaced(empty_shop: Database, open_magento: OpenMagento) -> None:
    source = (await open_magento(empty_shop)).source
    await asyncio.gather(*(source.fetch("SELECT SLEEP(0.02)") for _ in range(2)))
    for thread in await server_threads(empty_shop):
        await empty_shop.sql(f"KILL {thread}")
    assert await asyncio.gather(*(source.fetch("SELECT 1") for _ in range(4))) == [[(1,)]] * 4


async def test_a_killed_query_is_an_outage_and_the_next_one_works(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    source = (await open_magento(empty_shop, connections=1)).source
    running = asyncio.create_task(source.fetch("SELECT SLEEP(20)"))
    while not (threads := await server_threads(empty_shop)):
        await asyncio.sleep(0.02)
    await empty_shop.sql(f"KILL {threads[0]}")
    with pytest.raises(MagentoUnavailable):
        await running
    assert await source.fetch("SELECT 1") == [(1,)]


async def test_a_slow_query_ends_at_the_deadline(empty_shop: Database, open_magento: OpenMagento) -> None:
    source = (await open_magento(empty_shop, query_timeout=0.3, connections=1)).source
    for _ in range(2):
        with pytest.raises(MagentoUnavailable):
            await source.fetch("SELECT SLEEP(20)")
    assert await source.fetch("SELECT 1") == [(1,)]


async def test_cancelled_calls_never_leave_their_rows_to_others(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    source = (await open_magento(empty_shop, connections=1)).source
    for number in range(20):
        task = asyncio.create_task(source.fetch(f"SELECT 'stale' FROM {numbers(20_000)}"))
        await asyncio.sleep(0.0005 * number)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await source.fetch("SELECT %s", (number,)) == [(number,)]


async def test_the_change_log_is_read_while_all_other_connections_are_busy(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(empty_shop, connections=1)
    await magento.changelog.install()
    async with empty_shop.connect() as connection, connection.cursor() as cursor:
        await cursor.execute("LOCK TABLES core_config_data WRITE")
        waiting = asyncio.create_task(magento.source.fetch("SELECT 1 FROM {core_config_data}"))
        while not await empty_shop.sql(
            "SELECT 1 AS n FROM information_schema.processlist WHERE state LIKE 'Waiting for table%%'"
        ):
            assert not waiting.done()
        async with asyncio.timeout(20):
            heads = await magento.reader.heads()
            assert await magento.reader.read(heads) == []
            assert await magento.intake.fetch("SELECT 1") == [(1,)]
        assert not waiting.done()
        await cursor.execute("UNLOCK TABLES")
        await waiting


async def test_a_missing_table_is_named(empty_shop: Database, open_magento: OpenMagento) -> None:
    source = (await open_magento(empty_shop, table_prefix="m2_")).source
    with pytest.raises(MagentoUnavailable, match="m2_store"):
        await source.fetch("SELECT 1 FROM {store}")
    assert not await source.has_table("store")
    assert await (await open_magento(empty_shop)).source.has_table("store")


async def test_wrong_sql_is_fatal_not_an_outage(empty_shop: Database, open_magento: OpenMagento) -> None:
    source = (await open_magento(empty_shop)).source
    with pytest.raises(Fatal, match="rejects a statement"):
        await source.fetch("SELEKT 1")


async def test_an_unknown_database(empty_shop: Database, open_magento: OpenMagento) -> None:
    magento = await open_magento(empty_shop, database="no_such_database")
    with pytest.raises(ConfigError, match=r"no_such_database.*env\.php"):
        await magento.ping()


async def test_credentials(empty_shop: Database, open_magento: OpenMagento, tmp_path: Path) -> None:
    password = "pässwörd '\\\""
    empty_shop.server.create_account("guest", password, [f"SELECT ON {empty_shop.name}.*"])
    guest = replace(empty_shop, user="guest")
    file = tmp_path / "password"
    file.write_text("wrong\n", encoding="utf-8")
    magento = await open_magento(guest, password_file=file)
    with pytest.raises(Denied, match=r"guest.*password_file"):
        await magento.ping()
    file.write_text(password + "\n", encoding="utf-8")  # mended without a restart
    await magento.ping()
    with pytest.raises(ConfigError, match=r"magento\.password_file"):
        await open_magento(guest, password_file=tmp_path / "missing")


async def test_a_missing_right_is_named_with_its_grant(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    account = ["SELECT ON `{0}`.store", "SELECT ON `{0}`.store_group"]
    empty_shop.server.create_account("narrow", "", [grant.format(empty_shop.name) for grant in account])
    source = (await open_magento(replace(empty_shop, user="narrow"))).source
    await source.fetch("SELECT 1 FROM {store}")
    with pytest.raises(Denied, match=r"GRANT SELECT ON .*store_website.* TO 'narrow'@'localhost'"):
        await source.fetch("SELECT 1 FROM {store_website}")


@pytest.fixture
def exhausted(empty_shop: Database) -> Callable[[], Database]:
    def make() -> Database:
        empty_shop.server.create_account("single", "", [f"SELECT ON {empty_shop.name}.*"])
        empty_shop.run("ALTER USER single@localhost WITH MAX_USER_CONNECTIONS 1")
        return replace(empty_shop, user="single")

    return make


async def test_too_many_connections_are_an_outage(
    exhausted: Callable[[], Database], open_magento: OpenMagento
) -> None:
    source = (await open_magento(exhausted(), connections=2)).source
    results = await asyncio.gather(
        source.fetch("SELECT SLEEP(0.3)"), source.fetch("SELECT SLEEP(0.3)"), return_exceptions=True
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [MagentoUnavailable]


async def test_no_more_rows_a_second_than_the_shop_can_spare(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(empty_shop, rows_per_second=4000)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for _ in range(5):
        assert len(await magento.source.fetch(f"SELECT seq FROM {numbers(1000)}")) == 1000
    # Four of five thousand rows had to be paid for before the last thousand could be read.
    assert loop.time() - begun >= 1.0
