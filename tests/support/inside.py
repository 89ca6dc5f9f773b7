"""The daemon inside the test's own process: its clock can be set, and its rooms can be asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from synqd.app.daemon import Daemon
from synqd.app.generation import Generation
from synqd.config import load_settings
from synqd.entities import Context, create_entities
from synqd.entities.payload import EMPTY, VOLATILE, encode
from synqd.magento import Magento
from synqd.models.change import Cursor
from synqd.models.item import LedgerEntry, Want
from synqd.models.names import Key, Model
from synqd.models.person import folded
from synqd.models.wire import Parcel
from synqd.movers.sweeper import Sweeper
from synqd.movers.sweeper.mover import Sweep
from synqd.runtime.clock import SystemClock, utc
from tests.support.entities import NOW, leased
from tests.support.house import House

PATIENCE = 60.0
PAGE = 500


class ShiftedClock(SystemClock):
    """Goes on like the machine's clock, from a moment that the test chooses."""

    def __init__(self, start: datetime = NOW) -> None:
        self._shift = 0.0
        self.set(start)

    def now(self) -> float:
        return time.time() + self._shift

    def set(self, moment: datetime) -> None:
        self._shift = moment.timestamp() - time.time()


@dataclass
class Inside:
    """A running daemon and ways to wait for it."""

    daemon: Daemon
    house: House
    clock: ShiftedClock

    @property
    def generation(self) -> Generation:
        assert self.daemon.generation is not None, "the daemon does not work now"
        return self.daemon.generation

    async def full(self) -> None:
        """A full synchronization of everything, to its end."""
        streams = sorted(self.generation.parts.routes.streams)
        await self.daemon.house.queue.jobs.submit_full(streams, Want.FORCE, "test")
        self.generation.wake("jobrunner")
        await self.settled()

    async def settled(self) -> None:
        """Until everything that was written is read, spread and delivered."""
        async with asyncio.timeout(PATIENCE):
            while not await self._is_settled():  # no event says that several rooms are empty
                await asyncio.sleep(0.02)

    async def quiet(self, but: Collection[Model]) -> None:
        """Until something waits for these models, and nothing for the others."""
        async with asyncio.timeout(PATIENCE):
            while not await self._is_quiet(but):  # as above
                await asyncio.sleep(0.02)

    async def _is_quiet(self, but: Collection[Model]) -> bool:
        if not await self._has_read():
            return False
        depth = (await self.daemon.house.queue.facts.counts()).depth
        waiting = {stream.model for (stream, _), items in depth.items() if items}
        return bool(waiting) and waiting <= set(but)

    async def reopened(self) -> None:
        """Until a new generation works, which has read the shop's layout; as when the janitor sees edits."""
        before = self.daemon.generation
        self.daemon._again.set()
        async with asyncio.timeout(PATIENCE):
            while self.daemon.generation in (None, before):  # nothing tells of a generation but itself
                await asyncio.sleep(0.02)

    async def swept(self, *kinds: type[Sweep]) -> None:
        """Has the sweeper (or some of its sweeps) look around now, and what it finds delivered.

        From then on it looks only at request.
        """
        turning = self.generation.turnings["sweeper"]
        turning.stop()
        async with asyncio.timeout(PATIENCE):
            while "sweeper" in self.daemon.house.progress.turned:  # as above
                await asyncio.sleep(0.02)
        assert isinstance(turning.mover, Sweeper)
        for sweep in turning.mover.sweeps:
            if not kinds or isinstance(sweep, kinds):
                await sweep.run()
        await self.settled()

    async def _is_settled(self) -> bool:
        queue = self.daemon.house.queue
        if not await self._has_read() or await queue.jobs.page(unfinished=True):
            return False
        return not any((await queue.facts.counts()).depth.values())

    async def _has_read(self) -> bool:
        """Whether everything that was written is read and spread."""
        if self.daemon.generation is None:
            return False
        queue, reader = self.daemon.house.queue, self.generation.parts.magento.reader
        known = {each.source: each for each in await queue.capture.cursors() if each.source in reader.sources}
        if any(lag.rows for lag in (await reader.lag(known)).values()):
            return False
        for cursor in known.values():
            if cursor.gaps and await self._has_unread(cursor):
                return False
        return not orjson.loads(await queue.facts.meta("fan-outs") or "[]")

    async def _has_unread(self, cursor: Cursor) -> bool:
        """Whether a transaction that committed late has written ids that were skipped."""
        ranges = " OR ".join(f"version_id BETWEEN {gap.first} AND {gap.last}" for gap in cursor.gaps)
        table = self.house.database.prefix + cursor.source
        return bool(await self.house.database.sql(f"SELECT 1 FROM {table} WHERE {ranges} LIMIT 1"))

    async def ledger(self, model: Model) -> Mapping[Key, LedgerEntry]:
        """What was sent and lives."""
        found: dict[Key, LedgerEntry] = {}
        after: tuple[int, int] | None = None
        while page := await self.daemon.house.queue.ledger.page(model, after, PAGE):
            found |= {key: entry for key, entry in page if entry.alive}
            after = (page[-1][0].entity_id, page[-1][0].store_id)
        return found

    async def preview(self, models: Iterable[Model] = tuple(Model)) -> Mapping[Key, Parcel]:
        """What a full synchronization would send now, by somebody who knows nothing of the past."""
        routes = self.generation.parts.routes
        settings = routes.settings
        entities = create_entities()
        found: dict[Key, Parcel] = {}
        async with Magento.open(settings.magento, {}) as magento:
            shop = await magento.shop()
            for stream in sorted(stream for stream in routes.streams if stream.model in set(models)):
                entity, route = entities[stream.model], routes.by_store[stream.store_id]
                context = Context(settings, shop, route.store, route.workspace, utc(self.clock))
                high, after = await entity.high(magento.source), 0
                while ids := (await entity.page(magento.source, route.store, after, PAGE, high)).ids:
                    items = [leased(entity, stream.store_id, entity_id) for entity_id in ids]
                    outcomes = await entity.compose(magento.source, context, items)
                    found |= {
                        item.key: outcome
                        for item, outcome in zip(items, outcomes, strict=True)
                        if isinstance(outcome, Parcel)
                    }
                    after = ids[-1]
        return found

    async def differences(self, models: Sequence[Model] = tuple(Model)) -> list[str]:
        """Where Synerise is not as ``preview`` would have it: stale, missing, or alive though gone."""
        expected = await self.preview(models)
        known = {key: entry for model in models for key, entry in (await self.ledger(model)).items()}
        found = [f"missing: {key}" for key in expected.keys() - known.keys()]
        found += [
            f"gone, but alive: {key}"
            for key in known.keys() - expected.keys()
            if not self._may_stay(key, expected)
        ]
        for key in expected.keys() & known.keys():
            parcel, entry = expected[key], known[key]
            if entry.digest != parcel.digest and key.model is not Model.ORDER:
                found.append(f"stale: {key} {parcel.wire_key}")
            if entry.wire_key != parcel.wire_key:
                found.append(f"other key: {key} {entry.wire_key} {parcel.wire_key}")
        products = {key: one for key, one in expected.items() if key.model is Model.PRODUCT}
        if Model.PRODUCT in models:
            found += self._catalog_differences(products)
        found += self._profile_differences(expected)
        found += self._order_differences(expected)
        return sorted(found)

    def _may_stay(self, key: Key, expected: Mapping[Key, Parcel]) -> bool:
        """What was bought stays bought, and who moved to another store view of the workspace is there."""
        if key.model is Model.PRODUCT:
            return False
        stores = self.generation.parts.routes.by_store
        moved = (Key(key.model, store_id, key.entity_id) for store_id in stores)
        here = self.workspace(key)
        return key.model is Model.ORDER or any(
            one in expected and self.workspace(one) == here for one in moved
        )

    def _order_differences(self, expected: Mapping[Key, Parcel]) -> Iterable[str]:
        stored = {
            (one["workspace"], one["orderId"]): _remembered(one) for one in self.house.fake.transactions()
        }
        for key, parcel in expected.items():
            if key.model is Model.ORDER:
                wanted = _remembered(orjson.loads(encode(parcel.items[-1].body)))
                there = stored.get((self.workspace(key), parcel.wire_key), {})
                fields = {
                    name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name)
                }
                if fields:
                    first = min(fields)
                    yield f"order {key} {sorted(fields)}: {wanted.get(first)!r}, there {there.get(first)!r}"

    def workspace(self, key: Key) -> str:
        """What the fake calls the workspace of an entity's store view."""
        routes = self.generation.parts.routes
        numbers = {name: number for number, name in enumerate(routes.settings.workspaces, start=1)}
        return f"workspace {numbers[routes.workspace(key.store_id)]}"

    def _profile_differences(self, expected: Mapping[Key, Parcel]) -> Iterable[str]:
        stored = {
            (one["workspace"], folded(one["email"])): one
            for one in self.house.fake.profiles()
            if one["email"]
        }
        for key, parcel in expected.items():
            if key.model not in (Model.CUSTOMER, Model.SUBSCRIBER):
                continue
            body = orjson.loads(encode(parcel.items[-1].body))
            workspace = self.workspace(key)
            if (workspace, folded(body["email"])) not in stored:
                continue  # an address was changed without the newsletter's: who is who, others test
            profile = stored[workspace, folded(body["email"])]
            for name, value in _flat(body).items():
                if _flat(profile).get(name) != value and name not in {"uuid", "email"}:
                    yield f"profile {key} {name}: {value!r}, there {_flat(profile).get(name)!r}"

    def _catalog_differences(self, expected: Mapping[Key, Parcel]) -> Iterable[str]:
        wanted: dict[tuple[str, str], dict[str, Any]] = {}
        for parcel in expected.values():
            wire = parcel.items[-1]
            body = orjson.loads(encode(wire.body))
            wanted[wire.catalog or "", body["itemKey"]] = shown(body["value"])
        stored = {
            (bag.name, key): shown(item.value)
            for bag in self.house.fake.catalogs()
            for key, item in bag.items.items()
            if not item.deleted
        }
        for name in wanted.keys() | stored.keys():
            left, right = wanted.get(name, {}), stored.get(name, {})
            fields = {one for one in left.keys() | right.keys() if left.get(one) != right.get(one)}
            if fields:
                first = min(fields)
                yield f"item {name}: {sorted(fields)[:6]}: {left.get(first)!r}, there {right.get(first)!r}"


