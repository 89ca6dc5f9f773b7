"""The real drainer between the real queue and the fake Synerise; what Magento holds, a test tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from synqd.config import Routes, Secret, Settings
from synqd.entities import Context, Entity, Page, Source
from synqd.entities.base import Row
from synqd.entities.payload import digest
from synqd.entities.watch import Watch
from synqd.metrics import Metrics
from synqd.models.item import Leased, Want, Wish
from synqd.models.names import Key, Lane, Model
from synqd.models.shop import Shop, ShopConfig, StoreView, Website
from synqd.models.wire import Endpoint, Parcel, Skip, WireItem
from synqd.movers.drainer import Drainer
from synqd.movers.drainer.breakers import Breakers
from synqd.movers.drainer.catalogs import CatalogWatch
from synqd.movers.drainer.mover import limiter_fact
from synqd.movers.drainer.state import DrainerDeps
from synqd.pacing.breaker import BreakerPolicy
from synqd.pacing.limiter import LimiterState
from synqd.queue import Counts, Queue, QueueSettings
from synqd.runtime.clock import Clock
from synqd.runtime.supervisor import Progress
from synqd.synerise import Workspace, open_workspace
from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.fake_synerise.settings import ApiKey
from synqd_demo.fake_synerise.settings import Settings as FakeSettings
from tests.support.clocks import HandClock

KEYS = {"first": "11111111-aaaa-4bbb-8ccc-111111111111", "second": "22222222-aaaa-4bbb-8ccc-222222222222"}
STORES = {1: "base", 2: "base", 3: "trade"}
"""Store view -> website; ``base`` belongs to workspace ``first``, ``trade`` to ``second``."""


def small_shop() -> Shop:
    """Two websites with three store views."""
    websites = {1: Website(1, "base", "Base", 1), 2: Website(2, "trade", "Trade", 3)}
    stores = {
        number: StoreView(
            number, f"store{number}", f"Store {number}", 1 + (code == "trade"), code, 1, 2, True
        )
        for number, code in STORES.items()
    }
    addressed = {("web/unsecure/base_url", "default", 0): "http://shop.example/"}
    return Shop(websites, stores, ShopConfig(addressed))


class NoSource:
    """Magento that is never asked: the test's entities know their rows."""

    async def fetch(self, sql: str, args: Sequence[Any] = ()) -> Sequence[Row]:
        raise AssertionError(sql)

    async def has_table(self, name: str) -> bool:
        raise AssertionError(name)


Make = Callable[[Leased], Parcel | Skip]


