"""What the shop sells: every kind of product, every way a price can come about, and some awkward SKUs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from synqd.demo.shop.data.rows import Value
from synqd.demo.shop.data.scopes import (
    CLOSED,
    HOME,
    HOME_DE,
    HOME_EN,
    REDUCED,
    TAXABLE,
    TRADE,
    TRADE_EN,
    TRADE_PL,
)

ENABLED, DISABLED = 1, 2
NOT_VISIBLE, IN_CATALOG, IN_SEARCH, EVERYWHERE = 1, 2, 3, 4
GREEN, BLACK, HERBAL, MUGS, POTS, WORKSHOPS, WINTER, BULK, PORCELAIN = 5, 6, 7, 8, 9, 10, 12, 21, 22


@dataclass(frozen=True)
class Stock:
    """Quantities in the three sources (``None``: not kept there) and what differs from the shop's settings."""

    default: int | None = 40
    gdansk: int | None = 25
    poznan: int | None = None
    in_stock: bool = True
    settings: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """One product. ``values`` and ``views`` hold attribute values for the default scope and for store views.

    A value that is a string starting with ``"option:"`` or ``"options:"`` names labels of that attribute.
    """

    id: int
    sku: str
    name: str
    price: str | None
    kind: str = "simple"
    german: str | None = None
    polish: str | None = None
    zloty: str | None = None
    categories: Sequence[int] = ()
    websites: Sequence[int] = (HOME, TRADE)
    visibility: int = EVERYWHERE
    tax: int = TAXABLE
    stock: Stock | None = Stock()
    images: Sequence[str] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    views: Mapping[int, Mapping[str, Value]] = field(default_factory=dict)


SUPER_ATTRIBUTES = {104: ("size",), 108: ("color",), 113: ("color", "clothes_size")}
VARIANTS = {104: (101, 102, 103), 108: (105, 106, 107), 113: (109, 110, 111, 112)}
GROUPED = {125: ((122, 2), (123, 2), (124, 1))}  # parent -> (product, default quantity)


@dataclass(frozen=True)
class BundleOption:
    """One choice of a bundle; ``selections`` are (product, quantity, price type 0 amount or 1 percent, price)."""

    title: str
    type: str
    required: bool
    selections: Sequence[tuple[int, int, int, str]]


BUNDLES = {
    126: (
        BundleOption("Tea", "radio", True, ((114, 1, 0, "0"), (115, 1, 0, "3.50"))),
        BundleOption("Mug", "select", False, ((105, 1, 1, "25"), (106, 1, 1, "30"))),
    ),
    127: (
        BundleOption("First tea", "radio", True, ((114, 1, 0, "0"), (116, 1, 0, "0"))),
        BundleOption("Second tea", "select", True, ((117, 2, 0, "0"), (118, 1, 0, "0"))),
        BundleOption("Something sweet", "checkbox", False, ((137, 1, 0, "0"),)),
    ),
}
DOWNLOADS = {130: (("Guide (PDF)", "0"),), 131: (("Spring recipes", "3.00"), ("Autumn recipes", "4.50"))}


def in_website(website_views: Sequence[int], **values: Value) -> dict[int, Mapping[str, Value]]:
    """Website-scoped values: Magento writes one row per store view of the website."""
    return dict.fromkeys(website_views, values)


HOME_VIEWS, TRADE_VIEWS = (HOME_EN, HOME_DE, CLOSED), (TRADE_PL, TRADE_EN)


def products(day: date) -> list[Product]:
    """The whole range, with special-price windows around ``day``."""

    def midnight(offset: int) -> datetime:
        return datetime.combine(day + timedelta(days=offset), time())

    return [*_configurables(), *_teas(midnight), *_tableware(midnight), *_composites(), *_others(midnight)]


