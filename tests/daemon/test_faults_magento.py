"""Magento's database in trouble: intake and reading wait, nothing is buried, everything resumes by itself."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from asyncmy.errors import OperationalError

from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import create_shop
from tests.daemon.conftest import MakeHouse
from tests.support.changes import customers_arrived, first_names, rename_customers
from tests.support.database import Database
from tests.support.house import House
from tests.support.proxy import Proxy

SHORT = "\nconnect_timeout = 1.0\nquery_timeout = 2.0\n"
"""Time-outs for ``[magento]``, so that what never answers is noticed within the test's patience."""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def server(mariadb: MariaDB) -> Iterator[MariaDB]:
    """A server that a test may stop and kill; it has to be up again at the end."""
    parent = mariadb.directory.parent
    with (
        tempfile.TemporaryDirectory(prefix="synqd-own-", dir=parent) as directory,
        MariaDB(Path(directory), port=free_port()) as own,
    ):
        yield own


@pytest.fixture
def own_shop(server: MariaDB) -> Iterator[Database]:
    server.create_database("own_shop")
    create_shop(server, "own_shop")
    server.create_account("synqd", "secret", ["ALL PRIVILEGES ON `own_shop`.*", "PROCESS ON *.*"])
    yield Database(server, "own_shop")
    server.drop_database("own_shop")


@pytest.fixture
async def proxy(server: MariaDB) -> AsyncIterator[Proxy]:
    assert server.port is not None
    async with Proxy(server.port) as made:
        yield made


@pytest.fixture
async def house(make_house: MakeHouse, own_shop: Database, proxy: Proxy) -> AsyncIterator[House]:
    """A house whose daemon reaches its database through the proxy."""
    # Without TLS, nobody gets the password that MySQL wants once after each start.
    ca = f'tls = "verify-ca"\ntls_ca = "{own_shop.server.data}/ca.pem"' if own_shop.is_mysql else ""
    async with make_house(own_shop) as made:
        made.configure(
            (f'socket = "{own_shop.socket}"', f'host = "127.0.0.1"\nport = {proxy.port}{SHORT}{ca}'),
            ('user = "root"', 'user = "synqd"'),
        )
        (made.home / "password").write_text("secret")
        yield made


@asynccontextmanager
async def working(house: House, own_shop: Database, fake: FakeSynerise) -> AsyncIterator[None]:
    """The daemon, which has delivered a first change; at the end, all that changed meanwhile arrives."""
    async with house.daemon as daemon:
        pid = daemon.pid
        await rename_customers(own_shop, "before")
        await customers_arrived(own_shop, fake)
        yield
        await customers_arrived(own_shop, fake)
        assert daemon.pid == pid
        assert daemon.alive
        answer = await status(house, "magento", usable=True)
        assert sum(one["failed"] for one in answer["streams"]) == 0


async def status(house: House, condition: str, *, usable: bool) -> Any:
    """The status, as soon as a condition is as expected."""
    async with asyncio.timeout(40):
        while True:
            answer = await house.ctl("status")
            if {one["name"]: one["usable"] for one in answer["conditions"]}.get(condition) is usable:
                return answer
            await asyncio.sleep(0.3)


async def test_a_server_that_is_restarted(house: House, own_shop: Database, fake: FakeSynerise) -> None:
    async with working(house, own_shop, fake):
        await rename_customers(own_shop, "down")
        await asyncio.to_thread(own_shop.server.stop)
        answer = await status(house, "magento", usable=False)
        assert answer["alive"]
        assert not answer["ready"]
        await asyncio.to_thread(own_shop.server.start)


async def test_a_server_that_is_killed(house: House, own_shop: Database, fake: FakeSynerise) -> None:
    async with working(house, own_shop, fake):
        await rename_customers(own_shop, "killed")
        await asyncio.to_thread(own_shop.server.kill)
        await asyncio.to_thread(own_shop.server.start)
        await rename_customers(own_shop, "again")


async def test_connections_that_are_killed(house: House, own_shop: Database, fake: FakeSynerise) -> None:
    async with working(house, own_shop, fake):
        for number in range(5):
            await rename_customers(own_shop, f"killed {number}")
            for row in await own_shop.sql(
                "SELECT id FROM information_schema.processlist WHERE user = 'synqd' AND command <> 'Daemon'"
            ):
                with suppress(OperationalError):  # it may have ended meanwhile
                    await own_shop.sql(f"KILL {row['id']}")


async def test_a_network_that_cuts_delays_and_swallows(
    house: House, own_shop: Database, fake: FakeSynerise, proxy: Proxy
) -> None:
    async with working(house, own_shop, fake):
        for number, after in enumerate((0, 1, 3, 40, 200, 1000, 5000)):
            proxy.cut_after, proxy.cuts = after, 2
            proxy.cut()
            await rename_customers(own_shop, f"cut {number}")
        await customers_arrived(own_shop, fake)
        proxy.hole = True
        await rename_customers(own_shop, "swallowed")
        await status(house, "magento", usable=False)
        proxy.hole = False
        proxy.delay, proxy.drip = 0.005, 2000
        await rename_customers(own_shop, "slow")
        await customers_arrived(own_shop, fake)
        proxy.delay, proxy.drip = 0.0, 65_536
        await proxy.refuse()
        await rename_customers(own_shop, "refused")
        await status(house, "magento", usable=False)
        await proxy.accept()


