"""Products with versions (content staging): which rows lead to them, and what is sent of odd ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from synqd.config import MagentoSettings, Settings
from synqd.entities.product import ProductEntity
from synqd.entities.product.loading import NO_VERSION, TWO_VERSIONS
from synqd.entities.product.watches import WATCHES
from synqd.entities.watch import CATEGORY_LOG, CATEGORY_ROW, EVERYTHING, ROW, VERSION
from synqd.magento import Magento
from synqd.models.change import Change
from synqd.models.names import Model
from synqd_demo.shop.staging import CATEGORIES
from tests.entities.product.shopkeeping import named
from tests.support.database import Database
from tests.support.entities import CountingSource, Shopkeeper, body, parcel, reason, remembered
from tests.support.staged import schedule, staged, switch

BEGIN, END = 1_800_000_000, 1_800_003_600
SETTINGS = {"workspaces": {"main": {"api_key_file": "m.key", "websites": ["home", "trade"]}}}
PRODUCT, CATEGORY = 104, 5
VALUE = (
    "INSERT INTO catalog_{}_entity_{} ({}, attribute_id, store_id)"
    " SELECT %s, MAX(attribute_id), 5 FROM eav_attribute"
)
WRITES = (
    *(VALUE.format("product", kind, "row_id") for kind in ("datetime", "decimal", "int", "text", "varchar")),
    "INSERT INTO catalog_product_entity_tier_price (row_id, website_id) VALUES (%s, 0)",
    "INSERT INTO catalog_product_entity_media_gallery_value (value_id, row_id)"
    " SELECT MAX(value_id), %s FROM catalog_product_entity_media_gallery",
    "INSERT IGNORE INTO catalog_product_entity_media_gallery_value_to_entity (value_id, row_id)"
    " SELECT MAX(value_id), %s FROM catalog_product_entity_media_gallery",
    "UPDATE catalog_product_super_attribute SET position = 9 WHERE product_id = %s",
    "INSERT INTO catalog_product_link (product_id, linked_product_id, link_type_id) VALUES (%s, 114, 3)",
    "INSERT INTO catalog_product_bundle_option (option_id, parent_id) VALUES (90, %s)",
    "INSERT INTO catalog_product_bundle_selection (selection_id, option_id, parent_product_id, product_id)"
    " VALUES (90, 90, %s, 115)",
    "INSERT INTO catalog_product_bundle_selection_price (selection_id, website_id, parent_product_id)"
    " VALUES (90, 1, %s)",
)
"""Writes to tables whose rows belong to a version, by its row."""


@pytest.fixture
async def magento(shop: Database) -> AsyncIterator[Magento]:
    """A shop with content staging, with triggers of synqd's on all tables."""
    staged(shop)
    place = {"socket": Path(shop.socket), "database": shop.name, "user": "root", "own_triggers": "all"}
    async with Magento.open(MagentoSettings.model_validate(place), {Model.PRODUCT: WATCHES}) as magento:
        await magento.changelog.install()
        yield magento


@pytest.fixture
async def keeper(magento: Magento) -> Shopkeeper:
    shop = await magento.shop()
    source = cast(CountingSource, magento.source)  # statements are not counted here, but versions matter
    return Shopkeeper(ProductEntity(), source, shop, Settings.model_validate(SETTINGS))


async def changes(magento: Magento, shop: Database, statement: str, *values: object) -> list[Change]:
    """The rows that a statement leaves in the change log."""
    heads = await magento.reader.heads()
    await shop.sql(statement, *values)
    return [change for page in await magento.reader.read(heads) for change in page.changes]


async def test_rows_lead_to_the_product_whose_current_version_they_are(
    magento: Magento, shop: Database
) -> None:
    entity = ProductEntity()
    future, _ = await schedule(shop, PRODUCT, BEGIN, END)
    (first,) = await shop.sql(
        "SELECT row_id AS n FROM catalog_product_entity WHERE entity_id = %s AND created_in = 1", PRODUCT
    )
    for part in ("option", "selection"):
        await shop.sql(f"INSERT INTO sequence_product_bundle_{part} VALUES (90)")
    for statement in WRITES:
        for row, wakes in ((future, False), (first["n"], True)):
            found = await changes(magento, shop, statement, row)
            assert found, statement
            assert (PRODUCT in await named(entity, magento.source, found)) is wakes, statement


