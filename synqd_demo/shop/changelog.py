"""Magento's own change logs (``*_cl``) and the triggers that fill them, as "Update by Schedule" makes them.

A log row holds the id of what changed and nothing else: no time, no kind, no store view. An UPDATE is
logged only when a column other than ``updated_at`` differs, and rows that vanish by a foreign key's
cascade are not logged at all, because InnoDB fires no triggers for them. A read-only capture lives with
exactly these properties, so the demo shop has them too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_VALUE = ("value_id", "attribute_id", "store_id", "entity_id", "value")


@dataclass(frozen=True)
class Subscription:
    """What one table tells the logs: in which column the id is, and which columns count as a change."""

    id_column: str
    compared: Sequence[str]
    logs: Sequence[str]


SUBSCRIPTIONS: Mapping[str, Subscription] = {
    "catalog_product_entity": Subscription(
        "entity_id",
        ("entity_id", "attribute_set_id", "type_id", "sku", "has_options", "required_options", "created_at"),
        ("catalogsearch_fulltext", "catalogrule_product", "catalog_product_price"),
    ),
    "catalog_product_entity_varchar": Subscription(
        "entity_id", _VALUE, ("catalogsearch_fulltext", "catalog_product_attribute", "catalogrule_product")
    ),
    "catalog_product_entity_text": Subscription(
        "entity_id", _VALUE, ("catalogsearch_fulltext", "catalogrule_product")
    ),
    "catalog_product_entity_int": Subscription(
        "entity_id",
        _VALUE,
        (
            "catalogsearch_fulltext",
            "catalog_product_category",
            "catalog_product_attribute",
            "catalogrule_product",
            "cataloginventory_stock",
            "catalog_product_price",
        ),
    ),
    "catalog_product_entity_decimal": Subscription(
        "entity_id",
        _VALUE,
        (
            "catalogsearch_fulltext",
            "catalog_product_attribute",
            "catalogrule_product",
            "catalog_product_price",
        ),
    ),
    "catalog_product_entity_datetime": Subscription(
        "entity_id", _VALUE, ("catalogsearch_fulltext", "catalogrule_product", "catalog_product_price")
    ),
    "catalog_product_entity_tier_price": Subscription(
        "entity_id",
        (
            "value_id",
            "entity_id",
            "all_groups",
            "customer_group_id",
            "qty",
            "value",
            "website_id",
            "percentage_value",
        ),
        ("catalog_product_price", "catalogrule_product"),
    ),
    "catalog_product_website": Subscription(
        "product_id",
        ("product_id", "website_id"),
        ("catalogsearch_fulltext", "catalog_product_category", "catalog_product_price"),
    ),
    "catalog_product_link": Subscription(
        "product_id",
        ("link_id", "product_id", "linked_product_id", "link_type_id"),
        (
            "catalogsearch_fulltext",
            "catalog_product_attribute",
            "catalogrule_product",
            "cataloginventory_stock",
            "catalog_product_price",
        ),
    ),
    # product_id of a super link is the child, not the configurable.
    "catalog_product_super_link": Subscription(
        "product_id", ("link_id", "product_id", "parent_id"), ("catalogsearch_fulltext",)
    ),
    "catalog_product_bundle_selection": Subscription(
        "parent_product_id",
        (
            "selection_id",
            "option_id",
            "parent_product_id",
            "product_id",
            "position",
            "is_default",
            "selection_price_type",
            "selection_price_value",
            "selection_qty",
            "selection_can_change_qty",
        ),
        ("catalogsearch_fulltext",),
    ),
    "catalog_category_product": Subscription(
        "product_id",
        ("entity_id", "category_id", "product_id", "position"),
        ("catalogsearch_fulltext", "catalog_product_category", "catalogrule_product"),
    ),
    "catalog_category_entity": Subscription(
        "entity_id",
        (
            "entity_id",
            "attribute_set_id",
            "parent_id",
            "created_at",
            "path",
            "position",
            "level",
            "children_count",
        ),
        ("catalog_category_product",),
    ),
    "catalog_category_entity_int": Subscription("entity_id", _VALUE, ("catalog_category_product",)),
    "cataloginventory_stock_item": Subscription(
        "product_id",
        (
            *("item_id", "product_id", "stock_id", "qty", "min_qty", "use_config_min_qty", "is_qty_decimal"),
            *("backorders", "use_config_backorders", "min_sale_qty", "use_config_min_sale_qty"),
            *("max_sale_qty", "use_config_max_sale_qty", "is_in_stock", "low_stock_date", "notify_stock_qty"),
            *("use_config_notify_stock_qty", "manage_stock", "use_config_manage_stock"),
            *("stock_status_changed_auto", "use_config_qty_increments", "qty_increments"),
            *("use_config_enable_qty_inc", "enable_qty_increments", "is_decimal_divided", "website_id"),
        ),
        ("cataloginventory_stock",),
    ),
    # The id logged here is the source item's, neither a product id nor a SKU.
    "inventory_source_item": Subscription(
        "source_item_id", ("source_item_id", "source_code", "sku", "quantity", "status"), ("inventory",)
    ),
    "catalogrule_product_price": Subscription(
        "product_id",
        (
            "rule_product_price_id",
            "rule_date",
            "customer_group_id",
            "product_id",
            "rule_price",
            "website_id",
            "latest_start_date",
            "earliest_end_date",
        ),
        ("catalog_product_price",),
    ),
    "catalogrule": Subscription(
        "rule_id",
        (
            *("rule_id", "name", "description", "from_date", "to_date", "is_active", "conditions_serialized"),
            *(
                "actions_serialized",
                "stop_rules_processing",
                "sort_order",
                "simple_action",
                "discount_amount",
            ),
        ),
        ("catalogrule_rule",),
    ),
}

VIEWS = tuple(sorted({log for table in SUBSCRIPTIONS.values() for log in table.logs}))


def script(prefix: str) -> str:
    """SQL (for the ``mariadb`` client) that makes all logs, their triggers and their ``mview_state`` rows."""
    tables = [_log_table(prefix, view) for view in VIEWS]
    triggers = [text for name in SUBSCRIPTIONS for text in _triggers(prefix, name)]
    states = ", ".join(f"('{view}', 'enabled', 'idle', UTC_TIMESTAMP(), 0)" for view in VIEWS)
    insert = f"INSERT INTO {prefix}mview_state (view_id, mode, status, updated, version_id) VALUES {states};"
    return "\n".join([*tables, "DELIMITER $$", *triggers, "DELIMITER ;", insert, ""])


def _log_table(prefix: str, view: str) -> str:
    return (
        f"CREATE TABLE {prefix}{view}_cl (version_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,"
        " entity_id INT UNSIGNED NOT NULL DEFAULT 0);"
    )


def _triggers(prefix: str, name: str) -> Iterator[str]:
    subscription = SUBSCRIPTIONS[name]
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        statements = [
            f"INSERT IGNORE INTO `{prefix}{log}_cl` (`entity_id`) VALUES ({row}.`{subscription.id_column}`);"
            for log in subscription.logs
        ]
        if event == "UPDATE":
            differs = " OR ".join(f"NOT(NEW.`{c}` <=> OLD.`{c}`)" for c in subscription.compared)
            statements = [f"IF ({differs}) THEN {statement} END IF;" for statement in statements]
        body = "\n".join(statements)
        yield (
            f"CREATE TRIGGER trg_{prefix}{name}_after_{event.lower()} AFTER {event} ON {prefix}{name}"
            f" FOR EACH ROW\nBEGIN\n{body}\nEND$$"
        )
