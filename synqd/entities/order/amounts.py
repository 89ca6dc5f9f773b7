"""What the lines of an order cost. Pure; Decimals in, Decimals out, JSON numbers at the very end."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from synqd.entities.order.reading import Children, Line
from synqd.entities.payload import number
from synqd.entities.product.market import Market
from synqd.entities.product.money import ONE, ZERO, round2
from synqd.entities.product.tax import HUNDRED, Terms

_FINE = Decimal("0.0001")


def money(amount: Decimal | None, currency: str) -> dict[str, Any]:
    """An amount as Synerise takes it: never below zero."""
    return {"amount": number(amount) if amount is not None and amount > 0 else 0, "currency": currency}


class Cost(NamedTuple):
    """What a line costs: without tax, after its discount; its tax; its fixed product taxes with theirs."""

    net: Decimal
    tax: Decimal
    fixed: Decimal = ZERO

    def paid(self, *, with_tax: bool) -> Decimal:
        """What is paid for it: with all taxes, or with none."""
        return self.net + self.tax + self.fixed if with_tax else self.net


def cost_of(line: Line, children: Children | None) -> Cost:
    """What a line costs; a dynamic bundle's discount, and perhaps its taxes, lie on its children."""
    total, tax = line.row_total or ZERO, line.tax or ZERO
    discount, compensation, fixed = line.discount or ZERO, line.compensation or ZERO, line.fixed
    if children is not None:
        fixed = fixed or children.fixed
        discount += children.discount
        compensation += children.compensation
        tax = tax or children.tax
    return Cost(total - discount + compensation, tax, fixed)


# What lines cost repeats as the prices of a shop do, and Decimals are dear: quotients and taxed prices are
# remembered.
MEMORY = 20_000


@lru_cache(MEMORY)
def _divided(amount: Decimal, quantity: Decimal) -> Decimal:
    return (amount / quantity).quantize(_FINE, ROUND_HALF_UP) if quantity > 0 else ZERO


@lru_cache(MEMORY)
def _taxed(entered: Decimal, here: Decimal, there: Decimal, included: bool, with_tax: bool) -> Decimal:  # noqa: FBT001  # a key of the memory
    return Terms(included, here, there).api(round2(entered), with_tax=with_tax)


def per_unit(amount: Decimal, line: Line) -> Decimal:
    """An amount of a whole line for one piece, to four decimals, as fine as Magento keeps prices."""
    return _divided(amount, line.quantity or ZERO)


def tax_rate(line: Line) -> Decimal:
    """The tax that a line bore, as a fraction; a dynamic bundle's is what its children's come to."""
    if line.tax_percent is not None or not line.price or not line.price_with_tax:
        return (line.tax_percent or ZERO) / HUNDRED
    return line.price_with_tax / line.price - ONE


def regular_price(line: Line, market: Market, tax_class: str | None) -> Decimal:
    """The price before any reduction, in the order's currency, with or without the tax that the order bore.

    Args:
        line: the order line; ``original_price`` is the catalog's price, as it was entered.
        market: how the shop enters and shows prices.
        tax_class: class of the product, None where that is gone or its tax is a mixture.
    """
    entered = line.original_price if line.original_price is not None else line.price or ZERO
    here = tax_rate(line)
    terms = market.terms.get(tax_class or "", market.without_class)
    there = here if tax_class is None else terms.origin
    return _taxed(entered, here, there, terms.included, market.with_tax)


def unit_price_of_module(line: Line, *, with_tax: bool) -> Decimal:
    """``finalUnitPrice`` as the official module computes it, with PHP's 14 significant digits."""
    quantity = line.quantity or ZERO
    discount = line.discount or ZERO
    if quantity <= 0:
        return line.price or ZERO
    if with_tax:
        return round2(((line.row_total or ZERO) + (line.tax or ZERO) - discount) / quantity)
    return Decimal(f"{(line.price or ZERO) - discount / quantity:.14g}")