async def test_rows_of_categories_lead_to_their_products_if_they_are_current(
    magento: Magento, shop: Database
) -> None:
    entity = ProductEntity()
    future, later = await schedule(shop, CATEGORY, BEGIN, END, family=CATEGORIES)
    for kind in ("int", "varchar"):
        (change,) = await changes(magento, shop, VALUE.format("category", kind, "row_id"), future)
        assert change.via == CATEGORY_ROW
        assert not await named(entity, magento.source, [change])
        await switch(shop, BEGIN)
        assert PRODUCT in await named(entity, magento.source, [change])
        await switch(shop, 1)
    (gone,) = await changes(magento, shop, "DELETE FROM catalog_category_entity WHERE row_id = %s", later)
    assert (gone.via, gone.key) == (CATEGORY_LOG, str(CATEGORY))
    (gone,) = await changes(magento, shop, "DELETE FROM sequence_catalog_category WHERE sequence_value = 5")
    assert (gone.via, gone.key) == (EVERYTHING, f"category {CATEGORY} deleted")
    (gone,) = await changes(magento, shop, "DELETE FROM sequence_product WHERE sequence_value = 101")
    assert (gone.entity_id, gone.deleted, gone.key) == (101, True, None)


async def test_another_version_reaches_what_has_a_bound_in_between(magento: Magento, shop: Database) -> None:
    entity = ProductEntity()
    await schedule(shop, 101, BEGIN, END)
    await schedule(shop, 102, BEGIN + 60)
    await shop.sql(
        "DELETE FROM catalog_product_entity WHERE entity_id = 102 AND created_in > 1"
    )  # no successor
    for between, reached in (
        (f"1-{BEGIN - 1}", []),
        (f"1-{BEGIN}", [101]),
        (f"1-{BEGIN + 60}", [101, 102]),
        (f"{BEGIN}-{END}", [101, 102]),
        (f"{BEGIN + 60}-{END}", [101]),
        (f"{END}-{END + 60}", []),
    ):
        assert await entity.reach(magento.source, VERSION, between, 0, 10) == reached, between
    assert await entity.reach(magento.source, VERSION, f"1-{END}", 101, 10) == [102]


async def test_rows_of_versions_lead_nowhere_in_a_shop_without(make_plain: Magento) -> None:
    entity = ProductEntity()
    assert await entity.reach(make_plain.source, VERSION, "1-2000000000", 0, 10) == []
    assert await entity.reach(make_plain.source, CATEGORY_ROW, "100005", 0, 10) == []
    assert await entity.resolve(make_plain.source, ROW, ["100101"]) == {}


@pytest.fixture
async def make_plain(shop: Database) -> AsyncIterator[Magento]:
    place = {"socket": Path(shop.socket), "database": shop.name, "user": "root"}
    async with Magento.open(MagentoSettings.model_validate(place), {}) as magento:
        yield magento


async def test_two_current_versions_send_nothing_and_none_is_gone(keeper: Shopkeeper, shop: Database) -> None:
    sent = await keeper.one(1, 101)
    await schedule(shop, 101, BEGIN)
    await shop.sql("UPDATE catalog_product_entity SET created_in = 1 WHERE entity_id = 101")
    await shop.sql("UPDATE catalog_product_entity SET updated_in = 2147483647 WHERE entity_id = 101")
    assert reason(await keeper.one(1, 101, known=remembered(sent))) == TWO_VERSIONS
    await shop.sql("UPDATE catalog_product_entity SET created_in = 9 WHERE entity_id = 101")
    assert reason(await keeper.one(1, 101)) == NO_VERSION
    tombstone = parcel(await keeper.one(1, 101, known=remembered(sent)))
    assert not tombstone.alive
    assert body(tombstone)["value"]["deleted"] == 1
    assert reason(await keeper.one(1, 9_999)) == "not in Magento, and never sent"


async def test_a_chunk_is_of_one_version_with_its_categories_and_plans(
    keeper: Shopkeeper, shop: Database
) -> None:
    category, _ = await schedule(shop, CATEGORY, BEGIN, END, family=CATEGORIES)
    await shop.sql(
        "UPDATE catalog_category_entity_varchar SET value = 'Offers' WHERE row_id = %s AND value IS NOT NULL",
        category,
    )
    before = body(await keeper.one(1, 101))
    await switch(shop, BEGIN)
    during = body(await keeper.one(1, 101))  # nobody has told the entity to forget its plan
    assert "Offers" in str(during)
    await switch(shop, END)
    assert body(await keeper.one(1, 101)) == before
