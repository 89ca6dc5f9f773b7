"""What the change log costs the shop: a product save and an order, with its triggers and without.

Needs the real dump (``SYNQD_CONFORMANCE_DIR``). Rounds with and without triggers alternate, so that whatever
else the machine does falls on both alike. Prints a table.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import asyncmy

from synqd.config import MagentoSettings
from synqd.entities import create_entities
from synqd.magento import Magento
from synqd_demo.mariadb import MariaDB

ROUNDS, REPEATS = 4, 60
DUMP = "magento-2.4.7-multistore.sql.gz"

PRODUCT_SAVE = [
    "UPDATE catalog_product_entity SET updated_at = NOW() WHERE entity_id = 1",
    *["UPDATE catalog_product_entity_varchar SET value = RAND() WHERE entity_id = 1 LIMIT 1"] * 8,
    *["UPDATE catalog_product_entity_text SET value = RAND() WHERE entity_id = 1 LIMIT 2"] * 2,
    *["UPDATE catalog_product_entity_decimal SET value = ROUND(RAND(), 4) WHERE entity_id = 1 LIMIT 1"] * 3,
    *["UPDATE catalog_product_entity_int SET value = value + 1 WHERE entity_id = 1 LIMIT 1"] * 6,
    "UPDATE cataloginventory_stock_item SET qty = qty + 1 WHERE product_id = 1",
    "UPDATE inventory_source_item SET quantity = quantity + 1 WHERE sku = '24-MB01' LIMIT 1",
    "UPDATE catalog_product_entity_media_gallery_value SET position = position + 1 WHERE entity_id = 1",
]
ORDER = [
    "INSERT INTO sales_order (store_id, status, increment_id) VALUES (1, 'new', CONCAT('T', UUID_SHORT()))",
    "SET @id = LAST_INSERT_ID()",
    "INSERT INTO sales_order_address (parent_id, address_type) VALUES (@id, 'billing'), (@id, 'shipping')",
    *["INSERT INTO sales_order_item (order_id, store_id, sku) VALUES (@id, 1, '24-MB01')"] * 3,
    *["INSERT INTO inventory_reservation (stock_id, sku, quantity) VALUES (1, '24-MB01', -1)"] * 3,
    "INSERT INTO sales_order_payment (parent_id, method) VALUES (@id, 'checkmo')",
    "UPDATE sales_order SET status = 'processing' WHERE entity_id = @id",
]
WORK = {"product save": PRODUCT_SAVE, "order": ORDER}


async def main() -> None:
    """Measures and prints."""
    dump = Path(os.environ.get("SYNQD_CONFORMANCE_DIR", "../shared/magento")) / DUMP
    with tempfile.TemporaryDirectory(prefix="synqd-") as directory, MariaDB(Path(directory)) as server:
        server.create_database("magento")
        server.run(dump, database="magento")
        settings = MagentoSettings(socket=server.socket, database="magento", user="root")
        watches = {model: entity.watches for model, entity in create_entities().items()}
        connection = await asyncmy.connect(
            unix_socket=str(server.socket), user="root", database="magento", autocommit=True
        )
        async with Magento.open(settings, watches) as magento, connection.cursor() as cursor:
            await cursor.execute("SET sql_mode = ''")
            took = await _rounds(magento, cursor)
            rows = {name: await _logged(cursor, name) for name in WORK}
        await connection.ensure_closed()
    for name, statements in WORK.items():
        without, with_log = (statistics.median(took[name, on]) * 1000 for on in (False, True))
        print(f"{name}: {len(statements)} statements, {rows[name]} log rows,", end=" ")
        print(f"median {without:.2f} ms without triggers, {with_log:.2f} ms with")


async def _rounds(magento: Magento, cursor: asyncmy.cursors.Cursor) -> dict[tuple[str, bool], list[float]]:
    took: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for number in range(2 * ROUNDS):
        on = bool(number % 2)
        await (magento.changelog.install() if on else magento.changelog.uninstall())
        for name in WORK:
            await _run(cursor, name)
            took[name, on] += [await _run(cursor, name) for _ in range(REPEATS)]
    return took


async def _run(cursor: asyncmy.cursors.Cursor, name: str) -> float:
    begun = time.perf_counter()
    for statement in ["START TRANSACTION", *WORK[name], "COMMIT"]:
        await cursor.execute(statement)
    return time.perf_counter() - begun


async def _logged(cursor: asyncmy.cursors.Cursor, name: str) -> int:
    """Rows that one of them appends to all logs together."""
    counts = []
    for _ in range(2):
        await cursor.execute(
            "SELECT (SELECT COUNT(*) FROM synqd_product_cl), (SELECT COUNT(*) FROM synqd_order_cl)"
        )
        counts.append(sum((await cursor.fetchall())[0]))
        await _run(cursor, name)
    return int(counts[1] - counts[0])


if __name__ == "__main__":
    asyncio.run(main())
