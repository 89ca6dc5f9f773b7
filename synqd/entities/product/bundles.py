"""What bundles cost: the cheapest selection of each required option, as the cart has it.

dynamic  the children's prices for the quantity that they are sold in, each with its own tax class and fixed
         product taxes; without required options the cheapest selection of all
fixed    own price and selection prices, the sum with the bundle's tax class and fixed product taxes

A bundle's own special price and tier prices are percentages, off each part; the better one counts.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

from synqd.entities.product.chunk import BundleOption, Product, Selection
from synqd.entities.product.money import ONE, ZERO, number_or_zero, round2
from synqd.entities.product.prices import best_percent
from synqd.entities.product.singles import Singles

FIXED = "1"
HUNDRED = Decimal(100)
Cost = Callable[[Selection], Decimal]


def bundle_prices(singles: Singles, product: Product) -> tuple[Decimal | None, Decimal]:
    """Regular and final price of a bundle as they are sent.

    The official module knows no regular price, and takes all bundles for dynamic.
    """
    entity_id = product.entity_id
    options = singles.chunk.options.get(entity_id, ())
    if singles.plan.module:
        return None, _as_module(singles, entity_id, options)
    if singles.value(entity_id, singles.plan.ids.price_type) == FIXED:
        return _fixed(singles, entity_id, options)
    return _dynamic(singles, entity_id, options)


def _as_module(singles: Singles, entity_id: int, options: Sequence[BundleOption]) -> Decimal:
    def cost(each: Selection) -> Decimal:
        return singles.parts(each.product_id).final * each.qty

    return singles.show(round2(_cheapest(singles, options, cost)), entity_id)


def _dynamic(singles: Singles, entity_id: int, options: Sequence[BundleOption]) -> tuple[Decimal, Decimal]:
    factor = _factor(singles, entity_id)

    def usual(each: Selection) -> Decimal:
        return singles.part(singles.parts(each.product_id).regular, each.product_id) * each.qty

    def reduced(each: Selection) -> Decimal:
        final = singles.parts(each.product_id, each.qty).final
        return singles.part(round2(final * factor), each.product_id) * each.qty

    return round2(_cheapest(singles, options, usual)), round2(_cheapest(singles, options, reduced))


def _fixed(singles: Singles, entity_id: int, options: Sequence[BundleOption]) -> tuple[Decimal, Decimal]:
    rate, rule = singles.plan.market.rate, singles.chunk.rules.get(entity_id)
    price = number_or_zero(singles.value(entity_id, singles.plan.ids.price))
    ruled = price if rule is None else min(price, rule)

    def choice(factor: Decimal) -> Cost:
        def cost(each: Selection) -> Decimal:
            amount = ruled * each.value / HUNDRED if each.percent else each.value
            return round2(amount * rate * factor) * each.qty

        return cost

    required = [option for option in options if option.required]
    factor = _factor(singles, entity_id)
    own = round2(price * rate)
    best = min(round2(own * factor), round2(ruled * rate))
    usual, reduced = (_cheapest(singles, required, choice(each)) for each in (ONE, factor))
    return singles.show(own + usual, entity_id), singles.show(best + reduced, entity_id)


def _factor(singles: Singles, entity_id: int) -> Decimal:
    """What a bundle's special price or tier price leaves of a part: the lower one, at most all of it."""
    special = singles.special(entity_id)
    percent = best_percent(singles.chunk.tiers.get(entity_id, ()), singles.plan.store.website_id)
    left = special / HUNDRED if special else ONE
    return max(ZERO, min(ONE, left, ONE - percent / HUNDRED))


def _cheapest(singles: Singles, options: Sequence[BundleOption], cost: Cost) -> Decimal:
    """The sum of each required option's cheapest selection; where none is required, the cheapest of all."""
    lowest = [
        (option.required, min(map(cost, offered)))
        for option in options
        if (offered := [each for each in option.selections if singles.offered(each.product_id)])
    ]
    if any(option.required for option in options):
        return sum([amount for required, amount in lowest if required], ZERO)
    return min([amount for _, amount in lowest], default=ZERO)
