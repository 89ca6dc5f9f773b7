"""From an order and its lines to a transaction. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from synqd.entities.identity import clean_id, profile_uuid
from synqd.entities.order.amounts import ZERO, money, number, row_net, row_tax
from synqd.entities.order.lines import Body, Mapper, product_lines
from synqd.entities.order.reading import Line, Order
from synqd.entities.valid import is_email, is_id, iso_moment
from synqd.models.item import Leased
from synqd.models.wire import Skip

LOOKED_UP = frozenset({"url", "categories", "image", "promotionRules"})
"""What an order does not remember itself; a change of it is no change of the order (a transaction that is
sent again is billed again)."""


def obstacle(order: Order, lines: Sequence[Line], item: Leased) -> Skip | None:
    """Why an order cannot or shall not be sent, or None."""
    checks = (
        (bool(order.store_id), "its store view is gone"),
        (order.store_id == item.key.store_id, "belongs to another store view"),
        (is_email(clean_id(order.email or "")), "its e-mail is none that Synerise takes"),
        (is_id(clean_id(order.increment_id or "")), "its increment id is none that Synerise takes"),
        (iso_moment(order.created_at) is not None, "has no creation time: sent twice, it would be doubled"),
        (bool(order.currency), "has no currency"),
        (bool(lines), "has no items"),
    )
    return next((Skip(reason) for fine, reason in checks if not fine), None)


def transaction(mapper: Mapper, order: Order, lines: Sequence[Line], update_type: str) -> Body:
    """The transaction of an order that has no ``obstacle``."""
    settings, store = mapper.context.settings, mapper.context.store
    increment_id = clean_id(order.increment_id or "")
    currency = order.currency or ""
    revenue, value = _totals(mapper, order, lines)
    body: Body = {
        "client": _client(mapper, order),
        "orderId": increment_id,
        "eventSalt": increment_id,
        "recordedAt": iso_moment(order.created_at),
        "source": settings.order.at(store).source,
        "paymentInfo": {"method": order.payment or "unknown"},
        "revenue": money(revenue, currency),
        "value": money(value, currency),
        "products": product_lines(mapper, lines, currency),
        "metadata": _metadata(mapper, order, currency, update_type),
    }
    if order.discount:
        body["discountAmount"] = money(abs(order.discount), currency)
    return body


def _client(mapper: Mapper, order: Order) -> Body:
    """The customer id goes along only with the customer's present e-mail (S9): else it would overwrite it."""
    stored = order.email or ""
    client = {"email": clean_id(stored), "uuid": profile_uuid(stored)}
    section = mapper.context.settings.customer.at(mapper.context.store)
    if order.customer_id and order.customer_email == order.email and section.custom_id == "entity_id":
        client["customId"] = str(order.customer_id)
    return client


def _totals(mapper: Mapper, order: Order, lines: Sequence[Line]) -> tuple[Decimal, Decimal]:
    """Revenue and value: what the lines come to after discounts; the module takes subtotals before them."""
    if mapper.module:
        net = order.subtotal or ZERO
        return (order.subtotal_with_tax or ZERO if mapper.with_tax else net), net
    net = sum((row_net(line, mapper.children.get(line.item_id)) for line in lines), ZERO)
    if not mapper.with_tax:
        return net, net
    return net + sum((row_tax(line, mapper.children.get(line.item_id)) for line in lines), ZERO), net


def _metadata(mapper: Mapper, order: Order, currency: str, update_type: str) -> Body:
    shipping = order.shipping_with_tax if mapper.with_tax else order.shipping
    metadata: Body = {
        "orderStatus": order.status,
        "discountCode": order.coupon,
        "shipping": {"method": order.shipping_method, "amount": number(shipping or ZERO)},
        "applicationName": "magento2",
        "storeId": str(order.store_id),
        "storeUrl": mapper.store_url,
        "lastUpdateType": update_type,
    }
    names = mapper.rule_names(order.rule_ids)
    if names:
        metadata["promotionRules"] = names
    return metadata if mapper.module else _plain(metadata, order, currency)


def _plain(metadata: Body, order: Order, currency: str) -> Body:
    """Without nulls, which events must not hold, and with what was given back."""
    if order.refunded:
        metadata["refundedAmount"] = money(order.refunded, currency)
    if order.canceled:
        metadata["canceledAmount"] = money(order.canceled, currency)
    if not order.shipping_method:
        del metadata["shipping"]
    return {name: value for name, value in metadata.items() if value not in (None, "")}


def remembered(body: Body) -> dict[str, Any]:
    """A transaction without what was only looked up, for its digest."""
    steady = dict(body)
    steady["products"] = [
        {name: value for name, value in line.items() if name not in LOOKED_UP} for line in body["products"]
    ]
    steady["metadata"] = {name: value for name, value in body["metadata"].items() if name not in LOOKED_UP}
    return steady
