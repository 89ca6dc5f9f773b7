"""The statements of the order entity, each for a whole chunk, and the shapes of their rows."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from synqd.entities.accounts import Homes, rivalled
from synqd.entities.base import Source
from synqd.entities.paging import home
from synqd.entities.product.money import ZERO, number_or_zero
from synqd.entities.valid import without_nul

# CAST: the time as stored, also 0000-00-00. The oldest payment row comes last, so that it is the one kept.
_CHANGED = """
(SELECT entity_id FROM {sales_order}
  WHERE updated_at >= FROM_UNIXTIME(%s) AND entity_id > %s ORDER BY 1 LIMIT %s)
UNION
(SELECT DISTINCT order_id FROM {sales_order_item}
  WHERE updated_at >= FROM_UNIXTIME(%s) AND order_id > %s ORDER BY 1 LIMIT %s)
ORDER BY 1 LIMIT %s"""

_ORDERS = f"""
SELECT o.entity_id, {home("o")}, o.increment_id, o.customer_email, o.customer_id, o.customer_is_guest,
       c.email, COALESCE(o.order_currency_code, o.base_currency_code), CAST(o.created_at AS CHAR), o.status,
       o.coupon_code, o.shipping_method, o.shipping_amount, o.shipping_incl_tax, o.subtotal,
       o.subtotal_incl_tax, o.discount_amount, o.applied_rule_ids, o.total_refunded, o.total_canceled,
       p.method, o.customer_firstname, o.customer_lastname, c.website_id, c.confirmation, {rivalled("c")}
  FROM {{sales_order}} o
  LEFT JOIN {{customer_entity}} c ON c.entity_id = o.customer_id
  LEFT JOIN {{sales_order_payment}} p ON p.parent_id = o.entity_id
 WHERE o.entity_id IN %s
 ORDER BY o.entity_id, p.entity_id DESC"""
# By item id: the order of lines must never change between two sendings.
_LINES = """
SELECT item_id, order_id, store_id, product_id, product_type, sku, name, qty_ordered, qty_canceled,
       qty_refunded, price, price_incl_tax, original_price, row_total, tax_amount, tax_percent,
       discount_amount, discount_tax_compensation_amount, applied_rule_ids, {fixed}
  FROM {{sales_order_item}}
 WHERE order_id IN %s AND parent_item_id IS NULL
 ORDER BY order_id, item_id"""
# Dynamic bundles keep discounts and fixed product taxes on their children; other composites have none there.
_CHILDREN = """
SELECT parent_item_id, discount_amount, discount_tax_compensation_amount, tax_amount, {fixed}
  FROM {{sales_order_item}}
 WHERE order_id IN %s AND parent_item_id IS NOT NULL"""
_FIXED, _NO_FIXED = "weee_tax_applied_row_amount, weee_tax_applied", "NULL, NULL"
_RULES = "SELECT rule_id, name FROM {salesrule} WHERE rule_id IN %s"
# Addresses of guests; the last one is kept: billing, for goods may be shipped to somebody else.
_ADDRESSES = """
SELECT parent_id, firstname, lastname, telephone FROM {sales_order_address}
 WHERE parent_id IN %s ORDER BY parent_id, address_type = 'billing', entity_id DESC"""


class Order(NamedTuple):
    """One row of ``sales_order`` with its payment method, and what its customer's account says now.

    ``rivalled``: another account of the workspace may have the customer's e-mail, too.
    """

    entity_id: int
    store_id: int | None
    increment_id: str | None
    email: str | None
    customer_id: int | None
    is_guest: int | None
    customer_email: str | None
    currency: str | None
    created_at: str | None
    status: str | None
    coupon: str | None
    shipping_method: str | None
    shipping: Decimal | None
    shipping_with_tax: Decimal | None
    subtotal: Decimal | None
    subtotal_with_tax: Decimal | None
    discount: Decimal | None
    rule_ids: str | None
    refunded: Decimal | None
    canceled: Decimal | None
    payment: str | None
    firstname: str | None
    lastname: str | None
    customer_website: int | None
    confirmation: str | None
    rivalled: int


class Line(NamedTuple):
    """One row of ``sales_order_item`` that has no parent; amounts in the order's currency."""

    item_id: int
    order_id: int
    store_id: int | None
    product_id: int | None
    product_type: str | None
    sku: str | None
    name: str | None
    quantity: Decimal | None
    canceled: Decimal | None
    refunded: Decimal | None
    price: Decimal | None
    price_with_tax: Decimal | None
    original_price: Decimal | None
    row_total: Decimal | None
    tax: Decimal | None
    tax_percent: Decimal | None
    discount: Decimal | None
    compensation: Decimal | None
    rule_ids: str | None
    fixed_tax: Decimal | None
    fixed_taxes: str | None

    @property
    def fixed(self) -> Decimal:
        """The fixed product taxes of the line."""
        return fixed_taxes(self.fixed_tax, self.fixed_taxes)


