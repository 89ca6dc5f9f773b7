"""The second part: the whole daemon over a MariaDB of its own is killed every few seconds."""

import asyncio
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.torture import mischief
from benchmarks.torture.account import Account
from benchmarks.torture.edits import Shop
from benchmarks.torture.hand import ATTRIBUTES, Hand
from benchmarks.torture.stalls import Stalls
from benchmarks.torture.witness import Witness
from synqd.models.names import Model
from synqd.queue import DeadFilter
from synqd.runtime.clock import SystemClock
from synqd_demo.fake_synerise import FakeSynerise
from synqd_demo.mariadb import MariaDB
from synqd_demo.shop import create_shop
from tests.support.bench import KEYS
from tests.support.database import Database
from tests.support.house import House
from tests.support.inside import Inside, inside

LIFE = 6.0
"""Seconds that a daemon lives at most once it is ready."""
TIMEOUT = 2.0
"""Seconds of ``timeout``: a request that hangs is given up after them, if the daemon lives so long."""
SURE = 1.0
"""Seconds that this process may stand still without a request of the daemon running into its time-out."""
MEASURE_EVERY = 20
"""Of so many starts, one is left alone until its first delivery, to measure that."""
RELOADED, EXPIRED = 0.4, 0.3
"""Shares of the lives in which the configuration is changed, and the tokens expire."""
PATIENCE = 60.0
AHEAD = 86_400.0
"""Seconds by which what people say is dated ahead, so that deletions, which Magento dates, come before it."""

Report = Callable[[str], None]


async def torture(home: Path, kills: int, seed: int, report: Report) -> Account:
    """Makes a shop and kills the daemon over it that often; ``home``: an empty directory, its path short."""
    with MariaDB(home / "db") as server:
        server.create_database("shop")
        create_shop(server, "shop")
        return await over(Database(server, "shop"), home, kills, seed, report)


async def over(database: Database, home: Path, kills: int, seed: int, report: Report) -> Account:
    """The same over the demo's shop in a database."""
    async with mischief.served(seed, SystemClock()) as fake:
        extra = f"[product]\nattributes = {list(ATTRIBUTES)}\nmax_items_per_request = 20\n"
        house = House(home, database, fake, ("home", "trade"), tuple(KEYS.values()), extra)
        return await Torturer(house, fake, seed, report).torture(kills)


class Torturer:
    def __init__(self, house: House, fake: FakeSynerise, seed: int, report: Report) -> None:
        self._house = house
        self._fake = fake
        self._report = report
        self._chance = random.Random(seed)
        self._shop = Shop(seed, orders=40)
        self._hand = Hand(house.database, self._shop, time.time() + AHEAD)
        self._witness = Witness(fake)
        self._account = Account()
        self._others = 0
        """Faults that are none of requests: reloads and expired tokens."""

    async def torture(self, kills: int) -> Account:
        self._configure()
        await self._house.command("changelog", "install")
        await self._hand.begin()
        async with inside(self._house) as here:
            await here.full()
        await self._witness.read()
        stop = asyncio.Event()
        writer = asyncio.create_task(self._hand.work(stop))
        mischief.begin(self._fake, hang=2 * TIMEOUT)
        async with Stalls() as stalls:
            for number in range(kills):
                await self._live_and_die(number, stalls)
                if (number + 1) % 10 == 0:
                    self._report(self._count().line())
        stop.set()
        await writer
        self._fake.clear_faults()
        self._judge(await self._settled())
        await self._witness.read()
        return self._count()

    def _configure(self, poll_interval: float = 0.05) -> None:
        address = f'base_url = "{self._fake.url}"'
        self._house.configure(
            (address, f"{address}\ntimeout = {TIMEOUT}"),
            ("poll_interval = 0.05", f"poll_interval = {poll_interval}"),
        )

    async def _live_and_die(self, number: int, stalls: Stalls) -> None:
        began, stored = time.monotonic(), self._fake.stored
        await self._house.daemon.start()
        if number % MEASURE_EVERY == 0:
            await self._fake.wait(until=lambda: self._fake.stored > stored, timeout_s=PATIENCE)
            self._account.recoveries.append(time.monotonic() - began)
        await self._live()
        await self._house.daemon.kill()
        self._account.kills += 1
        await self._witness.read(doubtful=stalls.longest() > SURE)
        self._witness.excuse_in_flight(self._house.home / "state" / "queue.db")

    async def _live(self) -> None:
        left = self._chance.uniform(0, LIFE)
        for share, disturb in ((RELOADED, self._reload), (EXPIRED, self._fake.expire_tokens)):
            if self._chance.random() < share:
                part = self._chance.uniform(0, left)
                await asyncio.sleep(part)
                left -= part
                disturb()
                self._others += 1
        await asyncio.sleep(left)

    def _reload(self) -> None:
        self._configure(self._chance.choice((0.03, 0.05, 0.1)))
        self._house.daemon.signal(signal.SIGHUP)

    async def _settled(self) -> list[str]:
        """What Synerise has otherwise than the shop in the end."""
        async with inside(self._house) as here:
            await here.daemon.house.queue.dead.retry(DeadFilter())
            here.generation.wake("drainer")
            await here.settled()
            return [*await here.differences(), *await consents(here)]

    def _judge(self, wrong: list[str]) -> None:
        self._account.lost = sum(line.startswith("missing") for line in wrong)
        self._account.stale = len(wrong) - self._account.lost
        for line in wrong[:20]:
            self._report(line)

    def _count(self) -> Account:
        self._witness.allow(self._shop.handed)
        return self._account.witnessed(self._witness, self._others)


async def consents(here: Inside) -> list[str]:
    """Who agrees at Synerise and not in the shop, and the other way round."""
    parcels = (await here.preview([Model.SUBSCRIBER])).items()
    bodies = [(here.workspace(key), parcel.items[-1].body) for key, parcel in parcels]
    agreed = {(workspace, body["email"]) for workspace, body in bodies if body["agreements"]["email"]}
    profiles = here.house.fake.profiles()
    there = {(one["workspace"], one["email"]) for one in profiles if one["agreements"].get("email")}
    return [*_told("agrees at Synerise only", there - agreed), *_told("missing: agreement", agreed - there)]


def _told(what: str, found: set[tuple[str, str]]) -> Iterator[str]:
    return (f"{what}: {email} in {workspace}" for workspace, email in sorted(found))
