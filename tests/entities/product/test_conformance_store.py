"""``mapping = "store"`` against what Magento itself shows a shopper of store views 1 and 2, all items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from synqd.models.shop import Shop
from tests.entities.product.shopkeeping import RECORDED_ATTRIBUTES, Item, catalog, keeper_of, shown_products
from tests.support.entities import CountingSource
from tests.support.recorded import Comparison

COMPOSITES = {"configurable", "grouped", "bundle"}
SUPER_ATTRIBUTES = ("color", "size")
NO_LABELS = {"special_price", "tier_price", "final_price", "regular_price", "category_ids"}
Shown = dict[str, Any]


@pytest.mark.parametrize(
    ("store_id", "tax", "price"),
    [(1, False, "final"), (1, True, "final"), (2, False, "final"), (2, True, "final"), (2, True, "regular")],
)
async def test_prices_are_those_of_the_product_page(
    dump_source: CountingSource,
    dump_shop: Shop,
    conformance_dir: Path,
    store_id: int,
    *,
    tax: bool,
    price: str,
) -> None:
    got = await catalog(keeper_of(dump_source, dump_shop, calculate_tax=tax, price=price), store_id)
    comparison = Comparison()
    for shown in shown_products(conformance_dir, store_id):
        sku, sent = shown["sku"], got.pop(shown["sku"])
        final, regular, special = _prices(shown, "incl" if tax else "excl")
        comparison.field("price", sku, final if price == "final" else regular, sent.get("price"))
        comparison.field("final_price", sku, final, sent.get("final_price"))
        comparison.field("regular_price", sku, regular, sent.get("regular_price"))
        comparison.field("special_price", sku, special, sent.get("special_price"))
    comparison.show(f"prices of store view {store_id}, tax {tax}, {price}")
    assert not got
    assert not comparison.differences


def _prices(shown: Shown, figure: str) -> tuple[float | None, float | None, float | None]:
    display = shown["price"]["display"]
    composite = shown["type_id"] in COMPOSITES
    names = ("minimal", "regular_minimal", "special") if composite else ("final", "regular", "special")
    final, regular, special = ((display.get(name) or {}).get(figure) for name in names)
    return final, regular, special


@pytest.mark.parametrize("store_id", [1, 2])
async def test_pages_pictures_categories_and_stock_are_those_of_the_shop(
    dump_source: CountingSource, dump_shop: Shop, conformance_dir: Path, store_id: int
) -> None:
    got = await catalog(keeper_of(dump_source, dump_shop), store_id)
    comparison = Comparison()
    for shown in shown_products(conformance_dir, store_id):
        sku, sent = shown["sku"], got[shown["sku"]]
        invisible = shown["attributes"]["visibility"]["raw"] == "1"
        parent = shown["first_configurable_parent"]
        comparison.field("productUrl", sku, shown["shopper_url"], sent.get("productUrl"))
        comparison.field(
            "parentId", sku, parent["sku"] if parent and invisible else None, sent.get("parentId")
        )
        comparison.field("image", sku, shown["image_url"], sent.get("image"))
        _compare_categories(comparison, shown, sent)
        _compare_stock(comparison, shown, sent)
    comparison.show(f"pages, categories and stock of store view {store_id}")
    assert not comparison.differences


def _compare_categories(comparison: Comparison, shown: Shown, sent: Item) -> None:
    open_ones = [
        each
        for each in shown["categories"]
        if each["in_store_root"]
        and not each["is_root"]
        and each["is_active"]
        and each["all_ancestors_active"]
    ]
    open_ones.sort(key=lambda each: (-len(each["names"]), each["position"], each["id"]))
    names = [" > ".join(each["names"]) for each in open_ones]
    ids = {int(part) for each in open_ones for part in each["path"].split("/")[2:]}
    comparison.field("category", shown["sku"], names[0] if names else None, sent.get("category"))
    comparison.field("additionalCategories", shown["sku"], names[1:], sent.get("additionalCategories", []))
    comparison.field("category_ids", shown["sku"], ids, set(sent.get("category_ids", [])))


def _compare_stock(comparison: Comparison, shown: Shown, sent: Item) -> None:
    stock = shown["stock"]
    comparison.field("stock_status", shown["sku"], stock["legacy_is_in_stock_raw"], sent["stock_status"])
    comparison.field("is_salable", shown["sku"], _buyable(shown), sent["is_salable"])


def _buyable(shown: Shown) -> bool:
    stock = shown["stock"]
    buyable = shown["status"] == 1 and stock["msi_is_salable_chain"] == 1
    return buyable and (shown["type_id"] not in COMPOSITES or stock["model_is_saleable"] == 1)


@pytest.mark.parametrize(
    ("store_id", "form"),
    [(1, "label"), (2, "label"), (2, "id"), (2, "id_and_label"), (2, "label_and_oid")],
)
async def test_attributes_are_in_the_words_of_the_store_view(
    dump_source: CountingSource, dump_shop: Shop, conformance_dir: Path, store_id: int, form: str
) -> None:
    got = await catalog(keeper_of(dump_source, dump_shop, attribute_format=form), store_id)
    products = {each["sku"]: each for each in shown_products(conformance_dir, store_id)}
    offered = _offered(products)
    comparison = Comparison()
    for sku, shown in products.items():
        for code in (*RECORDED_ATTRIBUTES, "visibility"):
            if code in shown["attributes"] and code not in NO_LABELS:
                value = shown["attributes"][code]
                if shown["type_id"] == "configurable" and code in SUPER_ATTRIBUTES:
                    _compare_offered(
                        comparison, f"{sku} {code}", offered[sku, code], got[sku].get(code), form
                    )
                else:
                    comparison.field(code, sku, _written(value, form), _sorted(got[sku].get(code)))
                    if form == "label_and_oid" and "label" in value:
                        ids = got[sku].get(f"{code}_oid")
                        comparison.field(f"{code}_oid", sku, _written(value, "id"), _sorted(ids))
    comparison.show(f"attributes of store view {store_id} as {form}")
    assert not comparison.differences


def _written(value: Shown, form: str) -> Any:
    """What the truth says, in a format; lists of ids in no order, as the truth has them as stored."""
    raw, label = value["raw"], value.get("label")
    if label is None:
        return raw
    several = isinstance(label, list) or "," in str(raw)
    if form == "id":
        return _sorted(str(raw).split(",")) if several else raw
    if form == "id_and_label":
        return label if several else {"id": raw, "label": label}
    return label


def _sorted(sent: Any) -> Any:
    """What was sent, made comparable: lists of ids sorted, a multiselect's single value alone."""
    if not isinstance(sent, list):
        return sent
    if sent and isinstance(sent[0], dict):
        return [each["label"] for each in sent] if len(sent) > 1 else sent[0]
    if len(sent) == 1:
        return sent[0]
    return sorted(sent) if all(each.isdecimal() for each in sent) else sent


def _offered(products: Mapping[str, Shown]) -> Mapping[tuple[str, str], set[str]]:
    """Ids that the children a shopper can buy have, by configurable and attribute."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for shown in products.values():
        parents = [
            each["sku"] for each in shown["parents"] if products[each["sku"]]["type_id"] == "configurable"
        ]
        for code in SUPER_ATTRIBUTES:
            value = shown["attributes"][code]
            if value["raw"] and _buyable(shown):
                for parent in parents:
                    found[parent, code].add(f"{value['raw']}\0{value['label']}")
    return found


def _compare_offered(comparison: Comparison, who: str, pairs: set[str], sent: Any, form: str) -> None:
    ids = {pair.split("\0")[0] for pair in pairs}
    labels = {pair.split("\0")[1] for pair in pairs}
    if form == "id_and_label":
        comparison.field("offered", who, ids, {each["id"] for each in sent or ()})
        sent = [each["label"] for each in sent or ()]
    comparison.field("offered", who, ids if form == "id" else labels, set(sent or ()))
