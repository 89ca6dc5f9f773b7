"""Orders of the prepared shop: guests and customers, every kind of line, every state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count

from synqd_demo.shop.data.people import PEOPLE, Person
from synqd_demo.shop.data.product import Product
from synqd_demo.shop.data.products import PRODUCTS
from synqd_demo.shop.data.rows import Rows
from synqd_demo.shop.data.scopes import (
    HOME,
    HOME_DE,
    HOME_EN,
    TAX_COUNTRY,
    TAX_RATES,
    TRADE_EN,
    TRADE_PL,
    WEBSITE_OF,
)
from synqd_demo.shop.order_rows import order_rows
from synqd_demo.shop.purchase import Buyer, Line, Purchase

# What (a SKU, "CONFIGURABLE>VARIANT" or "BUNDLE>PART+PART") and how many.
Wish = tuple[str, int]

_GONE = Line(99, "DISCONTINUED", "Product that is gone", Decimal("11.00"), tax_percent=Decimal(19))

# Columns: view, customer id or guest's e-mail, status, wishes, discount percent, days ago; not 0, since
# they are placed in the morning and the shop may be made in the night before.
_ORDERS: tuple[tuple[int, int | str, str, tuple[Wish, ...], int, int], ...] = (
    (HOME_EN, 301, "complete", (("TEA/ASSAM 2", 2), ("CUP", 1)), 0, 40),
    (HOME_EN, 301, "processing", (("MUG>MUG-CLAY", 2),), 10, 3),
    (HOME_EN, "Guest.One@News.example", "pending", (("00417", 1),), 0, 1),
    (HOME_DE, 304, "complete", (("SENCHA>SENCHA-100", 3), ("HONEY", 1)), 0, 33),
    (HOME_DE, 304, "canceled", (("TEAPOT", 1),), 0, 30),
    (HOME_DE, "walk.in@mail.example", "processing", (("GIFT-BOX>TEA/ASSAM 2+MUG-SAGE", 1),), 0, 6),
    (HOME_DE, 310, "pending", (("TASTING>TEA/ASSAM 2+ROOIBOS", 1),), 10, 2),
    (HOME_EN, 309, "complete", (("WORKSHOP", 1),), 0, 20),
    (HOME_EN, 315, "complete", (("GUIDE", 1), ("RECIPES", 1)), 0, 19),
    (HOME_EN, 307, "holded", (("1e5", 1),), 0, 5),
    (HOME_EN, 307, "closed", (("SAUCER", 4),), 0, 28),
    (HOME_EN, 319, "processing", (("CUP", 2), ("SAUCER", 2), ("SPOON", 1)), 0, 4),
    (HOME_EN, 321, "pending", (("APRON>APRON-SAGE-S", 1),), 0, 1),
    (HOME_DE, 317, "complete", (("MATCHA", 1), ("WHISK", 1), ("GIFT-WRAP", 1)), 0, 15),
    (HOME_DE, 318, "pending", (("ZIOŁA-ŁĄKA", 2),), 10, 1),
    (HOME_DE, 311, "complete", (("SENCHA>SENCHA-050", 1), ("SENCHA>SENCHA-250", 1)), 0, 12),
    # An account made in the back office orders through a store view all the same.
    (HOME_EN, 303, "complete", (("EARL-GREY", 5),), 0, 25),
    (TRADE_PL, 305, "complete", (("BULK-SENCHA", 1),), 0, 22),
    (TRADE_PL, 305, "processing", (("BULK-ASSAM", 3), ("BULK-SENCHA", 2)), 10, 7),
    (TRADE_PL, 313, "pending", (("CUP", 24),), 0, 1),
    (TRADE_PL, "gosc@wiadomosci.example", "canceled", (("TEA/ASSAM 2", 6),), 0, 9),
    (TRADE_EN, 302, "complete", (("BULK-ASSAM", 1), ("HONEY", 12)), 0, 18),
    (TRADE_EN, 316, "processing", (("MUG>MUG-INK", 6),), 0, 2),
    (TRADE_EN, "import@trade.example", "pending", (("SENCHA>SENCHA-100", 10),), 0, 1),
    (TRADE_PL, 314, "complete", (("DISCONTINUED", 1), ("CUP", 2)), 0, 50),
    # The customer of this one was deleted since: no id, yet no guest.
    (HOME_EN, "former.customer@mail.example", "complete", (("CANISTER", 1),), 0, 55),
)
_CUSTOMER_DELETED = "former.customer@mail.example"


def add_orders(rows: Rows, day: date) -> None:
    """All orders with everything that belongs to them, and the cart rule behind the discounts."""
    rows.add(
        "salesrule",
        rule_id=2,
        name="Welcome",
        is_active=1,
        simple_action="by_percent",
        discount_amount=10,
        coupon_type=2,
    )
    rows.add("salesrule_coupon", coupon_id=1, rule_id=2, code="WELCOME10", is_primary=1)
    products = {product.sku: product for product in PRODUCTS}
    persons = {person.id: person for person in PEOPLE}
    counters = {view: count(1) for view in (HOME_EN, HOME_DE, TRADE_PL, TRADE_EN)}
    writer = _Writer(rows)
    for view, who, status, wishes, discount, age in _ORDERS:
        number = next(counters[view])
        increment = f"{number:09}" if view == HOME_EN else f"{view}{number:09}"
        purchase = Purchase(
            increment_id=increment,
            view=view,
            placed_at=datetime.combine(day - timedelta(days=age), time(7)) + timedelta(minutes=7 * number),
            buyer=_buyer(who, persons),
            lines=[_line(wish, quantity, view, products) for wish, quantity in wishes],
            status=status,
            discount_percent=Decimal(discount),
            coupon="WELCOME10" if discount else None,
            rule_ids="2" if discount else None,
            payment="banktransfer" if WEBSITE_OF[view] != HOME else "checkmo",
        )
        writer.write(purchase, was_guest=who != _CUSTOMER_DELETED and isinstance(who, str))


class _Writer:
    """Numbers the rows of orders and adds them."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._orders, self._items, self._addresses = count(1001), count(2001), count(3001)

    def write(self, purchase: Purchase, *, was_guest: bool) -> None:
        made, order_id = order_rows(purchase), next(self._orders)
        address_ids = [next(self._addresses) for _ in made.addresses]
        order = made.order | {
            "customer_is_guest": int(was_guest),
            "billing_address_id": address_ids[0],
            "shipping_address_id": address_ids[1] if len(address_ids) > 1 else None,
        }
        self._rows.add_row("sales_order", {"entity_id": order_id, **order})
        item_ids = [next(self._items) for _ in made.items]
        for item_id, (row, parent) in zip(item_ids, made.items, strict=True):
            own = {
                "item_id": item_id,
                "order_id": order_id,
                "parent_item_id": None if parent is None else item_ids[parent],
            }
            self._rows.add_row("sales_order_item", own | row)
        for address_id, address in zip(address_ids, made.addresses, strict=True):
            self._rows.add_row(
                "sales_order_address", {"entity_id": address_id, "parent_id": order_id, **address}
            )
        self._rows.add_row("sales_order_payment", {"parent_id": order_id, **made.payment})
        for reservation in made.reservations:
            self._rows.add_row("inventory_reservation", reservation)