class Children(NamedTuple):
    """Sums over the rows below a line."""

    discount: Decimal = ZERO
    compensation: Decimal = ZERO
    tax: Decimal = ZERO
    fixed: Decimal = ZERO


class Address(NamedTuple):
    """Who pays for an order, else who gets it."""

    firstname: str | None
    lastname: str | None
    telephone: str | None


async def read_changed(source: Source, since: int, after: int, limit: int) -> list[int]:
    """The next orders of which a row says that it changed since ``since`` (seconds since the epoch)."""
    rows = await source.fetch(_CHANGED, (since, after, limit, since, after, limit, limit))
    return [entity_id for (entity_id,) in rows]


async def read_orders(source: Source, homes: Homes, ids: tuple[int, ...]) -> Mapping[int, Order]:
    """The chunk's orders by id."""
    return {row[0]: Order._make(row) for row in await source.fetch(_ORDERS, (*homes, ids))}


async def read_lines(source: Source, ids: tuple[int, ...]) -> Mapping[int, Sequence[Line]]:
    """Lines of each order, in the order in which they were added."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in await source.fetch(await _with_fixed(source, _LINES), (ids,)):
        lines[row[1]].append(Line._make(row))
    return lines


async def read_children(source: Source, ids: Collection[int]) -> Mapping[int, Children]:
    """Sums of the children of the lines of these orders, by the line's item id."""
    sums: dict[int, Children] = defaultdict(Children)
    if not ids:
        return sums
    rows = await source.fetch(await _with_fixed(source, _CHILDREN), (tuple(ids),))
    for parent_id, discount, compensation, tax, fixed, each in rows:
        known = sums[parent_id]
        sums[parent_id] = Children(
            known.discount + (discount or ZERO),
            known.compensation + (compensation or ZERO),
            known.tax + (tax or ZERO),
            known.fixed + fixed_taxes(fixed, each),
        )
    return sums


async def _with_fixed(source: Source, statement: str) -> str:
    """The columns of fixed product taxes come and go with their table: they are a module's of Magento."""
    return statement.format(fixed=_FIXED if await source.has_table("weee_tax") else _NO_FIXED)


def fixed_taxes(amount: Decimal | None, each: str | None) -> Decimal:
    """The fixed product taxes of a row of items, with the tax on them where ``each`` tells it.

    Args:
        amount: all of them without tax.
        each: Magento's list of them, as JSON, in which amounts may have any scalar type.
    """
    net = amount or ZERO
    try:
        found = orjson.loads(each) if each else ()
        gross = sum([number_or_zero(tax.get("row_amount_incl_tax")) for tax in found], ZERO)
    except (ValueError, AttributeError, TypeError):  # whatever an import has left there
        return net
    return max(net, gross)


async def read_rules(source: Source, rule_ids: Collection[int]) -> Mapping[int, str]:
    """Names of cart price rules, as they are now; rules that are gone have none."""
    rows: Sequence[Any] = await source.fetch(_RULES, (tuple(rule_ids),)) if rule_ids else ()
    return {rule_id: without_nul(name) for rule_id, name in rows if name}


async def read_addresses(source: Source, ids: Collection[int]) -> Mapping[int, Address]:
    """The billing address of each order, else the shipping one."""
    rows = await source.fetch(_ADDRESSES, (tuple(ids),)) if ids else ()
    return {row[0]: Address(*row[1:]) for row in rows}


def rule_numbers(text: str | None) -> list[int]:
    """Rule ids of a comma-joined list, without those that are none."""
    return [int(part) for part in text.split(",") if part.strip().isdigit()] if text else []
