"""What a store view's prices are in and what tax they carry: currencies, rates, destination, zones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from synqd.entities.base import Source
from synqd.entities.product.money import ONE, ZERO, decimal_or_none, exchange_rate, number_or_zero, round2
from synqd.entities.product.prices import GUESTS, Prices, price_parts
from synqd.entities.product.tax import Rate, TaxAddress, Terms, terms_by_class, untaxed
from synqd.models.shop import ShopConfig, StoreView

_TAX_RATES = """
    SELECT calculation.product_tax_class_id, calculation.customer_tax_class_id,
           calculation.tax_calculation_rule_id, rule.priority, rule.calculate_subtotal,
           rate.tax_country_id, rate.tax_region_id, rate.tax_postcode, rate.zip_from, rate.zip_to, rate.rate,
           rate.tax_calculation_rate_id
      FROM {tax_calculation} calculation
      JOIN {tax_calculation_rule} rule USING (tax_calculation_rule_id)
      JOIN {tax_calculation_rate} rate USING (tax_calculation_rate_id)"""

_CLASSES = "SELECT customer_group_id, tax_class_id FROM {customer_group} WHERE customer_group_id IN %s"

_CURRENCY_RATES = "SELECT currency_from, currency_to, rate FROM {directory_currency_rate}"

# Fallbacks where core_config_data has no row: Magento's own config.xml.
_ORIGIN = TaxAddress("US", 12, "90034")
_DESTINATION = TaxAddress("US", 0, "")
_NOWHERE = TaxAddress("", 0, "")
DISPLAY_WITHOUT_TAX = "1"
WITHOUT_FIXED_TAX = "3"
TIME_ZONE = "general/locale/timezone"
HOME_ZONE = "America/Los_Angeles"
"""Magento's own where nobody has chosen one."""
ROUNDED_AT_LAST = "TOTAL_BASE_CALCULATION"

K = TypeVar("K")
V = TypeVar("V")
MEMORY = 20_000
"""Most things that a memory holds."""


class Days(NamedTuple):
    """The present day, as special prices and as catalog rules count it (semantics S22)."""

    special: date
    rule: date


class FixedTax(NamedTuple):
    """Fixed product taxes (``tax/weee/*``): those of which place count, and whether they are taxed again."""

    address: TaxAddress
    taxed: bool


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
        by_website: websites have prices of their own (``catalog/price/scope``).
        total_rounded: parts of a sum are rounded with it (``tax/calculation/algorithm``), else each before.
        fixed_tax: which fixed product taxes are part of prices, None for none.
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
    by_website: bool = True
    total_rounded: bool = True
    fixed_tax: FixedTax | None = None
    note: str = ""
    _shown: dict[tuple[Decimal, str | None], Decimal] = field(default_factory=dict, compare=False, repr=False)
    _plain: dict[str | None, Prices] = field(default_factory=dict, compare=False, repr=False)

    def show(self, price: Decimal, tax_class: str | None, fixed: Decimal = ZERO) -> Decimal:
        """A price as it is sent: with or without tax, two decimals; ``price`` is tax as entered.

        ``fixed``: the fixed product taxes that come to it, in the website's base currency.
        """
        if not self.convert:
            return price
        if fixed:
            return round2(self._exact(price, tax_class, fixed))
        known = self._shown.get((price, tax_class))
        if known is None:
            figure = self._terms(tax_class).page if self.as_page else self._terms(tax_class).api
            known = remember(self._shown, (price, tax_class), figure(price, with_tax=self.with_tax))
        return known

    def part(self, price: Decimal, tax_class: str | None, fixed: Decimal = ZERO) -> Decimal:
        """What a price brings into a sum: as ``show``, but rounded only where the shop rounds parts."""
        exact = self._exact(price, tax_class, fixed)
        return exact if self.total_rounded else round2(exact)

    def _exact(self, price: Decimal, tax_class: str | None, fixed: Decimal) -> Decimal:
        terms, added = self._terms(tax_class), fixed * self.rate
        if self.fixed_tax is not None and self.fixed_tax.taxed:
            added = terms.fixed(added, with_tax=self.with_tax)
        return terms.exact(price, with_tax=self.with_tax) + added

    def _terms(self, tax_class: str | None) -> Terms:
        return self.terms.get(tax_class or "", self.without_class)

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
    taxes = [Rate._make((*row[:4], bool(row[4]), *row[5:])) for row in await source.fetch(_TAX_RATES)]
    base, display, note = _currencies(config, store, rates, module=module)
    included = config.at_store("tax/calculation/price_includes_tax", store, "0") == "1"
    places = _places(config, store)
    guest_class, home_class = await _customer_classes(source, config, store)
    return Market(
        currency=display,
        rate=exchange_rate(rates, base, display) or ONE,
        tier_rate=_tier_rate(config, base, rates),
        terms=_terms(taxes, places, guest_class, home_class, included=included),
        without_class=untaxed(included=included),
        special_zone=zone_of(config.at_default(TIME_ZONE, HOME_ZONE)),
        rule_zone=zone_of(config.at_store(TIME_ZONE, store, HOME_ZONE)),
        with_tax=with_tax,
        as_page=not module,
        convert=not module or _converts(config, store, included=included),
        by_website=_by_website(config, store),
        total_rounded=config.at_store("tax/calculation/algorithm", store, ROUNDED_AT_LAST) == ROUNDED_AT_LAST,
        fixed_tax=None if module else _fixed_tax(config, store, places.destination),
        note=note,
    )


