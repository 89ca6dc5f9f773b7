"""A product entity over a database, with the attribute list of the recorded runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from synqd.entities.base import Source
from synqd.entities.product import ProductEntity
from synqd.models.change import Change
from synqd.models.shop import Shop
from tests.support.entities import CountingSource, Shopkeeper, bodies, settings_of
from tests.support.recorded import Record, truth

RECORDED_ATTRIBUTES = [
    "name",
    "description",
    "short_description",
    "color",
    "size",
    "material",
    "url_key",
    "weight",
    "status",
    "tax_class_id",
    "manufacturer",
    "special_price",
    "special_from_date",
    "cost",
    "activity",
    "gender",
    "lab_text",
    "lab_text_global",
    "lab_text_website",
    "lab_textarea",
    "lab_select",
    "lab_multi",
    "lab_bool",
    "lab_date",
    "lab_datetime",
    "lab_decimal",
    "lab_price",
    "lab_media",
    "lab_int",
    "small_image",
    "category_ids",
    "created_at",
    "updated_at",
    "final_price",
    "regular_price",
    "tier_price",
    "quantity_and_stock_status",
]

Item = dict[str, Any]


@lru_cache
def shown_products(directory: Path, store_id: int) -> Sequence[Record]:
    """What Magento shows of each product in a store view; read once, not to be changed."""
    return truth(directory, f"product-store{store_id}")


def keeper_of(source: CountingSource, shop: Shop, mapping: str = "store", **product: Any) -> Shopkeeper:
    section = {"attributes": RECORDED_ATTRIBUTES, **product}
    return Shopkeeper(ProductEntity(), source, shop, settings_of(sync={"mapping": mapping}, product=section))


async def catalog(keeper: Shopkeeper, store_id: int) -> dict[str, Item]:
    """Everything a full synchronization puts into a store view's catalog, by SKU."""
    return {each["itemKey"]: each["value"] for each in bodies(await keeper.full(store_id))}


async def named(entity: ProductEntity, source: Source, changes: Sequence[Change]) -> set[int]:
    """Products that changes lead to: directly, by what the rows name, and by kinship."""
    found = {change.entity_id for change in changes if not change.via}
    for via in {change.via for change in changes if change.via}:
        keys = sorted({change.key or "" for change in changes if change.via == via})
        found |= _flat(await entity.resolve(source, via, keys))
    return found | _flat(await entity.related(source, sorted(found)))


def _flat(answer: Mapping[Any, Iterable[int]]) -> set[int]:
    return {entity_id for ids in answer.values() for entity_id in ids}
