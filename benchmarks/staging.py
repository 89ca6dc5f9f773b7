"""What content staging costs: the same chunks read from a shop with versions and from one without, in turns.

Prints the ratio, and ends with status 1 if it is above the goal. In the shop with versions every tenth
product has three rows: what was before an update, the update, which is current, and what follows.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.shop import ATTRIBUTES, FIRST, Size, make_shop
from benchmarks.transfer import leased
from synqd.config import Settings
from synqd.entities import Context, Entity, create_entities
from synqd.magento import Magento
from synqd.models.names import Model
from synqd.runtime.clock import SystemClock, utc
from synqd_demo.mariadb import MariaDB
from synqd_demo.shop.staging import PRODUCTS, convert

MOST = 1.25
"""Goal: how much longer a chunk may take with versions."""
CHUNK = 500
BEGIN, END = 1_790_000_000, 1_890_000_000
PLAIN, STAGED = "plain", "staged"


def make(server: MariaDB, products: int) -> None:
    """The same shop twice, once with versions."""
    for name in (PLAIN, STAGED):
        server.create_database(name)
        make_shop(server, name, Size(products=products, orders=CHUNK))
        server.run("UPDATE catalog_product_entity SET created_at = 0, updated_at = 0;", database=name)
    convert(server, STAGED)
    server.run(_scheduled(server), database=STAGED)
    tables = ", ".join((PRODUCTS.main, *PRODUCTS.owned))
    server.run(f"ANALYZE TABLE {tables};", database=STAGED)


def _scheduled(server: MariaDB) -> str:
    """SQL that gives every tenth product an update that is current, and what follows it."""
    chosen = f"entity_id >= {FIRST} AND entity_id % 10 = 0 AND created_in = 1"
    parts = [f"INSERT INTO staging_update (id, start_time) VALUES ({BEGIN}, NOW()), ({END}, NOW());"]
    main = _columns(server, PRODUCTS.main, "row_id")
    for begin, end in ((BEGIN, str(END)), (END, "updated_in")):
        wanted = [{"created_in": str(begin), "updated_in": end}.get(name, name) for name in main]
        parts.append(_copy(PRODUCTS.main, main, wanted, f"{PRODUCTS.main} WHERE {chosen}"))
    parts.append(f"UPDATE {PRODUCTS.main} SET updated_in = {BEGIN} WHERE {chosen};")
    rows = (
        f" JOIN {PRODUCTS.main} e ON e.row_id = v.{{}} AND e.created_in = 1 JOIN {PRODUCTS.main} n"
        " ON n.entity_id = e.entity_id AND n.created_in > 1"
    )
    for table, column in PRODUCTS.owned.items():
        names = _columns(server, table, "")
        wanted = ["n.row_id" if name == column else f"v.{name}" for name in names]
        parts.append(_copy(table, names, wanted, f"{table} v{rows.format(column)}"))
    parts.append(f'UPDATE flag SET flag_data = \'{{"current_version":"{BEGIN}"}}\';')
    return "".join(parts)


def _columns(server: MariaDB, table: str, without: str) -> list[str]:
    listed = server.run(
        "SELECT column_name FROM information_schema.columns WHERE extra NOT LIKE '%auto_increment%'"
        f" AND table_schema = '{STAGED}' AND table_name = '{table}' AND column_name <> '{without}';"
    )
    return listed.split()[1:]


def _copy(table: str, columns: list[str], wanted: list[str], rows: str) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(wanted)} FROM {rows};"


async def measure(server: MariaDB, home: Path, model: Model, chunks: int) -> list[tuple[float, float]]:
    """Seconds for each chunk: without versions, with versions."""
    key = home / "key"
    key.write_text("key", encoding="utf-8")
    took: list[tuple[float, float]] = []
    async with (
        Magento.open(_settings(server, key, PLAIN).magento, {}) as plain,
        Magento.open(_settings(server, key, STAGED).magento, {}) as staged,
    ):
        sides = [
            (place, create_entities()[model], await _context(place, _settings(server, key, name)))
            for place, name in ((plain, PLAIN), (staged, STAGED))
        ]
        for turn in range(chunks + 1):
            offset = 0 if model is Model.ORDER else turn * CHUNK
            found = [await _chunk(*side, offset) for side in (sides if turn % 2 else sides[::-1])]
            if found[0][1] != found[1][1]:
                raise SystemExit(f"chunk {turn} of {model} is not the same with versions")
            found = found if turn % 2 else found[::-1]
            took.append((found[0][0], found[1][0]))
    return took[1:]  # metadata are read with the first


def _settings(server: MariaDB, key: Path, database: str) -> Settings:
    return Settings.model_validate(
        {
            "magento": {"socket": server.socket, "database": database, "user": "root"},
            "workspaces": {"bench": {"api_key_file": key, "websites": ["home", "trade"]}},
            "product": {"attributes": ATTRIBUTES},
        }
    )


async def _context(magento: Magento, settings: Settings) -> Context:
    shop = await magento.shop()
    store = next(store for store in shop.stores.values() if store.code == "home_en")
    return Context(settings, shop, store, "bench", utc(SystemClock()))


async def _chunk(
    magento: Magento, entity: Entity, context: Context, offset: int
) -> tuple[float, Sequence[object]]:
    """How long a chunk took, and what it is."""
    items = leased(entity.model, context.store.store_id, CHUNK)
    items = [item._replace(key=item.key._replace(entity_id=item.key.entity_id + offset)) for item in items]
    begun = time.perf_counter()
    outcomes = await entity.compose(magento.source, context, items)
    return time.perf_counter() - begun, outcomes


async def main() -> None:
    """Measures and prints."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--products", type=int, default=20_000)
    products = asked.parse_args().products
    missed = False
    with tempfile.TemporaryDirectory(prefix="synqd-") as directory, MariaDB(Path(directory)) as server:
        make(server, products)
        for model in (Model.PRODUCT, Model.ORDER):
            took = await measure(server, Path(directory), model, products // CHUNK - 1)
            without, with_versions = (statistics.median(each) * 1000 for each in zip(*took, strict=True))
            ratio = statistics.median(staged / plain for plain, staged in took)
            missed |= ratio > MOST
            figures = f"{without:.1f} ms without versions, {with_versions:.1f} ms with"
            print(f"chunk of {CHUNK} {model}s: {figures}; ratio {ratio:.2f} (goal {MOST} at most)")
    sys.exit(missed)


if __name__ == "__main__":
    asyncio.run(main())
