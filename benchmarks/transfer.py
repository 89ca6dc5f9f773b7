"""Full synchronizations end to end, against the bare pipeline, in turns; and how they stand a slow API."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncmy

from benchmarks.arena import DATABASE, STORES, Arena, Daemon
from benchmarks.bare import Outcome, Task
from benchmarks.shop import ATTRIBUTES, FIRST, Size
from benchmarks.table import Result, compared
from synqd.config import load_settings
from synqd.entities import Context, Source, create_entities
from synqd.entities.base import Row
from synqd.magento import Magento
from synqd.models.item import Leased, Want
from synqd.models.names import Key, Lane, Model
from synqd_demo.fake_synerise import load

RATES = {"product": 0.5, "customer": 0.6}
"""Least share of the bare pipeline's rate."""
CPU = {"product": 80.0, "customer": 25.0, "order": 120.0, "subscriber": 20.0}
"""Most microseconds of process CPU for an item."""
PEAK = 160.0
SLOW = 0.1
"""Seconds that the slow API takes for an answer."""
IN_FLIGHT, PER_REQUEST = 8, 100
"""The defaults of ``max_in_flight`` and ``max_items_per_request``."""
MEBIBYTE = 2**20

PATHS = {
    "customer": "/v4/clients/batch",
    "order": "/v4/transactions/batch",
    "subscriber": "/v4/clients/batch",
}


@dataclass(frozen=True)
class Run:
    """One full synchronization."""

    rate: float
    cpu: float


async def measure(arena: Arena, size: Size, *, rounds: int) -> AsyncIterator[list[Result]]:
    """All models at 0 ms, then those that can reach its ceiling against an API of 100 ms."""
    bare = await Bare.prepare(arena, size)
    yield [await _ceiling(bare)]
    config = arena.configure()
    async with arena.daemon(config) as daemon:
        for each in Model:
            yield await _model(daemon, bare, each.value, size, rounds)
        await arena.sink.configure(latency_ms=SLOW * 1000)
        yield [await _slow(daemon, each.value, size) for each in Model if each is not Model.ORDER]
        await arena.sink.configure(latency_ms=0)
        peak = daemon.usage().peak / MEBIBYTE
        yield [Result("peak memory after all of this", peak, "MiB", most=PEAK)]
    yield await _queries(config)


async def _model(daemon: Daemon, bare: "Bare", model: str, size: Size, rounds: int) -> list[Result]:
    theirs: list[Outcome] = []
    ours: list[Run] = []
    for _ in range(rounds):
        theirs.append(await bare.run(model))
        ours.append(await transfer(daemon, model, size))
    rates, costs = [run.rate for run in ours], [run.cpu * 1e6 for run in ours]
    bare_rates = [one.items / one.seconds for one in theirs]
    bare_costs = [one.cpu / one.items * 1e6 for one in theirs]
    cost = compared(f"{model}s, CPU an item", costs, bare_costs, "us")
    return [
        compared(f"{model}s, end to end", rates, bare_rates, "items/s", RATES.get(model)),
        replace(cost, most=CPU[model], of_baseline=False),
    ]


async def transfer(daemon: Daemon, model: str, size: Size) -> Run:
    """One full synchronization of what the generator made; products in one store view, others in all."""
    before, begun = daemon.usage(), time.perf_counter()
    job = await daemon.full(model, STORES[:1] if model == "product" else STORES)
    account = await daemon.finished(job)
    seconds, used = time.perf_counter() - begun, daemon.usage().cpu - before.cpu
    expected = getattr(size, f"{model}s")
    if account["selected"] < expected or account["dead"]:
        raise RuntimeError(f"the synchronization of {model}s went wrong: {account}")
    return Run(account["selected"] / seconds, used / account["selected"])


async def _slow(daemon: Daemon, model: str, size: Size) -> Result:
    run = await transfer(daemon, model, size)
    return Result(
        f"{model}s, API of {SLOW * 1000:.0f} ms, {IN_FLIGHT} in flight",
        run.rate,
        "items/s",
        IN_FLIGHT * PER_REQUEST / SLOW,
        0.9,
        of_baseline=True,
    )


