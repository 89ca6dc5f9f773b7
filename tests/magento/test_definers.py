"""The account that triggers run as: chosen so that it stays, watched, and given up when it is gone."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from synqd.magento import DefinerGone, Fault, Level, Magento
from synqd.models.errors import ConfigError, Denied
from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import create_schema
from tests.magento.places import OpenMagento
from tests.support import deploys
from tests.support.database import Database

HOLDER = "1" * 36
DEFINERS = (
    "SELECT DISTINCT definer AS definer FROM information_schema.triggers WHERE trigger_schema = DATABASE()"
    " AND trigger_name LIKE %s"
)


async def definers(shop: Database, like: str = "synqd%") -> list[str]:
    return sorted(row["definer"] for row in await shop.sql(DEFINERS, like))


@pytest.fixture
def owner(empty_shop: Database) -> Iterator[str]:
    """The shop's own account, which Magento's triggers run as."""
    empty_shop.server.create_account("owner", "", [f"ALL PRIVILEGES ON {empty_shop.name}.*"])
    yield "owner@localhost"
    empty_shop.run("DROP USER IF EXISTS owner@localhost")


@pytest.fixture
async def owned_shop(empty_shop: Database, owner: str) -> Database:
    made = await deploys.definitions(empty_shop)
    deploys.drop(empty_shop, made)
    deploys.create(
        empty_shop, [text.replace("`root`@`localhost`", "`owner`@`localhost`") for text in made.values()]
    )
    assert await definers(empty_shop, "trg%") == [owner]
    return empty_shop


async def test_triggers_get_the_account_of_magentos_own_where_that_may_be_set(
    owned_shop: Database, owner: str, open_magento: OpenMagento
) -> None:
    magento = await open_magento(owned_shop)
    report = await magento.changelog.install()
    assert report.definer == owner
    assert await definers(owned_shop) == [owner]
    assert any(one.subject == f"account {owner}" for one in await magento.changelog.verify())


async def test_else_they_belong_to_the_account_that_installs(
    owned_shop: Database, open_magento: OpenMagento
) -> None:
    owned_shop.server.create_account("simple", "", [f"ALL PRIVILEGES ON {owned_shop.name}.*"])
    magento = await open_magento(replace(owned_shop, user="simple"))
    report = await magento.changelog.install()
    assert report.definer == "simple@localhost"
    with pytest.raises(ConfigError, match="SET USER"):
        await magento.changelog.install(definer="owner@localhost")


async def test_another_account_may_be_asked_for(
    owned_shop: Database, owner: str, open_magento: OpenMagento
) -> None:
    magento = await open_magento(owned_shop)
    await magento.changelog.install(definer="root@localhost")
    assert await definers(owned_shop) == ["root@localhost"]
    report = await magento.changelog.install(definer=owner)
    assert report.marked  # the same names had to be dropped first
    assert await definers(owned_shop) == [owner]
    owned_shop.server.create_account("weak", "", [f"SELECT ON {owned_shop.name}.*"])
    with pytest.raises(ConfigError, match="lacks TRIGGER"):
        await magento.changelog.install(definer="weak@localhost")
    owned_shop.server.create_account("blind", "", [f"TRIGGER, INSERT ON {owned_shop.name}.*"])
    with pytest.raises(ConfigError, match="lacks SELECT on synqd_meta"):  # they would note nothing
        await magento.changelog.install(definer="blind@localhost")
    with pytest.raises(ConfigError, match="does not exist"):
        await magento.changelog.install(definer="nobody@nowhere")


async def test_the_canary_tells_the_daemon_that_writes_of_the_shop_fail(
    owned_shop: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(owned_shop)
    await magento.changelog.install()
    await magento.hold(HOLDER)
    owned_shop.run("DROP USER owner@localhost")
    with pytest.raises(DefinerGone, match="WRITES OF THE SHOP FAIL"):
        await magento.hold(HOLDER)
    assert magento.definer_gone is not None
    found = [one for one in await magento.changelog.verify() if one.level is Level.ERROR]
    assert [one.fault for one in found if one.fault] == [Fault.DEFINER]
    assert [one.subject for one in found if not one.fault] == ["view synqd_config"]
    report = await magento.changelog.install()
    assert report.definer == "root@localhost"
    await magento.hold(HOLDER)
    assert magento.definer_gone is None
    assert not [one for one in await magento.changelog.verify() if one.level is Level.ERROR]


async def test_a_definer_without_rights_is_told_as_well(
    owned_shop: Database, open_magento: OpenMagento
) -> None:
    magento = await open_magento(owned_shop)
    await magento.changelog.install()
    await magento.hold(HOLDER)
    owned_shop.run(f"REVOKE TRIGGER ON {owned_shop.name}.* FROM owner@localhost")
    with pytest.raises(DefinerGone):
        await magento.hold(HOLDER)


async def test_two_installations_at_once_end_as_one(empty_shop: Database, open_magento: OpenMagento) -> None:
    first, second = await open_magento(empty_shop), await open_magento(empty_shop)
    reports = await asyncio.gather(first.changelog.install(), second.changelog.install())
    assert sorted(len(report.created_tables) for report in reports) == [0, 6]
    assert {finding.level for finding in await first.changelog.verify()} == {Level.OK}


@pytest.fixture(scope="module")
def logging_server() -> Iterator[Database]:
    """A server with a binary log, where triggers need more than rights on their tables."""
    options = ("--log-bin", "--server-id=1", "--log-bin-trust-function-creators=OFF")
    with (
        tempfile.TemporaryDirectory(prefix="synqd-") as home,
        MariaDB(Path(home), options=options) as server,
    ):
        server.create_database("shop")
        create_schema(server, "shop")
        yield Database(server, "shop")


async def test_a_binary_log_that_forbids_triggers_is_foretold_and_leaves_nothing_behind(
    logging_server: Database, open_magento: OpenMagento
) -> None:
    logging_server.server.create_account("plain", "", ["ALL PRIVILEGES ON shop.*"])
    magento: Magento = await open_magento(replace(logging_server, user="plain"))
    foretold = [one for one in await magento.check() if "1419" in one.message]
    assert ["log_bin_trust_function_creators" in one.remedy for one in foretold] == [True]
    with pytest.raises(Denied, match="log_bin_trust_function_creators"):
        await magento.changelog.install()
    assert await logging_server.sql("SHOW TABLES LIKE 'synqd%'") == []
    logging_server.run("SET GLOBAL log_bin_trust_function_creators = 1")
    assert [one for one in await magento.check() if "1419" in one.message] == []
    await magento.changelog.install()
