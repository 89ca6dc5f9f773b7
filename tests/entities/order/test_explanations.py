"""Every field that is sent is explained."""

from __future__ import annotations

import pytest

from synqd.entities.customer import CustomerEntity
from synqd.entities.order import OrderEntity
from synqd.entities.subscriber import SubscriberEntity
from synqd.models.shop import Shop
from tests.support.entities import CountingSource, Shopkeeper, body, leased, settings_of


@pytest.mark.parametrize("mapping", ["store", "module"])
@pytest.mark.parametrize("kind", [CustomerEntity, OrderEntity, SubscriberEntity])
async def test_every_field_that_is_sent_is_explained(
    dump_source: CountingSource, dump_shop: Shop, kind: type, mapping: str
) -> None:
    settings = settings_of(sync={"mapping": mapping}, customer={"attributes": "all"})
    keeper = Shopkeeper(kind(), dump_source, dump_shop, settings)
    page = await keeper.entity.page(dump_source, dump_shop.stores[1], 0, 1, 10**9)
    items = [leased(keeper.entity, 1, each) for each in (*page.ids, 999_999)]
    living, missing = await keeper.entity.explain(dump_source, keeper.context(1), items)
    assert missing is None
    sent = body((await keeper.compose(1, items))[0])
    names = {name for name in sent if name != "attributes"}
    names |= {f"attributes.{name}" for name in sent.get("attributes", {})}
    assert living is not None
    assert living.keys() == names
    assert all(living.values())
    assert not any("{" in line or "sent before" in line for line in living.values())
