"""Rows that change what products cost: tier prices, prices by catalog rules, fixed product taxes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from synqd.entities.base import Source
from synqd.entities.product.chunk import Chunk
from synqd.entities.product.money import ONE
from synqd.entities.product.plan import Plan
from synqd.entities.product.prices import GUESTS, Tier

_TIERS = f"""
    SELECT entity_id, website_id, all_groups, qty, value, percentage_value
      FROM {{catalog_product_entity_tier_price}}
     WHERE entity_id IN %s AND website_id IN (0, %s) AND qty >= 1 AND qty <= %s
       AND (all_groups = 1 OR customer_group_id = {GUESTS})"""

_FIXED_TAXES = """
    SELECT tax.entity_id, SUM(tax.value) FROM {weee_tax} tax
      JOIN {eav_attribute} attribute
        ON attribute.attribute_id = tax.attribute_id AND attribute.frontend_input = 'weee'
     WHERE tax.entity_id IN %s AND tax.website_id IN (0, %s) AND tax.country = %s AND tax.state IN (0, %s)
     GROUP BY tax.entity_id"""

_RULES = f"""
    SELECT product_id, rule_price FROM {{catalogrule_product_price}}
     WHERE rule_date = %s AND website_id = %s AND customer_group_id = {GUESTS} AND product_id IN %s"""


async def load_prices(source: Source, plan: Plan, chunk: Chunk, ids: Sequence[int], today: date) -> None:
    """Adds tier prices, rule prices of ``today`` and fixed product taxes of the products ``ids``."""
    tiers: dict[int, list[Tier]] = defaultdict(list)
    asked = [list(ids), own_prices(plan), _most_at_once(chunk)]
    for entity_id, site, all_groups, qty, value, percent in await source.fetch(_TIERS, asked):
        tiers[entity_id].append(Tier(site, bool(all_groups), qty, value, percent))
    chunk.tiers = tiers
    if plan.has_rules:
        rows = await source.fetch(_RULES, [today.isoformat(), plan.store.website_id, list(ids)])
        chunk.rules = dict(rows)
    await _load_fixed_taxes(source, plan, chunk, ids)


async def _load_fixed_taxes(source: Source, plan: Plan, chunk: Chunk, ids: Sequence[int]) -> None:
    """All rows that fit add up, those of a state and of its country, of a website and of all."""
    if plan.market.fixed_tax is not None and plan.has_fixed_taxes:
        place = plan.market.fixed_tax.address
        asked = [list(ids), plan.store.website_id, place.country, place.region]
        chunk.fixed_taxes = dict(await source.fetch(_FIXED_TAXES, asked))


def own_prices(plan: Plan) -> int:
    """The website whose own tier and selection prices count: none while prices are the same everywhere."""
    return plan.store.website_id if plan.market.by_website else 0


def _most_at_once(chunk: Chunk) -> Decimal:
    """How many of a product are sold at most as one selection of a bundle."""
    options = (option for held in chunk.options.values() for option in held)
    return max([ONE, *(each.qty for option in options for each in option.selections)])
