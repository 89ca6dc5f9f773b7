"""Several products with one SKU: the lowest id of the website owns it (semantics S29)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from synqd.config import Routes
from synqd.entities.checks import identity_risks
from synqd.entities.product.compose import YIELDS
from synqd.models.names import Key, Model
from synqd.models.shop import Shop
from synqd.models.wire import Heir, Skip
from tests.entities.product.shopkeeping import keeper_of
from tests.support.database import Database
from tests.support.entities import CountingSource, Shopkeeper, body, parcel, put, remembered, settings_of

FIRST, SECOND, ELSEWHERE, CAPITALS = 90_001, 90_002, 90_003, 90_004
SKU = "one-sku"


@pytest.fixture
async def keeper(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> AsyncIterator[Shopkeeper]:
    for entity_id, sku, website in (
        (FIRST, SKU, 1),
        (SECOND, SKU, 1),
        (ELSEWHERE, SKU, 2),
        (CAPITALS, SKU.upper(), 1),
    ):
        await put(scratch, "catalog_product_entity", entity_id=entity_id, sku=sku, attribute_set_id=4)
        await put(scratch, "catalog_product_website", product_id=entity_id, website_id=website)
    yield keeper_of(scratch_source, scratch_shop)
    await scratch.sql("DELETE FROM catalog_product_entity WHERE entity_id BETWEEN 90001 AND 90004")


def heirs(entity_id: int) -> tuple[Heir, ...]:
    return (Heir(Key(Model.PRODUCT, 1, entity_id), SKU),)


async def sent(keeper: Shopkeeper, entity_id: int, store_id: int = 1, **values: Any) -> list[tuple[str, int]]:
    wires = parcel(await keeper.one(store_id, entity_id, **values)).items
    return [(wire.key, wire.body["value"]["deleted"]) for wire in wires]


async def test_the_lowest_id_of_the_website_is_sent_and_spelling_counts(keeper: Shopkeeper) -> None:
    assert await sent(keeper, FIRST) == [(SKU, 0)]
    assert await keeper.one(1, SECOND) == Skip(YIELDS)
    assert await sent(keeper, ELSEWHERE, 3) == [(SKU, 0)]
    assert await sent(keeper, CAPITALS) == [(SKU.upper(), 0)]


async def test_who_yields_buries_its_former_key_and_leaves_the_common_one(keeper: Shopkeeper) -> None:
    owner = remembered(await keeper.one(1, FIRST))
    assert await keeper.one(1, SECOND, known=owner) == Skip(YIELDS, moved=True, heirs=heirs(FIRST))
    assert await sent(keeper, SECOND, known=owner._replace(wire_key="former")) == [("former", 1)]


async def test_when_the_owner_goes_the_next_one_follows_and_nothing_is_buried(
    scratch: Database, keeper: Shopkeeper
) -> None:
    owner = remembered(await keeper.one(1, FIRST))
    await scratch.sql("DELETE FROM catalog_product_website WHERE product_id = %s", FIRST)
    left = await keeper.one(1, FIRST, known=owner)
    assert left == Skip("not in the store view's website", moved=True, heirs=heirs(SECOND))
    assert body(await keeper.one(1, SECOND))["value"]["entity_id"] == SECOND
    await scratch.sql("DELETE FROM catalog_product_entity WHERE entity_id = %s", FIRST)
    assert await keeper.one(1, FIRST, hint=SKU) == Skip("not in Magento, and never sent", heirs=heirs(SECOND))
    renamed = await keeper.one(1, CAPITALS, known=owner)
    assert parcel(renamed).heirs == heirs(SECOND)


async def test_doubled_skus_are_counted(keeper: Shopkeeper) -> None:
    routes = Routes.build(settings_of(sync={"models": ["product"]}), keeper.shop)
    (risk,) = await identity_risks(keeper.source, routes)
    assert (risk.workspace, risk.model, risk.count) == ("main", Model.PRODUCT, 1)
    assert f"ids {FIRST} and {SECOND} for one" in risk.message
