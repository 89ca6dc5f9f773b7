"""Which columns are read of tables that hold secrets, or more of persons than is sent (least rights).

All other tables are catalog, taxes and structure, and are read as a whole. What statements name is listed
here, so that the printed rights need no more; tests run the daemon with them, and compare this list with the
statements.
"""

from collections.abc import Collection, Mapping

from synqd.entities.base import Source
from synqd.entities.customer.attributes import load_attributes, may_be_sent

COLUMNS: Mapping[str, frozenset[str]] = {
    "customer_entity": frozenset(
        {
            "confirmation",
            "default_billing",
            "email",
            "entity_id",
            "firstname",
            "lastname",
            "store_id",
            "updated_at",
            "website_id",
        }
    ),
    "customer_address_entity": frozenset(
        {
            "city",
            "company",
            "country_id",
            "entity_id",
            "parent_id",
            "postcode",
            "region",
            "region_id",
            "street",
            "telephone",
            "updated_at",
        }
    ),
    "flag": frozenset({"flag_code", "flag_data"}),
    "newsletter_subscriber": frozenset(
        {
            "change_status_at",
            "customer_id",
            "store_id",
            "subscriber_email",
            "subscriber_id",
            "subscriber_status",
        }
    ),
    "sales_order": frozenset(
        {
            "applied_rule_ids",
            "base_currency_code",
            "coupon_code",
            "created_at",
            "customer_email",
            "customer_firstname",
            "customer_id",
            "customer_is_guest",
            "customer_lastname",
            "discount_amount",
            "entity_id",
            "increment_id",
            "order_currency_code",
            "shipping_amount",
            "shipping_incl_tax",
            "shipping_method",
            "status",
            "store_id",
            "subtotal",
            "subtotal_incl_tax",
            "total_canceled",
            "total_refunded",
            "updated_at",
        }
    ),
    "sales_order_address": frozenset(
        {"address_type", "entity_id", "firstname", "lastname", "parent_id", "telephone"}
    ),
    "sales_order_item": frozenset(
        {
            "applied_rule_ids",
            "discount_amount",
            "discount_tax_compensation_amount",
            "item_id",
            "name",
            "order_id",
            "original_price",
            "parent_item_id",
            "price",
            "price_incl_tax",
            "product_id",
            "product_type",
            "qty_canceled",
            "qty_ordered",
            "qty_refunded",
            "row_total",
            "sku",
            "store_id",
            "tax_amount",
            "tax_percent",
            "updated_at",
            "weee_tax_applied",
            "weee_tax_applied_row_amount",
        }
    ),
    "sales_order_payment": frozenset({"entity_id", "method", "parent_id"}),
}
"""Table without prefix -> columns that statements name, whatever the configuration."""

OF_FIXED_TAXES = frozenset({"weee_tax_applied", "weee_tax_applied_row_amount"})
"""Columns of ``sales_order_item`` that are there only with the table ``weee_tax``."""

CHOSEN = "customer_entity"
"""The table of which the configuration chooses more columns: customer attributes without a value table."""


async def columns_to_read(source: Source) -> Mapping[str, Collection[str]]:
    """``COLUMNS`` as the shop has them, with those of all customer attributes that may be chosen."""
    chosen = may_be_sent(await load_attributes(source))
    columns = {**COLUMNS, CHOSEN: COLUMNS[CHOSEN] | chosen}
    if not await source.has_table("weee_tax"):
        columns["sales_order_item"] -= OF_FIXED_TAXES
    return columns
