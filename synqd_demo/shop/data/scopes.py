"""Websites, store views, settings, currencies, taxes, stocks: what the rest of the shop stands on.

Two websites that differ in everything that matters: ``home`` sells to people, prices include tax, base
currency EUR, one view shows CHF; ``trade`` sells to shops, prices exclude tax, base currency PLN. Ids are
deliberately not consecutive, so that mixing up a website id and a store id shows.
"""

from __future__ import annotations

from decimal import Decimal

from synqd_demo.shop.data.rows import Rows

HOME, TRADE = 1, 3
HOME_EN, HOME_DE, TRADE_PL, TRADE_EN, CLOSED = 1, 2, 4, 5, 7
VIEWS = {HOME: (HOME_EN, HOME_DE, CLOSED), TRADE: (TRADE_PL, TRADE_EN)}
ACTIVE_VIEWS = (HOME_EN, HOME_DE, TRADE_PL, TRADE_EN)
WEBSITE_OF = {view: website for website, views in VIEWS.items() for view in views}
ROOT_CATEGORY = {HOME: 2, TRADE: 20}
STOCK_OF = {HOME: 1, TRADE: 2}
BASE_CURRENCY = {HOME: "EUR", TRADE: "PLN"}
DISPLAY_CURRENCY = {HOME_EN: "EUR", HOME_DE: "CHF", TRADE_PL: "PLN", TRADE_EN: "EUR", CLOSED: "EUR"}
RATES = {
    ("EUR", "CHF"): Decimal("0.940000000000"),
    ("EUR", "PLN"): Decimal("4.300000000000"),
    ("PLN", "EUR"): Decimal("0.232558139535"),
}
VIEW_CODES = {
    HOME_EN: "home_en",
    HOME_DE: "home_de",
    TRADE_PL: "trade_pl",
    TRADE_EN: "trade_en",
    CLOSED: "old",
}
VIEW_NAMES = {
    HOME_EN: "English",
    HOME_DE: "Deutsch",
    TRADE_PL: "Polski",
    TRADE_EN: "Trade English",
    CLOSED: "Old shop",
}
WEBSITE_NAMES = {HOME: "Lindenhof Tea", TRADE: "Lindenhof Trade"}
GROUP_NAMES = {HOME: "Lindenhof Shop", TRADE: "Trade Shop"}

TAXABLE, CUSTOMER_CLASS, REDUCED = 2, 3, 5
TAX_RATES = {  # country -> product tax class -> percent
    "DE": {TAXABLE: Decimal(19), REDUCED: Decimal(7)},
    "AT": {TAXABLE: Decimal(20), REDUCED: Decimal(10)},
    "PL": {TAXABLE: Decimal(23), REDUCED: Decimal(5)},
}
TAX_COUNTRY = {HOME_EN: "AT", HOME_DE: "DE", TRADE_PL: "PL", TRADE_EN: "PL", CLOSED: "DE"}
INCLUDES_TAX = {HOME: True, TRADE: False}

NOT_LOGGED_IN, GENERAL, WHOLESALE = 0, 1, 2
DEFAULT_SOURCE, GDANSK, POZNAN = "default", "wh_gdansk", "wh_poznan"

_CONFIG = (
    ("default", 0, "catalog/price/scope", "1"),
    ("default", 0, "catalog/category/root_id", "2"),
    ("default", 0, "currency/options/base", "EUR"),
    ("default", 0, "currency/options/default", "EUR"),
    ("default", 0, "currency/options/allow", "CHF,EUR,PLN"),
    ("websites", TRADE, "currency/options/base", "PLN"),
    ("websites", TRADE, "currency/options/default", "PLN"),
    ("stores", HOME_DE, "currency/options/default", "CHF"),
    ("stores", TRADE_EN, "currency/options/default", "EUR"),
    ("default", 0, "customer/account_share/scope", "1"),
    ("websites", TRADE, "customer/create_account/confirm", "1"),
    ("stores", HOME_DE, "newsletter/subscription/confirm", "1"),
    ("default", 0, "general/locale/code", "en_GB"),
    ("stores", HOME_DE, "general/locale/code", "de_DE"),
    ("stores", TRADE_PL, "general/locale/code", "pl_PL"),
    ("default", 0, "general/locale/timezone", "Europe/Berlin"),
    ("websites", TRADE, "general/locale/timezone", "Europe/Warsaw"),
    ("default", 0, "general/country/default", "DE"),
    ("default", 0, "shipping/origin/country_id", "DE"),
    ("websites", TRADE, "shipping/origin/country_id", "PL"),
    ("default", 0, "tax/defaults/country", "DE"),
    ("stores", HOME_EN, "tax/defaults/country", "AT"),
    ("websites", TRADE, "tax/defaults/country", "PL"),
    ("websites", HOME, "tax/calculation/price_includes_tax", "1"),
    ("default", 0, "catalog/seo/product_url_suffix", ".html"),
    ("stores", HOME_DE, "catalog/seo/product_url_suffix", ".htm"),
    ("default", 0, "web/secure/use_in_frontend", "1"),
    ("default", 0, "web/unsecure/base_url", "http://shop.lindenhof.example/"),
    ("default", 0, "web/secure/base_url", "https://shop.lindenhof.example/"),
    ("stores", HOME_DE, "web/unsecure/base_url", "http://de.lindenhof.example/"),
    ("stores", HOME_DE, "web/secure/base_url", "https://de.lindenhof.example/"),
    ("websites", TRADE, "web/unsecure/base_url", "http://trade.lindenhof.example/"),
    ("websites", TRADE, "web/secure/base_url", "https://trade.lindenhof.example/"),
    ("websites", TRADE, "web/secure/base_media_url", "https://cdn.lindenhof.example/media/"),
    ("websites", TRADE, "web/unsecure/base_media_url", "http://cdn.lindenhof.example/media/"),
)


