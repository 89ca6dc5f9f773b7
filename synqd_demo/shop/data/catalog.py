"""Products as rows: entities, values, stock, prices by quantity, catalog rule prices."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from synqd_demo.shop.data.attribute_list import PRODUCT
from synqd_demo.shop.data.attributes import Attributes
from synqd_demo.shop.data.categories import add_categories
from synqd_demo.shop.data.composites import add_composites
from synqd_demo.shop.data.product import Product, default_values, view_values
from synqd_demo.shop.data.products import PRODUCTS
from synqd_demo.shop.data.rows import Rows
from synqd_demo.shop.data.scopes import (
    DEFAULT_SOURCE,
    GDANSK,
    GENERAL,
    HOME,
    NOT_LOGGED_IN,
    POZNAN,
    TRADE,
    WHOLESALE,
)
from synqd_demo.shop.data.storefront import add_addresses, add_pictures

# Columns: product, all groups, group, quantity, value, website, percent off.
_TIER_PRICES = (
    (116, 1, 0, "1", "7.95", 0, None),
    (116, 1, 0, "10", "6.50", 0, None),
    (122, 0, GENERAL, "1", "8.00", HOME, None),
    (126, 1, 0, "3", "0", HOME, "15.00"),
    (134, 1, 0, "1", "480.00", TRADE, None),
    (134, 0, WHOLESALE, "5", "430.00", TRADE, None),
)


def add_catalog(rows: Rows, attributes: Attributes, day: date) -> None:
    """The whole range as of ``day``."""
    add_categories(rows, attributes)
    created = datetime.combine(day - timedelta(days=90), time(8))
    for product in PRODUCTS:
        _add_product(rows, attributes, product, created + timedelta(hours=product.id - 100))
    add_pictures(rows, attributes, PRODUCTS)
    add_addresses(rows, PRODUCTS)
    add_composites(rows, attributes)
    _add_tier_prices(rows)
    _add_rule(rows, day)


def _add_product(rows: Rows, attributes: Attributes, product: Product, created: datetime) -> None:
    rows.add(
        "catalog_product_entity",
        entity_id=product.id,
        attribute_set_id=PRODUCT,
        type_id=product.kind,
        sku=product.sku,
        has_options=int(product.kind in ("configurable", "bundle")),
        required_options=int(product.kind in ("configurable", "bundle")),
        created_at=created,
        updated_at=created + timedelta(days=1),
    )
    attributes.put(PRODUCT, product.id, default_values(product))
    for view, values in view_values(product).items():
        attributes.put(PRODUCT, product.id, values, view)
    for website in product.websites:
        rows.add("catalog_product_website", product_id=product.id, website_id=website)
    for position, category in enumerate(product.categories):
        rows.add("catalog_category_product", category_id=category, product_id=product.id, position=position)
    _add_stock(rows, product)


def _add_stock(rows: Rows, product: Product) -> None:
    stock = product.stock
    settings = {
        "min_qty": 0,
        "use_config_min_qty": 1,
        "backorders": 0,
        "use_config_backorders": 1,
        "manage_stock": 1,
        "use_config_manage_stock": 1,
        **stock.settings,
    }
    rows.add_row(
        "cataloginventory_stock_item",
        {
            "product_id": product.id,
            "stock_id": 1,
            "qty": stock.default or 0,
            "is_in_stock": int(stock.in_stock),
            **settings,
        },
    )
    rows.add(
        "cataloginventory_stock_status",
        product_id=product.id,
        website_id=0,
        stock_id=1,
        qty=stock.default or 0,
        stock_status=int(stock.in_stock),
    )
    for source, quantity in ((DEFAULT_SOURCE, stock.default), (GDANSK, stock.gdansk), (POZNAN, stock.poznan)):
        if quantity is not None:
            status = int(quantity > 0 or bool(stock.settings))
            rows.add(
                "inventory_source_item", source_code=source, sku=product.sku, quantity=quantity, status=status
            )


def _add_tier_prices(rows: Rows) -> None:
    for product_id, all_groups, group, qty, value, website, percent in _TIER_PRICES:
        rows.add(
            "catalog_product_entity_tier_price",
            entity_id=product_id,
            all_groups=all_groups,
            customer_group_id=group,
            qty=Decimal(qty),
            value=Decimal(value),
            website_id=website,
            percentage_value=None if percent is None else Decimal(percent),
        )


def _add_rule(rows: Rows, day: date) -> None:
    """Ten percent off matcha and mugs at home; the index holds yesterday, today and tomorrow."""
    rows.add(
        "catalogrule", rule_id=3, name="Autumn", is_active=1, simple_action="by_percent", discount_amount=10
    )
    rows.add("catalogrule_website", rule_id=3, website_id=HOME)
    for group in (NOT_LOGGED_IN, GENERAL):
        rows.add("catalogrule_customer_group", rule_id=3, customer_group_id=group)
    prices = {138: "21.60", 105: "16.20", 106: "16.20", 107: "19.35"}
    for offset in (-1, 0, 1):
        for group in (NOT_LOGGED_IN, GENERAL):
            for product, price in prices.items():
                rows.add(
                    "catalogrule_product_price",
                    rule_date=day + timedelta(days=offset),
                    customer_group_id=group,
                    product_id=product,
                    rule_price=Decimal(price),
                    website_id=HOME,
                )
