"""What can be bought now, from stock items, source items and reservations; no index is asked."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from synqd.entities.base import Source
from synqd.entities.product.kinds import COMPOSITES
from synqd.entities.product.money import ZERO, number_or_zero
from synqd.models.shop import ShopConfig

DEFAULT_STOCK = 1

_STOCK = "SELECT stock_id FROM {inventory_stock_sales_channel} WHERE type = 'website' AND code = %s"

_SOURCES = """
    SELECT link.source_code FROM {inventory_source_stock_link} link
      JOIN {inventory_source} place ON place.source_code = link.source_code
     WHERE link.stock_id = %s AND place.enabled = 1"""


class StockItem(NamedTuple):
    """A row of ``cataloginventory_stock_item``; None where the configuration's value counts."""

    in_stock: bool
    manage: bool | None
    backorders: int | None
    min_qty: Decimal | None
    qty: Decimal


class Supply(NamedTuple):
    """Source items of a SKU in one stock: how much lies in sources that offer it, and whether any does."""

    qty: Decimal
    offered: bool


@dataclass(frozen=True, slots=True)
class Stock:
    """The stock that a website sells from, and its rules.

    Attributes:
        stock_id: Magento's id; 1 is the default stock.
        sources: codes of its enabled sources; None where the shop has no inventory modules and the stock
            item says everything.
        manage, backorders, min_qty: configuration for stock items that do not say otherwise.
    """

    stock_id: int
    sources: tuple[str, ...] | None
    manage: bool
    backorders: int
    min_qty: Decimal

    def managed(self, item: StockItem) -> bool:
        """Whether quantities of a product count at all."""
        return self.manage if item.manage is None else item.manage

    def in_stock(self, kind: str, item: StockItem | None, supply: Supply | None) -> bool:
        """Whether somebody marked the product as in stock; reservations do not count here."""
        if self.stock_id == DEFAULT_STOCK or self.sources is None or kind in COMPOSITES:
            return item is not None and item.in_stock
        return supply is not None and supply.offered

    def sellable(self, kind: str, item: StockItem | None, supply: Supply | None, reserved: Decimal) -> bool:
        """Whether a simple product can be bought now; for composites, whether they are in stock themselves.

        Args:
            kind: product type.
            item: its stock item.
            supply: its source items in this stock, None where it is not assigned to it.
            reserved: sum of its reservations (negative for open orders).
        """
        if item is None:
            return False
        if not self.managed(item):
            return kind in COMPOSITES or self.sources is None or supply is not None
        if kind in COMPOSITES:
            return item.in_stock
        return self._enough(item, supply, reserved)

    def salable_quantity(
        self, kind: str, item: StockItem | None, supply: Supply | None, reserved: Decimal
    ) -> Decimal | None:
        """How many can be bought by Magento's reckoning; None for composites, which have no quantity.

        What is not marked as in stock has 0; what is not managed, or sold on backorder, has what lies there.
        """
        if kind in COMPOSITES:
            return None
        if item is None or not self.in_stock(kind, item, supply):
            return ZERO
        held = Supply(item.qty, item.in_stock) if self.sources is None else supply or Supply(ZERO, False)
        return held.qty + reserved - self._least(item)

    def _least(self, item: StockItem) -> Decimal:
        return self.min_qty if item.min_qty is None else item.min_qty

    def _enough(self, item: StockItem, supply: Supply | None, reserved: Decimal) -> bool:
        if self.sources is None:
            supply = Supply(item.qty, item.in_stock)
        if supply is None or not supply.offered:
            return False
        if self.stock_id == DEFAULT_STOCK and not item.in_stock:
            return False
        min_qty = self._least(item)
        backorders = self.backorders if item.backorders is None else item.backorders
        return (backorders > 0 and min_qty >= ZERO) or supply.qty + reserved - min_qty > ZERO


async def load_stock(source: Source, config: ShopConfig, website_code: str) -> Stock:
    """The stock of a website; the default stock where none is assigned."""
    manage = config.at_default("cataloginventory/item_options/manage_stock", "1") == "1"
    backorders = int(number_or_zero(config.at_default("cataloginventory/item_options/backorders", "0")))
    min_qty = number_or_zero(config.at_default("cataloginventory/item_options/min_qty", "0"))
    if not await source.has_table("inventory_source_item"):
        return Stock(DEFAULT_STOCK, None, manage, backorders, min_qty)
    rows = await source.fetch(_STOCK, [website_code])
    stock_id = int(rows[0][0]) if rows else DEFAULT_STOCK
    sources = tuple(code for (code,) in await source.fetch(_SOURCES, [stock_id]))
    return Stock(stock_id, sources, manage, backorders, min_qty)
