"""From a customer's rows to a profile. Pure."""

from collections.abc import Callable, Iterable
from typing import Any

from synqd.entities.base import Row
from synqd.entities.customer.plan import ADDRESS_COLUMNS, COLUMNS, Field, Plan
from synqd.entities.customer.values import phone
from synqd.entities.payload import name_set
from synqd.entities.valid import plain_text

Body = dict[str, Any]
Values = Iterable[tuple[int, str]]
"""Attribute id and stored value."""

_ADDRESS = slice(len(COLUMNS), len(COLUMNS) + len(ADDRESS_COLUMNS))
_ADDRESS_NAMES = ("city", "address", "zipCode", "province", "countryCode", "company")


def profile(
    plan: Plan, row: Row, values: Values, email: str, custom_id: str | None
) -> tuple[Body, list[str]]:
    """The profile of one customer, and notes on what had to be left out of it."""
    body: Body = {"email": email}
    notes: list[str] = []
    if custom_id is not None:
        body["customId"] = custom_id
    if row[4]:
        body["firstName"] = plain_text(row[4])
    if row[5]:
        body["lastName"] = plain_text(row[5])
    if plan.address:
        _address(plan.mapping, row[_ADDRESS], body, notes)
    attributes: Body = {}
    keep_blank = plan.mapping == "module"
    for (code, name, native, convert), stored in _stored(plan, row, values):
        if not stored and not (keep_blank and stored is not None and not native):
            continue
        value = convert(stored) if convert else stored
        if value is None:
            notes.append(f"{code}: {stored[:40]!r} has no equivalent")
        elif native:
            body[name] = value
        else:
            attributes[name] = value
    body["attributes"] = attributes
    return body, notes


def _stored(plan: Plan, row: Row, values: Values) -> list[tuple[Field, Any]]:
    """Every selected attribute that the customer has, columns first."""
    columns = zip(plan.statics, row[plan.custom_at :], strict=True)
    fields = plan.fields
    return [*columns, *[(fields[attribute_id], stored) for attribute_id, stored in values]]


def sent_names(plan: Plan, body: Body) -> frozenset[str]:
    """Names of the fields of a profile, dotted for attributes; it holds none that are empty."""
    return name_set((*body, *map(plan.dotted.__getitem__, body["attributes"])))


def _address(mapping: str, row: Row, body: Body, notes: list[str]) -> None:
    telephone, city, street, *rest = row
    if street:
        street = _street(mapping)(street)
    blank = "0" if mapping == "module" else ""  # PHP takes "0" for empty
    for name, stored in zip(_ADDRESS_NAMES, (city, street, *rest), strict=True):
        if stored and stored != blank:
            body[name] = plain_text(stored)
    if telephone and telephone != blank:
        number = phone(telephone, repair=mapping != "module")
        if number is None:
            notes.append("phone: not a phone number that Synerise takes")
        else:
            body["phone"] = number


def _street(mapping: str) -> Callable[[str], str]:
    return _joined_lines if mapping == "module" else _tidy_lines


def _joined_lines(street: str) -> str:
    return street.replace("\n", " ")


def _tidy_lines(street: str) -> str:
    return " ".join(line.strip() for line in street.split("\n") if line.strip())
