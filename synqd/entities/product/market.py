"""What a store view's prices are in and what tax they carry: currencies, rates, destination, zones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from synqd.entities.base import Source
from synqd.entities.product.money import ONE, decimal_or_none, exchange_rate, number_or_zero
from synqd.entities.product.prices import GUESTS, Prices, price_parts
from synqd.entities.product.tax import Rate, TaxAddress, Terms, terms_by_class, untaxed
from synqd.models.shop import ShopConfig, StoreView

_TAX_RATES = """
    SELECT calculation.product_tax_class_id, calculation.customer_tax_class_id,
           calculation.tax_calculation_rule_id, rule.priority, rule.calculate_subtotal,
           rate.tax_country_id, rate.tax_region_id, rate.tax_postcode, rate.zip_from, rate.zip_to, rate.rate
      FROM {tax_calculation} calculation
      JOIN {tax_calculation_rule} rule USING (tax_calculation_rule_id)
      JOIN {tax_calculation_rate} rate USING (tax_calculation_rate_id)"""

_GUEST_CLASS = "SELECT tax_class_id FROM {customer_group} WHERE customer_group_id = %s"

_CURRENCY_RATES = "SELECT currency_from, currency_to, rate FROM {directory_currency_rate}"

# Fallbacks where core_config_data has no row: Magento's own config.xml.
_ORIGIN = TaxAddress("US", 12, "90034")
_DESTINATION = TaxAddress("US", 0, "")
DISPLAY_WITHOUT_TAX = "1"

K = TypeVar("K")
V = TypeVar("V")
MEMORY = 20_000
"""Most things that a memory holds."""


class Days(NamedTuple):
    """The present day, as special prices and as catalog rules count it (semantics S22)."""

    special: date
    rule: date


@dataclass(frozen=True)
class Market:
    """How amounts of a store view are shown.

    Attributes:
        currency: code of the currency that amounts are in.
        rate: factor from the website's base currency to it.
        tier_rate: factor from the global base currency to the website's, for tier prices of all websites.
        terms: tax terms by tax class id as text.
        without_class: terms of everything else.
        special_zone, rule_zone: time zones in which special prices and catalog rules count days.
        as_page: figures as the page prints them; else as Magento's tax service answers.
        convert: False where the module leaves prices as they are entered.
        note: what is not as it should be, "" for nothing.
    """

    currency: str
    rate: Decimal
    tier_rate: Decimal
    terms: Mapping[str, Terms]
    without_class: Terms
    special_zone: ZoneInfo
    rule_zone: ZoneInfo
    with_tax: bool
    as_page: bool
    convert: bool = True
    note: str = ""
    _shown: dict[tuple[Decimal, str | None], Decimal] = field(default_factory=dict, compare=False, repr=False)
    _plain: dict[str | None, Prices] = field(default_factory=dict, compare=False, repr=False)

    def show(self, price: Decimal, tax_class: str | None) -> Decimal:
        """A price as it is sent: with or without tax, two decimals; ``price`` is tax as entered."""
        if not self.convert:
            return price
        known = self._shown.get((price, tax_class))
        if known is None:
            terms = self.terms.get(tax_class or "", self.without_class)
            figure = terms.page if self.as_page else terms.api
            known = remember(self._shown, (price, tax_class), figure(price, with_tax=self.with_tax))
        return known

    def plain(self, stored: str | None) -> Prices:
        """Price parts of a product that has nothing but a regular price, as stored."""
        known = self._plain.get(stored)
        if known is None:
            parts = price_parts(number_or_zero(stored), None, None, None, self.rate)
            known = remember(self._plain, stored, parts)
        return known

    def days(self, now: datetime) -> Days:
        """Today, as this store view counts days."""
        return Days(now.astimezone(self.special_zone).date(), now.astimezone(self.rule_zone).date())


def remember(memory: dict[K, V], key: K, value: V) -> V:
    """Prices and the like repeat, so what was worked out is remembered, but not without end."""
    if len(memory) >= MEMORY:
        memory.clear()
    memory[key] = value
    return value


async def load_market(
    source: Source, config: ShopConfig, store: StoreView, *, with_tax: bool, module: bool
) -> Market:
    """The market of a store view; ``module``: in the website's base currency, rounded by the tax service."""
    rates = {
        (begin, end): rate
        for begin, end, raw in await source.fetch(_CURRENCY_RATES)
        if (rate := decimal_or_none(raw)) is not None
    }
    ((guest_class,),) = await source.fetch(_GUEST_CLASS, [GUESTS]) or ((0,),)
    taxes = [Rate._make((*row[:4], bool(row[4]), *row[5:])) for row in await source.fetch(_TAX_RATES)]
    base, display, note = _currencies(config, store, rates, module=module)
    included = config.at_store("tax/calculation/price_includes_tax", store, "0") == "1"
    return Market(
        currency=display,
        rate=exchange_rate(rates, base, display) or ONE,
        tier_rate=_tier_rate(config, base, rates),
        terms=_terms(config, store, taxes, int(guest_class or 0), included=included),
        without_class=untaxed(included=included),
        special_zone=_zone(config.at_default("general/locale/timezone")),
        rule_zone=_zone(config.at_store("general/locale/timezone", store)),
        with_tax=with_tax,
        as_page=not module,
        convert=not module or _converts(config, store, included=included),
        note=note,
    )


