"""Reading change logs from a real server by cursor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synqd.magento import LogMissing, Magento, ReadPage
from synqd.magento.asking import PAGE, Asked
from synqd.magento.cursor import GAP_LIFE
from synqd.magento.log_tables import Log
from synqd.magento.purge import purge_batch
from synqd.magento.reader import LOOK_EVERY, MOST_RANGES
from synqd.models.change import AHEAD, BEYOND, Cursor, Gap
from synqd.models.names import Model
from tests.magento.places import HandClock, OpenMagento
from tests.support.database import Database, numbers

LOG = "synqd_subscriber_cl"
APPEND = f"INSERT INTO {LOG} (entity_id) VALUES (%s)"


async def read(magento: Magento, cursor: Cursor) -> ReadPage:
    pages = await magento.reader.read({cursor.source: cursor})
    (page,) = pages or [ReadPage(magento.reader.sources[cursor.source], cursor, ())]
    return page


def entities(page: ReadPage) -> list[int]:
    return [change.entity_id for change in page.changes]


async def fill(database: Database, count: int) -> None:
    await database.sql(f"INSERT INTO {LOG} (entity_id) SELECT seq FROM {numbers(count)}")


async def fill_others(database: Database) -> None:
    for model in ("customer", "order", "product"):
        await database.sql(f"INSERT INTO synqd_{model}_cl (entity_id) VALUES (1)")


async def status(database: Database) -> dict[str, int]:
    """Counters of the server."""
    rows = await database.sql("SHOW GLOBAL STATUS WHERE Variable_name IN ('Handler_read_next', 'Com_select')")
    return {row["Variable_name"]: int(row["Value"]) for row in rows}


async def test_all_logs_are_read_at_once(magento: Magento, empty_shop: Database) -> None:
    assert set(magento.reader.sources.values()) == set(Model)
    heads = await magento.reader.heads()
    await empty_shop.sql(APPEND, 5)
    await empty_shop.sql("INSERT INTO synqd_order_cl (entity_id, store_id) VALUES (6, 2)")
    pages = {page.model: page for page in await magento.reader.read(heads)}
    assert set(pages) == set(Model)
    assert entities(pages[Model.SUBSCRIBER]) == [5]
    (order,) = pages[Model.ORDER].changes
    assert (order.version_id, order.model, order.store_id, order.key) == (1, Model.ORDER, 2, None)
    assert pages[Model.CUSTOMER].changes == []
    assert await magento.reader.read({}) == []


async def test_age_is_by_the_clock_of_the_database(magento: Magento, empty_shop: Database) -> None:
    await empty_shop.sql(f"INSERT INTO {LOG} (changed_at) VALUES (NOW(3) - INTERVAL 90 SECOND)")
    (change,) = (await read(magento, Cursor(LOG, 0))).changes
    assert 90 <= change.age < 120
    lag = (await magento.reader.lag({LOG: Cursor(LOG, 0)}))[LOG]
    assert lag.rows == 1
    assert lag.seconds is not None
    assert 90 <= lag.seconds < 120
    assert (await magento.reader.lag({LOG: Cursor(LOG, 1)}))[LOG].rows == 0


async def test_pages_follow_each_other(magento: Magento, empty_shop: Database) -> None:
    await fill(empty_shop, 10_000)
    cursor, seen, pages = Cursor(LOG, 0), list[int](), 0
    while True:
        page = await read(magento, cursor)
        cursor, pages = page.cursor, pages + 1
        seen += [change.version_id for change in page.changes]
        assert len(page.changes) <= PAGE + 1
        if not page.more:
            break
    assert len(set(seen)) == len(seen) == 10_000
    assert pages <= 3
    assert (cursor.high, cursor.gaps) == (max(seen), ())


async def test_a_late_commit_is_read_once(magento: Magento, empty_shop: Database, clock: HandClock) -> None:
    async with empty_shop.connect(autocommit=False) as late, late.cursor() as cursor:
        await cursor.execute(APPEND, (1,))
        await empty_shop.sql(APPEND, 2)
        first = await read(magento, Cursor(LOG, 0))
        assert entities(first) == [2]
        assert [gap[:2] for gap in first.cursor.gaps] == [(1, 1)]
        await late.commit()
    again = await read(magento, first.cursor)  # looked up at once: the first time for this gap
    assert entities(again) == [1]
    assert again.cursor == Cursor(LOG, 2)
    clock.seconds += LOOK_EVERY
    assert entities(await read(magento, again.cursor)) == []


async def test_gaps_are_looked_up_once_a_second(
    magento: Magento, empty_shop: Database, clock: HandClock
) -> None:
    cursor = Cursor(LOG, 9, (Gap(3, 4, 0),))
    await empty_shop.sql(f"INSERT INTO {LOG} (version_id) VALUES (9)")
    await read(magento, cursor)
    await empty_shop.sql(f"INSERT INTO {LOG} (version_id, entity_id) VALUES (4, 40)")
    assert entities(await read(magento, cursor)) == []
    clock.seconds += LOOK_EVERY
    page = await read(magento, cursor)
    assert entities(page) == [40]
    assert page.cursor.gaps == (Gap(3, 3, 0),)


async def test_rolled_back_ids_are_given_up_after_a_day(
    magento: Magento, empty_shop: Database, clock: HandClock
) -> None:
    async with empty_shop.connect(autocommit=False) as lost, lost.cursor() as cursor:
        await cursor.executemany(APPEND, [(1,), (2,)])
        await lost.rollback()
    await empty_shop.sql(APPEND, 3)
    page = await read(magento, Cursor(LOG, 0))
    assert [gap[:2] for gap in page.cursor.gaps] == [(1, 2)]
    clock.seconds += GAP_LIFE / 1000
    page = await read(magento, page.cursor)
    assert (page.cursor.gaps, page.expired, page.lost) == ((), 2, 0)


async def test_heads_keep_open_transactions_as_gaps(magento: Magento, empty_shop: Database) -> None:
    async with empty_shop.connect(autocommit=False) as late, late.cursor() as cursor:
        await empty_shop.sql(APPEND, 1)
        await cursor.execute(APPEND, (2,))
        await empty_shop.sql(APPEND, 3)
        head = (await magento.reader.heads())[LOG]
        await late.commit()
    assert head.high == 3
    assert entities(await read(magento, head)) == [2]


async def test_tails_begin_with_the_oldest_row(magento: Magento, empty_shop: Database) -> None:
    await empty_shop.sql(f"INSERT INTO {LOG} (version_id) VALUES (500), (501)")
    tail = (await magento.reader.tails())[LOG]
    page = await read(magento, tail)
    assert [change.version_id for change in page.changes] == [500, 501]
    assert (page.cursor, page.lost) == (Cursor(LOG, 501), 0)


@pytest.mark.parametrize("rows", [0, 3])
async def test_ids_that_restart_lower_are_reported_and_read_anew(
    magento: Magento, empty_shop: Database, rows: int
) -> None:
    await fill(empty_shop, 9)
    cursor = (await read(magento, Cursor(LOG, 0))).cursor
    await empty_shop.sql(f"TRUNCATE {LOG}")
    if rows:
        await fill(empty_shop, rows)
    page = await read(magento, cursor)
    assert (page.restarted, page.more, page.changes) == (True, True, ())
    page = await read(magento, page.cursor)
    assert entities(page) == list(range(1, rows + 1))
    assert not page.restarted


async def test_ids_rolled_back_right_after_the_cursor_are_no_loss(
    magento: Magento, empty_shop: Database
) -> None:
    await empty_shop.sql(APPEND, 1)
    cursor = (await read(magento, Cursor(LOG, 0))).cursor
    async with empty_shop.connect(autocommit=False) as lost, lost.cursor() as writing:
        await writing.execute(APPEND, (2,))
        await lost.rollback()
    await empty_shop.sql(APPEND, 3)
    page = await read(magento, cursor)
    assert (entities(page), page.lost, len(page.cursor.gaps)) == ([3], 0, 1)


async def test_rows_that_went_unread_are_counted(magento: Magento, empty_shop: Database) -> None:
    await fill(empty_shop, 3)
    cursor = (await read(magento, Cursor(LOG, 0))).cursor
    await empty_shop.sql(f"DELETE FROM {LOG}")
    await empty_shop.sql(f"INSERT INTO {LOG} (version_id) VALUES (10)")
    assert (await read(magento, cursor)).lost == 6


async def test_purge_keeps_what_is_young_or_unread(magento: Magento, empty_shop: Database) -> None:
    await fill(empty_shop, 9)
    await empty_shop.sql(f"UPDATE {LOG} SET changed_at = NOW(3) - INTERVAL 2 DAY WHERE version_id <= 7")
    day = 86_400.0

    async def left_after(cursor: Cursor) -> list[int]:
        await magento.reader.purge({LOG: cursor}, day)
        return [row["version_id"] for row in await empty_shop.sql(f"SELECT version_id FROM {LOG}")]

    assert await left_after(Cursor(LOG, 3)) == [3, 4, 5, 6, 7, 8, 9]  # 3 is the cursor's own row
    assert await left_after(Cursor(LOG, 9, (Gap(5, 5, 0),))) == [5, 6, 7, 8, 9]
    assert await left_after(Cursor(LOG, 9)) == [8, 9]
    assert await magento.reader.purge({LOG: Cursor(LOG, 9)}, day) == 0
    assert await magento.reader.purge({LOG: Cursor(LOG, 9)}, 0.0) == 1
    assert not (await read(magento, Cursor(LOG, 9))).restarted


async def test_purge_works_in_batches(magento: Magento, empty_shop: Database) -> None:
    await fill(empty_shop, 4_500)
    await empty_shop.sql(f"UPDATE {LOG} SET changed_at = NOW(3) - INTERVAL 2 DAY")
    cursors = {LOG: Cursor(LOG, 4_500)}
    assert [await magento.reader.purge(cursors, 86_400.0) for _ in range(4)] == [2_000, 2_000, 499, 0]


async def test_purge_never_locks_the_end_where_triggers_append(
    magento: Magento, empty_shop: Database
) -> None:
    await fill(empty_shop, 9)
    await empty_shop.sql(f"UPDATE {LOG} SET changed_at = NOW(3) - INTERVAL 2 DAY")
    async with magento._pool.writer() as session, session.transaction():
        assert await purge_batch(session, Cursor(LOG, 9), 86_400.0) == 8  # not committed yet
        async with empty_shop.connect() as appender, appender.cursor() as cursor:
            await cursor.execute("SET innodb_lock_wait_timeout = 1")
            await cursor.execute(APPEND, (1,))


async def test_forgotten_keys_are_gone(magento: Magento, empty_shop: Database) -> None:
    await empty_shop.sql(f"INSERT INTO {LOG} (old_key) VALUES ('Ann@mail.example'), ('bob@mail.example')")
    assert await magento.forget(["ANN@mail.example"]) == 1
    assert [row["old_key"] for row in await empty_shop.sql(f"SELECT old_key FROM {LOG}")] == [
        None,
        "bob@mail.example",
    ]
    assert await magento.forget([]) == 0


async def test_polling_uses_a_range_of_the_primary_key(magento: Magento, empty_shop: Database) -> None:
    await fill(empty_shop, 20_000)
    gaps = [Gap(3 * n, 3 * n, 0) for n in range(1, MOST_RANGES + 1)]
    asked = Asked(Log(LOG, Model.SUBSCRIBER, own=True), Cursor(LOG, 20_000), gaps)
    for sql, args in asked.branches():
        (plan,) = await magento.source.fetch(f"EXPLAIN FORMAT=TRADITIONAL {sql}", args)
        assert {"range", "PRIMARY"} <= set(plan)


async def test_an_empty_poll_reads_hardly_a_row(magento: Magento, empty_shop: Database) -> None:
    await fill(empty_shop, 20_000)
    await fill_others(empty_shop)
    heads = await magento.reader.heads()
    before = await status(empty_shop)
    for _ in range(5):
        await magento.reader.read(heads)
    after = await status(empty_shop)
    assert after["Handler_read_next"] == before["Handler_read_next"]
    assert after["Com_select"] - before["Com_select"] == 5  # one round trip each


@pytest.mark.parametrize("gaps", [(), (Gap(3, 4, 0),)])
async def test_a_log_that_has_come_to_its_end_is_not_read_again(
    magento: Magento, empty_shop: Database, gaps: tuple[Gap, ...]
) -> None:
    await fill(empty_shop, 9)
    await fill_others(empty_shop)
    heads = await magento.reader.heads()
    cursors = heads | {LOG: replace(heads[LOG], gaps=gaps)}
    await magento.reader.read(cursors)  # looks up the gap
    before = await status(empty_shop)
    pages = await magento.reader.read(cursors)
    after = await status(empty_shop)
    assert after["Handler_read_next"] == before["Handler_read_next"]
    assert pages == []


async def test_a_log_that_is_missing_is_named(magento: Magento, empty_shop: Database) -> None:
    await empty_shop.sql(f"DROP TABLE {LOG}")
    with pytest.raises(LogMissing, match=f"{LOG}.*changelog install") as missing:
        await read(magento, Cursor(LOG, 0))
    assert missing.value.sources == [LOG]


async def test_a_log_that_was_made_again_is_read_from_its_start(
    magento: Magento, empty_shop: Database
) -> None:
    await fill(empty_shop, 3)
    page = await read(magento, Cursor(LOG, BEYOND))
    assert page.restarted
    assert page.cursor.high == 0


async def test_magentos_own_logs_are_read_without_rights_to_write(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(empty_shop, capture="readonly")
    assert set(magento.reader.sources.values()) == {Model.PRODUCT}
    heads = await magento.reader.heads()
    source = "catalog_product_price_cl"
    await empty_shop.sql(f"INSERT INTO {source} (entity_id) VALUES (7), (7), (8)")
    pages = {page.cursor.source: page for page in await magento.reader.read(heads)}
    assert entities(pages[source]) == [7, 7, 8]
    assert (await magento.reader.lag(heads))[source].seconds is None
    assert await magento.reader.purge(heads, 0.0) == 0
    assert await magento.installation() is None


async def test_magentos_cleaner_is_told_from_a_restart(
    empty_shop: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(empty_shop, capture="readonly")
    source = "catalog_product_price_cl"
    await empty_shop.sql(f"INSERT INTO {source} (entity_id) VALUES (1), (2), (3), (4)")
    cursor = Cursor(source, 2)
    await empty_shop.sql(f"DELETE FROM {source} WHERE version_id < 3")
    page = await read(magento, cursor)
    assert (entities(page), page.lost, page.restarted) == ([3, 4], 0, False)
    await empty_shop.sql(f"DELETE FROM {source} WHERE version_id < 4")
    page = await read(magento, cursor)
    assert (entities(page), page.lost, page.restarted) == ([4], 1, False)
    await empty_shop.sql(f"DELETE FROM {source}")
    assert not (await read(magento, page.cursor)).restarted


@pytest.mark.parametrize("rows", [9, 10, 11, 15])
async def test_a_log_that_was_made_again_is_known_by_the_row_it_was_read_to(
    magento: Magento, empty_shop: Database, rows: int
) -> None:
    await fill(empty_shop, 10)
    cursor = (await read(magento, Cursor(LOG, 0))).cursor
    await empty_shop.sql(f"TRUNCATE TABLE {LOG}")
    for number in range(rows):
        await empty_shop.sql(APPEND, 1_000 + number)
    page = await read(magento, cursor)
    assert page.restarted
    assert entities(await read(magento, page.cursor)) == [1_000 + number for number in range(rows)]


async def test_a_log_made_again_without_the_row_it_was_read_to_is_read_as_a_whole(
    magento: Magento, empty_shop: Database
) -> None:
    await fill(empty_shop, 10)
    cursor = (await read(magento, Cursor(LOG, 0))).cursor
    await empty_shop.sql(f"TRUNCATE TABLE {LOG}")
    await fill(empty_shop, 11)
    await empty_shop.sql(f"DELETE FROM {LOG} WHERE version_id = 10")  # rolled back: not lost, and no witness
    assert (await read(magento, cursor)).restarted


async def test_a_late_row_between_the_rows_of_a_cluster_is_read_once(
    magento: Magento, empty_shop: Database, clock: HandClock
) -> None:
    """Node A writes 1, 4, 7, ...; what node B has open is looked up with its neighbours, as one range."""
    magento.reader._step, magento.reader._step_asked_at = 3, clock.monotonic()
    await empty_shop.sql(
        f"INSERT INTO {LOG} (version_id, entity_id) SELECT 3 * seq + 1, seq FROM {numbers(900)}"
    )
    first = await read(magento, Cursor(LOG, 3, mark=AHEAD))
    assert len(first.cursor.gaps) == 899
    await empty_shop.sql(f"INSERT INTO {LOG} (version_id, entity_id) VALUES (6, 7000), (2690, 7001)")
    cursor, seen = first.cursor, list[int]()
    for _ in range(3):
        page = await read(magento, cursor)
        cursor, seen = page.cursor, seen + entities(page)
        clock.seconds += LOOK_EVERY
    assert sorted(seen) == [7000, 7001]


async def test_gaps_that_a_look_up_was_cut_off_before_do_not_end_by_it(
    magento: Magento, empty_shop: Database, clock: HandClock
) -> None:
    old = Cursor(LOG, 20_000, (Gap(1, 6_000, 0), Gap(7_000, 7_100, 0)))
    await empty_shop.sql(f"INSERT INTO {LOG} (version_id) VALUES (20000)")
    assert (await read(magento, old)).cursor == old, "nobody has waited for them yet"
    clock.seconds += GAP_LIFE / 1000
    await empty_shop.sql(f"INSERT INTO {LOG} (version_id, entity_id) SELECT seq, 1 FROM {numbers(6_000)}")
    await empty_shop.sql(f"INSERT INTO {LOG} (version_id, entity_id) VALUES (7050, 2)")
    page = await read(magento, old)
    assert (len(page.changes), page.more, page.expired) == (PAGE, True, 0)
    seen = entities(page)
    while page.more:
        clock.seconds += LOOK_EVERY
        page = await read(magento, page.cursor)
        seen += entities(page)
    assert seen.count(2) == 1
    assert len(seen) == 6_001
