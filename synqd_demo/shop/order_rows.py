"""Turns what somebody buys into the rows that Magento writes for an order. Pure: no database, no clock.

Both the prepared shop and the scripted traffic place orders; this is the one place that knows how an
order's amounts follow from its lines. Amounts exist twice, in the website's base currency (``base_``)
and in the currency of the order, each rounded on its own as in Magento.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from synqd_demo.shop.data.rows import Value
from synqd_demo.shop.data.scopes import (
    BASE_CURRENCY,
    DISPLAY_CURRENCY,
    GROUP_NAMES,
    INCLUDES_TAX,
    RATES,
    STOCK_OF,
    VIEW_NAMES,
    WEBSITE_NAMES,
    WEBSITE_OF,
)
from synqd_demo.shop.purchase import GLOBAL_CURRENCY, PAID, STATES, Line, Purchase

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class OrderRows:
    """Rows of one order without ids; an item's ``parent`` is an index into ``items``."""

    order: dict[str, Value]
    items: list[tuple[dict[str, Value], int | None]]
    addresses: list[dict[str, Value]]
    payment: dict[str, Value]
    reservations: list[dict[str, Value]]


@dataclass(frozen=True)
class _Amounts:
    """Amounts of one row in one currency."""

    price: Decimal
    price_incl_tax: Decimal
    row_total: Decimal
    row_total_incl_tax: Decimal
    discount_amount: Decimal
    tax_amount: Decimal


def order_rows(purchase: Purchase) -> OrderRows:
    """All rows of an order just placed (or already further, by its status)."""
    items = _item_rows(purchase)
    order = _order_row(purchase, [row for row, parent in items if parent is None], _priced(items))
    addresses = [_address_row(purchase, "billing")]
    if not order["is_virtual"]:
        addresses.append(_address_row(purchase, "shipping"))
    payment: dict[str, Value] = {
        "method": purchase.payment,
        "amount_ordered": order["grand_total"],
        "base_amount_ordered": order["base_grand_total"],
        "shipping_amount": order["shipping_amount"],
        "base_shipping_amount": order["base_shipping_amount"],
        "additional_information": f'{{"method_title":"{purchase.payment}"}}',
    }
    return OrderRows(order, items, addresses, payment, _reservations(purchase))


def _round(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)


def _rate(view: int) -> Decimal:
    base, shown = BASE_CURRENCY[WEBSITE_OF[view]], DISPLAY_CURRENCY[view]
    return Decimal(1) if base == shown else RATES[base, shown]


def _amounts(line: Line, quantity: int, purchase: Purchase, rate: Decimal) -> _Amounts:
    shown = _round((line.price or Decimal(0)) * rate)
    share = 1 + line.tax_percent / 100
    if INCLUDES_TAX[WEBSITE_OF[purchase.view]]:
        price, with_tax = _round(shown / share), shown
    else:
        price, with_tax = shown, _round(shown * share)
    row = price * quantity
    discount = _round(row * purchase.discount_percent / 100)
    tax = _round((row - discount) * line.tax_percent / 100)
    return _Amounts(price, with_tax, row, with_tax * quantity, discount, tax)


def _item_rows(purchase: Purchase) -> list[tuple[dict[str, Value], int | None]]:
    items: list[tuple[dict[str, Value], int | None]] = []
    for line in purchase.lines:
        parent = len(items)
        items.append((_item_row(purchase, line, line.quantity), None))
        rows = [_item_row(purchase, child, child.quantity * line.quantity) for child in line.children]
        items += [(row, parent) for row in rows]
        if line.price is None:
            _sum_into(items[parent][0], rows, line.quantity)
    return items


def _item_row(purchase: Purchase, line: Line, quantity: int) -> dict[str, Value]:
    moved = quantity if purchase.status in PAID else 0
    row: dict[str, Value] = {
        "store_id": purchase.view,
        "created_at": purchase.placed_at,
        "updated_at": purchase.placed_at,
        "product_id": line.product_id,
        "product_type": line.kind,
        "sku": line.sku,
        "name": line.name,
        "weight": line.weight,
        "is_virtual": int(line.is_virtual),
        "qty_ordered": quantity,
        "qty_invoiced": moved,
        "qty_shipped": quantity if purchase.status == "complete" and not line.is_virtual else 0,
        "qty_canceled": quantity if purchase.status == "canceled" else 0,
        "applied_rule_ids": purchase.rule_ids,
        "tax_percent": line.tax_percent,
        "discount_percent": purchase.discount_percent,
        "discount_tax_compensation_amount": Decimal(0),
        "base_discount_tax_compensation_amount": Decimal(0),
    }
    for prefix, rate in (("", _rate(purchase.view)), ("base_", Decimal(1))):
        amounts = _amounts(line, quantity, purchase, rate)
        row |= {prefix + name: value for name, value in vars(amounts).items()}
        # As entered in the catalogue, with tax where prices are entered with it.
        entered_with_tax = INCLUDES_TAX[WEBSITE_OF[purchase.view]]
        row[f"{prefix}original_price"] = amounts.price_incl_tax if entered_with_tax else amounts.price
        row[f"{prefix}row_invoiced"] = amounts.row_total if moved else Decimal(0)
    return row


def _sum_into(parent: dict[str, Value], children: list[dict[str, Value]], quantity: int) -> None:
    """A dynamic bundle shows the sum of its parts; discount and tax stay on the parts."""
    for prefix in ("", "base_"):
        for name in ("row_total", "row_total_incl_tax"):
            total = _total(children, prefix + name)
            parent[prefix + name] = total
            parent[prefix + name.replace("row_total", "price")] = _round(total / quantity)