async def test_a_database_that_is_down_at_the_start(
    house: House, own_shop: Database, fake: FakeSynerise, proxy: Proxy
) -> None:
    async with house.daemon:
        pass
    await rename_customers(own_shop, "meanwhile")
    await proxy.refuse()
    async with house.daemon:
        await status(house, "magento", usable=False)
        await proxy.accept()
        await customers_arrived(own_shop, fake)


async def test_a_server_that_takes_no_writes(house: House, own_shop: Database, fake: FakeSynerise) -> None:
    """synqd only reads, but for the purge of its own log; that waits."""
    async with working(house, own_shop, fake):
        await rename_customers(own_shop, "read-only")
        await own_shop.sql("SET GLOBAL read_only = 1")
        await customers_arrived(own_shop, fake)
        await own_shop.sql("SET GLOBAL read_only = 0")


@pytest.mark.parametrize("table", ["catalog_product_entity_varchar", "catalog_product_website"])
async def test_a_locked_table_keeps_only_its_own_model_waiting(
    house: House, own_shop: Database, fake: FakeSynerise, table: str
) -> None:
    """One that products are read from, and one that tells which store views a change concerns."""
    if own_shop.is_mysql:
        pytest.skip("MySQL locks what triggers write to, too: all logs are read when it is unlocked")
    async with working(house, own_shop, fake):
        async with own_shop.connect() as connection, connection.cursor() as cursor:
            await own_shop.sql("UPDATE catalog_product_entity SET sku = CONCAT(sku, '-x')")
            await cursor.execute(f"LOCK TABLES {table} WRITE")
            await rename_customers(own_shop, "locked")
            await own_shop.sql(
                "INSERT INTO newsletter_subscriber (store_id, subscriber_status, subscriber_email)"
                " VALUES (1, 1, 'meanwhile@example.com')"
            )
            await customers_arrived(own_shop, fake)
            await fake.wait(until=lambda: "meanwhile@example.com" in emails(fake), timeout_s=60)
            assert fake.arrivals("item") == {}
            await cursor.execute("UNLOCK TABLES")
        products = (await own_shop.sql("SELECT COUNT(*) AS n FROM catalog_product_website"))[0]["n"]
        await fake.wait(until=lambda: bool(fake.arrivals("item")) and products > 0, timeout_s=60)


def emails(fake: FakeSynerise) -> set[str]:
    return {one["email"] for one in fake.profiles()}


async def test_definitions_that_change_meanwhile(
    house: House, own_shop: Database, fake: FakeSynerise
) -> None:
    """``setup:upgrade`` alters tables while rows change."""
    async with working(house, own_shop, fake):
        for number in range(3):
            await own_shop.sql(f"ALTER TABLE customer_entity ADD COLUMN extra_{number} INT, ALGORITHM=COPY")
            await rename_customers(own_shop, f"altered {number}")
            await own_shop.sql("ANALYZE TABLE customer_entity")
        await own_shop.sql("ALTER TABLE customer_entity ENGINE=InnoDB")


async def test_a_table_that_is_gone_for_a_while_keeps_only_its_own_model_waiting(
    house: House, own_shop: Database, fake: FakeSynerise
) -> None:
    """``setup:upgrade`` and restores take tables away and put them back."""
    async with working(house, own_shop, fake):
        await own_shop.sql("RENAME TABLE catalog_product_entity_varchar TO put_aside")
        await own_shop.sql("UPDATE catalog_product_entity SET sku = CONCAT(sku, '-x')")
        answer = await status(house, "magento", usable=False)
        (told,) = [one["detail"] for one in answer["conditions"] if one["name"] == "magento"]
        assert "catalog_product_entity_varchar" in told
        await rename_customers(own_shop, "meanwhile")
        await customers_arrived(own_shop, fake)
        assert fake.arrivals("item") == {}
        await own_shop.sql("RENAME TABLE put_aside TO catalog_product_entity_varchar")
        await fake.wait(until=lambda: bool(fake.arrivals("item")), timeout_s=60)


async def test_a_change_log_that_is_damaged_is_waited_for_loudly_and_made_good(
    house: House, own_shop: Database, fake: FakeSynerise
) -> None:
    async with working(house, own_shop, fake):
        await own_shop.sql("DROP TABLE synqd_customer_cl")
        answer = await status(house, "magento", usable=False)
        assert answer["alive"]
        (told,) = [one["detail"] for one in answer["conditions"] if one["name"] == "magento"]
        assert "synqd_customer_cl" in told
        assert "synqd changelog install" in told
        await rename_customers(own_shop, "unseen")  # the shop's own writes never fail because of it
        await house.command("changelog", "install")
        # More rows than the old log had: their ids alone do not tell that it is another one.
        for number in range(4):
            await own_shop.sql(
                f"UPDATE customer_entity SET lastname = 'new {number}' WHERE entity_id % 2 = 0"
            )


async def test_a_deadlock_or_a_lock_wait_of_the_shop_is_none_of_ours(
    house: House, own_shop: Database, fake: FakeSynerise
) -> None:
    """A transaction that holds row locks for long hides nothing and blocks nothing."""
    async with working(house, own_shop, fake):  # noqa: SIM117  # the transaction ends before the work does
        async with own_shop.connect(autocommit=False) as connection, connection.cursor() as cursor:
            one, other = sorted(first_names(fake))[:2]
            update = "UPDATE customer_entity SET firstname = %s WHERE entity_id = %s"
            await cursor.execute(update, ("held", one))
            await own_shop.sql(update, "free", other)
            await fake.wait(until=lambda: first_names(fake)[other] == "free")
            assert first_names(fake)[one] != "held"
            await connection.commit()