def _configurables() -> list[Product]:
    sencha = [
        Product(
            101 + n,
            f"SENCHA-{grams:03}",
            f"Sencha {grams} g",
            price,
            visibility=NOT_VISIBLE,
            tax=REDUCED,
            categories=(GREEN,),
            zloty=zloty,
            values={"size": f"option:{grams} g", "weight": Decimal(grams) / 1000, "organic": 1},
            stock=Stock(60 - 20 * n, 10 * n),
        )
        for n, (grams, price, zloty) in enumerate(
            ((50, "6.90", "21.00"), (100, "12.50", "39.00"), (250, "27.00", None))
        )
    ]
    mugs = [
        Product(
            105 + n,
            f"MUG-{color.upper()}",
            f"Glazed mug {color.lower()}",
            price,
            visibility=NOT_VISIBLE,
            categories=(MUGS,),
            values={"color": f"option:{color}", "material": "options:Stoneware"},
            images=(f"/m/u/mug-{color.lower()}.jpg",),
        )
        for n, (color, price) in enumerate((("Sage", "18.00"), ("Clay", "18.00"), ("Ink", "21.50")))
    ]
    aprons = [
        Product(
            109 + n,
            f"APRON-{color.upper()}-{size}",
            f"Linen apron {color.lower()} {size}",
            "39.00",
            visibility=NOT_VISIBLE,
            websites=(HOME,),
            values={"color": f"option:{color}", "clothes_size": f"option:{size}", "status": status},
            stock=Stock(quantity, None, in_stock=quantity > 0),
        )
        for n, (color, size, status, quantity) in enumerate(
            (
                ("Sage", "S", ENABLED, 9),
                ("Sage", "M", ENABLED, 4),
                ("Ink", "S", DISABLED, 7),
                ("Ink", "M", ENABLED, 0),
            )
        )
    ]
    parents = [
        Product(
            104,
            "SENCHA",
            "Sencha from Uji",
            None,
            "configurable",
            german="Sencha aus Uji",
            polish="Sencha z Uji",
            categories=(GREEN,),
            tax=REDUCED,
            stock=Stock(None, None),
            images=("/s/e/sencha.jpg", "/s/e/sencha-leaf.jpg"),
            values={
                "description": "Steamed leaves, first flush.\nBrew at 70 °C.",
                "tasting_notes": "options:Floral",
                "organic": 1,
            },
            views={HOME_DE: {"description": "Gedämpfte Blätter der ersten Ernte."}},
        ),
        # No picture of its own: shoppers see the first variant's.
        Product(
            108,
            "MUG",
            "Glazed mug",
            None,
            "configurable",
            german="Becher, glasiert",
            categories=(MUGS,),
            stock=Stock(None, None),
        ),
        Product(
            113,
            "APRON",
            "Linen apron",
            None,
            "configurable",
            german="Leinenschürze",
            websites=(HOME,),
            stock=Stock(None, None),
        ),
    ]
    return [*sencha, *mugs, *aprons, *parents]


def _teas(midnight: Callable[[int], datetime]) -> list[Product]:
    def special(price: str, first: int | None, last: int | None) -> dict[str, Value]:
        return {
            "special_price": Decimal(price),
            "special_from_date": None if first is None else midnight(first),
            "special_to_date": None if last is None else midnight(last),
        }

    return [
        Product(
            114,
            "TEA/ASSAM 2",
            "Assam, second flush",
            "9.80",
            german="Assam, zweite Ernte",
            polish="Assam, drugi zbiór",
            zloty="29.90",
            categories=(BLACK, BULK),
            tax=REDUCED,
            images=("/a/s/assam.jpg",),
            values={
                **special("7.90", -3, 4),
                "tasting_notes": "options:Malty,Floral",
                "caffeine_mg": Decimal("62.5"),
            },
        ),
        Product(
            115,
            "DARJEELING",
            "Darjeeling",
            "14.20",
            categories=(BLACK,),
            tax=REDUCED,
            values=special("11.90", 5, 12),
        ),
        Product(
            116,
            "EARL-GREY",
            "Earl Grey",
            "8.40",
            categories=(BLACK,),
            tax=REDUCED,
            values={
                **special("5.00", -20, -6),
                "restocked_at": midnight(-2) + timedelta(hours=9, minutes=30),
            },
        ),
        Product(
            117,
            "ROOIBOS",
            "Rooibos",
            "6.20",
            categories=(HERBAL,),
            tax=REDUCED,
            values=special("5.60", 0, None),
        ),
        # Digits only, with leading zeros: never a number.
        Product(
            118,
            "00417",
            "Peppermint",
            "4.90",
            german="Pfefferminze",
            categories=(HERBAL,),
            tax=REDUCED,
            values=special("3.90", None, 0),
        ),
        Product(
            119,
            "ZIOŁA-ŁĄKA",
            "Meadow herbs",
            "5.40",
            german="Wiesenkräuter",
            polish="Zioła z łąki",
            zloty="18.50",
            categories=(HERBAL,),
            tax=REDUCED,
            values={**special("4.40", -1, 30), "short_description": 'Twelve herbs & "one" <secret>'},
            # An override to nothing: no special price in this website although the default has one.
            views=in_website(HOME_VIEWS, special_price=None),
        ),
        Product(
            133,
            "BULK-SENCHA",
            "Sencha, 5 kg",
            "180.00",
            polish="Sencha, 5 kg",
            zloty="760.00",
            categories=(BULK,),
            websites=(TRADE,),
            tax=REDUCED,
            stock=Stock(None, 12, 30),
        ),
        Product(
            134,
            "BULK-ASSAM",
            "Assam, 5 kg",
            "120.00",
            zloty="498.00",
            categories=(BULK,),
            websites=(TRADE,),
            tax=REDUCED,
            stock=Stock(None, 0, 8),
        ),
        Product(
            138,
            "MATCHA",
            "Matcha",
            "24.00",
            categories=(GREEN,),
            tax=REDUCED,
            values={"harvested_on": midnight(-40), "infusions": 1},
        ),
        Product(
            141, "WINTER-TEA", "Winter tea", "7.70", german="Wintertee", categories=(WINTER,), tax=REDUCED
        ),
    ]


