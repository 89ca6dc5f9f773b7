"""From a customer's rows to a profile. Pure."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Any

from synqd.entities.base import Row
from synqd.entities.customer.plan import ADDRESS_COLUMNS, COLUMNS, Field, Plan
from synqd.entities.valid import phone_number, plain_text, without_nul

Body = dict[str, Any]
Values = Iterable[tuple[Field, str | None]]
"""Fields and their stored values."""

_ADDRESS = slice(len(COLUMNS), len(COLUMNS) + len(ADDRESS_COLUMNS))
_ADDRESS_NAMES = ("city", "address", "zipCode", "province", "countryCode", "company")


def profile(
    plan: Plan, row: Row, values: Values, email: str, custom_id: str | None
) -> tuple[Body, list[str]]:
    """The profile of one customer, and notes on what had to be left out of it.

    ``values`` are those of ``plan.fields``; those of ``plan.statics`` are in the row.
    """
    body: Body = {"email": email}
    notes: list[str] = []
    if custom_id is not None:
        body["customId"] = custom_id
    if row[4] and (first := plain_text(row[4])):
        body["firstName"] = first
    if row[5] and (last := plain_text(row[5])):
        body["lastName"] = last
    if plan.address:
        _address(plan, row[_ADDRESS], body, notes)
    columns = zip(plan.statics, row[plan.custom_at :])  # noqa: B905  # the plan's own statement; see _address
    body["attributes"] = _attributes(plan, chain(columns, values), body, notes)
    return body, notes


def _attributes(plan: Plan, values: Values, body: Body, notes: list[str]) -> Body:
    """The entries of ``attributes``; native fields go into the body."""
    attributes: Body = {}
    keep_blank = plan.module
    for field, stored in values:
        if not stored and (stored is None or field.native or not keep_blank):
            continue
        convert = field.convert
        value = convert(stored) if convert else without_nul(stored)
        if value is None:
            notes.append(f"{field.code}: {stored[:40]!r} has no equivalent")
        elif field.native:
            body[field.name] = value
        else:
            attributes[field.name] = value
    return attributes


def sent_names(body: Body) -> frozenset[str]:
    """Names of the fields of a profile, dotted for attributes; it holds none that are empty."""
    return _names(tuple(body), tuple(body["attributes"]))


@lru_cache(maxsize=4096)
def _names(fields: tuple[str, ...], attributes: tuple[str, ...]) -> frozenset[str]:
    """Profiles nearly always have one of a few sets of names."""
    return frozenset((*fields, *[f"attributes.{name}" for name in attributes]))


def _address(plan: Plan, row: Row, body: Body, notes: list[str]) -> None:
    city, street, postcode, region, country, company, telephone = row
    if street:
        street = street.replace("\n", " ") if plan.module else _tidy_lines(street)
    blank = "0" if plan.module else ""  # PHP takes "0" for empty
    parts = (city, street, postcode, region, country, company)
    for name, stored in zip(_ADDRESS_NAMES, parts):  # noqa: B905  # "strict" costs as much as two of the six
        if stored and stored != blank and (text := plain_text(stored)):
            body[name] = text
    if telephone and telephone != blank:
        number = phone_number(telephone, repair=not plan.module)
        if number is None:
            notes.append("phone: Synerise does not accept this number")
        else:
            body["phone"] = number


def _tidy_lines(street: str) -> str:
    return " ".join(filter(None, map(str.strip, street.split("\n"))))
