"""From an order and its lines to a transaction. Pure.

A transaction is made in two steps: what the order itself remembers, which its digest is made of, and what is
looked up beside it (names of rules, how products look now). A change of the latter is no change of the order:
a transaction that is sent again is billed again.
"""

from collections.abc import Sequence
from decimal import Decimal

from synqd.entities.accounts import owner, waits
from synqd.entities.identity import email_flaw, increment_id_flaw, profile_uuid
from synqd.entities.order.amounts import Cost, money
from synqd.entities.order.lines import Body, Mapper, adorn_lines, line_costs, product_lines
from synqd.entities.order.reading import Line, Order
from synqd.entities.payload import digest_of_text, number
from synqd.entities.product.money import ZERO
from synqd.entities.valid import iso_moment
from synqd.models.item import Leased


def obstacle(order: Order, lines: Sequence[Line], item: Leased) -> str | None:
    """Why an order cannot or shall not be sent, or None."""
    if not order.store_id:
        return "its store view is gone"
    if order.store_id != item.key.store_id:
        return "belongs to another store view"
    return _unsendable(order, lines)


def _unsendable(order: Order, lines: Sequence[Line]) -> str | None:
    if flaw := email_flaw(order.email) or increment_id_flaw(order.increment_id):
        return flaw
    if iso_moment(order.created_at) is None:
        return "has no creation time: sent twice, it would be doubled"
    if not order.currency:
        return "has no currency"
    return None if lines else "has no items"


def event_identity(order: Order) -> bytes:
    """Hash of the client and the time that make an order's event (semantics S25).

    With the salt, which is the increment id, an event of the same client and time is overwritten; any other
    is a second one.
    """
    return digest_of_text(f"{order.email}\n{order.created_at}")


def transaction(mapper: Mapper, order: Order, lines: Sequence[Line]) -> Body:
    """What an order without ``obstacle`` remembers itself."""
    increment_id, currency = order.increment_id or "", order.currency or ""
    costs = line_costs(mapper, lines)
    revenue, value = _totals(mapper, order, costs)
    body: Body = {
        "client": _client(mapper, order),
        "orderId": increment_id,
        "eventSalt": increment_id,
        "recordedAt": iso_moment(order.created_at),
        "source": mapper.source,
        "paymentInfo": {"method": order.payment or "unknown"},
        "revenue": money(revenue, currency),
        "value": money(value, currency),
        "products": product_lines(mapper, lines, costs, currency),
        "metadata": _metadata(mapper, order, currency),
    }
    if order.discount:
        body["discountAmount"] = money(abs(order.discount), currency)
    return body


def adorn(mapper: Mapper, order: Order, lines: Sequence[Line], body: Body, update_type: str) -> None:
    """Adds what is looked up beside the order, and how it came."""
    adorn_lines(mapper, lines, body["products"])
    names = mapper.rule_names(order.rule_ids)
    if names:
        body["metadata"]["promotionRules"] = names
    body["metadata"]["lastUpdateType"] = update_type


def _client(mapper: Mapper, order: Order) -> Body:
    """The customer id goes along only with the customer's present e-mail (S9): else it would overwrite it."""
    email = order.email or ""
    client = {"email": email, "uuid": profile_uuid(email)}
    is_present = order.customer_id and order.customer_email == email
    if mapper.custom_ids and is_present and _has_profile(mapper, order):
        client["customId"] = str(order.customer_id)
    return client


def _has_profile(mapper: Mapper, order: Order) -> bool:
    """Whether the profile of the order's address is its customer's, and not another account's (S29, S33)."""
    if waits(mapper.config, order.customer_website, order.confirmation):
        return False
    first = owner(mapper.claims, order.email or "") if order.rivalled else None
    return first is None or first.entity_id == order.customer_id


def _totals(mapper: Mapper, order: Order, costs: Sequence[Cost]) -> tuple[Decimal, Decimal]:
    """Revenue and value: what the lines come to after discounts; the module takes subtotals before them."""
    if mapper.backdrop.module:
        net = order.subtotal or ZERO
        return (order.subtotal_with_tax or ZERO if mapper.backdrop.with_tax else net), net
    net = sum([cost.net for cost in costs], ZERO)
    return sum([cost.paid(with_tax=mapper.backdrop.with_tax) for cost in costs], ZERO), net


def _metadata(mapper: Mapper, order: Order, currency: str) -> Body:
    shipping = order.shipping_with_tax if mapper.backdrop.with_tax else order.shipping
    metadata: Body = {
        "orderStatus": order.status,
        "discountCode": order.coupon,
        "shipping": {"method": order.shipping_method, "amount": number(shipping or ZERO)},
        "applicationName": "magento2",
        "storeId": str(order.store_id),
        "storeUrl": mapper.backdrop.addresses.home,
    }
    return metadata if mapper.backdrop.module else _as_event(metadata, order, currency)


def _as_event(metadata: Body, order: Order, currency: str) -> Body:
    """Without nulls, which events must not hold, and with what was given back."""
    if order.refunded:
        metadata["refundedAmount"] = money(order.refunded, currency)
    if order.canceled:
        metadata["canceledAmount"] = money(order.canceled, currency)
    if not order.shipping_method:
        del metadata["shipping"]
    return {name: value for name, value in metadata.items() if value}
