"""Attributes of a shop that are called like fields of synqd's own, and what else attributes bring along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synqd.entities.product import check_attributes, refused_names
from synqd.entities.product.names import OWN, STOCK_FIELDS
from synqd.models.shop import Shop
from synqd_demo.mariadb import MariaDB
from tests.entities.conftest import copied
from tests.entities.product.shopkeeping import keeper_of
from tests.support.database import Database
from tests.support.entities import CountingSource, body, parcel, put, settings_of

ENGLISH, BAG, MULTI_BAG = 1, 3, 3
HOODIE = "MH05"


@pytest.fixture(scope="module")
def scratch(mariadb: MariaDB, conformance_dir: Path) -> Iterator[Database]:
    """A copy of its own, for it has other attributes."""
    with copied(mariadb, conformance_dir, "names_of_attributes") as database:
        yield database


async def add_text(database: Database, number: int, code: str, value: str) -> None:
    """A user-defined, filterable attribute of free input, with a value for one product."""
    columns = {"entity_type_id": 4, "backend_type": "varchar", "frontend_input": "text", "is_user_defined": 1}
    await put(database, "eav_attribute", attribute_id=number, attribute_code=code, **columns)
    await put(database, "catalog_eav_attribute", attribute_id=number, is_global=1, is_filterable=1)
    row = {"attribute_id": number, "store_id": 0, "entity_id": BAG, "value": value}
    await put(database, "catalog_product_entity_varchar", value_id=number * 100, **row)


@pytest.mark.parametrize(
    "code", [*sorted(OWN), "Deleted", "STOREURL", "visibility_oid", "Color_OID", "material_oid"]
)
@pytest.mark.parametrize("mapping", ["store", "module"])
@pytest.mark.parametrize("chosen", ["all", "listed", "filterable"])
async def test_no_attribute_of_the_shop_takes_the_place_of_an_own_field(
    scratch: Database,
    scratch_source: CountingSource,
    scratch_shop: Shop,
    code: str,
    mapping: str,
    chosen: str,
) -> None:
    attributes: Any = {"all": "all", "listed": ["color", "material", code], "filterable": ["color"]}[chosen]
    if chosen == "listed" and code in STOCK_FIELDS:
        attributes = ["color", "material"]  # who lists them wants the field, not an attribute
    ways = {"attributes": attributes, "include_filterable": chosen == "filterable"}
    product = {**ways, "attribute_format": "label_and_oid"}
    before = body(await keeper_of(scratch_source, scratch_shop, mapping, **product).one(ENGLISH, BAG))
    await scratch.sql("DELETE FROM eav_attribute WHERE attribute_id = 9100")
    await add_text(scratch, 9100, code, "the shop's own")
    outcome = parcel(await keeper_of(scratch_source, scratch_shop, mapping, **product).one(ENGLISH, BAG))
    sent = body(outcome)["value"]
    assert "the shop's own" not in sent.values()
    assert sent == {**before["value"], **{name: sent[name] for name in sent.keys() & {"updated_at"}}}
    if code not in attributes and chosen == "listed":
        return
    assert any(note.startswith(f"{code}: ") for note in outcome.items[-1].notes)
    settings = settings_of(product=product)
    told = [*map(str, await check_attributes(scratch_source, settings))]
    told += await refused_names(scratch_source, settings)
    assert any(code in each for each in told)
    await scratch.sql("DELETE FROM eav_attribute WHERE attribute_id = 9100")


async def test_twins_are_taken_only_where_there_are_twins(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await add_text(scratch, 9101, "gender_oid", "the shop's own")
    for form, attributes, sent in (
        ("label", ["gender", "gender_oid"], True),
        ("label_and_oid", ["gender_oid"], True),
        ("label_and_oid", ["gender", "gender_oid"], False),
    ):
        keeper = keeper_of(scratch_source, scratch_shop, attributes=attributes, attribute_format=form)
        value = body(await keeper.one(ENGLISH, BAG))["value"]
        assert (value.get("gender_oid") == "the shop's own") is sent
    await scratch.sql("DELETE FROM eav_attribute WHERE attribute_id = 9101")


@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_the_nth_id_is_the_id_of_the_nth_label(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, mapping: str
) -> None:
    (hoodie,) = await scratch.sql("SELECT entity_id AS id FROM catalog_product_entity WHERE sku = %s", HOODIE)
    keeper = keeper_of(scratch_source, scratch_shop, mapping, attribute_format="label_and_oid")
    value = body(await keeper.one(ENGLISH, hoodie["id"]))["value"]
    assert value["material_oid"] == ["37", "38", "158"]
    keeper = keeper_of(scratch_source, scratch_shop, mapping, attribute_format="id_and_label")
    pairs = body(await keeper.one(ENGLISH, hoodie["id"]))["value"]
    for code in ("material", "color", "size"):
        assert value[code] == [each["label"] for each in pairs[code]]
        assert value[f"{code}_oid"] == [each["id"] for each in pairs[code]]


async def test_an_option_that_is_gone_leaves_neither_label_nor_id(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    (material,) = await scratch.sql(
        "SELECT attribute_id AS id FROM eav_attribute WHERE attribute_code = 'material'"
    )
    row = {"attribute_id": material["id"], "store_id": 1, "entity_id": BAG, "value": "999999,38,,37"}
    await put(scratch, "catalog_product_entity_text", value_id=9_102_000, **row)
    keeper = keeper_of(
        scratch_source, scratch_shop, attribute_format="label_and_oid", attributes=["material"]
    )
    value = body(await keeper.one(ENGLISH, BAG))["value"]
    assert value["material_oid"] == ["37", "38"]
    assert len(value["material"]) == 2
    await scratch.sql("UPDATE catalog_product_entity_text SET value = '999999' WHERE value_id = 9102000")
    value = body(await keeper.one(ENGLISH, BAG))["value"]
    assert not {"material", "material_oid"} & value.keys()


@pytest.mark.parametrize("metadata", ["[]", "", None, "{}"])
@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_an_address_is_the_products_own_whatever_its_metadata_say(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, metadata: str | None, mapping: str
) -> None:
    await scratch.sql(
        "UPDATE url_rewrite SET metadata = %s WHERE entity_type = 'product' AND entity_id = 4"
        " AND store_id = 1 AND redirect_type = 0 AND request_path = 'wayfarer-messenger-bag.html'",
        metadata,
    )
    value = body(await keeper_of(scratch_source, scratch_shop, mapping).one(ENGLISH, 4))["value"]
    assert value["productUrl"].startswith("http://shop.example/wayfarer-messenger-bag.html")


@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_a_configurable_with_no_picture_in_a_store_view_shows_its_first_childs(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, mapping: str
) -> None:
    (hoodie,) = await scratch.sql("SELECT entity_id AS id FROM catalog_product_entity WHERE sku = %s", HOODIE)
    (image,) = await scratch.sql(
        "SELECT attribute_id AS id FROM eav_attribute WHERE attribute_code = 'image' AND entity_type_id = 4"
    )
    row = {"attribute_id": image["id"], "store_id": 1, "entity_id": hoodie["id"], "value": "no_selection"}
    await put(scratch, "catalog_product_entity_varchar", value_id=9_103_000, **row)
    (child,) = await scratch.sql(
        "SELECT value AS path FROM catalog_product_entity_varchar JOIN catalog_product_super_link"
        " ON product_id = entity_id WHERE parent_id = %s AND attribute_id = %s AND store_id = 0"
        " ORDER BY entity_id LIMIT 1",
        hoodie["id"],
        image["id"],
    )
    value = body(await keeper_of(scratch_source, scratch_shop, mapping).one(ENGLISH, hoodie["id"]))["value"]
    assert value["image"] == f"http://shop.example/media/catalog/product{child['path']}"


@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_a_column_that_a_module_has_added_is_an_attributes_value(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, mapping: str
) -> None:
    columns = "ADD COLUMN IF NOT EXISTS erp_ref VARCHAR(32), ADD COLUMN IF NOT EXISTS erp_shade INT"
    await scratch.sql(f"ALTER TABLE catalog_product_entity {columns}")
    await scratch.sql(
        "UPDATE catalog_product_entity SET erp_ref = 'E\0-3', erp_shade = 9105 WHERE entity_id = %s", BAG
    )
    static = {"entity_type_id": 4, "backend_type": "static"}
    await put(
        scratch, "eav_attribute", attribute_id=9104, attribute_code="erp_ref", frontend_input="text", **static
    )
    await put(
        scratch,
        "eav_attribute",
        attribute_id=9105,
        attribute_code="erp_shade",
        frontend_input="select",
        **static,
    )
    await put(scratch, "eav_attribute_option", option_id=9105, attribute_id=9105)
    await put(scratch, "eav_attribute_option_value", value_id=9105, option_id=9105, store_id=0, value="Dusk")
    await put(
        scratch, "eav_attribute", attribute_id=9106, attribute_code="count", frontend_input="text", **static
    )
    await put(scratch, "eav_attribute", attribute_id=9107, attribute_code="typeless", entity_type_id=4)
    listed = ["erp_ref", "erp_shade", "count", "typeless", "created_at"]
    for attributes in (listed, "all"):
        outcome = parcel(
            await keeper_of(scratch_source, scratch_shop, mapping, attributes=attributes).one(ENGLISH, BAG)
        )
        value = body(outcome)["value"]
        assert value["erp_ref"] == "E-3"
        assert value["erp_shade"] == "Dusk"
        assert value["created_at"]
        assert value.get("count") is value.get("typeless") is None
        told = "count: the shop keeps no value for it" in outcome.items[-1].notes
        assert told is (attributes == listed)
    for number in (9104, 9105, 9106, 9107):
        await scratch.sql("DELETE FROM eav_attribute WHERE attribute_id = %s", number)


async def test_nothing_that_is_sent_holds_u_0000(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop
) -> None:
    await scratch.sql(
        "UPDATE catalog_product_entity_varchar SET value = CONCAT(value, CHAR(0)) WHERE entity_id = 2"
    )
    await scratch.sql("UPDATE catalog_category_entity_varchar SET value = CONCAT(value, CHAR(0))")
    await scratch.sql("UPDATE eav_attribute_option_value SET value = CONCAT(value, CHAR(0))")
    keeper = keeper_of(scratch_source, scratch_shop, attributes="all")
    assert "\0" not in str(body(await keeper.one(ENGLISH, 2)))
    assert body(await keeper.one(ENGLISH, 2))["value"]["name"]
    for table in (
        "catalog_product_entity_varchar",
        "catalog_category_entity_varchar",
        "eav_attribute_option_value",
    ):
        await scratch.sql(f"UPDATE {table} SET value = REPLACE(value, CHAR(0), '')")


@pytest.mark.parametrize(
    "text", ["\U0001f600 emoji", "\u202eright to left\u202c", "x" * 1_000_000, "<b>&amp;</b>"]
)
async def test_odd_texts_are_sent_as_they_are(
    scratch: Database, scratch_source: CountingSource, scratch_shop: Shop, text: str
) -> None:
    await scratch.sql("ALTER TABLE catalog_product_entity_text MODIFY value MEDIUMTEXT CHARACTER SET utf8mb4")
    (description,) = await scratch.sql(
        "SELECT attribute_id AS id FROM eav_attribute"
        " WHERE attribute_code = 'description' AND entity_type_id = 4"
    )
    row = {"attribute_id": description["id"], "store_id": 1, "entity_id": 5, "value": text}
    await put(scratch, "catalog_product_entity_text", value_id=9_108_000, **row)
    value = body(await keeper_of(scratch_source, scratch_shop, attributes=["description"]).one(ENGLISH, 5))[
        "value"
    ]
    assert value["description"] == text