async def _customer_classes(source: Source, config: ShopConfig, store: StoreView) -> tuple[int, int]:
    """Tax classes of those who are not logged in, and of the default group, for which the origin's tax is."""
    home = int(number_or_zero(config.at_store("customer/create_account/default_group", store, "1")))
    found: dict[int, int | None] = dict(await source.fetch(_CLASSES, [[GUESTS, home]]))
    return int(found.get(GUESTS) or 0), int(found.get(home) or 0)


def _by_website(config: ShopConfig, store: StoreView) -> bool:
    return config.at_store("catalog/price/scope", store, "0") == "1"


def _currencies(
    config: ShopConfig, store: StoreView, rates: Mapping[tuple[str, str], Decimal], *, module: bool
) -> tuple[str, str, str]:
    """Base and shown currency, with a note where it is not the shop's default one (Magento's ``Store``).

    That has to be allowed, else the first allowed one is shown; without a rate to it, the base is.
    """
    path, per_website = "currency/options/base", _by_website(config, store)
    base = (config.at_store(path, store) if per_website else config.at_default(path)) or "USD"
    wanted = base if module else config.at_store("currency/options/default", store, "USD") or base
    shown = wanted if module else _allowed(config, store, wanted, base)
    if exchange_rate(rates, base, shown) is None:
        shown = base
    if shown == wanted:
        return base, shown, ""
    reason = f"{wanted} is not among the currencies that the shop allows"
    if exchange_rate(rates, base, wanted) is None:
        reason = f"the shop has no rate from {base} to {wanted}"
    return base, shown, f"prices are in {shown}: {reason}"


def _allowed(config: ShopConfig, store: StoreView, wanted: str, base: str) -> str:
    codes = (config.at_store("currency/options/allow", store, "USD,EUR") or "").split(",")
    return wanted if wanted in codes else codes[0] or base


def _tier_rate(config: ShopConfig, base: str, rates: Mapping[tuple[str, str], Decimal]) -> Decimal:
    return exchange_rate(rates, config.at_default("currency/options/base") or base, base) or ONE


class _Places(NamedTuple):
    """Where goods go to, and where the tax that prices are entered with is from."""

    destination: TaxAddress
    origin: TaxAddress
    across: bool
    """One price in all countries: nothing is taken out before tax is put in."""


def _places(config: ShopConfig, store: StoreView) -> _Places:
    """Magento's ``getRateRequest`` and ``getDefaultRateRequest`` for somebody without an address."""
    origin = _place(config, store, "shipping/origin", ("country_id", "region_id", "postcode"), _ORIGIN)
    based_on = config.at_store("tax/calculation/based_on", store, "shipping")
    destination = _NOWHERE
    if based_on in {"shipping", "billing", "default"}:
        destination = _place(config, store, "tax/defaults", ("country", "region", "postcode"), _DESTINATION)
    elif based_on == "origin":
        destination = origin
    across = config.at_store("tax/calculation/cross_border_trade_enabled", store, "0") == "1"
    return _Places(destination, origin, across)


def _terms(
    taxes: Sequence[Rate], places: _Places, guest_class: int, home_class: int, *, included: bool
) -> Mapping[str, Terms]:
    if places.across:
        places, home_class = places._replace(origin=places.destination), guest_class
    terms = terms_by_class(
        taxes, guest_class, places.destination, places.origin, included=included, home_class=home_class
    )
    return {str(class_id): each for class_id, each in terms.items()}


def _fixed_tax(config: ShopConfig, store: StoreView, destination: TaxAddress) -> FixedTax | None:
    """Fixed product taxes that the product page adds to its prices: all but with "excluding FPT"."""
    enabled = config.at_store("tax/weee/enable", store, "0") == "1"
    shown = config.at_store("tax/weee/display", store, "1") != WITHOUT_FIXED_TAX
    taxed = config.at_store("tax/weee/apply_vat", store, "0") == "1"
    return FixedTax(destination, taxed) if enabled and shown else None


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


def zone_of(name: str | None) -> ZoneInfo:
    """The zone of that name; UTC where there is none of it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
