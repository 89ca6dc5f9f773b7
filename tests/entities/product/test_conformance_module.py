"""``mapping = "module"`` against what the official module put on the wire, all items, field by field.

Four differences are meant, and each is checked to be nothing else: special prices outside their dates,
``is_salable`` and ``stock_status``, the picture "no_selection"; categories are compared as a set.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from synqd.models.shop import Shop
from tests.entities.product.shopkeeping import Item, catalog, keeper_of, shown_products
from tests.support.entities import CountingSource
from tests.support.recorded import Comparison, payloads

RUNS = {
    "labels-notax": {"attribute_format": "label", "price": "final", "calculate_tax": False},
    "ids-tax-regular": {"attribute_format": "id", "price": "regular", "calculate_tax": True},
}
TODAY = date(2026, 11, 23).isoformat()


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("store_id", [1, 2])
async def test_items_are_those_of_the_module(
    dump_source: CountingSource, dump_shop: Shop, conformance_dir: Path, run: str, store_id: int
) -> None:
    got = await catalog(keeper_of(dump_source, dump_shop, "module", **RUNS[run]), store_id)
    shown = {each["sku"]: each for each in shown_products(conformance_dir, store_id)}
    comparison = Comparison()
    for expected in payloads(conformance_dir, run, "product", store_id):
        sku = expected["itemKey"]
        item, sent = expected["value"], got.pop(sku)
        _true_stock(item, shown[sku])
        _true_picture(item)
        if _special_price_is_over(item, sent, shown[sku]):
            _forget_prices(item, sent, final=RUNS[run]["price"] == "final")
        comparison.record(sku, _comparable(item), _comparable(sent))
    comparison.show(f"products of store view {store_id}, {run}")
    assert not got
    assert not comparison.differences


def _comparable(item: Item) -> Item:
    """Which category comes first is left to chance by Magento."""
    labels = [item.pop("category", None), *item.pop("additionalCategories", ())]
    return {**item, "categories": sorted(label for label in labels if label)}


def _true_stock(item: Item, shown: dict[str, Any]) -> None:
    stock = shown["stock"]
    item["stock_status"] = str(stock["legacy_is_in_stock_raw"])
    buyable = shown["status"] == 1 and stock["msi_is_salable_chain"] == 1
    if shown["type_id"] in {"configurable", "grouped", "bundle"}:
        buyable = buyable and stock["model_is_saleable"] == 1
    item["is_salable"] = buyable


def _true_picture(item: Item) -> None:
    if item.get("image", "").endswith("no_selection"):
        del item["image"]


def _special_price_is_over(item: Item, sent: Item, shown: dict[str, Any]) -> bool:
    """The module does not load the end date, so it applies prices that ended, or have not begun."""
    if "special_price" not in item or "special_price" in sent:
        return False
    begins = shown["attributes"]["special_from_date"]["raw"] or ""
    ends = shown["attributes"]["special_to_date"]["raw"] or "9"
    assert not begins[:10] <= TODAY <= ends[:10], shown["sku"]
    return True


def _forget_prices(item: Item, sent: Item, *, final: bool) -> None:
    for name in ("special_price", "final_price", *(["price"] if final else [])):
        item.pop(name, None)
        sent.pop(name, None)