def _buyer(who: int | str, persons: Mapping[int, Person]) -> Buyer:
    if isinstance(who, str):
        return Buyer(who, "Gast", who.split("@")[0])
    person = persons[who]
    return Buyer(person.email, person.first, person.last, person.id, person.group)


def _line(wish: str, quantity: int, view: int, products: Mapping[str, Product]) -> Line:
    sku, _, parts = wish.partition(">")
    if sku == _GONE.sku:
        return _GONE
    product = products[sku]
    children = [_plain(products[part], 1, view) for part in parts.split("+") if part]
    line = _plain(product, quantity, view)
    if product.kind == "configurable":
        [variant] = children
        return Line(
            product.id,
            variant.sku,
            product.name,
            variant.price,
            product.kind,
            quantity,
            variant.tax_percent,
            variant.weight,
            [_free(variant)],
        )
    if product.kind == "bundle":
        suffixed = "-".join((sku, *(child.sku for child in children)))
        dynamic = product.price is None
        kept = children if dynamic else [_free(child) for child in children]
        return Line(
            product.id,
            suffixed if dynamic else sku,
            product.name,
            line.price,
            product.kind,
            quantity,
            line.tax_percent,
            Decimal(1),
            kept,
        )
    return line


def _plain(product: Product, quantity: int, view: int) -> Line:
    price = product.zloty if WEBSITE_OF[view] != HOME and product.zloty else product.price
    percent = TAX_RATES[TAX_COUNTRY[view]][product.tax]
    entered = None if price is None else Decimal(price)
    return Line(product.id, product.sku, product.name, entered, product.kind, quantity, percent)


def _free(line: Line) -> Line:
    """The same thing as a part whose price is on its parent."""
    return Line(line.product_id, line.sku, line.name, Decimal(0), line.kind, line.quantity)
