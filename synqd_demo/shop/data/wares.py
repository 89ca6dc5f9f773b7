"""Everything that is not tea: tableware, clothes, sets, courses, downloads, and awkward states of stock."""

from __future__ import annotations

from decimal import Decimal

from synqd_demo.shop.data.attributes import Day, Labels
from synqd_demo.shop.data.product import (
    DISABLED,
    ENABLED,
    GREEN,
    HOME_VIEWS,
    IN_SEARCH,
    MUGS,
    NOT_VISIBLE,
    PORCELAIN,
    POTS,
    WORKSHOPS,
    Product,
    Stock,
    in_website,
)
from synqd_demo.shop.data.scopes import (
    HOME,
    HOME_DE,
    REDUCED,
    TRADE_PL,
)

MUG_COLORS = [
    Product(
        105 + n,
        f"MUG-{color.upper()}",
        f"Glazed mug {color.lower()}",
        price,
        visibility=NOT_VISIBLE,
        categories=(MUGS,),
        values={"color": Labels(color), "material": Labels("Stoneware")},
        images=(f"/m/u/mug-{color.lower()}.jpg",),
    )
    for n, (color, price) in enumerate((("Sage", "18.00"), ("Clay", "18.00"), ("Ink", "21.50")))
]

APRONS = [
    Product(
        109 + n,
        f"APRON-{color.upper()}-{size}",
        f"Linen apron {color.lower()} {size}",
        "39.00",
        visibility=NOT_VISIBLE,
        websites=(HOME,),
        values={"color": Labels(color), "clothes_size": Labels(size), "status": status},
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

CONFIGURABLES = [
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
            "tasting_notes": Labels("Floral"),
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

TABLEWARE = [
    # Looks like a floating point number.
    Product(
        120,
        "1e5",
        "Kettle 1.2 l",
        "89.00",
        german="Wasserkessel 1,2 l",
        categories=(POTS,),
        stock=Stock(0, 0, settings={"backorders": 1, "use_config_backorders": 0}),
        values={"material": Labels("Cast iron", "Stoneware"), "deposit": Decimal("2.00")},
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
            "manufacturer": Labels("Hagi Kiln"),
            "news_from_date": Day(-5),
            "news_to_date": Day(9),
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

COMPOSITES = [
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
        values={"price_type": 1, "sku_type": 1, "weight_type": 1, "special_price": Decimal(90)},
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

OTHERS = [
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
        values={"status": DISABLED, "news_from_date": Day(60)},
    ),
]
