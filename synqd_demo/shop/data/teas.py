"""Tea and other things to eat: one product for every way a price can come about."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

from synqd_demo.shop.data.attributes import AttributeValue, Day, Labels
from synqd_demo.shop.data.product import (
    BLACK,
    BULK,
    GREEN,
    HERBAL,
    HOME_VIEWS,
    NOT_VISIBLE,
    WINTER,
    Product,
    Stock,
    in_website,
)
from synqd_demo.shop.data.scopes import (
    REDUCED,
    TRADE,
)


def _special(price: str, first: int | None, last: int | None) -> dict[str, AttributeValue]:
    """A special price with the days of its window; None leaves it open on that side."""
    return {
        "special_price": Decimal(price),
        "special_from_date": None if first is None else Day(first),
        "special_to_date": None if last is None else Day(last),
    }


SENCHA_TINS = [
    Product(
        101 + n,
        f"SENCHA-{grams:03}",
        f"Sencha {grams} g",
        price,
        visibility=NOT_VISIBLE,
        tax=REDUCED,
        categories=(GREEN,),
        zloty=zloty,
        values={"size": Labels(f"{grams} g"), "weight": Decimal(grams) / 1000, "organic": 1},
        stock=Stock(60 - 20 * n, 10 * n),
    )
    for n, (grams, price, zloty) in enumerate(
        ((50, "6.90", "21.00"), (100, "12.50", "39.00"), (250, "27.00", None))
    )
]

TEAS = [
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
            **_special("7.90", -3, 4),
            "tasting_notes": Labels("Malty", "Floral"),
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
        values=_special("11.90", 5, 12),
    ),
    Product(
        116,
        "EARL-GREY",
        "Earl Grey",
        "8.40",
        categories=(BLACK,),
        tax=REDUCED,
        values={
            **_special("5.00", -20, -6),
            "restocked_at": Day(-2, time(9, 30)),
        },
    ),
    Product(
        117,
        "ROOIBOS",
        "Rooibos",
        "6.20",
        categories=(HERBAL,),
        tax=REDUCED,
        values=_special("5.60", 0, None),
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
        values=_special("3.90", None, 0),
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
        values={**_special("4.40", -1, 30), "short_description": 'Twelve herbs & "one" <secret>'},
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
        values={"harvested_on": Day(-40), "infusions": 1},
    ),
    Product(141, "WINTER-TEA", "Winter tea", "7.70", german="Wintertee", categories=(WINTER,), tax=REDUCED),
]
