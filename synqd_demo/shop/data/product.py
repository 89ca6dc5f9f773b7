"""What a product of the shop is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from synqd_demo.shop.data.attributes import AttributeValue
from synqd_demo.shop.data.rows import Value
from synqd_demo.shop.data.scopes import CLOSED, HOME, HOME_DE, HOME_EN, TAXABLE, TRADE, TRADE_EN, TRADE_PL

HOME_VIEWS, TRADE_VIEWS = (HOME_EN, HOME_DE, CLOSED), (TRADE_PL, TRADE_EN)
ENABLED, DISABLED = 1, 2
NOT_VISIBLE, IN_CATALOG, IN_SEARCH, EVERYWHERE = 1, 2, 3, 4
GREEN, BLACK, HERBAL, MUGS, POTS, WORKSHOPS, WINTER, BULK, PORCELAIN = 5, 6, 7, 8, 9, 10, 12, 21, 22


@dataclass(frozen=True)
class Stock:
    """Quantities in the three sources (``None``: not kept there), and settings unlike the shop's."""

    default: int | None = 40
    gdansk: int | None = 25
    poznan: int | None = None
    in_stock: bool = True
    settings: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """One product. ``values`` and ``views`` hold attribute values for the default scope and for store views.

    A stock of ``None`` in all sources is a product that has none of its own.
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
    stock: Stock = Stock()
    images: Sequence[str] = ()
    values: Mapping[str, AttributeValue] = field(default_factory=dict)
    views: Mapping[int, Mapping[str, AttributeValue]] = field(default_factory=dict)


def in_website(
    website_views: Sequence[int], **values: AttributeValue
) -> dict[int, Mapping[str, AttributeValue]]:
    """Website-scoped values: Magento writes one row per store view of the website."""
    return dict.fromkeys(website_views, values)


def default_values(product: Product) -> dict[str, AttributeValue]:
    """Attribute values of the default scope."""
    values: dict[str, AttributeValue] = {
        "name": product.name,
        "url_key": url_key(product.name),
        "status": 1,
        "visibility": product.visibility,
    }
    if product.price is not None:
        values["price"] = Decimal(product.price)
    if product.kind != "grouped":
        values["tax_class_id"] = product.tax
    if product.images:
        values.update(dict.fromkeys(("image", "small_image", "thumbnail"), product.images[0]))
    return values | dict(product.values)


def view_values(product: Product) -> dict[int, Mapping[str, AttributeValue]]:
    """Attribute values of store views, by store id."""
    values: dict[int, dict[str, AttributeValue]] = {}
    for view, name in ((HOME_DE, product.german), (TRADE_PL, product.polish)):
        if name is not None:
            values[view] = {"name": name, "url_key": url_key(name)}
    if product.zloty is not None:
        for view in TRADE_VIEWS:
            values.setdefault(view, {})["price"] = Decimal(product.zloty)
    for view, own in product.views.items():
        values.setdefault(view, {}).update(own)
    return dict(values)


def url_key(name: str) -> str:
    """The name as it appears in an address."""
    folded = name.lower().translate(str.maketrans("äöüßąćęłńóśźż", "aousacelnoszz"))
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in folded).split()
    return "-".join(words)
