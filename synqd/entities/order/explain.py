"""Where each field of a transaction comes from; for ``synqd preview --explain``."""

from collections.abc import Mapping

from synqd.models.wire import Endpoint, Parcel, Skip

_BOTH: Mapping[str, str] = {
    "client": "sales_order.customer_email and the uuid made from it; customId only if the e-mail is still "
    "customer_entity's (S9)",
    "orderId": "sales_order.increment_id",
    "eventSalt": "sales_order.increment_id, so that sending again overwrites",
    "recordedAt": "sales_order.created_at, UTC",
    "source": "[order] source",
    "paymentInfo": "sales_order_payment.method",
    "discountAmount": "sales_order.discount_amount, positive; left out when 0",
    "metadata": "sales_order (status, coupon, shipping), names of salesrule for applied_rule_ids, base URL",
}
_STORE: Mapping[str, str] = {
    "revenue": "lines after discount{tax}: row_total - discount + discount_tax_compensation{plus}",
    "value": "lines after discount, without tax: row_total - discount + discount_tax_compensation",
    "products": "sales_order_item rows without parent, by item id; finalUnitPrice = line after discount{tax} "
    "/ quantity, a dynamic bundle's discount from its children; sku, url, categories, image: as they are now",
}
_MODULE: Mapping[str, str] = {
    "revenue": "sales_order.{subtotal}",
    "value": "sales_order.subtotal",
    "products": "sales_order_item rows without parent, by item id; finalUnitPrice as the module has it",
}


_GUEST: Mapping[str, str] = {
    "email": "sales_order.customer_email",
    "uuid": "made from the e-mail as stored",
    "firstName": "sales_order.customer_firstname, else the billing address's",
    "lastName": "sales_order.customer_lastname, else the billing address's",
    "phone": "sales_order_address.telephone of the billing address, else of the shipping address",
}


def explain(outcome: Parcel | Skip, *, module: bool, with_tax: bool) -> Mapping[str, str] | None:
    """A line for each field of a transaction and of a guest's profile; None where none is sent."""
    if isinstance(outcome, Skip):
        return None
    words = {
        "tax": " with tax" if with_tax else "",
        "plus": " + tax + weee_tax_applied" if with_tax else "",
        "subtotal": "subtotal_incl_tax" if with_tax else "subtotal",
    }
    origins = {**_BOTH, **(_MODULE if module else _STORE)}
    guest = [name for wire in outcome.items if wire.endpoint is Endpoint.CLIENTS for name in wire.body]
    lines = {name: origins[name].format_map(words) for name in outcome.items[-1].body}
    return {**{name: _GUEST[name] for name in guest}, **lines}
