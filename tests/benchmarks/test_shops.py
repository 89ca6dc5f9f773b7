"""Generated shops can be synchronized whole, and no statement of a chunk reads a table to its end."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.shop import ATTRIBUTES, FIRST, Size, make_shop
from benchmarks.transfer import Counting, leased
from synqd.config import Settings
from synqd.entities import Context, Source, create_entities
from synqd.entities.base import Row
from synqd.magento import Magento
from synqd.models.names import Model
from synqd.models.wire import Parcel

SIZE = Size(products=2_000, customers=2_000, orders=1_000, subscribers=2_000)
CHUNK = 20
SMALL = 400
"""Rows of a table that may well be read to its end."""


@pytest.fixture(scope="module")
def shop_settings(mariadb: Any, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    mariadb.create_database("generated")
    make_shop(mariadb, "generated", SIZE)
    key = tmp_path_factory.mktemp("workspace") / "key"
    key.write_text("key", encoding="utf-8")
    return Settings.model_validate(
        {
            "magento": {"socket": Path(mariadb.socket), "database": "generated", "user": "root"},
            "workspaces": {"bench": {"api_key_file": key, "websites": ["home", "trade"]}},
            "customer": {"attributes": "all"},
            "product": {"attributes": ATTRIBUTES},
        }
    )


@pytest.fixture
async def magento(shop_settings: Settings) -> AsyncIterator[Magento]:
    async with Magento.open(shop_settings.magento, {}) as place:
        yield place


class Explaining:
    """A source that also asks the server how it runs each statement."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.scans: list[str] = []

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Row]:
        plan = await self._source.fetch(f"EXPLAIN FORMAT=TRADITIONAL {sql}", args)
        # id, select_type, table, type, possible_keys, key, key_len, ref, rows, Extra
        tables = [row for row in plan if row[2] and not row[2].startswith("<")]  # <derived2> is of its making
        scanned = [row for row in tables if row[3] in ("ALL", "index") and int(row[8] or 0) > SMALL]
        self.scans += [f"{row[2]} ({row[8]} rows): {' '.join(sql.split())[:200]}" for row in scanned]
        return await self._source.fetch(sql, args)

    async def has_table(self, name: str) -> bool:
        return await self._source.has_table(name)


async def context_of(magento: Magento, settings: Settings, code: str) -> Context:
    shop = await magento.shop()
    store = next(store for store in shop.stores.values() if store.code == code)
    return Context(settings, shop, store, "bench", datetime.now(UTC))


@pytest.mark.parametrize("model", list(Model))
@pytest.mark.parametrize("code", ["home_en", "trade_pl"])
async def test_a_chunk_is_mapped_without_reading_any_table_to_its_end(
    magento: Magento, shop_settings: Settings, model: Model, code: str
) -> None:
    context = await context_of(magento, shop_settings, code)
    entity = create_entities()[model]
    # The first chunk also reads metadata (attributes, options, categories), which are small and whole.
    await entity.compose(magento.source, context, leased(model, context.store.store_id, 1))
    source = Explaining(magento.source)

    found = await entity.compose(source, context, leased(model, context.store.store_id, CHUNK))

    assert source.scans == []
    assert any(isinstance(one, Parcel) for one in found)


KEYS = {"day": "2024-01-01/2024-01-02", "range": f"{FIRST + 100}-{FIRST + 200}", "source": "default"}
"""What is asked for behind something wide; "3" for what has a number."""


@pytest.mark.parametrize("model", list(Model))
async def test_pages_and_relations_are_found_without_reading_any_table_to_its_end(
    magento: Magento, shop_settings: Settings, model: Model
) -> None:
    context = await context_of(magento, shop_settings, "home_en")
    entity, source = create_entities()[model], Explaining(magento.source)
    ids = range(FIRST, FIRST + CHUNK)

    page = await entity.page(source, context.store, FIRST, CHUNK, FIRST + 500)
    await entity.high(source)
    await entity.locate(source, context.shop, ids)
    await entity.related(source, ids)
    for via in entity.wide:
        await entity.reach(source, via, KEYS.get(via, "3"), FIRST, CHUNK)

    assert source.scans == []
    assert len(page.ids) == CHUNK


@pytest.mark.parametrize("model", list(Model))
async def test_a_larger_chunk_takes_no_more_queries(
    magento: Magento, shop_settings: Settings, model: Model
) -> None:
    context = await context_of(magento, shop_settings, "home_en")
    entity = create_entities()[model]
    counts = []
    for size in (50, 50, 500):
        source = Counting(magento.source)
        await entity.compose(source, context, leased(model, context.store.store_id, size))
        counts.append(source.queries)
    assert counts[2] == counts[1]


async def test_products_carry_every_kind_of_field(magento: Magento, shop_settings: Settings) -> None:
    context = await context_of(magento, shop_settings, "home_en")
    items = leased(Model.PRODUCT, context.store.store_id, 20)
    found = await create_entities()[Model.PRODUCT].compose(magento.source, context, items)
    bodies = [parcel.items[0].body["value"] for parcel in found if isinstance(parcel, Parcel)]
    assert len(bodies) == len(items)
    single = bodies[8]
    assert single["sku"] == f"SKU-{FIRST + 8}"
    assert {
        "name",
        "description",
        "price",
        "image",
        "productUrl",
        "category",
        "media_gallery",
    } <= single.keys()
    assert len(single) >= len(ATTRIBUTES)
    assert isinstance(bodies[0]["color"], list), "a configurable lists what its variants offer"
