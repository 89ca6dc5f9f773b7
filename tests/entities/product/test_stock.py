"""What can be bought now."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from synqd.entities.product.stock import Stock, StockItem, Supply

MSI = Stock(1, ("default",), manage=True, backorders=0, min_qty=Decimal(0))
SECOND = Stock(2, ("warehouse",), manage=True, backorders=0, min_qty=Decimal(0))
LEGACY = Stock(1, None, manage=True, backorders=0, min_qty=Decimal(0))
PLENTY = Supply(Decimal(10), offered=True)


def item(**values: Any) -> StockItem:
    plain = {"in_stock": True, "manage": None, "backorders": None, "min_qty": None, "qty": Decimal(10)}
    return StockItem(**{**plain, **values})


@pytest.mark.parametrize(
    ("stock", "held", "supply", "reserved", "sellable"),
    [
        (MSI, item(), PLENTY, 0, True),
        (MSI, item(), PLENTY, -10, False),
        (MSI, item(), PLENTY, -9, True),
        (MSI, item(), None, 0, False),
        (MSI, item(), Supply(Decimal(10), offered=False), 0, False),
        (MSI, item(in_stock=False), PLENTY, 0, False),
        (SECOND, item(in_stock=False), PLENTY, 0, True),
        (MSI, item(min_qty=Decimal(10)), PLENTY, 0, False),
        (MSI, item(backorders=1), Supply(Decimal(0), offered=True), -5, True),
        (MSI, item(backorders=1, min_qty=Decimal(-5)), Supply(Decimal(0), offered=True), -5, False),
        (MSI, item(manage=False, in_stock=False), Supply(Decimal(0), offered=False), 0, True),
        (MSI, item(manage=False), None, 0, False),
        (MSI, None, PLENTY, 0, False),
        (LEGACY, item(), None, 0, True),
        (LEGACY, item(qty=Decimal(0)), None, 0, False),
        (LEGACY, item(in_stock=False), None, 0, False),
        (LEGACY, item(manage=False, qty=Decimal(0)), None, 0, True),
    ],
)
def test_a_simple_product(
    stock: Stock, held: StockItem | None, supply: Supply | None, reserved: int, *, sellable: bool
) -> None:
    assert stock.sellable("simple", held, supply, Decimal(reserved)) is sellable


def test_composites_need_no_supply_of_their_own() -> None:
    assert MSI.sellable("configurable", item(), None, Decimal(0))
    assert not MSI.sellable("configurable", item(in_stock=False), None, Decimal(0))


def test_configuration_counts_where_the_item_says_nothing() -> None:
    generous = Stock(1, ("default",), manage=True, backorders=2, min_qty=Decimal(0))
    assert generous.sellable("simple", item(), Supply(Decimal(0), offered=True), Decimal(0))
    assert not generous.sellable("simple", item(backorders=0), Supply(Decimal(0), offered=True), Decimal(0))


def test_stock_status_is_the_mark_of_the_default_stock_or_the_sources_of_another() -> None:
    assert MSI.in_stock("simple", item(), None)
    assert not SECOND.in_stock("simple", item(), None)
    assert SECOND.in_stock("simple", item(in_stock=False), PLENTY)
    assert SECOND.in_stock("bundle", item(), None)
    assert not MSI.in_stock("simple", None, PLENTY)
