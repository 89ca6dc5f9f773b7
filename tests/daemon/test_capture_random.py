"""Random SQL on every table that matters, for a while; afterwards Synerise is exactly as ``preview`` says."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from asyncmy.errors import IntegrityError

from synqd.demo.fake_synerise import FakeSynerise
from synqd.models.names import Model
from tests.daemon.conftest import MakeHouse, two_workspaces
from tests.daemon.test_capture_recorded import EXTRA
from tests.support.database import Database
from tests.support.inside import ShiftedClock, inside

SECONDS = float(os.environ.get("SYNQD_RANDOM_SECONDS", "10"))
"""How long to change; more in a nightly run."""
SEED = int(os.environ.get("SYNQD_RANDOM_SEED", "20261123"))

STATEMENTS: Sequence[str] = (
    "UPDATE catalog_product_entity SET sku = CONCAT('R', {number}) WHERE entity_id = {product}",
    "DELETE FROM catalog_product_entity WHERE entity_id = {product}",
    "UPDATE catalog_product_entity_varchar SET value = 'n{number}' WHERE entity_id = {product}"
    " AND attribute_id = {name}",
    "REPLACE INTO catalog_product_entity_varchar (attribute_id, store_id, entity_id, value)"
    " VALUES ({name}, {store}, {product}, 'r{number}')",
    "DELETE FROM catalog_product_entity_varchar WHERE store_id <> 0 ORDER BY RAND({number}) LIMIT 3",
    "UPDATE catalog_product_entity_text SET value = 't{number}' WHERE entity_id = {product} AND store_id = 0",
    "UPDATE catalog_product_entity_decimal SET value = {number} / 7 WHERE entity_id = {product}",
    "INSERT INTO catalog_product_entity_decimal (attribute_id, store_id, entity_id, value)"
    " VALUES ({special}, 0, {product}, 3) ON DUPLICATE KEY UPDATE value = value + 1",
    "UPDATE catalog_product_entity_int SET value = 3 - value WHERE entity_id = {product}"
    " AND attribute_id = {status}",
    "UPDATE catalog_product_entity_int SET value = 1 + {number} % 4 WHERE entity_id = {product}"
    " AND attribute_id = {visibility}",
    "INSERT INTO catalog_product_entity_datetime (attribute_id, store_id, entity_id, value)"
    " VALUES ({from}, 0, {product}, '2026-11-2{digit} 00:00:00')"
    " ON DUPLICATE KEY UPDATE value = VALUES(value)",
    "UPDATE catalog_product_entity_tier_price SET value = {number} / 9 ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM catalog_product_website WHERE product_id = {product} AND website_id = {website}",
    "INSERT IGNORE INTO catalog_product_website SELECT entity_id, {website} FROM catalog_product_entity"
    " ORDER BY RAND({number}) LIMIT 5",
    "DELETE FROM catalog_category_product WHERE product_id = {product} LIMIT 1",
    "INSERT IGNORE INTO catalog_category_product (category_id, product_id, position)"
    " VALUES ({category}, {product}, {number})",
    "UPDATE cataloginventory_stock_item SET is_in_stock = 1 - is_in_stock WHERE product_id = {product}",
    "UPDATE cataloginventory_stock_item SET qty = {digit}, min_qty = 3, use_config_min_qty = {bit}"
    " WHERE product_id = {product}",
    "UPDATE url_rewrite SET request_path = 'p{number}.html' WHERE entity_type = 'product'"
    " AND entity_id = {product} AND metadata IS NULL LIMIT 1",
    "DELETE FROM url_rewrite WHERE entity_type = 'product' AND entity_id = {product} LIMIT 1",
    "DELETE FROM catalog_product_super_link ORDER BY RAND({number}) LIMIT 1",
    "INSERT IGNORE INTO catalog_product_super_link (parent_id, product_id)"
    " VALUES ({configurable}, {product})",
    "DELETE FROM catalog_product_link WHERE link_type_id = 3 ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_product_bundle_option SET required = 1 - required ORDER BY RAND({number}) LIMIT 1",
    "UPDATE catalog_product_bundle_selection SET selection_qty = {digit} + 1 ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM catalog_product_bundle_selection ORDER BY RAND({number}) LIMIT 1",
    "UPDATE inventory_source_item SET quantity = {digit}, status = {bit} ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM inventory_source_item ORDER BY RAND({number}) LIMIT 1",
    "INSERT INTO inventory_reservation (stock_id, sku, quantity)"
    " SELECT 1 + {bit}, sku, -{number} FROM catalog_product_entity WHERE entity_id = {product}",
    "DELETE FROM inventory_reservation ORDER BY RAND({number}) LIMIT 2",
    "UPDATE catalog_category_entity_varchar SET value = 'c{number}' WHERE entity_id = {category}"
    " AND attribute_id = (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'name'"
    " AND entity_type_id = 3)",
    "UPDATE catalog_category_entity_int SET value = 1 - value WHERE entity_id = {category}"
    " AND attribute_id = (SELECT attribute_id FROM eav_attribute WHERE attribute_code = 'is_active')",
    "UPDATE eav_attribute_option_value SET value = 'o{number}' ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM eav_attribute_option ORDER BY RAND({number}) LIMIT 1",
    "UPDATE customer_entity SET firstname = 'f{number}' WHERE entity_id = {customer}",
    "UPDATE customer_entity SET email = 'e{number}@random.example' WHERE entity_id = {customer}",
    "DELETE FROM customer_entity WHERE entity_id = {customer}",
    "UPDATE customer_entity_varchar SET value = 'v{number}' WHERE entity_id = {customer}",
    "UPDATE customer_address_entity SET city = 'c{number}', region = NULL WHERE parent_id = {customer}",
    "DELETE FROM customer_address_entity WHERE parent_id = {customer} LIMIT 1",
    "UPDATE directory_country_region SET default_name = 'r{number}' ORDER BY RAND({number}) LIMIT 1",
    "UPDATE newsletter_subscriber SET subscriber_status = 1 + 2 * {bit},"
    " change_status_at = '2026-11-23 12:00:00' + INTERVAL {number} SECOND ORDER BY RAND({number}) LIMIT 1",
    "DELETE FROM newsletter_subscriber ORDER BY RAND({number}) LIMIT 1",
    "UPDATE sales_order SET status = 's{number}' ORDER BY RAND({number}) LIMIT 1",
    "UPDATE sales_order_item SET qty_refunded = {bit} ORDER BY RAND({number}) LIMIT 1",
    "UPDATE sales_order_payment SET method = 'm{number}' ORDER BY RAND({number}) LIMIT 1",
)


# Few enough to be met again and again: families of configurables, grouped products and bundles, and others.
FAMILIES = """
SELECT entity_id AS id FROM catalog_product_entity WHERE entity_id <= 60 OR entity_id > 2045
 UNION SELECT parent_id FROM catalog_product_super_link WHERE parent_id < 500
 UNION SELECT product_id FROM catalog_product_super_link WHERE parent_id < 500
