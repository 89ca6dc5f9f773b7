"""Prices of one product from its rows: regular, special, tier, catalog rule, and the final of them.

Each part is converted to the wanted currency and rounded to two decimals first, then the lowest counts.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from synqd.entities.product.money import ONE, ZERO, round2

GUESTS = 0
"""Customer group of shoppers who are not logged in."""


class Tier(NamedTuple):
    """A row of ``catalog_product_entity_tier_price`` for guests."""

    website_id: int
    all_groups: bool
    qty: Decimal
    value: Decimal
    percent: Decimal | None


class Prices(NamedTuple):
    """A product's price parts, two decimals each, tax as entered; None where there is no such part."""

    regular: Decimal
    special: Decimal | None
    rule: Decimal | None
    tier: Decimal | None
    final: Decimal


def in_window(begins: str | None, ends: str | None, today: date) -> bool:
    """Whether a special price is in force: whole days, both included, open where there is no date.

    ``begins`` and ``ends`` are datetimes as stored; zero dates count as none.
    """
    day, first, last = today.isoformat(), _day(begins), _day(ends)
    return (not first or first <= day) and (not last or day <= last)


def _day(stored: str | None) -> str:
    return "" if not stored or stored.startswith("0000") else stored[:10]


def tier_for(
    quantity: Decimal, tiers: Sequence[Tier], website_id: int, price: Decimal, global_rate: Decimal
) -> Decimal | None:
    """The best tier price for so many pieces, in the website's base currency, unrounded.

    A row of all websites is in the global base currency, ``global_rate`` converts it; percent rows are off
    the price.
    """
    amounts = [
        price * (ONE - tier.percent / 100)
        if tier.percent
        else tier.value * (ONE if tier.website_id else global_rate)
        for tier in _counting(tiers, website_id)
        if ONE <= tier.qty <= quantity
    ]
    return min(amounts, default=None)


def best_percent(tiers: Sequence[Tier], website_id: int) -> Decimal:
    """The highest percentage off for one piece; 0 for none. Bundles have no other tier prices."""
    percents = (tier.percent for tier in _counting(tiers, website_id) if tier.qty == ONE)
    return max([percent for percent in percents if percent], default=ZERO)


def _counting(tiers: Sequence[Tier], website_id: int) -> Iterable[Tier]:
    """The website's own row replaces the one of all websites for the same group and quantity."""
    best: dict[tuple[bool, Decimal], Tier] = {}
    for tier in tiers:
        slot = (tier.all_groups, tier.qty)
        if slot not in best or tier.website_id == website_id:
            best[slot] = tier
    return best.values()


def price_parts(
    regular: Decimal,
    special: Decimal | None,
    rule: Decimal | None,
    tier: Decimal | None,
    rate: Decimal,
) -> Prices:
    """Converts and rounds the parts (base currency); the final price is the lowest, never below 0."""
    usual = _converted(regular, rate)
    if special is None and rule is None and tier is None:
        return Prices(usual, None, None, None, max(ZERO, usual))
    reduced, ruled, tiered = (
        None if part is None else _converted(part, rate) for part in (special, rule, tier)
    )
    final = min(part for part in (usual, reduced, ruled, tiered) if part is not None)
    return Prices(usual, reduced, ruled, tiered, max(ZERO, final))


def _converted(amount: Decimal, rate: Decimal) -> Decimal:
    return round2(amount if rate is ONE else amount * rate)
