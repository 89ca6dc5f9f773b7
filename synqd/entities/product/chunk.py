"""The rows that a chunk of products is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from synqd.entities.product.attributes import OWN_COLUMNS
from synqd.entities.product.categories import Assignment
from synqd.entities.product.eav import Values
from synqd.entities.product.prices import Tier
from synqd.entities.product.stock import StockItem, Supply


class Product(NamedTuple):
    """A row of ``catalog_product_entity``.

    ``listed``: it belongs to the store view's website; ``rivalled``: another product may have its SKU.
    """

    entity_id: int
    sku: str
    kind: str
    created_at: str
    updated_at: str
    has_options: str
    required_options: str
    listed: int
    rivalled: int

    def static(self, code: str) -> str | None:
        """The value of an attribute that is a column of Magento's own; None for what is none."""
        return getattr(self, code) if code in OWN_COLUMNS else None


class Selection(NamedTuple):
    """What a bundle option offers: a product, how many, and what a fixed bundle asks for one."""

    product_id: int
    qty: Decimal
    percent: bool
    value: Decimal


@dataclass(slots=True)
class BundleOption:
    """An option of a bundle."""

    required: bool
    several: bool
    selections: list[Selection] = field(default_factory=list)


@dataclass(slots=True)
class Chunk:
    """The rows, by product id; lists are in Magento's order.

    ``parents`` are configurable ones, ``children`` those of a configurable, ``associated`` of a grouped.
    ``odd`` are products whose versions do not say what they are now, with the reason (content staging).
    """

    products: dict[int, Product]
    parents: Mapping[int, Sequence[int]] = field(default_factory=dict)
    children: Mapping[int, Sequence[int]] = field(default_factory=dict)
    associated: Mapping[int, Sequence[int]] = field(default_factory=dict)
    super_attributes: Mapping[int, Sequence[int]] = field(default_factory=dict)
    options: Mapping[int, Sequence[BundleOption]] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    tiers: Mapping[int, Sequence[Tier]] = field(default_factory=dict)
    rules: Mapping[int, Decimal] = field(default_factory=dict)
    fixed_taxes: Mapping[int, Decimal] = field(default_factory=dict)
    rewrites: Mapping[int, str] = field(default_factory=dict)
    categories: Mapping[int, Sequence[Assignment]] = field(default_factory=dict)
    stock_items: Mapping[int, StockItem] = field(default_factory=dict)
    supply: dict[int, Supply] = field(default_factory=dict)
    reserved: dict[int, Decimal] = field(default_factory=dict)
    sources: Mapping[int, Mapping[str, Decimal]] = field(default_factory=dict)
    gallery: Mapping[int, Sequence[str]] = field(default_factory=dict)
    odd: Mapping[int, str] = field(default_factory=dict)
