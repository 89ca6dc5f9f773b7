"""Tax of a store view's default destination, as Magento's catalog and cart compute it for a guest."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from synqd.entities.base import Source
from synqd.entities.catalogue.addresses import flag
from synqd.models.shop import Shop, StoreView

CENT = Decimal("0.01")
NONE = Decimal(0)
HUNDRED = Decimal(100)
_NUDGE = Decimal("0.000001")
"""Magento adds this to every tax that is not zero before it rounds."""

_GUEST_CLASS = "SELECT tax_class_id FROM {customer_group} WHERE customer_group_id = 0"
_RATES = """
SELECT c.product_tax_class_id, c.tax_calculation_rule_id, u.priority, u.calculate_subtotal, r.rate
  FROM {tax_calculation} c
  JOIN {tax_calculation_rule} u ON u.tax_calculation_rule_id = c.tax_calculation_rule_id
  JOIN {tax_calculation_rate} r ON r.tax_calculation_rate_id = c.tax_calculation_rate_id
 WHERE c.customer_tax_class_id = %s AND r.tax_country_id = %s AND r.tax_region_id IN %s
   AND (r.zip_is_range IS NULL AND (r.tax_postcode IS NULL OR %s LIKE REPLACE(r.tax_postcode, '*', '%%'))
        OR r.zip_is_range = 1 AND %s BETWEEN r.zip_from AND r.zip_to)
 ORDER BY c.product_tax_class_id, u.priority, c.tax_calculation_rule_id, r.tax_country_id DESC,
          r.tax_region_id DESC, r.tax_postcode DESC, r.rate DESC"""

_EXCLUDING, _INCLUDING, _BOTH = "1", "2", "3"


class _Rate(NamedTuple):
    """A rate that applies: Magento's rules of one priority add up, the next priority may tax the tax."""

    rule_id: int
    priority: int
    on_subtotal: bool
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Taxes:
    """Rates in percent by product tax class, and how the shop enters prices.

    Attributes:
        destination: rates where the store view sells by default; ``origin``: where it ships from.
        included: prices are entered with the tax of the origin.
        same_price_everywhere: prices with tax are the same for every destination (cross-border trade).
        converts: the shop's display settings make Magento compute tax for catalog prices at all.
    """

    destination: Mapping[int, Decimal]
    origin: Mapping[int, Decimal]
    included: bool
    same_price_everywhere: bool
    converts: bool

    def price(self, entered: Decimal, tax_class: int, *, with_tax: bool) -> Decimal:
        """A price with or without tax, rounded as in the cart, from the price as it was entered."""
        here = self.destination.get(tax_class, NONE)
        return self.price_at(entered, here, self.origin.get(tax_class, NONE), with_tax=with_tax)

    def price_at(self, entered: Decimal, here: Decimal, there: Decimal, *, with_tax: bool) -> Decimal:
        """The same for known rates in percent: ``here`` at the destination, ``there`` at the origin."""
        price = cents(entered)
        if not self.included:
            return price + _tax(price * here / HUNDRED) if with_tax else price
        if here != there and not self.same_price_everywhere:
            price = cents(price / (HUNDRED + there) * (HUNDRED + here))
        return price if with_tax else price - _tax(price * here / (HUNDRED + here))

    def as_helper(self, entered: Decimal, tax_class: int, *, with_tax: bool) -> Decimal:
        """What Magento's tax helper, and so the official module, makes of a price.

        It leaves the price alone where the shop's own pages need no conversion.
        """
        return self.price(entered, tax_class, with_tax=with_tax) if self.converts else cents(entered)


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two decimals."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _tax(amount: Decimal) -> Decimal:
    return cents(amount + _NUDGE) if amount else amount


async def load_taxes(source: Source, shop: Shop, store: StoreView) -> Taxes:
    """Rates of a store view for guests, from its default destination and its origin."""
    at = shop.config.at_store
    rows = await source.fetch(_GUEST_CLASS)
    guest = int(rows[0][0]) if rows else 0
    included = flag(shop, store, "tax/calculation/price_includes_tax")
    shown = at("tax/display/type", store) or _EXCLUDING
    return Taxes(
        destination=await _rates(
            source,
            guest,
            at("tax/defaults/country", store, "US"),
            at("tax/defaults/region", store),
            at("tax/defaults/postcode", store),
        ),
        origin=await _rates(
            source,
            guest,
            at("shipping/origin/country_id", store, "US"),
            at("shipping/origin/region_id", store, "12"),
            at("shipping/origin/postcode", store, "90034"),
        ),
        included=included,
        same_price_everywhere=flag(shop, store, "tax/calculation/cross_border_trade_enabled"),
        converts=shown in ({_EXCLUDING, _BOTH} if included else {_INCLUDING, _BOTH}),
    )


async def _rates(
    source: Source, guest: int, country: str | None, region: str | None, postcode: str | None
) -> Mapping[int, Decimal]:
    region_id = int(region) if region and region.isdigit() else 0
    code = "" if postcode in {None, "*"} else postcode
    found: dict[int, list[_Rate]] = defaultdict(list)
    rows = await source.fetch(_RATES, (guest, country or "", (0, region_id), code, code))
    for tax_class, rule_id, priority, on_subtotal, percent in rows:
        found[tax_class].append(_Rate(rule_id, priority, bool(on_subtotal), Decimal(percent)))
    return {tax_class: _combined(rates) for tax_class, rates in found.items()}


def _combined(rates: Iterable[_Rate]) -> Decimal:
    """One percentage out of all rates: the best match of each rule, priorities one upon the other."""
    best: dict[int, _Rate] = {}
    for rate in rates:
        best.setdefault(rate.rule_id, rate)
    total = NONE
    for priority in sorted({rate.priority for rate in best.values()}):
        level = [rate for rate in best.values() if rate.priority == priority]
        percent = sum((rate.percent for rate in level), NONE)
        total += percent if level[0].on_subtotal else (HUNDRED + total) * percent / HUNDRED
    return total
