"""One small write to each watched table, and the products that the change log then leads to."""

from __future__ import annotations

from pathlib import Path

from synqd.config import MagentoSettings
from synqd.entities.product import ProductEntity
from synqd.entities.product.watches import WATCHES
from synqd.magento import Magento
from synqd.models.names import Model
from tests.entities.product.shopkeeping import named
from tests.support.database import Database
from tests.support.entities import CountingSource

CHILD, CONFIGURABLE = 101, 116
WRITES: list[tuple[str, set[int]]] = [
    ("UPDATE catalog_product_entity SET sku = 'RENAMED' WHERE entity_id = 5", {5}),
    ("UPDATE catalog_product_entity_varchar SET value = 'x' WHERE entity_id = 5 AND attribute_id = 73", {5}),
    ("UPDATE catalog_product_entity_text SET value = 'x' WHERE entity_id = 5 AND attribute_id = 75", {5}),
    (
        "UPDATE catalog_product_entity_int SET value = 2 WHERE entity_id = 101 AND attribute_id = 97",
        {CHILD, CONFIGURABLE},
    ),
    ("UPDATE catalog_product_entity_decimal SET value = 1 WHERE entity_id = 5 AND attribute_id = 77", {5}),
    (
        "INSERT INTO catalog_product_entity_datetime (entity_id, attribute_id, store_id) VALUES (5, 94, 0)",
        {5},
    ),
    ("DELETE FROM catalog_product_entity_tier_price WHERE entity_id = 11", {11}),
    ("INSERT INTO weee_tax (entity_id, country, value, attribute_id) VALUES (5, 'DE', 1, 73)", {5}),
    ("UPDATE catalog_product_entity_media_gallery_value SET position = 9 WHERE entity_id = 5", {5}),
    ("DELETE FROM catalog_product_entity_media_gallery_value_to_entity WHERE entity_id = 6", {6}),
    ("UPDATE catalog_product_entity_media_gallery SET value = '/x.jpg' WHERE value_id = 1", {1}),
    ("DELETE FROM catalog_product_website WHERE product_id = 4 AND website_id = 2", {4}),
    ("DELETE FROM catalog_category_product WHERE product_id = 4 LIMIT 1", {4}),
    ("UPDATE cataloginventory_stock_item SET qty = 1 WHERE product_id = 4", {4}),
    (
        "UPDATE url_rewrite SET request_path = 'x' WHERE entity_type = 'product' AND entity_id = 4 LIMIT 1",
        {4},
    ),
    ("DELETE FROM catalog_url_rewrite_product_category WHERE product_id = 4 LIMIT 1", {4}),
    ("DELETE FROM catalog_url_rewrite_product_category WHERE product_id = 4 LIMIT 1", {4}),
    ("DELETE FROM catalog_product_super_link WHERE product_id = 102", {102, CONFIGURABLE}),
    ("DELETE FROM catalog_product_super_attribute WHERE product_id = 116 LIMIT 1", {CONFIGURABLE, CHILD}),
    ("DELETE FROM catalog_product_link WHERE product_id = 46 AND link_type_id = 3 LIMIT 1", {46}),
    ("UPDATE catalog_product_bundle_option SET required = 0 WHERE parent_id = 2070", {2070}),
    ("UPDATE catalog_product_bundle_selection SET selection_qty = 9 WHERE parent_product_id = 2070", {2070}),
    ("INSERT INTO catalog_product_bundle_selection_price VALUES (13, 1, 0, 1, 2070)", {2070}),
    ("UPDATE inventory_source_item SET quantity = 1 WHERE sku = '24-MB01'", {1}),
    ("INSERT INTO inventory_reservation (stock_id, sku, quantity) VALUES (1, '24-MB01', -1)", {1}),
    ("UPDATE inventory_source SET enabled = 0 WHERE source_code = 'b2b_wh'", {2}),
    ("DELETE FROM inventory_source_stock_link WHERE source_code = 'b2b_wh'", {2}),
    ("UPDATE catalog_category_entity SET path = '1/2/4' WHERE entity_id = 4", {1}),
    ("UPDATE catalog_category_entity_int SET value = 0 WHERE entity_id = 3", {1}),
    ("UPDATE catalog_category_entity_varchar SET value = 'x' WHERE entity_id = 3 AND store_id = 0", {1}),
    ("UPDATE eav_attribute_option SET sort_order = 99 WHERE option_id = 49", {11}),
    ("DELETE FROM eav_attribute_option WHERE option_id = 50", {11}),
    ("UPDATE eav_attribute_option_value SET value = 'x' WHERE option_id = 49", {11}),
]


async def test_every_watched_table_leads_to_its_products(magento_copy: Database) -> None:
    entity = ProductEntity()
    place = {"socket": Path(magento_copy.socket), "database": magento_copy.name, "user": "root"}
    # What stands behind Magento's own logs needs the poller's memory; here each row names its products.
    settings = MagentoSettings.model_validate({**place, "own_triggers": "all"})
    async with Magento.open(settings, {Model.PRODUCT: entity.watches}) as magento:
        await magento.changelog.install()
        source = CountingSource(magento.source)
        cursors = await magento.reader.heads()
        for statement, expected in WRITES:
            magento_copy.run(statement)
            (page,) = await magento.reader.read(cursors)
            cursors = {page.cursor.source: page.cursor}
            assert expected <= await named(entity, source, page.changes), statement
    # Sequences belong to content staging, which has a test of its own.
    watched = {watch.table for watch in WATCHES if not watch.table.startswith("sequence_")}
    untried = watched - _tables()
    assert not untried


def _tables() -> set[str]:
    words = {"UPDATE", "FROM", "INTO"}
    return {
        after
        for statement, _ in WRITES
        for before, after in zip(statement.split(), statement.split()[1:], strict=False)
        if before in words
    }
