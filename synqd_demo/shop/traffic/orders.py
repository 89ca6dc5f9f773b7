"""Orders: placing one, and what becomes of it. For shops made by :func:`synqd_demo.shop.create_shop`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from synqd_demo.shop.data.scopes import STOCK_OF, TAX_COUNTRY, TAX_RATES, VIEW_CODES, WEBSITE_OF
from synqd_demo.shop.order_rows import order_rows, reservation
from synqd_demo.shop.purchase import PAID, STATES, Buyer, Line, Purchase
from synqd_demo.shop.traffic.session import Change, Session, TrafficError

_VIEW_OF = {code: view for view, code in VIEW_CODES.items()}


async def place_order(session: Session, store: str, email: str, wishes: Mapping[str, int]) -> list[Change]:
    """Order what is wished for, as the customer with that e-mail in the website, else as a guest.

    Args:
        session: Where.
        store: Code of the store view.
        email: Of the buyer.
        wishes: Quantities by SKU of simple and virtual products; a variant is ordered
            through its configurable.

    Returns:
        The order, and the products whose salable quantity sank.
    """
    if store not in _VIEW_OF:
        raise TrafficError(f"the shop has no store view {store}")
    view = _VIEW_OF[store]
    lines = [await _line(session, sku, quantity, view) for sku, quantity in wishes.items()]
    buyer = await _buyer(session, email, WEBSITE_OF[view])
    async with session.transaction():
        number = await session.row("order", "SELECT COUNT(*) AS n FROM {p}sales_order")
        increment = f"{view}{900_000_001 + number['n']:010}"
        purchase = Purchase(increment, view, datetime.now(UTC).replace(tzinfo=None), buyer, lines)
        order_id = await _write(session, purchase)
    parts = [part for line in lines for part in line.children or (line,)]
    products = tuple(sorted(part.product_id for part in parts))
    views = tuple(
        sorted(v for v, website in WEBSITE_OF.items() if website == WEBSITE_OF[view] and v in _ACTIVE)
    )
    return [Change("order", (order_id,), (view,)), Change("product", products, views)]


_ACTIVE = frozenset(view for view, code in VIEW_CODES.items() if code != "old")


async def change_order_status(session: Session, increment_id: str, status: str) -> list[Change]:
    """Move an order on: ``processing`` is paid, ``complete`` also shipped, ``canceled`` frees stock."""
    if status not in STATES:
        raise TrafficError(f"there is no order status {status}: use one of {', '.join(STATES)}")
    order = await session.row(
        f"order {increment_id}", "SELECT * FROM {p}sales_order WHERE increment_id = %s", increment_id
    )
    async with session.transaction():
        if status in PAID:
            await session.run(
                "UPDATE {p}sales_order_item SET qty_invoiced = qty_ordered, row_invoiced = row_total,"
                " base_row_invoiced = base_row_total WHERE order_id = %s",
                order["entity_id"],
            )
        if status in ("complete", "canceled"):
            await _release_stock(session, order, status)
        await session.run(
            "UPDATE {p}sales_order SET state = %s, status = %s, updated_at = UTC_TIMESTAMP(),"
            " total_paid = IF(%s, grand_total, total_paid),"
            " base_total_paid = IF(%s, base_grand_total, base_total_paid),"
            " total_due = grand_total - total_paid, base_total_due = base_grand_total - base_total_paid"
            " WHERE entity_id = %s",
            STATES[status],
            status,
            status in PAID,
            status in PAID,
            order["entity_id"],
        )
    return [Change("order", (order["entity_id"],), (order["store_id"],))]


async def _release_stock(session: Session, order: Mapping[str, Any], status: str) -> None:
    event, column = {
        "complete": ("shipment_created", "qty_shipped"),
        "canceled": ("order_canceled", "qty_canceled"),
    }[status]
    await session.run(
        f"UPDATE {{p}}sales_order_item SET {column} = qty_ordered WHERE order_id = %s", order["entity_id"]
    )
    items = await session.rows(
        "SELECT sku, qty_ordered FROM {p}sales_order_item AS i WHERE order_id = %s"
        " AND NOT EXISTS (SELECT 1 FROM {p}sales_order_item AS c WHERE c.parent_item_id = i.item_id)",
        order["entity_id"],
    )
    stock = STOCK_OF[WEBSITE_OF[order["store_id"]]]
    for item in items:
        quantity = int(item["qty_ordered"])
        row = reservation(stock, item["sku"], quantity, event, order["increment_id"])
        await session.insert("inventory_reservation", row)
        if status == "complete":
            await _take_from_source(session, stock, item["sku"], quantity)


async def _take_from_source(session: Session, stock: int, sku: str, quantity: int) -> None:
    """The shipment takes the goods from the first source of the stock that has enough of them."""
    sources = await session.rows(
        "SELECT i.source_item_id, i.source_code FROM {p}inventory_source_item AS i"
        " JOIN {p}inventory_source_stock_link AS l USING (source_code)"
        " WHERE l.stock_id = %s AND i.sku = %s AND i.quantity >= %s ORDER BY l.priority LIMIT 1",
        stock,
        sku,
        quantity,
    )
    for source in sources:
        await session.run(
            "UPDATE {p}inventory_source_item SET quantity = quantity - %s WHERE source_item_id = %s",
            quantity,
            source["source_item_id"],
        )
        if source["source_code"] == "default":
            await session.run(
                "UPDATE {p}cataloginventory_stock_item AS s JOIN {p}catalog_product_entity AS e"
                " ON e.entity_id = s.product_id SET s.qty = s.qty - %s WHERE e.sku = %s",
                quantity,
                sku,
            )


async def _buyer(session: Session, email: str, website: int) -> Buyer:
    found = await session.rows(
        "SELECT entity_id, email, firstname, lastname, group_id FROM {p}customer_entity"
        " WHERE email = %s AND website_id = %s",
        email,
        website,
    )
    for row in found:
        return Buyer(row["email"], row["firstname"], row["lastname"], row["entity_id"], row["group_id"])
    return Buyer(email, "Guest", "Buyer")


async def _line(session: Session, sku: str, quantity: int, view: int) -> Line:
    plain = await _plain_line(session, sku, quantity, view)
    parents = await session.rows(
        "SELECT p.sku FROM {p}catalog_product_super_link AS l JOIN {p}catalog_product_entity AS p"
        " ON p.entity_id = l.parent_id WHERE l.product_id = %s ORDER BY l.link_id LIMIT 1",
        plain.product_id,
    )
    for row in parents:
        parent = await _plain_line(session, row["sku"], quantity, view)
        variant = Line(plain.product_id, plain.sku, plain.name, Decimal(0))
        return Line(
            parent.product_id,
            sku,
            parent.name,
            plain.price,
            parent.kind,
            quantity,
            plain.tax_percent,
            children=[variant],
        )
    return plain


async def _plain_line(session: Session, sku: str, quantity: int, view: int) -> Line:
    product = await session.row(
        f"product {sku}",
        "SELECT entity_id, type_id FROM {p}catalog_product_entity WHERE sku = %s",
        sku,
    )
    values = {
        row["attribute_code"]: row["value"]
        for kind in ("varchar", "decimal", "int")
        for row in await session.rows(
            f"SELECT a.attribute_code, v.value FROM {{p}}catalog_product_entity_{kind} AS v"
            " JOIN {p}eav_attribute AS a USING (attribute_id) WHERE v.entity_id = %s"
            " AND v.store_id IN (0, %s) AND a.attribute_code IN ('name', 'price', 'tax_class_id')"
            " ORDER BY v.store_id",
            product["entity_id"],
            view,
        )
    }
    percent = TAX_RATES[TAX_COUNTRY[view]].get(values.get("tax_class_id", 0), Decimal(0))
    price = Decimal(values.get("price") or 0)
    return Line(product["entity_id"], sku, values["name"], price, product["type_id"], quantity, percent)


async def _write(session: Session, purchase: Purchase) -> int:
    """In Magento's order: reservations, the order, addresses, items, payment."""
    made = order_rows(purchase)
    for row in made.reservations:
        await session.insert("inventory_reservation", row)
    order_id = await session.insert("sales_order", made.order)
    addresses = [
        await session.insert("sales_order_address", {"parent_id": order_id, **row}) for row in made.addresses
    ]
    await session.run(
        "UPDATE {p}sales_order SET billing_address_id = %s, shipping_address_id = %s WHERE entity_id = %s",
        addresses[0],
        addresses[1] if len(addresses) > 1 else None,
        order_id,
    )
    items: list[int] = []
    for row, parent in made.items:
        own = {"order_id": order_id, "parent_item_id": None if parent is None else items[parent]}
        items.append(await session.insert("sales_order_item", own | row))
    await session.insert("sales_order_payment", {"parent_id": order_id, **made.payment})
    return order_id
