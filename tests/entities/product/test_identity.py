"""Which catalog keys leave for an entity: its own, tombstones for those it no longer has, nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from synqd.models.item import LedgerEntry
from synqd.models.names import Key, Lane, Model
from synqd.models.shop import Shop
from synqd.models.wire import Heir, Skip
from tests.entities.product.shopkeeping import keeper_of
from tests.support.entities import CountingSource, Shopkeeper, body, doubted, parcel, reason, remembered

GONE = 999_999
BAG = 1  # 24-MB01, in both websites
OTHER, OTHER_SKU = 2, "24-MB04"
BASE_ONLY, BASE_ONLY_SKU = 2070, "LAB-BUNDLE-FIX"


@pytest.fixture
def keeper(dump_source: CountingSource, dump_shop: Shop) -> Shopkeeper:
    return keeper_of(dump_source, dump_shop)


def known(
    key: str, *, alive: bool = True, fields: frozenset[str] = frozenset(), workspace: str = "main"
) -> LedgerEntry:
    return LedgerEntry(workspace, key, fields, b"", "settings", alive, 1, 1)


async def keys(keeper: Shopkeeper, entity_id: int, store_id: int = 1, **values: Any) -> list[tuple[str, int]]:
    """(key, deleted) of each wire item, in the order in which they leave."""
    sent = parcel(await keeper.one(store_id, entity_id, **values))
    assert all(wire.catalog == f"store-{store_id}" for wire in sent.items)
    assert all(wire.tombstone == bool(wire.body["value"]["deleted"]) for wire in sent.items)
    return [(wire.key, wire.body["value"]["deleted"]) for wire in sent.items]


async def test_a_product_that_is_gone_is_buried_under_the_key_of_the_ledger(keeper: Shopkeeper) -> None:
    assert await keys(keeper, GONE, known=known("WAS-HERE"), hint="was-here-too") == [
        ("WAS-HERE", 1),
        ("was-here-too", 1),
    ]
    sent = await keeper.one(1, GONE, known=known("WAS-HERE"), lane=Lane.LIVE)
    assert not parcel(sent).alive
    assert parcel(sent).wire_key == "WAS-HERE"
    assert body(sent)["value"] == {
        "itemId": "WAS-HERE",
        "sku": "WAS-HERE",
        "deleted": 1,
        "storeId": 1,
        "lastUpdateType": "item",
    }


async def test_the_change_log_names_the_key_where_the_ledger_does_not(keeper: Shopkeeper) -> None:
    assert await keys(keeper, GONE, hint="FROM-THE-LOG") == [("FROM-THE-LOG", 1)]


async def test_nothing_is_sent_for_what_synerise_never_had_or_has_buried(keeper: Shopkeeper) -> None:
    assert reason(await keeper.one(1, GONE)) == "not in Magento, and never sent"
    assert reason(await keeper.one(1, GONE, known=known("DEAD", alive=False), hint="DEAD")) == "gone"


async def test_a_rename_buries_the_old_key_first(keeper: Shopkeeper) -> None:
    assert await keys(keeper, BAG, known=known("OLD"), hint="OLD") == [("OLD", 1), ("24-MB01", 0)]
    assert await keys(keeper, BAG, known=known("24-mb01")) == [("24-mb01", 1), ("24-MB01", 0)]


async def test_a_key_that_a_living_product_took_over_is_left_to_that_one(keeper: Shopkeeper) -> None:
    heirs = (Heir(Key(Model.PRODUCT, 1, OTHER), OTHER_SKU),)
    assert await keys(keeper, BAG, known=known(OTHER_SKU)) == [("24-MB01", 0)]
    assert parcel(await keeper.one(1, BAG, known=known(OTHER_SKU))).heirs == heirs
    assert await keeper.one(1, GONE, known=known(OTHER_SKU)) == Skip("gone", moved=True, heirs=heirs)
    elsewhere = "not in the store view's website"
    taken_over = known("24-MB01", workspace="b2b")
    left = await keeper.one(3, BASE_ONLY, known=taken_over)
    assert left == Skip(elsewhere, moved=True, heirs=(Heir(Key(Model.PRODUCT, 3, BAG), "24-MB01"),))
    assert await keeper.one(3, BASE_ONLY) == Skip(elsewhere)


async def test_a_key_whose_owner_is_in_another_website_is_buried_here(keeper: Shopkeeper) -> None:
    assert await keys(keeper, GONE, 3, known=known(BASE_ONLY_SKU, workspace="b2b")) == [(BASE_ONLY_SKU, 1)]


async def test_a_product_off_the_website_is_buried_there_if_it_was_sent(keeper: Shopkeeper) -> None:
    assert reason(await keeper.one(3, BASE_ONLY)) == "not in the store view's website"
    assert await keys(keeper, BASE_ONLY, 3, known=known(BASE_ONLY_SKU, workspace="b2b")) == [
        (BASE_ONLY_SKU, 1)
    ]


async def test_what_another_workspace_was_sent_is_not_buried_in_this_one(keeper: Shopkeeper) -> None:
    assert (
        reason(await keeper.one(3, BASE_ONLY, known=known(BASE_ONLY_SKU)))
        == "not in the store view's website"
    )


async def test_disabled_products_stay_unless_the_settings_say_otherwise(
    dump_source: CountingSource, dump_shop: Shop
) -> None:
    kept = keeper_of(dump_source, dump_shop)
    dropped = keeper_of(dump_source, dump_shop, disabled="delete")
    assert await keys(kept, BAG, 3) == [("24-MB01", 0)]
    assert await keys(dropped, BAG, 3) == [("24-MB01", 1)]
    assert not parcel(await dropped.one(3, BAG)).alive
    assert await keys(dropped, BAG, 1) == [("24-MB01", 0)]


async def test_cleared_values_become_null_once(keeper: Shopkeeper) -> None:
    first = parcel(await keeper.one(1, BAG))
    before = remembered(first)._replace(fields=first.fields | {"lab_media", "no_longer_selected"})
    second = await keeper.one(1, BAG, known=before)
    value = body(second)["value"]
    assert value["lab_media"] is None
    assert value["no_longer_selected"] is None
    assert parcel(second).fields == first.fields
    assert parcel(second).digest == first.digest
    third = body(await keeper.one(1, BAG, known=remembered(second)))["value"]
    assert "lab_media" not in third


async def test_a_new_key_and_a_new_life_owe_no_nulls(keeper: Shopkeeper) -> None:
    cleared = frozenset({"lab_media"})
    for entry in (known("OLD", fields=cleared), known("24-MB01", fields=cleared, alive=False)):
        assert "lab_media" not in body(await keeper.one(1, BAG, known=entry))["value"]


async def test_how_an_item_came_does_not_change_its_digest(keeper: Shopkeeper) -> None:
    full, live = await keeper.one(1, BAG), await keeper.one(1, BAG, lane=Lane.LIVE)
    assert body(full)["value"].pop("lastUpdateType") == "all"
    assert body(live)["value"].pop("lastUpdateType") == "item"
    assert parcel(full).digest == parcel(live).digest
    assert parcel(full).digest != parcel(await keeper.one(2, BAG)).digest


async def test_every_key_in_doubt_is_buried_but_the_present_one(keeper: Shopkeeper) -> None:
    before = doubted(known("OLD"), "24-MB01", "NEWER")
    assert await keys(keeper, BAG, known=before) == [("OLD", 1), ("NEWER", 1), ("24-MB01", 0)]
    gone = [("OLD", 1), ("NEWER", 1), ("LAST", 1)]
    assert await keys(keeper, GONE, known=before, hint="LAST") == gone, "24-MB01 is another product's"


async def test_fields_of_all_versions_that_may_have_arrived_are_cleared(keeper: Shopkeeper) -> None:
    before = doubted(known("24-MB01", fields=frozenset({"name", "old_field", "new_field"})))
    value = body(await keeper.one(1, BAG, known=before))["value"]
    assert (value["old_field"], value["new_field"]) == (None, None)


async def test_a_key_in_doubt_that_a_living_product_has_is_not_buried(keeper: Shopkeeper) -> None:
    outcome = await keeper.one(1, GONE, known=doubted(known(OTHER_SKU)))
    assert isinstance(outcome, Skip)
    assert outcome.moved
