"""Tax on catalog prices for the store view's default destination: rates, and both ways of rounding.

Magento works with d, the rate of the destination (``tax/defaults/*``) for customers who are not logged in,
and o, the rate of the origin (``shipping/origin/*``) for the default customer group. Two figures come of a
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
LONGEST_POSTCODE = 10
"""Characters of a postcode that Magento looks for."""
SUFFIXES = {"US": 4, "PT": 3}
"""Digits behind the hyphen of a national postcode."""


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
    rate_id: int = 0
    """A rate that several rules name counts once; 0 is nobody's."""

    @property
    def is_range(self) -> bool:
        """Whether it is for postcodes between two numbers."""
        return self.postcode_from is not None and self.postcode_to is not None

    @property
    def pattern(self) -> str:
        """Its postcode as text, by which Magento sorts: an exact one comes before a wild card."""
        return (self.postcode or (f"{self.postcode_from}-" if self.is_range else "")).upper()


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
        return round2(self.exact(price, with_tax=with_tax))

    def exact(self, price: Decimal, *, with_tax: bool) -> Decimal:
        """What the product page reckons with before it prints."""
        d = self.destination
        if not self.included:
            return price + _tax(price * d) if with_tax else price
        gross = self._gross(price)
        return gross if with_tax else gross - _tax(gross * d / (ONE + d))

    def fixed(self, amount: Decimal, *, with_tax: bool) -> Decimal:
        """A fixed product tax that is taxed itself, before it is printed."""
        if not self.included:
            return amount * (ONE + self.destination) if with_tax else amount
        gross = self._gross(amount)
        return gross if with_tax else gross / (ONE + self.destination)

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
    fitting = [
        rate
        for rate in rates
        if rate.product_class == product_class
        and rate.customer_class == customer_class
        and _covers(rate, place)
    ]
    total = ZERO
    for _, level in groupby(_ranked(fitting), key=attrgetter("priority")):
        firsts = [next(rule) for _, rule in groupby(level, key=attrgetter("rule_id"))]
        added = sum((rate.percent for rate in firsts), ZERO)
        total += added if firsts[-1].beside else (HUNDRED + total) * added / HUNDRED
    return total


def _ranked(rates: Iterable[Rate]) -> list[Rate]:
    """In Magento's order, each rate once."""
    ranked = sorted(rates, key=attrgetter("percent"), reverse=True)
    ranked.sort(key=attrgetter("pattern"), reverse=True)
    ranked.sort(key=lambda rate: (rate.priority, rate.rule_id, -rate.region))
    once: dict[object, Rate] = {}
    for place, rate in enumerate(ranked):
        once.setdefault(rate.rate_id or f"unknown {place}", rate)
    return list(once.values())


def _covers(rate: Rate, place: TaxAddress) -> bool:
    if not place.country or rate.country != place.country or rate.region not in {0, place.region}:
        return False
    return _in_range(rate, place) if rate.is_range else _fits(rate.pattern, place)


def _in_range(rate: Rate, place: TaxAddress) -> bool:
    """Whether a rate for a range of postcodes holds at a place, of which only a range may be known."""
    first, last = rate.postcode_from or 0, rate.postcode_to or 0
    postcode, begin, end = _parts(place)
    if begin:
        return begin.isdecimal() and end.isdecimal() and first >= int(begin) and last <= int(end)
    return postcode.isdecimal() and first <= int(postcode) <= last


def _fits(pattern: str, place: TaxAddress) -> bool:
    whole = place.postcode.upper()[:LONGEST_POSTCODE]
    if pattern in {"", "*"} or whole == "*":
        return True
    postcode, begin, _ = _parts(place)
    if pattern.endswith("*") and not begin:
        return whole.startswith(pattern[:-1])
    return pattern in {whole, postcode}


def _parts(place: TaxAddress) -> tuple[str, str, str]:
    """The postcode without its national suffix, else both ends where the shop says a range."""
    begin, _, end = place.postcode.upper().rpartition("-")
    if not begin or not end:
        return place.postcode.upper(), "", ""
    if end.isdecimal() and len(end) == SUFFIXES.get(place.country):
        return begin, "", ""
    return place.postcode.upper(), begin, end


def terms_by_class(
    rates: Sequence[Rate],
    customer_class: int,
    destination: TaxAddress,
    origin: TaxAddress,
    *,
    included: bool,
    home_class: int | None = None,
) -> Mapping[int, Terms]:
    """Terms of every product tax class that any rate is for.

    ``home_class`` is the customers' class that the origin's tax is for, if that is another one.
    """
    at_home = customer_class if home_class is None else home_class
    classes = {rate.product_class for rate in rates}
    return {
        each: Terms(
            included,
            percent(rates, each, customer_class, destination) / HUNDRED,
            percent(rates, each, at_home, origin) / HUNDRED,
        )
        for each in classes
    }


def untaxed(*, included: bool) -> Terms:
    """Terms of goods without a tax class or without any rate."""
    return Terms(included, ZERO, ZERO)
