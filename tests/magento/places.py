"""What the tests of Magento's place share beside fixtures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from synqd.config import MagentoSettings
from synqd.entities.watch import Otherwise, Watch
from synqd.magento import Magento
from synqd.models.names import Model
from tests.support.database import Database

OpenMagento = Callable[..., Awaitable[Magento]]

WATCHES: Mapping[Model, Sequence[Watch]] = {
    Model.CUSTOMER: (
        Watch(
            "customer_entity",
            "{row}.entity_id",
            key="{row}.email",
            key_changes_matter=True,
            store="NULLIF({row}.store_id, 0)",
            identity=True,
        ),
        Watch("customer_address_entity", "{row}.parent_id"),
    ),
    Model.ORDER: (Watch("sales_order", "{row}.entity_id", only=("status", "no_such_column")),),
    Model.PRODUCT: (
        Watch("catalog_product_entity_varchar", "{row}.entity_id"),
        Watch(
            "inventory_source_item",
            "0",
            via="sku",
            key="{row}.sku",
            optional=True,
            otherwise=Otherwise("source_item_id", "source_item"),
        ),
        Watch("catalog_product_super_link", "{row}.parent_id", implied=True),
        Watch("catalog_product_super_link", "{row}.product_id"),
    ),
    Model.SUBSCRIBER: (Watch("newsletter_subscriber", "{row}.subscriber_id", identity=True),),
}


class HandClock:
    """Time that moves only when a test turns it; sleeping turns it, too."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0
        self.slept = asyncio.Event()

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.set()
        self.seconds += seconds


def settings_for(shop: Database, /, **changes: Any) -> MagentoSettings:
    values = {
        "socket": shop.socket,
        "database": shop.name,
        "user": shop.user,
        "table_prefix": shop.prefix,
        "connections": 2,
    }
    return MagentoSettings.model_validate(values | changes)