def _currencies(
    config: ShopConfig, store: StoreView, rates: Mapping[tuple[str, str], Decimal], *, module: bool
) -> tuple[str, str, str]:
    """Base and shown currency, with a note where no rate leads to it and the base is shown."""
    path = "currency/options/base"
    per_website = config.at_default("catalog/price/scope", "0") == "1"
    base = (config.at_website(path, store.website_id) if per_website else config.at_default(path)) or "USD"
    display = base if module else config.at_store("currency/options/default", store) or base
    if exchange_rate(rates, base, display) is None:
        return base, base, f"prices are in {base}: the shop has no rate from {base} to {display}"
    return base, display, ""


def _tier_rate(config: ShopConfig, base: str, rates: Mapping[tuple[str, str], Decimal]) -> Decimal:
    return exchange_rate(rates, config.at_default("currency/options/base") or base, base) or ONE


def _terms(
    config: ShopConfig, store: StoreView, taxes: Sequence[Rate], guest_class: int, *, included: bool
) -> Mapping[str, Terms]:
    destination = _place(config, store, "tax/defaults", ("country", "region", "postcode"), _DESTINATION)
    origin = _place(config, store, "shipping/origin", ("country_id", "region_id", "postcode"), _ORIGIN)
    if config.at_store("tax/calculation/cross_border_trade_enabled", store, "0") == "1":
        origin = destination  # one price in all countries: nothing is taken out before tax is put in
    terms = terms_by_class(taxes, guest_class, destination, origin, included=included)
    return {str(class_id): each for class_id, each in terms.items()}


def _place(
    config: ShopConfig, store: StoreView, section: str, keys: tuple[str, str, str], fallback: TaxAddress
) -> TaxAddress:
    country, region, postcode = (config.at_store(f"{section}/{key}", store, _UNSET) for key in keys)
    return TaxAddress(
        fallback.country if country == _UNSET else country or "",
        fallback.region if region == _UNSET else int(region) if region and region.isdecimal() else 0,
        fallback.postcode if postcode == _UNSET else postcode or "",
    )


_UNSET = "\0"  # no configuration value can hold it


def _converts(config: ShopConfig, store: StoreView, *, included: bool) -> bool:
    """Magento's ``needPriceConversion``: prices that are shown as entered are left alone."""
    display = config.at_store("tax/display/type", store, DISPLAY_WITHOUT_TAX) or DISPLAY_WITHOUT_TAX
    return included or display != DISPLAY_WITHOUT_TAX


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
