"""What may be around a shop's database: proxies, clusters, other defaults, tables that are elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from synqd.entities import create_entities
from synqd.magento import Level, Magento
from synqd.magento.cursor import NARROW_LIFE
from synqd.magento.reader import LOOK_EVERY
from synqd.models.change import Cursor
from synqd.models.errors import ConfigError, MagentoUnavailable
from tests.magento.places import HandClock, OpenMagento, settings_for
from tests.support.database import Database
from tests.support.forgetful import Forgetful

LOG = "synqd_customer_cl"
WATCHES = {model: entity.watches for model, entity in create_entities().items()}
PREPARED = 6
"""Statements of a reading session before what it is made for."""


@asynccontextmanager
async def behind(shop: Database, *, faithful: int) -> AsyncIterator[Magento]:
    """The shop behind a proxy that forgets what sessions set."""
    async with Forgetful(Path(shop.socket), faithful) as proxy:
        settings = settings_for(shop, socket=None, host="127.0.0.1", port=proxy.port, query_timeout=5)
        async with Magento.open(settings, WATCHES) as magento:
            yield magento


@contextmanager
def set_globally(shop: Database, name: str, value: object) -> Iterator[None]:
    """A default of the server for sessions that begin meanwhile."""
    before = shop.run(f"SELECT @@GLOBAL.{name} AS found").split()[1]
    shop.run(f"SET GLOBAL {name} = {value!r}")
    try:
        yield
    finally:
        shop.run(f"SET GLOBAL {name} = {int(before) if before.isdigit() else before!r}")


async def test_a_proxy_that_loses_settings_is_told_of_before_anything_is_read(shop: Database) -> None:
    async with behind(shop, faithful=0) as magento:
        with pytest.raises(MagentoUnavailable, match=r"loses settings of the session \(sql_mode is"):
            await magento.shop()
        (found,) = await magento.check()
    assert (found.level, found.subject) == (Level.ERROR, "database")
    assert found.remedy.startswith("connect to the server itself")


async def test_a_proxy_that_begins_to_lose_settings_is_told_of_within_a_second_or_two(shop: Database) -> None:
    async with behind(shop, faithful=PREPARED + 1) as magento:
        assert await magento.source.fetch("SELECT 1") == [(1,)]
        asking = [magento.source.fetch("SELECT SLEEP(0.6)") for _ in range(6)]
        answers = await asyncio.gather(*asking, return_exceptions=True)
    assert any(isinstance(one, MagentoUnavailable) and "loses settings" in str(one) for one in answers)


async def test_a_session_that_writes_is_looked_at_as_well(shop: Database) -> None:
    async with behind(shop, faithful=3) as magento:
        with pytest.raises(MagentoUnavailable, match="loses settings"):
            await magento.hold("1" * 36)


async def test_what_others_have_not_committed_is_not_read_whatever_the_default(
    shop: Database, open_magento: OpenMagento
) -> None:
    variable = "transaction_isolation" if shop.is_mysql else "tx_isolation"
    with set_globally(shop, variable, "READ-UNCOMMITTED"):
        magento = await open_magento(shop)
        async with shop.connect(autocommit=False) as writer, writer.cursor() as cursor:
            await cursor.execute("UPDATE store SET name = 'not yet'")
            assert "not yet" not in {store.name for store in (await magento.shop()).stores.values()}
            await writer.rollback()


@pytest.fixture
def cluster(empty_shop: Database) -> Iterator[Database]:
    """A server that leaves ids to two others, as a node of a cluster does."""
    with set_globally(empty_shop, "auto_increment_increment", 3):
        yield empty_shop


async def add_customer(shop: Database, number: int) -> None:
    await shop.sql(
        "INSERT INTO customer_entity (entity_id, website_id, store_id) VALUES (%s, NULL, NULL)", number
    )


async def test_ids_that_are_steps_apart_are_read_at_once_and_not_waited_for_for_a_day(
    cluster: Database, open_magento: OpenMagento, clock: HandClock
) -> None:
    magento = await open_magento(cluster, clock=clock)
    await magento.changelog.install()
    for number in range(5):
        await add_customer(cluster, 100 + number)
    async with cluster.connect(autocommit=False) as other, other.cursor() as cursor:
        await cursor.execute(f"INSERT INTO {LOG} (version_id, entity_id) VALUES (14, 200)")
        await add_customer(cluster, 105)
        (page,) = await magento.reader.read({LOG: Cursor(LOG, 0)})
        assert [change.entity_id for change in page.changes] == [100, 101, 102, 103, 104, 105]
        assert (page.lost, page.restarted) == (0, False)
        await other.commit()
    clock.seconds += LOOK_EVERY
    (page,) = await magento.reader.read({LOG: page.cursor})
    assert [change.entity_id for change in page.changes] == [200], "the other node's, between ours"
    assert page.cursor.gaps
    for _ in range(2):
        clock.seconds += NARROW_LIFE / 1000
        pages = await magento.reader.read({LOG: page.cursor})
        page = pages[0] if pages else page
    assert (page.cursor.gaps, page.lost) == ((), 0), "after ten minutes, not after a day"


@pytest.mark.parametrize("capture", ["triggers", "readonly"])
async def test_split_databases_are_refused_in_one_line(
    shop: Database, open_magento: OpenMagento, capture: str
) -> None:
    names = await shop.sql("SHOW TABLES LIKE 'sales\\_%%'")
    tables = ", ".join(str(name) for row in names for name in row.values())
    shop.run(f"SET foreign_key_checks = 0; DROP TABLE {tables}")
    magento = await open_magento(shop, WATCHES, capture=capture)
    said = [f"{one.subject} {one.message}" for one in await magento.check() if one.level is Level.ERROR]
    assert said[0] == "database has products but no table sales_order: split databases are not supported"
    if capture == "triggers":
        with pytest.raises(ConfigError, match=r"no table sales_order .*split databases\) are not supported"):
            await magento.changelog.install()
