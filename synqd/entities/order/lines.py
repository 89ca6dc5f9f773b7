"""From order lines to a transaction's ``products``. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from synqd.entities.accounts import Claims
from synqd.entities.order.amounts import (
    Cost,
    cost_of,
    money,
    per_unit,
    regular_price,
    unit_price_of_module,
)
from synqd.entities.order.line_products import Good
from synqd.entities.order.metadata import Backdrop
from synqd.entities.order.reading import Children, Line, rule_numbers
from synqd.entities.payload import number
from synqd.entities.product.money import ZERO, round2
from synqd.entities.valid import without_nul
from synqd.models.shop import ShopConfig, StoreView

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mapper:
    """What all orders of a chunk share.

    Attributes:
        store: the store view.
        backdrop: the catalog's metadata there.
        custom_ids: customer ids may be sent (``[customer] custom_id``).
        config: the shop's, for what its accounts need to be confirmed.
        claims: accounts that have the e-mail of an order's guest, or share that of its account.
        source: where transactions come from (``[order] source``).
        goods: products that still exist, by id.
        children: sums below bundle lines, by item id.
        rules: names of cart price rules.
    """

    store: StoreView
    backdrop: Backdrop
    custom_ids: bool
    config: ShopConfig
    claims: Claims
    source: str
    goods: Mapping[int, Good]
    children: Mapping[int, Children]
    rules: Mapping[int, str]

    def rule_names(self, rule_ids: str | None) -> list[str]:
        """Names of the rules of a comma-joined list, in its order."""
        return [self.rules[each] for each in rule_numbers(rule_ids) if each in self.rules] if rule_ids else []


def product_lines(mapper: Mapper, lines: Sequence[Line], costs: Sequence[Cost], currency: str) -> list[Body]:
    """One entry per line, of what the order remembers; composites are one line each, their children none."""
    return [_product(mapper, line, cost, currency) for line, cost in zip(lines, costs, strict=True)]


def line_costs(mapper: Mapper, lines: Sequence[Line]) -> list[Cost]:
    """What each line costs."""
    children = mapper.children
    return [cost_of(line, children.get(line.item_id)) for line in lines]


def adorn_lines(mapper: Mapper, lines: Sequence[Line], bodies: Sequence[Body]) -> None:
    """Adds what is only looked up: names of rules, and how the products look now."""
    for line, body in zip(lines, bodies, strict=True):
        names = mapper.rule_names(line.rule_ids)
        if names:
            body["promotionRules"] = names
        good = mapper.goods.get(line.product_id or 0)
        if good is not None:
            _adorn(body, good)


def _product(mapper: Mapper, line: Line, cost: Cost, currency: str) -> Body:
    good = mapper.goods.get(line.product_id or 0)
    item_sku = without_nul(line.sku or "") or (good.sku if good else str(line.product_id or line.item_id))
    sku = _sku(mapper, line, good) or item_sku
    body: Body = {
        "sku": sku,
        "name": without_nul(line.name or "") or sku,
        "quantity": number(line.quantity or ZERO),
        "regularPrice": money(_regular(mapper, line, good, cost), currency),
        "finalUnitPrice": money(_final(mapper, line, cost), currency),
        "storeId": line.store_id or mapper.store.store_id,
        "storeUrl": mapper.backdrop.addresses.home,
    }
    if item_sku != sku:
        body["skuVariant"] = item_sku
    if not mapper.backdrop.module:
        _mark(body, line)
    return body


def _sku(mapper: Mapper, line: Line, good: Good | None) -> str | None:
    """The catalog's key: the item's own SKU names a variant, or carries a bundle's choices and options."""
    if good is None or (mapper.backdrop.module and line.product_type != "configurable"):
        return None
    return good.sku


def _regular(mapper: Mapper, line: Line, good: Good | None, cost: Cost) -> Decimal:
    if mapper.backdrop.module and good is not None:
        return mapper.backdrop.market.show(round2(line.original_price or ZERO), good.tax_class)
    tax_class = None if good is None or line.tax_percent is None else good.tax_class
    price = regular_price(line, mapper.backdrop.market, tax_class)
    return price + per_unit(cost.fixed, line) if mapper.backdrop.with_tax and cost.fixed else price


def _final(mapper: Mapper, line: Line, cost: Cost) -> Decimal:
    if mapper.backdrop.module:
        return unit_price_of_module(line, with_tax=mapper.backdrop.with_tax)
    return per_unit(cost.paid(with_tax=mapper.backdrop.with_tax), line)


def _adorn(body: Body, good: Good) -> None:
    if good.url:
        body["url"] = good.url
    if good.categories:
        body["categories"] = good.categories
    if good.image:
        body["image"] = good.image


def _mark(body: Body, line: Line) -> None:
    """Cancelled and refunded pieces stay in their place and are marked."""
    if line.canceled:
        body["quantityCanceled"] = number(line.canceled)
    if line.refunded:
        body["quantityRefunded"] = number(line.refunded)