def _tableware(midnight: Callable[[int], datetime]) -> list[Product]:
    return [
        # Looks like a floating point number.
        Product(
            120,
            "1e5",
            "Kettle 1.2 l",
            "89.00",
            german="Wasserkessel 1,2 l",
            categories=(POTS,),
            stock=Stock(0, 0, settings={"backorders": 1, "use_config_backorders": 0}),
            values={"material": "options:Cast iron,Stoneware", "deposit": Decimal("2.00")},
        ),
        Product(
            121,
            "TEAPOT",
            "Iron teapot",
            "64.00",
            german="Eisenkanne",
            polish="Żeliwny czajnik",
            categories=(POTS, PORCELAIN),
            images=("/t/e/teapot.jpg", "/t/e/teapot-lid.jpg", "/t/e/teapot-old.jpg"),
            stock=Stock(0, 0, in_stock=False, settings={"manage_stock": 0, "use_config_manage_stock": 0}),
            values={
                "manufacturer": "option:Hagi Kiln",
                "news_from_date": midnight(-5),
                "news_to_date": midnight(9),
            },
            views={TRADE_PL: {"image": "/t/e/teapot-lid.jpg"}},
        ),
        Product(
            122,
            "CUP",
            "Porcelain cup",
            "9.00",
            german="Porzellantasse",
            polish="Filiżanka",
            categories=(MUGS, PORCELAIN),
        ),
        Product(123, "SAUCER", "Porcelain saucer", "5.50", categories=(PORCELAIN,)),
        Product(124, "SPOON", "Tea spoon", "3.20", visibility=NOT_VISIBLE),
        Product(
            132,
            "TRAY",
            "Walnut tray",
            "45.00",
            websites=(HOME,),
            stock=Stock(3, None, settings={"min_qty": 5, "use_config_min_qty": 0}),
        ),
        Product(
            135,
            "STRAINER",
            "Strainer",
            "7.00",
            categories=(POTS,),
            views=in_website(HOME_VIEWS, status=DISABLED),
        ),
        Product(
            136,
            "CANISTER",
            "Tea canister",
            "15.00",
            german="Teedose",
            categories=(POTS,),
            values={"image": "no_selection"},
        ),
        Product(139, "WHISK", "Bamboo whisk", "12.00", visibility=IN_SEARCH, categories=(POTS,)),
        Product(140, "OLD-TIN", "Tin of last year", "10.00", values={"status": DISABLED}),
    ]


def _composites() -> list[Product]:
    return [
        Product(
            125,
            "PLACE-SETTING",
            "Place setting for two",
            None,
            "grouped",
            german="Gedeck für zwei",
            categories=(PORCELAIN, MUGS),
            stock=Stock(None, None),
        ),
        Product(
            126,
            "GIFT-BOX",
            "Gift box",
            "24.00",
            "bundle",
            german="Geschenkkiste",
            websites=(HOME,),
            stock=Stock(None, None),
            values={"price_type": 1, "sku_type": 1, "weight_type": 1, "special_price": Decimal("90")},
        ),
        Product(
            127,
            "TASTING",
            "Build your tasting",
            None,
            "bundle",
            german="Verkostung nach Wahl",
            websites=(HOME,),
            stock=Stock(None, None),
            values={"price_type": 0, "sku_type": 0, "weight_type": 0},
        ),
    ]


def _others(midnight: Callable[[int], datetime]) -> list[Product]:
    return [
        Product(
            128,
            "WORKSHOP",
            "Tasting workshop",
            "55.00",
            "virtual",
            german="Verkostungskurs",
            categories=(WORKSHOPS,),
            websites=(HOME,),
            stock=Stock(12, None),
        ),
        Product(
            129,
            "GIFT-WRAP",
            "Gift wrapping",
            "0.00",
            "virtual",
            stock=Stock(None, None, settings={"manage_stock": 0, "use_config_manage_stock": 0}),
        ),
        Product(
            130,
            "GUIDE",
            "Brewing guide",
            "4.00",
            "downloadable",
            german="Aufgussbuch",
            categories=(WORKSHOPS,),
            tax=REDUCED,
            values={"links_purchased_separately": 0, "links_title": "Files"},
        ),
        Product(
            131,
            "RECIPES",
            "Tea recipes",
            "0.00",
            "downloadable",
            tax=REDUCED,
            values={"links_purchased_separately": 1, "links_title": "Files"},
        ),
        Product(
            137,
            "HONEY",
            "Linden honey",
            "8.90",
            german="Lindenhonig",
            polish="Miód lipowy",
            zloty="32.00",
            tax=REDUCED,
            values={
                "weight": Decimal("0.4"),
                "country_of_manufacture": "PL",
                "origin_story": "From the roof of the shop",
            },
            views={HOME_DE: {"origin_story": "Vom Dach des Ladens"}},
        ),
        # In no website: nobody sees it.
        Product(
            142,
            "DRAFT",
            "Product in preparation",
            "1.00",
            websites=(),
            stock=Stock(None, None),
            values={"status": DISABLED, "news_from_date": midnight(60)},
        ),
    ]
