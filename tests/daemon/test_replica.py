"""Reading from a replica: the change log is claimed and purged at the server that is written to."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from synqd.entities import create_entities
from synqd.magento import Level, Magento
from synqd.models.errors import MagentoUnavailable
from synqd.movers.sweeper.replica import LATE, NOTICE, ReplicaLag
from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import create_shop
from tests.daemon.conftest import MakeHouse
from tests.magento.places import settings_for
from tests.poller.test_soundness import watching
from tests.support.changes import customers_arrived, rename_customers
from tests.support.clocks import HandClock
from tests.support.database import Database
from tests.support.house import House
from tests.support.replication import Replication, replication

HOLDER = "1" * 36

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def servers(mariadb: MariaDB) -> Iterator[Replication]:
    with (
        tempfile.TemporaryDirectory(prefix="synqd-own-", dir=mariadb.directory.parent) as home,
        replication(Path(home)) as made,
    ):
        yield made


@pytest.fixture
def primary(servers: Replication) -> Iterator[Database]:
    """The shop, in which ``synqd`` may do all; on the replica nobody but root may more than read."""
    name = f"shop_{next(_numbers)}"  # on the replica, that of the test before may still be there
    servers.primary.create_database(name)
    create_shop(servers.primary, name)
    servers.primary.create_account("synqd", "", [f"ALL PRIVILEGES ON `{name}`.*", "PROCESS ON *.*"])
    servers.primary.run("CREATE TABLE all_is_there (id INT PRIMARY KEY)", database=name)
    yield Database(servers.primary, name, user="synqd")
    servers.release()
    servers.primary.drop_database(name)


@pytest.fixture
async def replica(servers: Replication, primary: Database) -> Database:
    last = f"SELECT 'there' FROM information_schema.tables WHERE table_schema = '{primary.name}'"
    async with asyncio.timeout(30):
        while "there" not in servers.replica.run(f"{last} AND table_name = 'all_is_there'"):
            await asyncio.sleep(0.02)
    return Database(servers.replica, primary.name, user="synqd")


async def caught_up(primary: Database, replica: Database) -> None:
    """Waits until the replica shows the claim that stands at the primary now."""
    sql = "SELECT epoch FROM synqd_meta WHERE id = 2"
    wanted = await primary.sql(sql)
    async with asyncio.timeout(30):
        while await replica.sql(sql) != wanted:
            await asyncio.sleep(0.01)


def write_host(primary: Database) -> dict[str, Any]:
    return {"write_host": "127.0.0.1", "write_port": primary.server.port}


@pytest.fixture
async def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def place(primary: Database, replica: Database, clock: HandClock) -> AsyncIterator[Magento]:
    """The shop as it is read from the replica, change log installed."""
    settings = settings_for(replica, **write_host(primary))
    watches = {model: entity.watches for model, entity in create_entities().items()}
    async with Magento.open(settings, watches, clock) as magento:
        await magento.changelog.install()
        yield magento


async def test_changes_arrive_through_the_replica_and_nothing_is_written_there(
    make_house: MakeHouse, servers: Replication, primary: Database, replica: Database, fake: FakeSynerise
) -> None:
    async with make_house(primary) as house:
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in write_host(primary).items())
        house.configure((f'socket = "{primary.socket}"', f'socket = "{replica.socket}"\n{lines}'))
        async with house.daemon:
            await rename_customers(primary, "first")
            await customers_arrived(primary, fake)
            servers.hold()
            await rename_customers(primary, "second")
            assert await primary.sql("SELECT 1 FROM synqd_meta WHERE id = 2"), "claimed"
            servers.release()
            await customers_arrived(primary, fake)
        assert "WARNING" not in house.daemon.log.read_text()


async def waiting(house: House) -> int:
    """Changes that were read and have not left."""
    return sum(stream["waiting"]["live"] for stream in (await house.ctl("status"))["streams"])


async def test_a_replica_that_has_not_come_as_far_as_was_read_before_is_waited_for(
    make_house: MakeHouse, servers: Replication, primary: Database, replica: Database, fake: FakeSynerise
) -> None:
    """What the primary told of would be read as it was before, and no row of the log would tell."""
    async with make_house(primary) as house:
        async with house.daemon:
            pass
        servers.hold()
        async with house.daemon, asyncio.timeout(30):
            await house.ctl("pause")
            changed = await rename_customers(primary, "read at the primary")
            while await waiting(house) < changed:
                await asyncio.sleep(0.1)
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in write_host(primary).items())
        house.configure((f'socket = "{primary.socket}"', f'socket = "{replica.socket}"\n{lines}'))
        async with house.daemon:
            async with asyncio.timeout(30):
                while "does not have yet what was read before" not in house.daemon.log.read_text():
                    await asyncio.sleep(0.1)
            await house.ctl("resume")
            servers.release()
            await customers_arrived(primary, fake)
        assert "changelog.maybe_lost" not in house.daemon.log.read_text(), "it was not taken for another log"


async def test_what_was_read_is_purged_at_the_primary(
    place: Magento, primary: Database, replica: Database
) -> None:
    await primary.sql("UPDATE customer_entity SET firstname = 'Eve'")
    await primary.sql("UPDATE synqd_customer_cl SET changed_at = '2000-01-01'")
    await place.hold(HOLDER)
    await caught_up(primary, replica)
    assert await place.reader.purge(await place.reader.heads(), 60.0) > 0
    assert len(await primary.sql("SELECT 1 FROM synqd_customer_cl")) == 1, "the cursor's own row stays"


async def test_whether_anybody_reads_is_asked_at_the_primary(
    place: Magento, servers: Replication, primary: Database
) -> None:
    await primary.sql("UPDATE customer_entity SET firstname = 'Eve'")
    await primary.sql("UPDATE synqd_customer_cl SET changed_at = '2000-01-01'")
    servers.hold()
    assert not await place.was_read()
    await place.hold(HOLDER)
    assert await place.was_read()
    assert await place.life.purge_unread() == {}
    await place.let_go()
    assert set(await place.life.purge_unread()) == {"synqd_customer_cl"}


async def test_a_replica_that_is_late_is_told_of_until_it_has_caught_up(
    place: Magento,
    clock: HandClock,
    servers: Replication,
    primary: Database,
    replica: Database,
    tmp_path: Path,
) -> None:
    async with watching(primary, tmp_path) as watchman:
        deps = dataclasses.replace(watchman.deps, magento=place)
        sweep = ReplicaLag(deps)

        async def look() -> tuple[float | None, bool]:
            await sweep.run()
            lag = deps.metrics.registry.get_sample_value("synqd_replica_lag_seconds")
            return lag, NOTICE in deps.notices

        await place.hold(HOLDER)
        await caught_up(primary, replica)
        assert await look() == (0.0, False)
        servers.hold()
        clock.pass_(20)
        await place.hold(HOLDER)
        clock.pass_(LATE - 1)
        assert await look() == (LATE - 1, False)
        clock.pass_(1)
        assert await look() == (LATE, True)
        assert "changes leave that much later" in deps.notices[NOTICE]
        servers.release()
        await caught_up(primary, replica)
        assert await look() == (0.0, False)


async def test_a_replica_that_does_not_show_what_was_written_is_waited_for(
    place: Magento, servers: Replication
) -> None:
    servers.hold()
    with pytest.raises(MagentoUnavailable, match="does its replication run"):
        await place.adopt()
    servers.release()
    await place.adopt()


async def test_what_check_config_says_of_two_servers(
    place: Magento, servers: Replication, primary: Database, replica: Database
) -> None:
    async def said() -> list[str]:
        return [f"{one.subject} {one.message}" for one in await place.check() if one.level is Level.ERROR]

    assert await said() == []
    servers.hold()
    async with Magento.open(settings_for(primary), {}) as other:
        await other.adopt()
    assert await said() == ["server shows another change log than [magento] write_host, or none"]
    servers.release()
    primary.run("SET GLOBAL read_only = 1")
    try:
        (found,) = [line for line in await said() if "read-only" in line]
    finally:
        primary.run("SET GLOBAL read_only = 0")
    assert found.startswith("write_host is read-only (a replica?)")


async def test_a_replica_alone_is_refused_in_one_line_that_names_the_key(
    place: Magento, replica: Database
) -> None:
    async with Magento.open(settings_for(replica), {}) as alone:
        with pytest.raises(MagentoUnavailable, match=r"takes no writes.*set magento\.write_host"):
            await alone.hold(HOLDER)
        said = [(one.subject, one.remedy) for one in await alone.check() if one.level is Level.ERROR]
    assert ("server", "set [magento] write_host to the server that the shop writes to") in said
