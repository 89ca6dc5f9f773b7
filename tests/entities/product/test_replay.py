"""Whatever Magento writes and the payload shows must be noticed: 13 recorded actions of a real shop are
replayed under the change log, and every product whose item differs afterwards must have been named.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from synqd.config import MagentoSettings
from synqd.entities.product import ProductEntity
from synqd.magento import Magento
from synqd.models.names import Model
from synqd.models.wire import Parcel
from tests.entities.product.shopkeeping import keeper_of, named
from tests.support.database import Database
from tests.support.entities import CountingSource, Shopkeeper

STORES = (1, 2, 3, 4)
Digests = Mapping[tuple[int, int], bytes]


@pytest.fixture
def writes(recorded_writes: Path) -> list[str]:
    """The SQL of the actions, in order."""
    return [path.read_text() for path in sorted(recorded_writes.rglob("*.sql"))]


async def test_every_product_that_changed_is_named(magento_copy: Database, writes: list[str]) -> None:
    entity = ProductEntity()
    place = {"socket": Path(magento_copy.socket), "database": magento_copy.name, "user": "root"}
    # What stands behind Magento's own logs needs the poller's memory; here each row names its products.
    settings = MagentoSettings.model_validate({**place, "own_triggers": "all"})
    async with Magento.open(settings, {Model.PRODUCT: entity.watches}) as magento:
        await magento.changelog.install()
        cursors = await magento.reader.heads()
        keeper = keeper_of(CountingSource(magento.source), await magento.shop(), attributes="all")
        keeper.entity = entity
        await entity.related(keeper.source, [1])
        before = await _digests(keeper)
        for script in writes:
            magento_copy.run(script)
        changes = [
            change
            for page in await magento.reader.read(cursors)
            if page.model is Model.PRODUCT
            for change in page.changes
        ]
        noticed = await named(entity, keeper.source, changes)
        entity.refresh()
        after = await _digests(keeper)
    changed = {key[1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert {1, 2, 18, 101, 2073} <= changed
    assert changed <= noticed
    assert {(c.entity_id, c.key) for c in changes if c.deleted} >= {(18, "24-UG02"), (101, "MH04-XS-Green")}
    assert {116, 68} <= noticed  # configurables whose child was deleted
    assert {c.key for c in changes if not c.deleted and c.key and not c.via}, "the rename names the old key"


async def _digests(keeper: Shopkeeper) -> Digests:
    return {
        (store_id, entity_id): parcel.digest
        for store_id in STORES
        for entity_id, parcel in zip(await _ids(keeper, store_id), await keeper.full(store_id), strict=True)
        if isinstance(parcel, Parcel)
    }


async def _ids(keeper: Shopkeeper, store_id: int) -> list[int]:
    store = keeper.shop.stores[store_id]
    return list((await keeper.entity.page(keeper.source, store, 0, 10_000, 10**9)).ids)
