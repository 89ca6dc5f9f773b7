"""Back-office work on products: saving, stock, renaming, deleting."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from synqd_demo.shop.traffic.session import Change, Session

WEBSITE_SCOPE = 2
# What a composite shows of its parts.
_SEEN_IN_PARENTS = {
    "price",
    "special_price",
    "special_from_date",
    "special_to_date",
    "status",
    "tax_class_id",
    "image",
}


async def save_product(session: Session, sku: str, store: str = "admin", **values: Any) -> list[Change]:
    """Save attribute values as the product form does, in one transaction.

    Args:
        session: Where.
        sku: Which product.
        store: Code of the store view, ``admin`` for the default values.
        values: Attribute codes with stored values (option ids, not labels); None is an override to nothing.
    """
    product = await _product(session, sku)
    view = await session.row(f"store view {store}", "SELECT * FROM {p}store WHERE code = %s", store)
    stores: set[int] = set()
    async with session.transaction():
        await _touch(session, product)
        for code, value in values.items():
            stores |= await _save_value(session, product["entity_id"], code, value, view)
        # The form sends the stock along; the values are the same, so no trigger logs it.
        await session.run(
            "UPDATE {p}cataloginventory_stock_item SET qty = qty, is_in_stock = is_in_stock"
            " WHERE product_id = %s",
            product["entity_id"],
        )
    changes = [Change("product", (product["entity_id"],), tuple(sorted(stores)))]
    if _SEEN_IN_PARENTS & values.keys():
        changes += await _parents(session, product["entity_id"], stores)
    return changes


async def change_stock(session: Session, sku: str, quantity: int, source: str = "default") -> list[Change]:
    """Set the quantity at a source; like Magento's source item save, every statement commits by itself."""
    product = await _product(session, sku)
    status = int(quantity > 0)
    await session.run(
        "INSERT INTO {p}inventory_source_item (source_code, sku, quantity, status) VALUES (%s, %s, %s, %s)"
        " ON DUPLICATE KEY UPDATE quantity = VALUES(quantity), status = VALUES(status)",
        source,
        product["sku"],
        quantity,
        status,
    )
    if source == "default":  # the old tables follow this source alone
        for table, column in (("stock_item", "is_in_stock"), ("stock_status", "stock_status")):
            await session.run(
                f"UPDATE {{p}}cataloginventory_{table} SET qty = %s, {column} = %s WHERE product_id = %s",
                quantity,
                status,
                product["entity_id"],
            )
    stores = await _views_of_source(session, product["entity_id"], source)
    change = Change("product", (product["entity_id"],), tuple(sorted(stores)))
    return [change, *await _parents(session, product["entity_id"], stores)]


async def rename_sku(session: Session, sku: str, new_sku: str) -> list[Change]:
    """Give a product another SKU: rows of the old one stay behind in the source items and reservations."""
    product = await _product(session, sku)
    async with session.transaction():
        await _touch(session, product | {"sku": new_sku})
        await session.run(
            "INSERT INTO {p}inventory_source_item (source_code, sku, quantity, status)"
            " SELECT source_code, %s, quantity, status FROM {p}inventory_source_item WHERE sku = %s"
            " ON DUPLICATE KEY UPDATE quantity = VALUES(quantity), status = VALUES(status)",
            new_sku,
            sku,
        )
    stores = await _views(session, product["entity_id"])
    change = Change("product", (product["entity_id"],), tuple(sorted(stores)))
    return [change, *await _parents(session, product["entity_id"], stores)]


async def delete_product(session: Session, sku: str) -> list[Change]:
    """Delete a product: its row by statement, what hangs on it by foreign keys, source items later."""
    product = await _product(session, sku)
    entity_id, stores = product["entity_id"], await _views(session, product["entity_id"])
    related = await _parents(session, entity_id, stores)
    async with session.transaction():
        await session.run(
            "DELETE FROM {p}url_rewrite WHERE entity_type = 'product' AND entity_id = %s", entity_id
        )
        await session.run("DELETE FROM {p}catalog_product_entity WHERE entity_id = %s", entity_id)
    # By a queue consumer in Magento, so in a transaction of its own.
    await session.run("DELETE FROM {p}inventory_source_item WHERE sku = %s", product["sku"])
    return [Change("product", (entity_id,), tuple(sorted(stores)), gone=True), *related]