@dataclass(frozen=True)
class Bare:
    """Runs the bare pipeline against the same shop and the same fake."""

    arena: Arena
    size: Size
    token: str
    bag: int
    attributes: Sequence[tuple[int, str]]

    @classmethod
    async def prepare(cls, arena: Arena, size: Size) -> "Bare":
        """Logs in, makes a catalog and looks the attributes up."""
        connection = await asyncmy.connect(unix_socket=str(arena.server.socket), user="root", db=DATABASE)
        async with connection.cursor() as cursor:
            await cursor.execute(
                "SELECT attribute_id, backend_type FROM eav_attribute"
                " WHERE entity_type_id = 4 AND backend_type <> 'static' AND attribute_code IN %s",
                [(*ATTRIBUTES, "price", "status", "image")],
            )
            attributes = [(int(number), str(backend)) for number, backend in await cursor.fetchall()]
        await connection.ensure_closed()
        async with arena.sink.session.post(
            f"{arena.sink.url}/__fake/catalogs", json={"name": "bare"}
        ) as answer:
            bag = await answer.json()
        return cls(arena, size, await arena.sink.token(), bag["id"], attributes)

    def path(self, model: str) -> str:
        """Where items of a model go."""
        return PATHS.get(model, f"/catalogs/bags/{self.bag}/items/batch")

    async def run(self, model: str) -> Outcome:
        """Sends all entities of a model once."""
        task = Task(
            model,
            str(self.arena.server.socket),
            DATABASE,
            self.arena.sink.url + self.path(model),
            self.token,
            getattr(self.size, f"{model}s"),
            attributes=self.attributes if model == "product" else (),
        )
        command = [sys.executable, "-m", "benchmarks.bare", task.text()]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
        return Outcome(**json.loads(said))


async def _ceiling(bare: Bare) -> Result:
    """What the fake takes from a client that sends one request of 100 x 2 KB again and again."""
    seconds = 2.0
    body = json.dumps(
        [{"itemKey": str(n), "value": {"text": "x" * 2000}} for n in range(PER_REQUEST)]
    ).encode()
    head = (
        f"POST {bare.path('product')} HTTP/1.1\r\nHost: 127.0.0.1\r\nApi-Version: 4.4\r\n"
        f"Authorization: Bearer {bare.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    port = bare.arena.sink.url.rpartition(":")[2]
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, load.__file__, port, str(seconds)]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    said, _ = await process.communicate(head.encode() + body)
    return Result("the fake's own ceiling", int(said) * PER_REQUEST / seconds, "items/s")


class Counting:
    """A source that counts queries."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.queries = 0

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Row]:
        """As ``Source.fetch``."""
        self.queries += 1
        return await self._source.fetch(sql, args)

    async def has_table(self, name: str) -> bool:
        """As ``Source.has_table``."""
        return await self._source.has_table(name)


async def _queries(config: Path) -> list[Result]:
    """Queries of a chunk of 500 against one of 50, once metadata are known."""
    settings = load_settings(config)
    results = []
    async with Magento.open(settings.magento, {}) as magento:
        shop = await magento.shop()
        store = next(one for one in shop.stores.values() if one.code == STORES[0])
        context = Context(settings, shop, store, "bench", datetime.now(UTC))
        for model, entity in create_entities().items():
            counts = []
            for number in (50, 50, 500):
                source = Counting(magento.source)
                await entity.compose(source, context, leased(model, store.store_id, number))
                counts.append(source.queries)
            results.append(
                Result(
                    f"{model}s, queries of a chunk of 500",
                    counts[2],
                    "",
                    counts[1],
                    most=1.0,
                    of_baseline=True,
                )
            )
    return results


def leased(model: Model, store_id: int, count: int) -> list[Leased]:
    """Items as the queue hands them out: the first that the generator made."""
    return [
        Leased(number, Key(model, store_id, number), 1, 1, 0, Lane.FULL, 0, Want.FORCE, None, None)
        for number in range(FIRST, FIRST + count)
    ]
