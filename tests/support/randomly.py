"""Random transactions on every watched table, in rounds after each of which Synerise has to be right."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack

import asyncmy
from asyncmy.errors import IntegrityError, OperationalError

from synqd.entities.watch import On
from synqd.queue import JobKind
from tests.support.database import Database
from tests.support.disturb import Disturber
from tests.support.inside import Inside

SECONDS = float(os.environ.get("SYNQD_RANDOM_SECONDS", "10"))
"""How long to change."""
SEED = int(os.environ.get("SYNQD_RANDOM_SEED", "20261123"))
ROUND = 15.0
"""Seconds after which all is compared."""
TRIES = 100
"""Attempts to find rows that a statement changes."""
LOCKED = {1205, 1213}
"""Errors of a statement that meets a lock of the other transaction."""

# Few enough to be met again and again: families of configurables, grouped products and bundles, and others.
_KIN = """
SELECT entity_id AS id FROM catalog_product_entity WHERE entity_id <= 60 OR entity_id > 2045
 UNION SELECT parent_id FROM catalog_product_super_link WHERE parent_id < 500
 UNION SELECT product_id FROM catalog_product_super_link WHERE parent_id < 500
"""
_POOLS: Mapping[str, str] = {
    "product": _KIN,
    "configurable": "SELECT entity_id AS id FROM catalog_product_entity"
    " WHERE type_id = 'configurable' AND entity_id < 500",
    "grouped": "SELECT entity_id AS id FROM catalog_product_entity WHERE type_id = 'grouped'",
    "bundle": "SELECT entity_id AS id FROM catalog_product_entity WHERE type_id = 'bundle'",
    "customer": "SELECT entity_id AS id FROM customer_entity",
    "order": "SELECT entity_id AS id FROM sales_order",
    "category": "SELECT entity_id AS id FROM catalog_category_entity WHERE level > 2",
    "region": "SELECT region_id AS id FROM customer_address_entity WHERE region_id > 0",
}
_FRESH = range(90_001, 90_021)
"""Ids of products that are created, some of them more than once."""


FIXED_TAXES = (
    "INSERT INTO weee_tax (website_id, entity_id, country, value, attribute_id)"
    " SELECT 0, entity_id, 'DE', 1, (SELECT MIN(attribute_id) FROM eav_attribute WHERE entity_type_id = 4)"
    " FROM catalog_product_entity LIMIT 200"
)
"""Rows of a table that is empty in the dump, so that there is something to change from the first moment."""

UNSEEN: Mapping[str, On] = {
    **dict.fromkeys(
        (
            "catalog_product_super_attribute",
            "catalog_product_bundle_option",
            "catalog_product_bundle_selection_price",
            "catalog_url_rewrite_product_category",
            "url_rewrite",
            "inventory_source",
            "inventory_source_stock_link",
            "customer_entity_datetime",
            "customer_entity_decimal",
            "customer_entity_int",
            "customer_entity_text",
            "customer_entity_varchar",
            "directory_country_region",
            "sales_order_address",
            "sales_order_payment",
        ),
        On.ANY,
    ),
    "inventory_source_item": On.DELETE,
    "inventory_reservation": On.UPDATE | On.DELETE,
    "customer_address_entity": On.DELETE,
    "sales_order_item": On.DELETE,
}
"""What read-only capture does not see by itself (docs/capture.md)."""

_EVENTS: Mapping[str, On] = {
    "INSERT": On.INSERT,
    "UPDATE": On.UPDATE,
    "DELETE": On.DELETE,
    "REPLACE": On.INSERT | On.DELETE,
}


def target(statement: str) -> tuple[str, On]:
    """The table that a statement writes to, and the row events it makes there."""
    first, *words = (word for word in statement.split() if word not in {"IGNORE", "INTO", "FROM"})
    return words[0], _EVENTS[first]


def targets(statements: Iterable[str]) -> dict[str, On]:
    """Each table that statements write to, with all row events they make there."""
    found: dict[str, On] = {}
    for table, events in map(target, statements):
        found[table] = found.get(table, events) | events
    return found


def seen_readonly(statement: str) -> bool:
    """Whether read-only capture finds what a statement changes."""
    table, events = target(statement)
    moves_a_key = "inventory_source_item SET sku" in statement  # the row says only whom it belongs to now
    return not (events & UNSEEN.get(table, On(0)) or moves_a_key)


class Chance:
    """Chooses and fills in statements; everything follows from one seed."""

    def __init__(self, database: Database, seed: int) -> None:
        self._random = random.Random(seed)
        self._database = database
        self._pools: dict[str, list[int]] = {}
        self._attributes: dict[str, int] = {}
        self._number = 0

    async def load(self) -> None:
        """Reads the ids there are."""
        for name, sql in _POOLS.items():
            rows = await self._database.sql(f"SELECT DISTINCT id FROM ({sql}) AS found ORDER BY id")
            self._pools[name] = [row["id"] for row in rows]
        self._pools["fresh"] = [*_FRESH]
        self._pools["product"] += _FRESH
        self._pools["other"] = self._pools["product"]
        for row in await self._database.sql("SELECT * FROM eav_attribute WHERE entity_type_id IN (3, 4)"):
            prefix = "category_" if row["entity_type_id"] == 3 else ""
            self._attributes[prefix + row["attribute_code"]] = row["attribute_id"]

    def fill(self, statement: str) -> str:
        """The statement with values."""
        self._number += 1
        values = {name: self._random.choice(pool) for name, pool in self._pools.items()}
        return statement.format(
            **{**self._attributes, **values},
            number=self._number,
            digit=self._random.randint(0, 9),
            bit=self._random.randint(0, 1),
            store=self._random.randint(0, 4),
            website=self._random.randint(1, 2),
        )

    def choose(self, statements: Sequence[str]) -> list[str]:
        """What one transaction does."""
        return self._random.choices(statements, k=self._random.choice((1, 1, 1, 2, 5)))

    def shuffled(self, statements: Sequence[str]) -> list[str]:
        """All of them in some order."""
        return self._random.sample(statements, k=len(statements))

    def rolls_back(self) -> bool:
        """Whether a transaction is rolled back."""
        return self._random.random() < 0.05

    def waits(self) -> bool:
        """Whether a transaction is committed later than the next one."""
        return self._random.random() < 0.1

    def pause(self) -> float:
        """Seconds before the next transaction."""
        return self._random.choice((0.0, 0.0, 0.0, 0.01, 0.05, 0.2))


class Writers:
    """Two connections whose transactions overlap, so that ids of the logs appear out of order."""

    def __init__(self, chance: Chance, connections: Sequence[asyncmy.Connection]) -> None:
        self._chance = chance
        self._connections = list(connections)
        self.changed: Counter[str] = Counter()
        self.written: list[str] = []

    async def work(self, seconds: float, statements: Sequence[str]) -> None:
        """Every statement until it has changed a row, then any of them until the time is over."""
        until = time.monotonic() + seconds
        for _ in range(TRIES):
            for kind in self._chance.shuffled([one for one in statements if not self.changed[one]]):
                await self._transact([kind])
        while time.monotonic() < until:
            await self._transact(self._chance.choose(statements))
            await asyncio.sleep(self._chance.pause())
        for connection in self._connections:
            await connection.commit()

    async def _transact(self, kinds: Sequence[str]) -> None:
        if self._chance.waits():
            self._connections.reverse()  # what was written by the other one stays open
        connection = self._connections[0]
        async with connection.cursor() as cursor:
            for kind in kinds:
                statement = self._chance.fill(kind)
                try:
                    rows = await cursor.execute(statement)
                except IntegrityError:
                    continue  # a SKU or a link that is there already: the shop would be refused, too
                except OperationalError as error:
                    if error.args[0] not in LOCKED:
                        raise
                    await connection.rollback()
                    return
                self.changed[kind] += max(0, rows)
                self.written.append(f"{rows} {statement}")
        if self._chance.rolls_back():
            self.written.append("ROLLBACK")
            await connection.rollback()
        elif not self._chance.waits():
            await connection.commit()


async def compare_after_rounds(
    here: Inside,
    database: Database,
    groups: Sequence[Sequence[str]],
    settle: Callable[[], Awaitable[None]],
    disturber: Disturber | None = None,
) -> int:
    """Changes and compares in turns; returns how many rows were changed.

    Args:
        groups: statements that are taken by turns.
        settle: waits until all has arrived that will.
        disturber: deploys while rows are written.
    """
    chance = Chance(database, SEED)
    await chance.load()
    await database.sql(FIXED_TAXES)
    async with AsyncExitStack() as stack:
        connections = [
            await stack.enter_async_context(
                database.connect(autocommit=False, init_command="SET innodb_lock_wait_timeout = 0")
            )
            for _ in range(2)
        ]
        writers = Writers(chance, connections)
        left = SECONDS
        while left > 0:
            seconds = min(left, ROUND) / len(groups)
            for statements in groups:
                if disturber:
                    await disturber.start()
                await writers.work(seconds, statements)
                if disturber:
                    await disturber.stop()
                await settle()
                await compare(here, writers.written)
            left -= ROUND
    wanted = targets(kind for group in groups for kind in group)
    done = targets(kind for kind, rows in writers.changed.items() if rows)
    assert done == wanted, [table for table in wanted if done.get(table) != wanted[table]]
    if disturber:
        return writers.changed.total()
    # Comparing everything would hide what was missed.
    jobs = await here.daemon.house.queue.jobs.page(limit=1_000)
    asked = [job.origin for job in jobs if job.kind is JobKind.FULL]
    assert asked == ["test"], asked
    return writers.changed.total()


async def compare(here: Inside, written: list[str]) -> None:
    """Whether Synerise has what ``preview`` says; shows what was ``written`` if it has not."""
    found = await here.differences()
    print(f"seed {SEED}", *written, sep="\n")  # noqa: T201  # shown when the test fails
    assert not found, (SEED, len(written), len(found), found[:20])
    written.clear()
