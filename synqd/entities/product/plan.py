"""What does not differ from product to product: metadata of the shop, compiled for one store view."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from synqd.config import ProductSettings
from synqd.entities.product.attributes import WITH_OPTIONS, Attribute
from synqd.entities.product.categories import Assignment, Tree
from synqd.entities.product.fields import Choice, Fields
from synqd.entities.product.market import Market
from synqd.entities.product.stock import Stock
from synqd.entities.product.urls import Addresses
from synqd.models.shop import StoreView

PRICE_CODES = ("regular_price", "final_price", "special_price", "tier_price", "minimal_price")
"""Selected prices that are computed rather than read."""


@dataclass(frozen=True)
class Ids:
    """Attribute ids of what is always read; 0 where the shop lacks the attribute."""

    status: int
    visibility: int
    price: int
    special_price: int
    special_from_date: int
    special_to_date: int
    tax_class_id: int
    image: int
    url_key: int
    price_type: int


@dataclass(frozen=True)
class Plan:
    """Everything that a chunk of one store view is read and mapped with.

    Attributes:
        store, settings, module: whose plan, with which settings, and whether it maps as the module does.
        codes: all selected codes; ``prices`` the computed prices among them.
        ids, fields, visibility: attribute ids; the selected attributes; how visibility is written.
        asked, asked_of_children, asked_of_parents: attributes to read.
        tree, addresses, market, stock: see their modules.
        has_rules, has_fixed_taxes: the shop has tables for catalog rules and fixed product taxes.
        hide_sold_out: what cannot be bought is not shown in the shop.
        page_suffix: what the module puts behind addresses.
        wants_categories, wants_gallery, wants_quantity, wants_sources: selected.
        notes: for every item.
        usual_prices, shown_categories: fields of items that were written already, by what they are made of;
            they are as good as the plan.
    """

    store: StoreView
    settings: ProductSettings
    module: bool
    codes: tuple[str, ...]
    prices: tuple[str, ...]
    ids: Ids
    fields: Fields
    visibility: Choice
    asked: tuple[Attribute, ...]
    asked_of_children: tuple[Attribute, ...]
    asked_of_parents: tuple[Attribute, ...]
    tree: Tree
    addresses: Addresses
    market: Market
    stock: Stock
    has_rules: bool
    has_fixed_taxes: bool
    hide_sold_out: bool
    page_suffix: str
    wants_categories: bool
    wants_gallery: bool
    wants_quantity: bool
    wants_sources: bool
    notes: tuple[str, ...]
    usual_prices: dict[tuple[str | None, str | None], Mapping[str, Any]] = field(
        default_factory=dict, compare=False, repr=False
    )
    shown_categories: dict[tuple[Assignment, ...], Mapping[str, Any]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def catalog(self) -> str:
        """Name of the store view's catalog, as the official module names it."""
        return f"store-{self.store.store_id}"

    def by_id(self, attribute_ids: Iterable[int]) -> Sequence[Attribute]:
        """Selected selects among ``attribute_ids``, for the lists of configurables."""
        wanted = set(attribute_ids)
        return [each for each in self.asked if each.attribute_id in wanted and each.input in WITH_OPTIONS]
