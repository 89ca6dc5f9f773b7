"""What products cost and whether they can be bought: simple ones from their rows, composites from children.

Composites follow Magento's product page, not its price index (whose minimum for configurables takes a rule
or special price of the parent off twice):

configurable  lowest final price of the children that can be bought, taxed with the parent's class
grouped       lowest final price of the associated products that can be bought, with their own class
bundle        cheapest selection of each required option; dynamic: children's prices, each with its class;
              fixed: own price and selection prices, the sum with the bundle's class

The official module differs: it taxes with the parent's class throughout and takes all bundles for dynamic.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from synqd.entities.product.chunk import (
    BundleOption,
    Chunk,
    Product,
    Selection,
)
from synqd.entities.product.kinds import BUNDLE, COMPOSITES, CONFIGURABLE
from synqd.entities.product.market import Days
from synqd.entities.product.money import ONE, ZERO, decimal_or_none, number_or_zero, round2
from synqd.entities.product.plan import Plan
from synqd.entities.product.prices import Prices, in_window, price_parts, tier_for_one

ENABLED = "1"
FIXED = "1"
HUNDRED = Decimal(100)
_NOTHING: Mapping[int, str | None] = {}


class Offer(NamedTuple):
    """A product's prices as they are sent; None where there is none."""

    regular: Decimal | None
    final: Decimal | None
    special: Decimal | None
    tier: Decimal | None

    def chosen(self, code: str) -> Decimal | None:
        """The price that the setting ``price`` names."""
        return self.final if code == "final" else self.regular


AMOUNTS: Mapping[str, Callable[[Offer], Decimal | None]] = {
    "regular_price": attrgetter("regular"),
    "final_price": attrgetter("final"),
    "minimal_price": attrgetter("final"),
    "special_price": attrgetter("special"),
    "tier_price": attrgetter("tier"),
}
"""How each price that can be selected is taken from an offer."""


