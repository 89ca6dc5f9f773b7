"""What somebody buys: the input of :mod:`synqd_demo.shop.order_rows`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from synqd_demo.shop.data.rows import Value

STATES = {
    "pending": "new",
    "processing": "processing",
    "complete": "complete",
    "canceled": "canceled",
    "holded": "holded",
    "closed": "closed",
}
PAID = ("processing", "complete", "closed")
GLOBAL_CURRENCY = "EUR"


@dataclass(frozen=True)
class Line:
    """One line of an order; ``price`` is the base price as entered (with tax where prices include it).

    A configurable has its variant as the only child and the price itself; a fixed bundle likewise with
    several children; a dynamic bundle has no price (``None``) and children that have one.
    """

    product_id: int
    sku: str
    name: str
    price: Decimal | None
    kind: str = "simple"
    quantity: int = 1
    tax_percent: Decimal = Decimal(0)
    weight: Decimal = Decimal(1)
    children: Sequence[Line] = ()

    @property
    def is_virtual(self) -> bool:
        """Whether nothing has to be shipped."""
        return self.kind in ("virtual", "downloadable")


@dataclass(frozen=True)
class Buyer:
    """Who buys; ``customer_id`` None is a guest."""

    email: str
    firstname: str
    lastname: str
    customer_id: int | None = None
    group_id: int = 0
    address: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Purchase:
    """Everything that decides an order. ``shipping`` is the base amount, ignored when all is virtual."""

    increment_id: str
    view: int
    placed_at: datetime
    buyer: Buyer
    lines: Sequence[Line]
    status: str = "pending"
    shipping: Decimal = Decimal("5.00")
    discount_percent: Decimal = Decimal(0)
    coupon: str | None = None
    rule_ids: str | None = None
    payment: str = "checkmo"
