"""What products cost and whether they can be bought: simple ones from their rows, composites from children.

Composites follow Magento's product page, not its price index (whose minimum for configurables takes a rule
or special price of the parent off twice):

configurable  lowest final price of the children that can be bought, taxed with the parent's class
grouped       lowest final price of the associated products that can be bought, with their own class
bundle        cheapest selection of each required option (``bundles``)

The official module differs: it taxes with the parent's class throughout and takes all bundles for dynamic.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from synqd.entities.product.bundles import bundle_prices
from synqd.entities.product.chunk import BundleOption, Product
from synqd.entities.product.kinds import BUNDLE, COMPOSITES, CONFIGURABLE
from synqd.entities.product.singles import Singles

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


class Offers(Singles):
    """Prices and salability of the products of one chunk, composites among them."""

    def salable(self, product: Product) -> bool:
        """Whether a shopper can buy it now."""
        entity_id = product.entity_id
        if not self.enabled(entity_id) or not self.sellable(entity_id):
            return False
        if product.kind not in COMPOSITES:
            return True
        if product.kind == BUNDLE:
            return self._bundle_is_complete(self.chunk.options.get(entity_id, ()))
        return any(map(self.offered, self.children(product)))

    def children(self, product: Product) -> Sequence[int]:
        """Variants of a configurable, associated products of a grouped one; in Magento's order."""
        links = self.chunk.children if product.kind == CONFIGURABLE else self.chunk.associated
        return links.get(product.entity_id, ())

    def _bundle_is_complete(self, options: Sequence[BundleOption]) -> bool:
        buyable = [any(self.offered(each.product_id) for each in option.selections) for option in options]
        required = [fits for option, fits in zip(options, buyable, strict=True) if option.required]
        return all(required) and any(buyable)

    def usual(self, product: Product) -> tuple[str | None, str | None] | None:
        """Price and tax class as stored, if nothing else can make a difference to the prices; else None."""
        if product.kind in COMPOSITES or product.entity_id in self.special_cases:
            return None
        held, ids = self.chunk.values.get(product.entity_id, _NOTHING), self.plan.ids
        return None if held.get(ids.special_price) else (held.get(ids.price), held.get(ids.tax_class_id))

    def offer(self, product: Product) -> Offer:
        """The prices of a product."""
        if product.kind == BUNDLE:
            return Offer(*bundle_prices(self, product), None, None)
        if product.kind in COMPOSITES:
            return self._of_children(product)
        entity_id = product.entity_id
        parts = self.parts(entity_id)
        regular = self.show(parts.regular, entity_id)
        return Offer(
            regular,
            regular if parts.final == parts.regular else self.show(parts.final, entity_id),
            None if parts.special is None else self.show(parts.special, entity_id),
            None if parts.tier is None else self.show(parts.tier, entity_id),
        )

    def _of_children(self, product: Product) -> Offer:
        offered = [child for child in self.children(product) if self.offered(child)]
        if not offered:
            return Offer(None, None, None, None)
        final = min(offered, key=lambda child: self.parts(child).final)
        regular = min(offered, key=lambda child: self.parts(child).regular)
        module, configurable = self.plan.module, product.kind == CONFIGURABLE
        own_class = module or configurable
        lowest = self.show(self.parts(final).final, product.entity_id if own_class else final)
        if module and not configurable:
            return Offer(None, lowest, None, None)
        return Offer(
            self.show(self.parts(regular).regular, product.entity_id if module else regular),
            lowest,
            None,
            None,
        )
