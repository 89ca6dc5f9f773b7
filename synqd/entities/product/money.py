"""Exact amounts: Decimals from the database to the wire, rounded as Magento rounds them."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal(0)
ONE = Decimal(1)


def round2(amount: Decimal) -> Decimal:
    """Half up to two decimals, as PHP's round() does on what is written in decimal."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def decimal_or_none(stored: Any) -> Decimal | None:
    """A stored number, whatever type the driver made of it; None for NULL and for what is no number."""
    if stored is None or isinstance(stored, Decimal):
        return stored
    try:
        return Decimal(str(stored))
    except ArithmeticError:
        return None


def number_or_zero(stored: Any) -> Decimal:
    """A stored number; 0 for NULL and for what is no number."""
    return decimal_or_none(stored) or ZERO


def exchange_rate(rates: Mapping[tuple[str, str], Decimal], base: str, display: str) -> Decimal | None:
    """Units of ``display`` for one ``base``; None where the shop has no rate."""
    if base == display:
        return ONE
    return rates.get((base, display)) or None
