"""What single products cost by their own rows, and whether stock lets them be bought."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from synqd.entities.payload import number
from synqd.entities.product.chunk import Chunk, Product
from synqd.entities.product.market import Days
from synqd.entities.product.money import ONE, ZERO, decimal_or_none, number_or_zero
from synqd.entities.product.plan import Plan
from synqd.entities.product.prices import Prices, in_window, price_parts, tier_for

ENABLED = "1"


class Singles:
    """Price parts and salability of the products of one chunk, each worked out once."""

    def __init__(self, plan: Plan, chunk: Chunk, days: Days) -> None:
        self.plan = plan
        self.chunk = chunk
        self._days = days
        self._parts: dict[int, Prices] = {}
        self._sellable: dict[int, bool] = {}
        self.special_cases = chunk.rules.keys() | chunk.tiers.keys() | chunk.fixed_taxes.keys()
        status = plan.ids.status
        self._enabled = {entity_id for entity_id, held in chunk.values.items() if held.get(status) == ENABLED}

    def value(self, entity_id: int, attribute_id: int) -> str | None:
        """A product's attribute value as stored."""
        held = self.chunk.values.get(entity_id)
        return held.get(attribute_id) if held else None

    def enabled(self, entity_id: int) -> bool:
        """Whether the product is enabled in the store view."""
        return entity_id in self._enabled

    def offered(self, entity_id: int) -> bool:
        """Whether a child counts: enabled, in the website, and it can be bought."""
        product = self.chunk.products.get(entity_id)
        return bool(product and product.listed) and self.enabled(entity_id) and self.sellable(entity_id)

    def sellable(self, entity_id: int) -> bool:
        """Whether stock lets it be bought; its own stock only, whatever its status and its children."""
        known = self._sellable.get(entity_id)
        if known is None:
            chunk = self.chunk
            known = self._sellable[entity_id] = self.plan.stock.sellable(
                chunk.products[entity_id].kind,
                chunk.stock_items.get(entity_id),
                chunk.supply.get(entity_id),
                chunk.reserved.get(entity_id, ZERO),
            )
        return known

    def salable_quantity(self, product: Product) -> Decimal | None:
        """How many can be bought; None where there is no such number."""
        entity_id, chunk = product.entity_id, self.chunk
        return self.plan.stock.salable_quantity(
            product.kind,
            chunk.stock_items.get(entity_id),
            chunk.supply.get(entity_id),
            chunk.reserved.get(entity_id, ZERO),
        )

    def stock_fields(self, product: Product) -> Iterator[tuple[str, Any]]:
        """The selected fields about quantities."""
        if self.plan.wants_quantity and (quantity := self.salable_quantity(product)) is not None:
            yield "salable_qty", number(quantity)
        if self.plan.wants_sources and (held := self.chunk.sources.get(product.entity_id)):
            yield "sources", {code: number(quantity) for code, quantity in held.items()}

    def in_stock(self, product: Product) -> bool:
        """Whether it is marked as in stock."""
        entity_id = product.entity_id
        return self.plan.stock.in_stock(
            product.kind, self.chunk.stock_items.get(entity_id), self.chunk.supply.get(entity_id)
        )

    def parts(self, entity_id: int, quantity: Decimal = ONE) -> Prices:
        """Price parts of a product from its own rows, in the market's currency, tax as entered.

        ``quantity``: how many are sold at a time, for tier prices.
        """
        if quantity != ONE and self.chunk.tiers.get(entity_id):
            return self._own_parts(entity_id, quantity)
        known = self._parts.get(entity_id)
        if known is None:
            known = self._parts[entity_id] = self._own_parts(entity_id, ONE)
        return known

    def _own_parts(self, entity_id: int, quantity: Decimal) -> Prices:
        market, chunk = self.plan.market, self.chunk
        stored = self.value(entity_id, self.plan.ids.price)
        special, rule = self.special(entity_id), chunk.rules.get(entity_id)
        tiers = chunk.tiers.get(entity_id)
        if special is None and rule is None and not tiers:
            return market.plain(stored)
        regular = number_or_zero(stored)
        website_id = self.plan.store.website_id
        tier = tier_for(quantity, tiers, website_id, regular, market.tier_rate) if tiers else None
        return price_parts(regular, special, rule, tier, market.rate)

    def special(self, entity_id: int) -> Decimal | None:
        """The special price as stored, while it is in force."""
        ids = self.plan.ids
        special = decimal_or_none(self.value(entity_id, ids.special_price))
        if special is None:
            return None
        begins = self.value(entity_id, ids.special_from_date)
        ends = self.value(entity_id, ids.special_to_date)
        return special if in_window(begins, ends, self._days.special) else None

    def show(self, amount: Decimal, entity_id: int) -> Decimal:
        """An amount as it is sent, with a product's tax class and fixed product taxes."""
        return self.plan.market.show(amount, self._tax_class(entity_id), self._fixed(entity_id))

    def part(self, amount: Decimal, entity_id: int) -> Decimal:
        """What an amount brings into a sum, with a product's tax class and fixed product taxes."""
        return self.plan.market.part(amount, self._tax_class(entity_id), self._fixed(entity_id))

    def _tax_class(self, entity_id: int) -> str | None:
        return self.value(entity_id, self.plan.ids.tax_class_id)

    def _fixed(self, entity_id: int) -> Decimal:
        return self.chunk.fixed_taxes.get(entity_id, ZERO)
