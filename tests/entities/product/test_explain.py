"""``preview --explain`` and ``check-config``: every field has an origin, every wrong code a hint."""

from __future__ import annotations

import pytest

from synqd.entities.product.checks import check_attributes
from synqd.models.shop import Shop
from tests.entities.product.shopkeeping import keeper_of
from tests.support.entities import CountingSource, body, leased, settings_of


@pytest.mark.parametrize("entity_id", [2, 101, 116, 2069, 2070])
@pytest.mark.parametrize("mapping", ["store", "module"])
async def test_each_field_says_where_it_comes_from(
    dump_source: CountingSource, dump_shop: Shop, mapping: str, entity_id: int
) -> None:
    keeper = keeper_of(dump_source, dump_shop, mapping, attribute_format="label_and_oid")
    entity = keeper.entity
    (told,) = await entity.explain(dump_source, keeper.context(2), [leased(entity, 2, entity_id)])
    assert told is not None
    assert told.keys() == body(await keeper.one(2, entity_id))["value"].keys()
    assert all(told.values())


async def test_what_is_told(dump_source: CountingSource, dump_shop: Shop) -> None:
    keeper = keeper_of(dump_source, dump_shop)
    entity = keeper.entity
    items = [leased(entity, 2, 2), leased(entity, 2, 999_999)]
    told, nothing = await entity.explain(dump_source, keeper.context(2), items)
    assert told is not None
    assert nothing is None
    assert told["name"] == "catalog_product_entity_varchar, row of store view 2"
    assert told["lab_text_global"] == "catalog_product_entity_varchar, default row (store 0)"
    assert "special 29.44" in told["price"]
    assert "EUR (base x 0.92), with tax" in told["price"]


async def test_wrong_attribute_codes_are_found_in_every_scope(dump_source: CountingSource) -> None:
    settings = settings_of(
        product={
            "attributes": ["name", "colour", "final_price"],
            "website": {"b2b": {"attributes": ["desciption"]}},
            "store": {"de": {"attributes": ["zzzzzz"]}, "b2b_pl": {"attributes": "all"}},
        }
    )
    findings = [str(finding) for finding in await check_attributes(dump_source, settings)]
    assert len(findings) == 3
    assert findings[0].startswith(
        "[product] attributes: the shop has no product attribute 'colour'; did you mean color "
    )
    assert findings[1].startswith(
        "[product.website.b2b] attributes: the shop has no product attribute 'desciption'; did you mean desc"
    )
    assert findings[2].startswith(
        "[product.store.de] attributes: the shop has no product attribute 'zzzzzz'; see "
    )
    assert await check_attributes(dump_source, settings_of(product={"attributes": "all"})) == []
