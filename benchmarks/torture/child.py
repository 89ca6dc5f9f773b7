"""The first part: a child with the real queue and drainer is killed some times a second."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.torture import mischief
from benchmarks.torture.account import Account
from benchmarks.torture.edits import Shop
from benchmarks.torture.mapping import CATALOG, product, profile
from benchmarks.torture.stalls import Stalls
from benchmarks.torture.victim import Child, HastyClock, Head, Place, forked
from benchmarks.torture.witness import Witness
from synqd.entities.payload import EMPTY
from synqd.models.names import Model
from synqd_demo.fake_synerise import FakeSynerise
from tests.support.inside import shown

LIFE = 0.25
"""Seconds that a child lives at most."""
STEP, EVERY = 3, 0.005
"""The change log grows by so many rows, so often (in seconds), while a child lives."""
MEASURE_EVERY = 20
"""Of so many starts, one is left alone until its first delivery, to measure that."""
RETRY_EVERY = 25
"""Of so many starts, one tries the dead letters again, as an operator would."""
EXPIRE_EVERY = 40
"""Of so many starts, one finds that its token has expired meanwhile."""
PATIENCE = 120.0
"""Seconds that the last start may take to deliver all that is left."""
SURE = 2.5
"""Seconds that this process may stand still without a child's request running into its time-out."""

Report = Callable[[str], None]
Different = tuple[str, str, Any, Any]
"""What is not as it should be: lost or stale, which, expected, there."""


async def torture(home: Path, kills: int, seed: int, report: Report) -> Account:
    """Kills the child that often; ``home``: an empty directory."""
    founded = time.time()
    async with mischief.served(seed, HastyClock(founded)) as fake:
        place = Place(home, fake.url, seed, founded)
        async with forked(place) as child:
            return await Torturer(fake, place, child, report).torture(kills)


class Torturer:
    def __init__(self, fake: FakeSynerise, place: Place, child: Child, report: Report) -> None:
        self._fake = fake
        self._place = place
        self._child = child
        self._report = report
        self._chance = random.Random(place.seed)
        self._head: Head = place.head()
        self._shop = Shop(place.seed)
        self._witness = Witness(fake)
        self._account = Account()
        self._expired = 0

    async def torture(self, kills: int) -> Account:
        mischief.begin(self._fake, hang=60.0)
        async with Stalls() as stalls:
            for number in range(kills):
                await self._live_and_die(number, stalls)
                if (number + 1) % 100 == 0:
                    self._report(self._count().line())
        self._fake.clear_faults()
        await self._child.start(retry=True)
        wrong = await settled(self._fake, self._shop)
        await self._child.kill()
        wrong += in_doubt(self._place.file, self._shop)
        await self._witness.read()
        self._account.lost = sum(kind == "lost" for kind, *_ in wrong)
        self._account.stale = len(wrong) - self._account.lost
        for one in wrong[:20]:
            self._report(" ".join(map(str, one)))
        return self._count()

    async def _live_and_die(self, number: int, stalls: Stalls) -> None:
        if number % EXPIRE_EVERY == 0:
            self._expired += bool(self._fake.expire_tokens())
        began, stored = time.monotonic(), self._fake.stored
        await self._child.start(retry=number % RETRY_EVERY == 0)
        if number % MEASURE_EVERY == 0:
            self._head.set(self._head.get() + STEP)
            await self._fake.wait(until=lambda: self._fake.stored > stored, timeout_s=PATIENCE)
            self._account.recoveries.append(time.monotonic() - began)
        await self._grow(self._chance.uniform(0, LIFE))
        await self._child.kill()
        self._account.kills += 1
        await self._witness.read(doubtful=stalls.longest() > SURE)
        self._witness.excuse_in_flight(self._place.file)
        self._shop.advance(self._head.get())

    async def _grow(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._head.set(self._head.get() + STEP)
            await asyncio.sleep(min(left, EVERY))

    def _count(self) -> Account:
        self._witness.allow(self._shop.handed)
        return self._account.witnessed(self._witness, self._expired)


async def settled(fake: FakeSynerise, shop: Shop) -> list[Different]:
    """Waits until Synerise is as the shop; returns what is not when the time is over."""
    try:
        await fake.wait(until=lambda: not any(differences(fake, shop)), timeout_s=PATIENCE)
        await fake.wait(idle_s=1.0, timeout_s=PATIENCE)
    except TimeoutError:
        pass
    return list(differences(fake, shop))


def differences(fake: FakeSynerise, shop: Shop) -> Iterator[Different]:
    """Where Synerise is not as the shop."""
    listed = {one.key: product(number, one) for number, one in shop.living(Model.PRODUCT).items() if one.flag}
    items = {
        key: item.value
        for bag in fake.catalogs()
        for key, item in bag.items.items()
        if bag.name == CATALOG and not item.deleted
    }
    yield from compared(listed, {key: shown(value) for key, value in items.items()})
    people = {str(number): profile(number, one) for number, one in shop.living(Model.CUSTOMER).items()}
    stored = {one["customId"]: one for one in fake.profiles() if one["customId"]}
    names = ("email", "customId", "firstName", "lastName")
    yield from compared(
        people,
        {
            number: {name: one[name] for name in names if one[name] not in EMPTY}
            for number, one in stored.items()
            if number in people
        },
    )
    agreed = {one.key: True for one in shop.living(Model.SUBSCRIBER).values() if one.flag}
    yield from compared(
        agreed, {one["email"]: True for one in fake.profiles() if one["agreements"].get("email")}
    )


def in_doubt(file: Path, shop: Shop) -> list[Different]:
    """Living things that the ledger is in doubt about although everything has arrived."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT model, entity_id, wire_key FROM ledger WHERE doubt IS NOT NULL").fetchall()
    return [
        ("stale", key, "sent", "in doubt") for model, one, key in rows if one in shop.living(Model(model))
    ]


def compared(expected: Mapping[str, Any], there: Mapping[str, Any]) -> Iterator[Different]:
    for name in expected.keys() | there.keys():
        if name not in there:
            yield "lost", name, expected[name], None
        elif expected.get(name) != there[name]:
            yield "stale", name, expected.get(name), there[name]