"""


class Chance:
    """Fills in statements; everything follows from one seed, which a failure prints."""

    def __init__(self, database: Database, seed: int) -> None:
        self._random = random.Random(seed)
        self._database = database
        self._pools: dict[str, list[int]] = {}

    async def load(self) -> None:
        for name, sql in {
            "product": FAMILIES,
            "configurable": "SELECT entity_id AS id FROM catalog_product_entity"
            " WHERE type_id = 'configurable' AND entity_id < 500",
            "customer": "SELECT entity_id AS id FROM customer_entity",
            "category": "SELECT entity_id AS id FROM catalog_category_entity WHERE level > 2",
        }.items():
            self._pools[name] = [row["id"] for row in await self._database.sql(sql + " ORDER BY id")]
        codes = "'name','status','visibility','special_price','special_from_date'"
        self._ids = {
            row["attribute_code"]: row["attribute_id"]
            for row in await self._database.sql(
                "SELECT attribute_code, attribute_id FROM eav_attribute WHERE entity_type_id = 4"
                f" AND attribute_code IN ({codes})"
            )
        }

    def statement(self, number: int) -> tuple[str, str]:
        """A kind of statement, and one of it."""
        chosen = self._random.choice(STATEMENTS)
        values = {name: self._random.choice(pool) for name, pool in self._pools.items()}
        ids = self._ids
        return chosen, chosen.format(
            **values,
            number=number,
            digit=self._random.randint(0, 9),
            bit=self._random.randint(0, 1),
            store=self._random.randint(0, 4),
            website=self._random.randint(1, 2),
            name=ids["name"],
            status=ids["status"],
            visibility=ids["visibility"],
            special=ids["special_price"],
            **{"from": ids["special_from_date"]},
        )

    def rolls_back(self) -> bool:
        return self._random.random() < 0.05

    def together(self) -> int:
        return self._random.choice((1, 1, 1, 2, 5))


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def fake(clock: ShiftedClock) -> AsyncIterator[FakeSynerise]:
    async with FakeSynerise(two_workspaces(now=clock.now)) as server:
        yield server


async def change(database: Database, seed: int, seconds: float) -> Counter[str]:
    """Random transactions for so many seconds; returns how many rows each kind of statement changed."""
    chance = Chance(database, seed)
    await chance.load()
    changed: Counter[str] = Counter(dict.fromkeys(STATEMENTS, 0))
    number, until = 0, time.monotonic() + seconds
    async with database.connect(autocommit=False) as connection, connection.cursor() as cursor:
        while time.monotonic() < until:
            for _ in range(chance.together()):
                number += 1
                kind, statement = chance.statement(number)
                try:
                    changed[kind] += max(0, await cursor.execute(statement))
                except IntegrityError:
                    continue  # a SKU or a link that is there already: the shop would be refused, too
            await (connection.rollback() if chance.rolls_back() else connection.commit())
        await connection.commit()
    return changed


async def test_after_random_changes_synerise_is_as_preview_says(
    make_house: MakeHouse,
    magento_copy: Database,
    clock: ShiftedClock,
    record_property: Callable[[str, object], None],
) -> None:
    async with (
        make_house(magento_copy, websites=("base", "b2b"), extra=EXTRA) as house,
        inside(house, clock) as here,
    ):
        await here.full()
        changed = await change(magento_copy, SEED, SECONDS)
        await here.settled()
        found = await here.differences([Model.PRODUCT, Model.CUSTOMER, Model.SUBSCRIBER, Model.ORDER])
    record_property("rows", changed.total())
    idle = [kind for kind, rows in changed.items() if not rows]
    assert not idle or SECONDS < 10, idle
    assert not found, (SEED, changed.total(), len(found), found[:20])
