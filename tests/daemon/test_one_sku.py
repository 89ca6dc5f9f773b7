"""Products that share a SKU under the running daemon (S29)."""

from __future__ import annotations

from typing import Any

from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import inside


async def test_when_the_owner_of_a_sku_goes_the_next_product_is_there(house: House, shop: Database) -> None:
    def there(sku: str) -> list[Any]:
        bags = [bag for bag in house.fake.catalogs() if bag.name == "store-1" and sku in bag.items]
        return [(bag.items[sku].value.get("entity_id"), bag.items[sku].deleted) for bag in bags]

    async with inside(house) as here:
        await here.full()
        assert there("SENCHA-050") == [(101, False)]
        await shop.sql("UPDATE catalog_product_entity SET sku = 'SENCHA-050' WHERE entity_id = 102")
        await here.settled()
        assert there("SENCHA-050") == [(101, False)]
        assert [deleted for _, deleted in there("SENCHA-100")] == [True]
        await shop.sql("DELETE FROM catalog_product_entity WHERE entity_id = 101")
        await here.settled()
        assert there("SENCHA-050") == [(102, False)]
        assert await here.differences() == []
