"""Tax on catalog prices for the store view's default destination: rates, and both ways of rounding.

Magento works with d, the rate of the destination (``tax/defaults/*``), and o, the rate of the origin
(``shipping/origin/*``), both for the tax class of customers who are not logged in. Two figures come of a
price: what the product page prints (rounded once, at the end), and what ``getTaxPrice`` and the cart give,
which round in between. They differ by a cent where prices are entered with tax and d is not o.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from synqd.entities.product.money import ONE, ZERO, round2

EPSILON = Decimal("0.000001")
"""Magento adds it to every tax that is not zero before rounding (its tax calculation)."""

HUNDRED = Decimal(100)


class Rate(NamedTuple):
    """A row of ``tax_calculation`` with its rule and its rate (percent)."""

    product_class: int
    customer_class: int
    rule_id: int
    priority: int
    beside: bool
    """``calculate_subtotal``: on the price alone, not on price and taxes of earlier priorities."""
    country: str
    region: int
    postcode: str | None
    postcode_from: int | None
    postcode_to: int | None
    percent: Decimal


@dataclass(frozen=True, slots=True)
class TaxAddress:
    """Where goods go to or come from."""

    country: str
    region: int
    postcode: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How the prices of one tax class become prices with and without tax; rates as fractions.

    Attributes:
        included: prices are entered with the origin's tax.
        destination, origin: d and o of the module's docstring.
    """

    included: bool
    destination: Decimal
    origin: Decimal

    def page(self, price: Decimal, *, with_tax: bool) -> Decimal:
        """What the product page prints, 2 decimals; ``price`` has 2 decimals, tax as entered."""
        d = self.destination
        if not self.included:
            return round2(price + _tax(price * d)) if with_tax else price
        gross = self._gross(price)
        return round2(gross) if with_tax else round2(gross - _tax(gross * d / (ONE + d)))

    def api(self, price: Decimal, *, with_tax: bool) -> Decimal:
        """What ``TaxCalculationInterface`` answers with rounding on, 2 decimals."""
        d = self.destination
        if not self.included:
            return round2(price) + (round2(_tax(price * d)) if with_tax else ZERO)
        gross = round2(self._gross(price))
        return gross if with_tax else gross - round2(_tax(gross * d / (ONE + d)))

    def _gross(self, price: Decimal) -> Decimal:
        if self.destination == self.origin:
            return price
        return price / (ONE + self.origin) * (ONE + self.destination)


def _tax(exact: Decimal) -> Decimal:
    return exact + EPSILON if exact else ZERO


def percent(rates: Iterable[Rate], product_class: int, customer_class: int, place: TaxAddress) -> Decimal:
    """The rate in percent for a class at a place; 0 without a rate, or without a class.

    Of each rule one rate counts, the most specific; rules of one priority add up, later priorities are laid
    on top of earlier ones unless the rule says otherwise (Magento's tax calculation).
    """
    fitting = sorted(
        (
            rate
            for rate in rates
            if rate.product_class == product_class
            and rate.customer_class == customer_class
            and _covers(rate, place)
        ),
        key=lambda rate: (rate.priority, rate.rule_id, -rate.region, _vague(rate), -rate.percent),
    )
    total = ZERO
    for _, level in groupby(fitting, key=attrgetter("priority")):
        firsts = [next(rule) for _, rule in groupby(level, key=attrgetter("rule_id"))]
        added = sum((rate.percent for rate in firsts), ZERO)
        total += added if firsts[-1].beside else (HUNDRED + total) * added / HUNDRED
    return total


def _covers(rate: Rate, place: TaxAddress) -> bool:
    if rate.country != place.country or rate.region not in {0, place.region}:
        return False
    if rate.postcode_from is not None and rate.postcode_to is not None:
        return place.postcode.isdecimal() and rate.postcode_from <= int(place.postcode) <= rate.postcode_to
    wanted = rate.postcode or "*"
    if wanted.endswith("*"):
        return place.postcode.startswith(wanted[:-1])
    return wanted == place.postcode


def _vague(rate: Rate) -> int:
    """0 for an exact postcode or range, more the less it says."""
    if rate.postcode_from is not None:
        return 0
    wanted = rate.postcode or "*"
    return 1000 - len(wanted.rstrip("*")) if wanted.endswith("*") else 0


def terms_by_class(
    rates: Sequence[Rate], customer_class: int, destination: TaxAddress, origin: TaxAddress, *, included: bool
) -> Mapping[int, Terms]:
    """Terms of every product tax class that any rate is for."""
    classes = {rate.product_class for rate in rates}
    return {
        each: Terms(
            included,
            percent(rates, each, customer_class, destination) / HUNDRED,
            percent(rates, each, customer_class, origin) / HUNDRED,
        )
        for each in classes
    }


def untaxed(*, included: bool) -> Terms:
    """Terms of goods without a tax class or without any rate."""
    return Terms(included, ZERO, ZERO)
