"""What the views of Magento's own modules subscribe to (``etc/mview.xml`` of Magento 2.4).

Used for one question only: whose table it is when an enabled view has lost all its triggers, as after a
``setup:upgrade`` with a table prefix that met foreign ones. Whatever has triggers is read from the database.
"""

from collections.abc import Mapping

_VALUES = frozenset(
    f"catalog_product_entity_{kind}" for kind in ("datetime", "decimal", "int", "text", "varchar")
)

SUBSCRIBED: Mapping[str, frozenset[str]] = {
    "catalog_category_product": frozenset({"catalog_category_entity", "catalog_category_entity_int"}),
    "catalog_product_attribute": _VALUES - {"catalog_product_entity_datetime", "catalog_product_entity_text"}
    | {"catalog_product_link"},
    "catalog_product_category": frozenset(
        {"catalog_category_product", "catalog_product_entity_int", "catalog_product_website"}
    ),
    "catalog_product_price": frozenset(
        {
            "catalog_product_entity",
            "catalog_product_entity_datetime",
            "catalog_product_entity_decimal",
            "catalog_product_entity_int",
            "catalog_product_entity_tier_price",
            "catalog_product_link",
            "catalog_product_website",
        }
    ),
    "catalogrule_product": _VALUES
    | {
        "catalog_category_product",
        "catalog_product_entity",
        "catalog_product_entity_tier_price",
        "catalog_product_link",
    },
    "cataloginventory_stock": frozenset(
        {"cataloginventory_stock_item", "catalog_product_entity_int", "catalog_product_link"}
    ),
    "catalogsearch_fulltext": _VALUES
    | {
        "catalog_category_product",
        "catalog_product_bundle_selection",
        "catalog_product_entity",
        "catalog_product_link",
        "catalog_product_super_link",
        "catalog_product_website",
    },
    "inventory": frozenset({"inventory_source_item"}),
    "sales_order_data_exporter": frozenset({"sales_order", "sales_order_item"}),
}
"""View -> tables, without prefix."""