def _priced(items: list[tuple[dict[str, Value], int | None]]) -> list[dict[str, Value]]:
    """Rows that carry discount and tax: children of dynamic bundles, else top rows."""
    return [row for row, _ in items if row["base_tax_amount"] or row["base_discount_amount"]]


def _total(rows: Sequence[Mapping[str, Value]], name: str) -> Decimal:
    return sum((Decimal(str(row[name])) for row in rows), Decimal(0))


def _order_row(
    purchase: Purchase, top: list[dict[str, Value]], priced: list[dict[str, Value]]
) -> dict[str, Value]:
    website = WEBSITE_OF[purchase.view]
    virtual = all(line.is_virtual for line in purchase.lines)
    buyer = purchase.buyer
    quantity = sum(line.quantity for line in purchase.lines)
    row: dict[str, Value] = {
        "increment_id": purchase.increment_id,
        "store_id": purchase.view,
        "store_name": "\n".join((WEBSITE_NAMES[website], GROUP_NAMES[website], VIEW_NAMES[purchase.view])),
        "state": STATES[purchase.status],
        "status": purchase.status,
        "created_at": purchase.placed_at,
        "updated_at": purchase.placed_at,
        "customer_id": buyer.customer_id,
        "customer_is_guest": int(buyer.customer_id is None),
        "customer_group_id": buyer.group_id,
        "customer_email": buyer.email,
        "customer_firstname": buyer.firstname,
        "customer_lastname": buyer.lastname,
        "global_currency_code": GLOBAL_CURRENCY,
        "base_currency_code": BASE_CURRENCY[website],
        "store_currency_code": BASE_CURRENCY[website],
        "order_currency_code": DISPLAY_CURRENCY[purchase.view],
        "base_to_order_rate": _rate(purchase.view),
        "is_virtual": int(virtual),
        "shipping_method": None if virtual else "flatrate_flatrate",
        "shipping_description": None if virtual else "Flat Rate - Fixed",
        "coupon_code": purchase.coupon,
        "applied_rule_ids": purchase.rule_ids,
        "total_item_count": len(purchase.lines),
        "total_qty_ordered": quantity,
        "weight": sum((line.weight * line.quantity for line in purchase.lines), Decimal(0)),
        "remote_ip": "192.0.2.1",
    }
    for prefix, rate in (("", _rate(purchase.view)), ("base_", Decimal(1))):
        row |= _totals(
            purchase, top, priced, prefix, Decimal(0) if virtual else _round(purchase.shipping * rate)
        )
    return row


def _totals(
    purchase: Purchase,
    top: list[dict[str, Value]],
    priced: list[dict[str, Value]],
    prefix: str,
    shipping: Decimal,
) -> dict[str, Value]:
    subtotal = _total(top, f"{prefix}row_total")
    discount = _total(priced, f"{prefix}discount_amount")
    tax = _total(priced, f"{prefix}tax_amount")
    grand = subtotal - discount + tax + shipping
    paid = grand if purchase.status in PAID else Decimal(0)
    amounts: dict[str, Value] = {
        "subtotal": subtotal,
        "subtotal_incl_tax": _total(top, f"{prefix}row_total_incl_tax"),
        "discount_amount": -discount,
        "tax_amount": tax,
        "shipping_amount": shipping,
        "shipping_incl_tax": shipping,
        "shipping_tax_amount": Decimal(0),
        "shipping_discount_amount": Decimal(0),
        "discount_tax_compensation_amount": Decimal(0),
        "grand_total": grand,
        "total_paid": paid,
        "total_invoiced": paid,
        "total_due": grand - paid,
        "total_canceled": grand if purchase.status == "canceled" else Decimal(0),
        "total_refunded": grand if purchase.status == "closed" else Decimal(0),
    }
    return {prefix + name: value for name, value in amounts.items()}


def _address_row(purchase: Purchase, kind: str) -> dict[str, Value]:
    buyer = purchase.buyer
    return {
        "address_type": kind,
        "customer_id": buyer.customer_id,
        "email": buyer.email,
        "firstname": buyer.firstname,
        "lastname": buyer.lastname,
        "street": "Hafenstraße 1",
        "city": "Wien",
        "postcode": "1020",
        "country_id": "AT",
        "telephone": "+43 1 5550100",
        **buyer.address,
    }


def _reservations(purchase: Purchase) -> list[dict[str, Value]]:
    """Minus the quantity when placed; plus it again once shipped or cancelled."""
    stock = STOCK_OF[WEBSITE_OF[purchase.view]]
    events = [("order_placed", -1)]
    if purchase.status == "canceled":
        events.append(("order_canceled", 1))
    if purchase.status in ("complete", "closed"):
        events.append(("shipment_created", 1))
    return [
        reservation(stock, part.sku, sign * part.quantity * factor, event, purchase.increment_id)
        for event, sign in events
        for line in purchase.lines
        for part, factor in [(child, line.quantity) for child in line.children] or [(line, 1)]
    ]


def reservation(stock: int, sku: str, quantity: int, event: str, increment_id: str) -> dict[str, Value]:
    """A row of ``inventory_reservation``."""
    about = {
        "event_type": event,
        "object_type": "order",
        "object_id": "",
        "object_increment_id": increment_id,
    }
    metadata = json.dumps(about, separators=(",", ":"))
    return {"stock_id": stock, "sku": sku, "quantity": quantity, "metadata": metadata}
