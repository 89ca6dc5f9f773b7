"""How products belong together: variants, groups, bundles, downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from synqd_demo.shop.data.attribute_list import PRODUCT
from synqd_demo.shop.data.attributes import Attributes
from synqd_demo.shop.data.rows import Rows

SUPER_ATTRIBUTES = {104: ("size",), 108: ("color",), 113: ("color", "clothes_size")}
VARIANTS = {104: (101, 102, 103), 108: (105, 106, 107), 113: (109, 110, 111, 112)}
GROUPED = {125: ((122, 2), (123, 2), (124, 1))}  # parent -> (product, default quantity)


@dataclass(frozen=True)
class BundleOption:
    """One choice of a bundle.

    ``selections`` are (product, quantity, price type, price); type 0 is an amount, 1 a percentage.
    """

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


_LINK_TYPES = ((1, "relation"), (3, "super"), (4, "up_sell"), (5, "cross_sell"))
_GROUPED_LINK, _POSITION, _QUANTITY = 3, 4, 5


def add_composites(rows: Rows, attributes: Attributes) -> None:
    """All links between products."""
    for link_type, code in _LINK_TYPES:
        rows.add("catalog_product_link_type", link_type_id=link_type, code=code)
    for link_attribute, code, kind in ((_POSITION, "position", "int"), (_QUANTITY, "qty", "decimal")):
        rows.add(
            "catalog_product_link_attribute",
            product_link_attribute_id=link_attribute,
            link_type_id=_GROUPED_LINK,
            product_link_attribute_code=code,
            data_type=kind,
        )
    _add_variants(rows, attributes)
    _add_grouped(rows)
    _add_bundles(rows)
    _add_downloads(rows)


def _add_variants(rows: Rows, attributes: Attributes) -> None:
    for parent, codes in SUPER_ATTRIBUTES.items():
        for position, code in enumerate(codes):
            attribute = attributes.ids[PRODUCT, code]
            rows.add(
                "catalog_product_super_attribute",
                product_id=parent,
                attribute_id=attribute,
                position=position,
            )
    for parent, children in VARIANTS.items():
        for child in children:
            rows.add("catalog_product_super_link", product_id=child, parent_id=parent)
            rows.add("catalog_product_relation", parent_id=parent, child_id=child)


def _add_grouped(rows: Rows) -> None:
    links = count(301)
    for parent, children in GROUPED.items():
        for position, (child, quantity) in enumerate(children, start=1):
            link = next(links)
            rows.add(
                "catalog_product_link",
                link_id=link,
                product_id=parent,
                linked_product_id=child,
                link_type_id=_GROUPED_LINK,
            )
            rows.add("catalog_product_relation", parent_id=parent, child_id=child)
            for table, attribute, value in (("int", _POSITION, position), ("decimal", _QUANTITY, quantity)):
                rows.add(
                    f"catalog_product_link_attribute_{table}",
                    product_link_attribute_id=attribute,
                    link_id=link,
                    value=value,
                )


def _add_bundles(rows: Rows) -> None:
    numbers = count(701)
    for parent, options in BUNDLES.items():
        for position, option in enumerate(options, start=1):
            number = next(numbers)
            rows.add(
                "catalog_product_bundle_option",
                option_id=number,
                parent_id=parent,
                required=int(option.required),
                position=position,
                type=option.type,
            )
            rows.add(
                "catalog_product_bundle_option_value",
                option_id=number,
                store_id=0,
                title=option.title,
                parent_product_id=parent,
            )
            for place, (product, quantity, price_type, price) in enumerate(option.selections, start=1):
                rows.add(
                    "catalog_product_bundle_selection",
                    option_id=number,
                    parent_product_id=parent,
                    product_id=product,
                    position=place,
                    is_default=int(place == 1),
                    selection_price_type=price_type,
                    selection_price_value=Decimal(price),
                    selection_qty=quantity,
                )
        for child in sorted({selection[0] for option in options for selection in option.selections}):
            rows.add("catalog_product_relation", parent_id=parent, child_id=child)


def _add_downloads(rows: Rows) -> None:
    numbers = count(801)
    for product, links in DOWNLOADS.items():
        for place, (title, price) in enumerate(links, start=1):
            number = next(numbers)
            rows.add(
                "downloadable_link",
                link_id=number,
                product_id=product,
                sort_order=place,
                link_file=f"/f/i/file-{number}.pdf",
                link_type="file",
            )
            rows.add("downloadable_link_price", link_id=number, website_id=0, price=Decimal(price))
            rows.add("downloadable_link_title", link_id=number, store_id=0, title=title)
