"""The profile of somebody who ordered without an account (``[order] guest_profiles``). Pure."""

from typing import Any

from synqd.entities.identity import profile_uuid
from synqd.entities.order.reading import Address, Order
from synqd.entities.payload import digest_of_text
from synqd.entities.valid import phone_number, plain_text
from synqd.models.person import folded
from synqd.models.wire import Endpoint, WireItem


def is_guest(order: Order) -> bool:
    """Whether nobody's account is behind an order; one whose account was deleted is no guest's."""
    return not order.customer_id and bool(order.is_guest)


def guest_mark(order: Order) -> str:
    """By which the ledger knows a guest again, without the address (S25)."""
    return digest_of_text(folded(order.email or "")).hex()


def guest_profile(order: Order, address: Address | None, *, repair: bool) -> WireItem:
    """E-mail, uuid, names and phone; what is missing or not valid is left out.

    ``repair``: telephones are put right as those of customers are.
    """
    email = order.email or ""
    body: dict[str, Any] = {"email": email, "uuid": profile_uuid(email)}
    notes: list[str] = []
    _add_person(body, order, address or Address(None, None, None), notes, repair=repair)
    return WireItem(Endpoint.CLIENTS, email, body, notes=tuple(notes))


def _add_person(
    body: dict[str, Any], order: Order, address: Address, notes: list[str], *, repair: bool
) -> None:
    """The order's own names, which Magento rarely fills for guests, else those of the address."""
    first, last = order.firstname or address.firstname, order.lastname or address.lastname
    for name, stored in (("firstName", first), ("lastName", last)):
        if stored and plain_text(stored):
            body[name] = plain_text(stored)
    if not address.telephone:
        return
    if number := phone_number(address.telephone, repair=repair):
        body["phone"] = number
    else:
        notes.append("phone: Synerise does not accept this number")
