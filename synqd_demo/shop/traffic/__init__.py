"""Scripted shop traffic: the statements and transactions that Magento makes for what people do.

Each action takes a :class:`Session`, writes as Magento does (which rows, in which order, in which
transaction, which rows by foreign keys only) and returns the :class:`Change` s that anybody watching the
database should have noticed. Actions on products and people work in any database of Magento's shape;
:mod:`.orders` needs the demo shop's own taxes and currencies.
"""

from __future__ import annotations

from synqd_demo.shop.traffic.catalog import change_stock, delete_product, rename_sku, save_product
from synqd_demo.shop.traffic.orders import change_order_status, place_order
from synqd_demo.shop.traffic.people import (
    change_address,
    delete_customer,
    register_customer,
    subscribe,
    unsubscribe,
)
from synqd_demo.shop.traffic.session import Change, Session, TrafficError

__all__ = [
    "Change",
    "Session",
    "TrafficError",
    "change_address",
    "change_order_status",
    "change_stock",
    "delete_customer",
    "delete_product",
    "place_order",
    "register_customer",
    "rename_sku",
    "save_product",
    "subscribe",
    "unsubscribe",
]