def _flat(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a profile says that does not change by itself and is not empty; inner names are dotted."""
    flat = shown(body)
    for outer in ("attributes", "agreements"):
        inner = shown(flat.pop(outer, {}))
        flat |= {f"{outer}.{name}": value for name, value in inner.items()}
    return flat


def _remembered(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the order itself says; who bought and how the products look now may be older."""
    names = ("orderId", "recordedAt", "paymentInfo", "revenue", "value", "discountAmount")
    kept = {name: body.get(name) for name in names}
    left_out = {"promotionRules", "lastUpdateType"}
    kept["metadata"] = {name: one for name, one in body["metadata"].items() if name not in left_out}
    line = ("name", "quantity", "finalUnitPrice", "quantityCanceled", "quantityRefunded")
    kept["products"] = [{name: one.get(name) for name in line} for one in body["products"]]
    return kept


def shown(value: Mapping[str, Any]) -> dict[str, Any]:
    """An item without what changes by itself, and without what is empty: cleared values are null (S7)."""
    return {name: one for name, one in value.items() if name not in VOLATILE and one not in EMPTY}


@asynccontextmanager
async def inside(house: House, clock: ShiftedClock | None = None) -> AsyncIterator[Inside]:
    """Runs the daemon with the house's configuration until the block ends.

    Without a clock of the test's, it is the machine's present: the demo's shop counts its days from there.
    """
    clock = clock or ShiftedClock(datetime.now(UTC))
    daemon = Daemon(load_settings(house.config), house.config, clock)
    (house.home / "state").mkdir(exist_ok=True)
    running = asyncio.create_task(daemon.run())
    try:
        async with asyncio.timeout(PATIENCE):
            while daemon.generation is None and not running.done():  # it tells systemd only
                await asyncio.sleep(0.02)
        if running.done():
            await running
        yield Inside(daemon, house, clock)
    finally:
        if not running.done():
            daemon._stop()
        await running
