"""Fixtures for the tests of entities: the real dump to read, and a copy of it to write into."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from synqd.magento import Magento
from synqd.models.shop import Shop
from synqd_demo.mariadb import MariaDB
from tests.support.database import Database
from tests.support.entities import CountingSource, open_magento

DUMP = "magento-2.4.7-multistore.sql.gz"


@pytest.fixture
async def dump(magento_dump: Database, tmp_path: Path) -> AsyncIterator[Magento]:
    """The real dump behind the real place."""
    async with open_magento(magento_dump, tmp_path) as magento:
        yield magento


@pytest.fixture
async def dump_source(dump: Magento) -> CountingSource:
    return CountingSource(dump.source)


@pytest.fixture
async def dump_shop(dump: Magento) -> Shop:
    return await dump.shop()


@contextmanager
def copied(mariadb: MariaDB, directory: Path, name: str) -> Iterator[Database]:
    """A copy of the dump, for tests that change more than rows of their own."""
    mariadb.create_database(name)
    mariadb.run(directory / DUMP, database=name)
    yield Database(mariadb, name)
    mariadb.drop_database(name)


@pytest.fixture(scope="session")
def scratch(mariadb: MariaDB, conformance_dir: Path) -> Iterator[Database]:
    """A copy of the dump that tests of entities may write into; each uses rows of its own."""
    with copied(mariadb, conformance_dir, "entities_scratch") as database:
        yield database


@pytest.fixture
async def scratch_magento(scratch: Database, tmp_path: Path) -> AsyncIterator[Magento]:
    async with open_magento(scratch, tmp_path) as magento:
        yield magento


@pytest.fixture
async def scratch_source(scratch_magento: Magento) -> CountingSource:
    return CountingSource(scratch_magento.source)


@pytest.fixture
async def scratch_shop(scratch_magento: Magento) -> Shop:
    return await scratch_magento.shop()
