"""Fixtures shared by all tests: one private MariaDB a session, a cheap database for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import create_schema, create_shop
from tests.support.database import Database, MakeShop
from tests.support.standing import StandingServer

REPOSITORY = Path(__file__).resolve().parent.parent
DUMP = "magento-2.4.7-multistore.sql.gz"
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 2 * 1024**3
MANY_TABLES = ("--loose-innodb-file-per-table=0", "--innodb-stats-persistent=0")
"""A database of some hundred tables is made and dropped for nearly every test: with a file and stored
statistics for each table, that takes three times as long."""

# A machine that is busy with other tests is slow by no fault of the inputs.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A private server for the whole session, in memory where there is room.

    ``SYNQD_TEST_SERVER`` names the socket of another one to use, MySQL for example.
    """
    if standing := os.environ.get("SYNQD_TEST_SERVER"):
        with StandingServer(Path(standing)) as server:
            yield server
        return
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
    with (
        tempfile.TemporaryDirectory(prefix="synqd-", dir=MEMORY if in_memory else None) as directory,
        MariaDB(Path(directory), options=MANY_TABLES) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def conformance_dir() -> Path:
    """Directory with the real Magento dump and what the official module sent from it."""
    directory = Path(os.environ.get("SYNQD_CONFORMANCE_DIR", REPOSITORY.parent / "shared" / "magento"))
    if (directory / DUMP).is_file():
        return directory
    reason = f"no real Magento dump: {directory / DUMP} is missing (set SYNQD_CONFORMANCE_DIR)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def recorded_writes(conformance_dir: Path, tmp_path: Path) -> Path:
    """Directory with the statements of recorded actions in a real Magento, unpacked."""
    with tarfile.open(conformance_dir / "writes-01-13.tar.xz") as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)  # not in Debian's Python 3.11.2
        tar.extractall(tmp_path)
    (index,) = tmp_path.rglob("expected.jsonl")
    return index.parent


@pytest.fixture(scope="session")
def magento_dump(mariadb: MariaDB, conformance_dir: Path) -> Iterator[Database]:
    """The real dump, loaded once; its account may only read, so that no test spoils it for the others."""
    with _database(mariadb, "magento_dump") as database:
        mariadb.run(conformance_dir / DUMP, database=database.name)
        mariadb.create_account("reader", "reader's", [f"SELECT, SHOW VIEW, TRIGGER ON `{database.name}`.*"])
        yield Database(mariadb, database.name, user="reader", password="reader's")


@pytest.fixture
def magento_copy(mariadb: MariaDB, conformance_dir: Path) -> Iterator[Database]:
    """The real dump, freshly loaded (about 1 s), for a test that writes."""
    with _database(mariadb, f"magento_copy_{next(_numbers)}") as database:
        mariadb.run(conformance_dir / DUMP, database=database.name)
        yield database


@pytest.fixture
def empty_shop(mariadb: MariaDB) -> Iterator[Database]:
    """Magento's tables and change-log triggers without a row in them, made afresh (about 0.15 s)."""
    with _database(mariadb, f"empty_shop_{next(_numbers)}") as database:
        create_schema(mariadb, database.name)
        yield database


@pytest.fixture
def make_shop(mariadb: MariaDB) -> Iterator[MakeShop]:
    """Makes filled shops, e.g. ``make_shop(prefix="m2_", day=date(2026, 3, 29))``."""
    with ExitStack() as databases:

        def make(prefix: str = "", day: date | None = None) -> Database:
            database = databases.enter_context(_database(mariadb, f"shop_{next(_numbers)}", prefix))
            create_shop(mariadb, database.name, prefix, day)
            return database

        yield make


@pytest.fixture
def shop(make_shop: MakeShop) -> Database:
    """The demo shop, made afresh (about 0.3 s); its special prices count from today."""
    return make_shop()


@contextmanager
def _database(server: MariaDB, name: str, prefix: str = "") -> Iterator[Database]:
    server.create_database(name)
    try:
        yield Database(server, name, prefix)
    finally:
        server.drop_database(name)