def add_scopes(rows: Rows) -> None:
    """Everything of this module, in the order of the foreign keys."""
    _add_websites(rows)
    for scope, scope_id, path, value in _CONFIG:
        rows.add("core_config_data", scope=scope, scope_id=scope_id, path=path, value=value)
    for currency in ("CHF", "EUR", "PLN"):
        rows.add("directory_currency_rate", currency_from=currency, currency_to=currency, rate=1)
    for (source, target), rate in RATES.items():
        rows.add("directory_currency_rate", currency_from=source, currency_to=target, rate=rate)
    _add_countries(rows)
    _add_taxes(rows)
    _add_stocks(rows)


def _add_websites(rows: Rows) -> None:
    rows.add("store_website", website_id=0, code="admin", name="Admin", is_default=0, default_group_id=0)
    rows.add(
        "store_website",
        website_id=HOME,
        code="home",
        name=WEBSITE_NAMES[HOME],
        is_default=1,
        default_group_id=1,
    )
    rows.add(
        "store_website",
        website_id=TRADE,
        code="trade",
        name=WEBSITE_NAMES[TRADE],
        is_default=0,
        default_group_id=4,
    )
    rows.add("store_group", group_id=0, website_id=0, name="Default", code="default")
    for group, website, default_view, code in (
        (1, HOME, HOME_EN, "home_group"),
        (4, TRADE, TRADE_PL, "trade_group"),
    ):
        rows.add(
            "store_group",
            group_id=group,
            website_id=website,
            name=GROUP_NAMES[website],
            code=code,
            root_category_id=ROOT_CATEGORY[website],
            default_store_id=default_view,
        )
    rows.add("store", store_id=0, code="admin", website_id=0, group_id=0, name="Admin", is_active=1)
    for view, code in VIEW_CODES.items():
        rows.add(
            "store",
            store_id=view,
            code=code,
            website_id=WEBSITE_OF[view],
            group_id={HOME: 1, TRADE: 4}[WEBSITE_OF[view]],
            name=VIEW_NAMES[view],
            sort_order=view * 10,
            is_active=int(view != CLOSED),
        )


def _add_countries(rows: Rows) -> None:
    for iso2, iso3 in (("AT", "AUT"), ("CH", "CHE"), ("DE", "DEU"), ("PL", "POL"), ("US", "USA")):
        rows.add("directory_country", country_id=iso2, iso2_code=iso2, iso3_code=iso3)
    regions = (
        (82, "DE", "BER", "Berlin", "Berlin"),
        (95, "AT", "WI", "Wien", "Vienna"),
        (12, "US", "CA", "California", ""),
    )
    for region_id, country, code, name, english in regions:
        rows.add(
            "directory_country_region", region_id=region_id, country_id=country, code=code, default_name=name
        )
        rows.add("directory_country_region_name", locale="en_US", region_id=region_id, name=english or name)


def _add_taxes(rows: Rows) -> None:
    for class_id, name, kind in (
        (TAXABLE, "Taxable Goods", "PRODUCT"),
        (CUSTOMER_CLASS, "Retail Customer", "CUSTOMER"),
        (REDUCED, "Food and Books", "PRODUCT"),
    ):
        rows.add("tax_class", class_id=class_id, class_name=name, class_type=kind)
    for group_id, code in ((NOT_LOGGED_IN, "NOT LOGGED IN"), (GENERAL, "General"), (WHOLESALE, "Wholesale")):
        rows.add(
            "customer_group",
            customer_group_id=group_id,
            customer_group_code=code,
            tax_class_id=CUSTOMER_CLASS,
        )
    rules = {TAXABLE: 1, REDUCED: 2}
    for product_class, rule_id in rules.items():
        rows.add(
            "tax_calculation_rule",
            tax_calculation_rule_id=rule_id,
            code="VAT" if product_class == TAXABLE else "VAT reduced",
            priority=0,
            position=rule_id,
            calculate_subtotal=0,
        )
    rates = ((country, product_class) for country, classes in TAX_RATES.items() for product_class in classes)
    for rate_id, (country, product_class) in enumerate(rates, start=11):
        percent = TAX_RATES[country][product_class]
        rows.add(
            "tax_calculation_rate",
            tax_calculation_rate_id=rate_id,
            tax_country_id=country,
            tax_region_id=0,
            tax_postcode="*",
            code=f"{country}-{percent}",
            rate=percent,
        )
        rows.add(
            "tax_calculation",
            tax_calculation_rate_id=rate_id,
            tax_calculation_rule_id=rules[product_class],
            customer_tax_class_id=CUSTOMER_CLASS,
            product_tax_class_id=product_class,
        )


def _add_stocks(rows: Rows) -> None:
    rows.add("cataloginventory_stock", stock_id=1, website_id=0, stock_name="Default")
    for stock_id, name in ((1, "Default Stock"), (2, "Trade stock")):
        rows.add("inventory_stock", stock_id=stock_id, name=name)
    for code, name, country in (
        (DEFAULT_SOURCE, "Default Source", "DE"),
        (GDANSK, "Gdansk", "PL"),
        (POZNAN, "Poznan", "PL"),
    ):
        rows.add(
            "inventory_source", source_code=code, name=name, enabled=1, country_id=country, postcode="00000"
        )
    for stock_id, source, priority in ((1, DEFAULT_SOURCE, 1), (2, GDANSK, 1), (2, POZNAN, 2)):
        rows.add("inventory_source_stock_link", stock_id=stock_id, source_code=source, priority=priority)
    rows.add("inventory_stock_sales_channel", type="website", code="home", stock_id=1)
    rows.add("inventory_stock_sales_channel", type="website", code="trade", stock_id=2)