@dataclass
class Rows:
    """An entity whose rows a test holds: ``values`` by id; what is missing is gone.

    ``before`` is awaited before each chunk is composed, with the chunk; it may raise or wait.
    """

    model: Model
    values: dict[int, Any] = field(default_factory=dict)
    before: Callable[[Sequence[Leased]], Awaitable[None]] | None = None
    make: Make | None = None
    watches: tuple[Watch, ...] = ()
    wide: frozenset[str] = frozenset()

    async def locate(self, source: Source, shop: Shop, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        return {}

    async def resolve(self, source: Source, via: str, keys: Sequence[str]) -> dict[str, Sequence[int]]:
        return {}

    async def reach(self, source: Source, via: str, key: str, after: int, limit: int) -> Sequence[int]:
        return ()

    async def related(self, source: Source, ids: Sequence[int]) -> dict[int, frozenset[int]]:
        return {}

    async def page(self, source: Source, store: StoreView, after: int, limit: int, until: int) -> Page:
        return Page([one for one in sorted(self.values) if after < one <= until][:limit])

    async def count(self, source: Source, store: StoreView) -> int:
        return len(self.values)

    async def high(self, source: Source) -> int:
        return max(self.values, default=0)

    async def compose(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[Parcel | Skip]:
        if self.before:
            await self.before(items)
        return [(self.make or self._make)(item) for item in items]

    def _make(self, item: Leased) -> Parcel | Skip:
        if item.key.entity_id not in self.values:
            return Skip("gone")
        return parcel(wire(item.key, self.values[item.key.entity_id]))

    async def explain(
        self, source: Source, context: Context, items: Sequence[Leased]
    ) -> Sequence[dict[str, str] | None]:
        return [None] * len(items)

    def refresh(self) -> None:
        return


def wire(key: Key, value: Any) -> WireItem:
    """What a row with a value becomes at Synerise; the value shows in its body."""
    if key.model is Model.PRODUCT:
        body = {"itemKey": f"sku{key.entity_id}", "value": {"itemId": f"sku{key.entity_id}", "name": value}}
        return WireItem(Endpoint.CATALOG, f"sku{key.entity_id}", body, catalog=f"store-{key.store_id}")
    if key.model is Model.ORDER:
        return order(key.entity_id, str(value))
    email = f"{key.model}{key.entity_id}@example.com"
    return WireItem(Endpoint.CLIENTS, email, {"email": email, "firstName": value})


def order(number: int, sku: str = "sku") -> WireItem:
    """A transaction."""
    money = {"amount": 12.5, "currency": "PLN"}
    order_id = f"{number:09d}"
    body = {
        "client": {"email": f"buyer{number}@example.com"},
        "orderId": order_id,
        "eventSalt": order_id,
        "recordedAt": "2023-05-01T10:11:12.000Z",
        "source": "WEB_DESKTOP",
        "paymentInfo": {"method": "checkmo"},
        "revenue": money,
        "value": money,
        "products": [{"sku": sku, "name": "Bag", "quantity": 1, "finalUnitPrice": money}],
    }
    return WireItem(Endpoint.TRANSACTIONS, order_id, body)


def parcel(*items: WireItem, alive: bool = True) -> Parcel:
    """A parcel of these wire items, known by the last one's key."""
    return Parcel(items, items[-1].key, alive, digest=digest(item.body for item in items))


@dataclass
class Bench:
    """Everything of one drainer."""

    settings: Settings
    queue: Queue
    clock: Clock
    rows: dict[Model, Rows]
    workspaces: dict[str, Workspace]
    breakers: Breakers
    metrics: Metrics
    progress: Progress
    drainer: Drainer
    woken: asyncio.Event

    async def want(
        self, model: Model, *ids: int, store_id: int = 1, lane: Lane = Lane.LIVE, want: Want = Want.NOTHING
    ) -> None:
        """Enqueues items that are due at once."""
        await self.queue.outbox.intake(
            [Wish(Key(model, store_id, one), lane, quiet=9.0, want=want) for one in ids]
        )

    async def counts(self) -> Counts:
        return await self.queue.facts.counts()

    async def waiting(self) -> int:
        return sum((await self.counts()).depth.values())

    async def landed(self) -> None:
        """Waits until no chunk is under way."""
        async with asyncio.timeout(30):
            while self.drainer.busy:
                self.woken.clear()
                await self.woken.wait()

    async def run(self, seconds: float = 60.0, until: Callable[[], bool] | None = None) -> None:
        """Turns the drainer until nothing waits, ``until`` holds, or the hand clock has gone that far.

        Time passes only while no request is under way.
        """
        assert isinstance(self.clock, HandClock)
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.woken.clear()
            rest = await self.drainer.tick()
            if until() if until else not (await self.waiting()):
                return
            if rest and self.drainer.busy:
                await asyncio.wait_for(self.woken.wait(), 30)
            else:
                self.clock.pass_(min(rest, max(0.0, end - self.clock.now())))
                await asyncio.sleep(0)


def settings_for(url: str, **sections: Any) -> Settings:
    """Two workspaces at the fake."""
    workspace = {"base_url": url, "api_key_file": "unused", "timeout": 5.0}
    workspaces = {
        "first": {**workspace, "websites": ["base"], **sections.pop("first", {})},
        "second": {**workspace, "websites": ["trade"]},
    }
    return Settings.model_validate({"workspaces": workspaces, **sections})


def fake_for(clock: Clock) -> FakeSynerise:
    keys = [
        ApiKey(key=key, workspace_id=number, workspace_name=name)
        for number, (name, key) in enumerate(KEYS.items(), start=1)
    ]
    return FakeSynerise(FakeSettings(api_keys=keys, now=clock.now))


@asynccontextmanager
async def opened(
    path: Path, url: str, clock: Clock, stand_ins: Mapping[Model, Rows] | None = None, **sections: Any
) -> AsyncIterator[Bench]:
    """A drainer over the queue file at ``path``, ended in order; ``stand_ins``: instead of plain rows."""
    settings = settings_for(url, **sections)
    woken, metrics, progress = asyncio.Event(), Metrics(), Progress(clock)
    rows = {model: Rows(model) for model in Model} | dict(stand_ins or {})
    entities: dict[Model, Entity] = {**rows}
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(Queue.open(path, QueueSettings(reserve_bytes=0), clock))
        breakers = Breakers({name: BreakerPolicy() for name in KEYS}, clock)
        breakers.restore({name: saved.state for name, saved in (await queue.facts.breakers()).items()})
        workspaces = {}
        for name, key in KEYS.items():
            saved = await queue.facts.meta(limiter_fact(name))
            opening = open_workspace(
                name, settings.workspaces[name], Secret(key), clock=clock, limiter=_limiter(saved)
            )
            workspaces[name] = await stack.enter_async_context(opening)
        routes = Routes.build(settings, small_shop())
        watch = CatalogWatch(queue)
        deps = DrainerDeps(routes, queue, NoSource(), breakers, watch, metrics, progress, clock)
        drainer = Drainer(settings, deps, entities, workspaces, woken.set)
        yield Bench(settings, queue, clock, rows, workspaces, breakers, metrics, progress, drainer, woken)
        await drainer.stop(5.0)


def _limiter(saved: str | None) -> LimiterState | None:
    return LimiterState.from_json(orjson.loads(saved)) if saved else None
