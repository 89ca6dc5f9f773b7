"""The rules of one transaction, and those an event shares with it (client, time, salt)."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from synqd_demo.fake_synerise.answers import CURRENCY, ENUM, FORMAT, MISSING, RANGE, TYPE, Problem
from synqd_demo.fake_synerise.identifiers import CLIENT_IDS, check_ids
from synqd_demo.fake_synerise.settings import Settings

SOURCES = ("WEB_DESKTOP", "WEB_MOBILE", "MOBILE_APP", "POS", "MOBILE", "DESKTOP")
_OPTIONAL_MONEY = ("regularPrice", "netUnitPrice", "discountPrice")


def check_transaction(item: Any, settings: Settings) -> list[Problem]:
    """Give what is wrong with one transaction."""
    if not isinstance(item, dict):
        return [Problem(TYPE, "body", "must be an object")]
    problems: list[Problem] = []
    check_client(item, problems, settings)
    if not _is_filled(item.get("orderId")):
        problems.append(Problem(MISSING, "orderId", "must be a non-empty string", item.get("orderId")))
    if not isinstance(item.get("paymentInfo"), dict):
        problems.append(Problem(TYPE, "paymentInfo", "must be an object", item.get("paymentInfo")))
    currencies: set[str] = set()
    _check_products(item.get("products"), problems, currencies)
    for name in ("revenue", "value"):
        _check_money(item.get(name), name, problems, currencies)
    if "discountAmount" in item:
        _check_money(item["discountAmount"], "discountAmount", problems, currencies, positive=True)
    if len(currencies) > 1:
        problems.append(
            Problem(CURRENCY, "revenue.currency", "one currency per transaction", sorted(currencies))
        )
    _check_source(item, problems, settings)
    check_moment(item, "recordedAt", problems)
    if not isinstance(item.get("metadata", {}), dict):
        problems.append(Problem(TYPE, "metadata", "must be an object", item["metadata"]))
    return problems


def check_client(item: Mapping[str, Any], problems: list[Problem], settings: Settings) -> None:
    """Check the `client` object of a transaction or an event."""
    client = item.get("client")
    if not isinstance(client, dict):
        problems.append(Problem(MISSING, "client", "must be an object", client))
        return
    check_ids(
        client,
        problems,
        names=CLIENT_IDS,
        number_name="id",
        int_custom_id=settings.int_custom_id,
        prefix="client.",
    )


def check_moment(item: Mapping[str, Any], time_name: str, problems: list[Problem]) -> None:
    """Check the time of a transaction or an event, and its salt; both are optional."""
    if time_name in item and parse_moment(item[time_name]) is None:
        problems.append(Problem(FORMAT, time_name, "must be an ISO 8601 date-time", item[time_name]))
    if "eventSalt" in item and not isinstance(item["eventSalt"], str):
        problems.append(Problem(TYPE, "eventSalt", "must be a string", item["eventSalt"]))


def parse_moment(text: Any) -> int | None:
    """Give an ISO 8601 text as epoch milliseconds, or None. Without a zone it is taken as UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return round(moment.timestamp() * 1000)
    except OverflowError:
        return None


def _check_source(item: Mapping[str, Any], problems: list[Problem], settings: Settings) -> None:
    source = item.get("source")
    if source is None and not settings.require_source:
        return
    if source not in SOURCES:
        code = MISSING if source is None else ENUM
        problems.append(Problem(code, "source", f"must be one of {', '.join(SOURCES)}", source))


def _check_products(products: Any, problems: list[Problem], currencies: set[str]) -> None:
    if not isinstance(products, list) or not products:
        problems.append(Problem(MISSING, "products", "must be a non-empty array", products))
        return
    for place, product in enumerate(products):
        where = f"products[{place}]"
        if isinstance(product, dict):
            _check_product(product, where, problems, currencies)
        else:
            problems.append(Problem(TYPE, where, "must be an object", product))


def _check_product(
    product: Mapping[str, Any], where: str, problems: list[Problem], currencies: set[str]
) -> None:
    problems.extend(
        Problem(MISSING, f"{where}.{name}", "must be a non-empty string", product.get(name))
        for name in ("sku", "name")
        if not _is_filled(product.get(name))
    )
    if not _is_number(product.get("quantity")):
        problems.append(Problem(TYPE, f"{where}.quantity", "must be a number", product.get("quantity")))
    _check_money(product.get("finalUnitPrice"), f"{where}.finalUnitPrice", problems, currencies)
    for name in _OPTIONAL_MONEY:
        if name in product:
            _check_money(product[name], f"{where}.{name}", problems, currencies)


def _check_money(
    money: Any, where: str, problems: list[Problem], currencies: set[str], *, positive: bool = False
) -> None:
    if not isinstance(money, dict):
        problems.append(Problem(MISSING, where, "must be an object with amount and currency", money))
        return
    amount = money.get("amount")
    if not _is_number(amount):
        problems.append(Problem(TYPE, f"{where}.amount", "must be a number", amount))
    elif amount < 0 or (positive and amount == 0):
        limit = "greater than 0" if positive else "0 or more"
        problems.append(Problem(RANGE, f"{where}.amount", f"must be {limit}", amount))
    currency = money.get("currency")
    if isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isalpha():
        currencies.add(currency)
    else:
        problems.append(Problem(CURRENCY, f"{where}.currency", "must be three letters", currency))


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_filled(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""
