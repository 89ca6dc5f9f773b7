"""Whose products are, which ones a changed row leads to, and which depend on others."""

from __future__ import annotations

import pytest

from synqd.entities.product import ProductEntity
from synqd.entities.product.dependents import Dependents
from synqd.entities.product.watches import WATCHES
from synqd.models.shop import Shop
from tests.support.database import Database
from tests.support.entities import CountingSource

CHILD, CONFIGURABLE, VARIANTS = 53, 68, range(53, 68)
GROUPED, ASSOCIATED = 46, 33
BUNDLE, SELECTED = 2069, 24


async def test_products_belong_to_all_store_views_of_their_websites(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    located = await ProductEntity().locate(dump_source, dump_shop, [1, 2070, 999_999])
    assert located == {1: frozenset({1, 2, 3, 4, 5}), 2070: frozenset({1, 2, 5})}


async def test_pages_follow_the_key_up_to_the_mark(dump_source: CountingSource, dump_shop: Shop) -> None:
    entity, store = ProductEntity(), dump_shop.stores[3]
    seen: list[int] = []
    while ids := (await entity.page(dump_source, store, seen[-1] if seen else 0, 100, 2068)).ids:
        assert len(ids) <= 100
        seen += ids
    assert seen == sorted(set(seen))
    assert max(seen) <= 2068
    assert len(seen) <= await entity.count(dump_source, store) == 531
    assert await entity.high(dump_source) >= 2070


@pytest.mark.parametrize(
    ("via", "key", "expected"),
    [
        ("sku", "24-MB01", {1}),
        ("sku", "24-mb01", {1}),
        ("picture", "1", {1}),
    ],
)
async def test_what_a_row_leads_to(
    dump_source: CountingSource, via: str, key: str, expected: set[int]
) -> None:
    assert {
        name: set(ids) for name, ids in (await ProductEntity().resolve(dump_source, via, [key, "0"])).items()
    } == {key: expected}


async def test_a_category_leads_to_the_products_of_those_below_it(dump_source: CountingSource) -> None:
    entity = ProductEntity()
    found = await entity.resolve(dump_source, "category", ["3", "4"])
    assert set(found["4"]) < set(found["3"])


async def test_an_option_leads_to_products_that_have_it(dump_source: CountingSource) -> None:
    found = await ProductEntity().resolve(dump_source, "option", ["49", "215", "37"])
    assert {key: bool(ids) for key, ids in found.items()} == {"49": True, "215": True, "37": True}


async def test_a_source_leads_to_the_products_it_holds(dump_source: CountingSource) -> None:
    assert len((await ProductEntity().resolve(dump_source, "source", ["b2b_wh"]))["b2b_wh"]) > 100


async def test_every_indirect_watch_can_be_resolved(dump_source: CountingSource) -> None:
    for via in {watch.via for watch in WATCHES if watch.via}:
        assert await ProductEntity().resolve(dump_source, via, ["-1"]) == {}
    with pytest.raises(ValueError, match="nonsense"):
        await ProductEntity().resolve(dump_source, "nonsense", ["1"])


async def test_no_index_table_is_watched() -> None:
    names = {watch.table for watch in WATCHES}
    assert not {
        name for name in names if "index" in name or name.endswith(("_idx", "_tmp", "_replica", "_cl"))
    }
    assert not names & {"catalogrule_product_price", "cataloginventory_stock_status"}


async def test_children_reach_their_parents_and_configurables_their_variants(
    dump_source: CountingSource,
) -> None:
    found = await ProductEntity().related(dump_source, [CHILD, CONFIGURABLE, ASSOCIATED, SELECTED, 2063])
    assert found[CHILD] == {CONFIGURABLE}
    assert found[CONFIGURABLE] == set(VARIANTS)
    assert BUNDLE in found[SELECTED]
    assert 2063 not in found


async def test_parents_of_a_deleted_child_are_remembered(
    scratch: Database, scratch_source: CountingSource
) -> None:
    kinship = Dependents()
    await kinship.related(scratch_source, [1])
    await scratch.sql("DELETE FROM catalog_product_entity WHERE entity_id = 130")
    assert await kinship.related(scratch_source, [130]) == {130: {132}}
    assert await Dependents().related(scratch_source, [130]) == {}