class Offers:
    """Prices and salability of the products of one chunk, each worked out once."""

    def __init__(self, plan: Plan, chunk: Chunk, days: Days) -> None:
        self._plan = plan
        self._chunk = chunk
        self._days = days
        self._parts: dict[int, Prices] = {}
        self._sellable: dict[int, bool] = {}
        self._reduced = chunk.rules.keys() | chunk.tiers.keys()
        status = plan.ids.status
        self._enabled = {entity_id for entity_id, held in chunk.values.items() if held.get(status) == ENABLED}

    def value(self, entity_id: int, attribute_id: int) -> str | None:
        """A product's attribute value as stored."""
        held = self._chunk.values.get(entity_id)
        return held.get(attribute_id) if held else None

    def enabled(self, entity_id: int) -> bool:
        """Whether the product is enabled in the store view."""
        return entity_id in self._enabled

    def offered(self, entity_id: int) -> bool:
        """Whether a child counts: enabled, in the website, and it can be bought."""
        product = self._chunk.products.get(entity_id)
        return bool(product and product.listed) and self.enabled(entity_id) and self.sellable(entity_id)

    def sellable(self, entity_id: int) -> bool:
        """Whether stock lets it be bought; its own stock only, whatever its status and its children."""
        known = self._sellable.get(entity_id)
        if known is None:
            chunk = self._chunk
            known = self._sellable[entity_id] = self._plan.stock.sellable(
                chunk.products[entity_id].kind,
                chunk.stock_items.get(entity_id),
                chunk.supply.get(entity_id),
                chunk.reserved.get(entity_id, ZERO),
            )
        return known

    def in_stock(self, product: Product) -> bool:
        """Whether it is marked as in stock."""
        entity_id = product.entity_id
        return self._plan.stock.in_stock(
            product.kind, self._chunk.stock_items.get(entity_id), self._chunk.supply.get(entity_id)
        )

    def salable(self, product: Product) -> bool:
        """Whether a shopper can buy it now."""
        entity_id = product.entity_id
        if not self.enabled(entity_id) or not self.sellable(entity_id):
            return False
        if product.kind not in COMPOSITES:
            return True
        if product.kind == BUNDLE:
            return self._bundle_is_complete(self._chunk.options.get(entity_id, ()))
        return any(map(self.offered, self.children(product)))

    def children(self, product: Product) -> Sequence[int]:
        """Variants of a configurable, associated products of a grouped one; in Magento's order."""
        links = self._chunk.children if product.kind == CONFIGURABLE else self._chunk.associated
        return links.get(product.entity_id, ())

    def _bundle_is_complete(self, options: Sequence[BundleOption]) -> bool:
        buyable = [any(self.offered(each.product_id) for each in option.selections) for option in options]
        required = [fits for option, fits in zip(options, buyable, strict=True) if option.required]
        return all(required) and any(buyable)

    def parts(self, entity_id: int) -> Prices:
        """Price parts of a product from its own rows, in the market's currency, tax as entered."""
        known = self._parts.get(entity_id)
        if known is None:
            known = self._parts[entity_id] = self._own_parts(entity_id)
        return known

    def _own_parts(self, entity_id: int) -> Prices:
        market, chunk = self._plan.market, self._chunk
        stored = self.value(entity_id, self._plan.ids.price)
        special, rule = self._special(entity_id), chunk.rules.get(entity_id)
        tiers = chunk.tiers.get(entity_id)
        if special is None and rule is None and not tiers:
            return market.plain(stored)
        regular = number_or_zero(stored)
        website_id = self._plan.store.website_id
        tier = tier_for_one(tiers, website_id, regular, market.tier_rate) if tiers else None
        return price_parts(regular, special, rule, tier, market.rate)

    def _special(self, entity_id: int) -> Decimal | None:
        ids = self._plan.ids
        special = decimal_or_none(self.value(entity_id, ids.special_price))
        if special is None:
            return None
        begins = self.value(entity_id, ids.special_from_date)
        ends = self.value(entity_id, ids.special_to_date)
        return special if in_window(begins, ends, self._days.special) else None

    def _show(self, amount: Decimal, entity_id: int) -> Decimal:
        return self._plan.market.show(amount, self.value(entity_id, self._plan.ids.tax_class_id))

    def usual(self, product: Product) -> tuple[str | None, str | None] | None:
        """Price and tax class as stored, if nothing else can make a difference to the prices; else None."""
        if product.kind in COMPOSITES or product.entity_id in self._reduced:
            return None
        held, ids = self._chunk.values.get(product.entity_id, _NOTHING), self._plan.ids
        return None if held.get(ids.special_price) else (held.get(ids.price), held.get(ids.tax_class_id))

    def offer(self, product: Product) -> Offer:
        """The prices of a product."""
        if product.kind == BUNDLE:
            return self._bundle(product)
        if product.kind in COMPOSITES:
            return self._of_children(product)
        entity_id = product.entity_id
        parts = self.parts(entity_id)
        regular = self._show(parts.regular, entity_id)
        return Offer(
            regular,
            regular if parts.final == parts.regular else self._show(parts.final, entity_id),
            None if parts.special is None else self._show(parts.special, entity_id),
            None if parts.tier is None else self._show(parts.tier, entity_id),
        )

    def _of_children(self, product: Product) -> Offer:
        offered = [child for child in self.children(product) if self.offered(child)]
        if not offered:
            return Offer(None, None, None, None)
        final = min(offered, key=lambda child: self.parts(child).final)
        regular = min(offered, key=lambda child: self.parts(child).regular)
        module, configurable = self._plan.module, product.kind == CONFIGURABLE
        own_class = module or configurable
        lowest = self._show(self.parts(final).final, product.entity_id if own_class else final)
        if module and not configurable:
            return Offer(None, lowest, None, None)
        return Offer(
            self._show(self.parts(regular).regular, product.entity_id if module else regular),
            lowest,
            None,
            None,
        )

    def _bundle(self, product: Product) -> Offer:
        entity_id = product.entity_id
        options = self._chunk.options.get(entity_id, ())
        fixed = self.value(entity_id, self._plan.ids.price_type) == FIXED
        if fixed and not self._plan.module:
            return self._fixed_bundle(entity_id, options)
        if self._plan.module:
            total = self._cheapest(options, lambda each: self.parts(each.product_id).final * each.qty)
            return Offer(None, self._show(round2(total), entity_id), None, None)
        factor = self._discount(entity_id)
        final = self._cheapest(
            options,
            lambda each: (
                self._show(round2(self.parts(each.product_id).final * factor), each.product_id) * each.qty
            ),
        )
        regular = self._cheapest(
            options, lambda each: self._show(self.parts(each.product_id).regular, each.product_id) * each.qty
        )
        return Offer(round2(regular), round2(final), None, None)

    def _fixed_bundle(self, entity_id: int, options: Sequence[BundleOption]) -> Offer:
        price = number_or_zero(self.value(entity_id, self._plan.ids.price))
        rate = self._plan.market.rate
        factor = self._discount(entity_id)
        rule = self._chunk.rules.get(entity_id)
        own = round2(price * rate)
        best = min(own * factor, own if rule is None else round2(rule * rate))

        def choice(each: Selection) -> Decimal:
            amount = price * each.value / HUNDRED if each.percent else each.value
            return round2(amount * rate) * each.qty

        total = self._cheapest(options, choice)
        return Offer(
            self._show(round2(own + total), entity_id),
            self._show(round2(best + total * factor), entity_id),
            None,
            None,
        )

    def _discount(self, entity_id: int) -> Decimal:
        """What a bundle's special price leaves: it is a percentage of the regular price."""
        special = self._special(entity_id)
        return ONE if special is None else special / HUNDRED

    def _cheapest(self, options: Iterable[BundleOption], cost: Callable[[Selection], Decimal]) -> Decimal:
        """The sum of each required option's cheapest selection; without required ones the cheapest of all."""
        lowest = [
            (option.required, min(map(cost, offered)))
            for option in options
            if (offered := [each for each in option.selections if self.offered(each.product_id)])
        ]
        required = [amount for is_required, amount in lowest if is_required]
        if required or not lowest:
            return sum(required, ZERO)
        return min(amount for _, amount in lowest)