async def _product(session: Session, sku: str) -> dict[str, Any]:
    return await session.row(
        f"product {sku}", "SELECT * FROM {p}catalog_product_entity WHERE sku = %s ORDER BY entity_id", sku
    )


async def _touch(session: Session, product: dict[str, Any]) -> None:
    """Magento writes the whole entity row, with the present time."""
    await session.run(
        "UPDATE {p}catalog_product_entity SET attribute_set_id = %s, type_id = %s, sku = %s,"
        " has_options = %s, required_options = %s, created_at = %s, updated_at = UTC_TIMESTAMP()"
        " WHERE entity_id = %s",
        *(product[c] for c in ("attribute_set_id", "type_id", "sku", "has_options", "required_options")),
        product["created_at"],
        product["entity_id"],
    )


async def _save_value(
    session: Session, entity_id: int, code: str, value: Any, view: dict[str, Any]
) -> set[int]:
    attribute = await session.row(
        f"product attribute {code}",
        "SELECT a.attribute_id, a.backend_type, c.is_global FROM {p}eav_attribute AS a"
        " JOIN {p}eav_entity_type AS t USING (entity_type_id)"
        " JOIN {p}catalog_eav_attribute AS c USING (attribute_id)"
        " WHERE t.entity_type_code = 'catalog_product' AND a.attribute_code = %s",
        code,
    )
    written = {int(view["store_id"])}
    if view["store_id"] and attribute["is_global"] == WEBSITE_SCOPE:
        siblings = await session.rows(
            "SELECT store_id FROM {p}store WHERE website_id = %s", view["website_id"]
        )
        written = {row["store_id"] for row in siblings}
    table = f"{{p}}catalog_product_entity_{attribute['backend_type']}"
    for store_id in sorted(written):
        await session.run(
            f"INSERT INTO {table} (attribute_id, store_id, entity_id, value) VALUES (%s, %s, %s, %s)"
            " ON DUPLICATE KEY UPDATE value = VALUES(value)",
            attribute["attribute_id"],
            store_id,
            entity_id,
            value,
        )
    shown = await _views(session, entity_id)
    if written != {0}:
        return shown & written
    own = await session.rows(
        f"SELECT store_id FROM {table} WHERE entity_id = %s AND attribute_id = %s",
        entity_id,
        attribute["attribute_id"],
    )
    return shown - {row["store_id"] for row in own}


async def _views(session: Session, product_id: int) -> set[int]:
    """Active store views of the product's websites."""
    found = await session.rows(
        "SELECT s.store_id FROM {p}store AS s JOIN {p}catalog_product_website AS w USING (website_id)"
        " WHERE w.product_id = %s AND s.is_active = 1",
        product_id,
    )
    return {row["store_id"] for row in found}


async def _views_of_source(session: Session, product_id: int, source: str) -> set[int]:
    found = await session.rows(
        "SELECT s.store_id FROM {p}inventory_source_stock_link AS l"
        " JOIN {p}inventory_stock_sales_channel AS c ON c.stock_id = l.stock_id AND c.type = 'website'"
        " JOIN {p}store_website AS w ON w.code = c.code JOIN {p}store AS s ON s.website_id = w.website_id"
        " WHERE l.source_code = %s",
        source,
    )
    return {row["store_id"] for row in found} & await _views(session, product_id)


async def _parents(session: Session, product_id: int, stores: Collection[int]) -> list[Change]:
    """Composites that show something of the product, one change for each."""
    found = await session.rows(
        "SELECT parent_id FROM {p}catalog_product_relation WHERE child_id = %s ORDER BY parent_id", product_id
    )
    changes = []
    for row in found:
        shown = await _views(session, row["parent_id"]) & set(stores)
        changes.append(Change("product", (row["parent_id"],), tuple(sorted(shown)), related=True))
    return changes
