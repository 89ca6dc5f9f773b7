"""SIGKILL at random moments, thousands of times: nothing may be lost; what was not recorded may be repeated.

Two victims. A child with the real queue and drainer, forked from a process that has everything imported, so
that it can be killed several times a second; and the whole daemon over a MariaDB of its own. Both deliver to
the fake Synerise in this process while a change log goes on growing.

The last line says: kills, lost items, repeated items (and what had arrived without being recorded
when killed, which bounds them), and the time from a start to the first delivery, median and worst.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.victim import ENTITIES, Head, forked, value_at
from synqd.demo.fake_synerise import FakeSynerise
from synqd.demo.fake_synerise.settings import ApiKey
from synqd.demo.fake_synerise.settings import Settings as FakeSettings
from synqd.demo.mariadb import MariaDB
from synqd.demo.shop import create_shop
from tests.support.bench import KEYS
from tests.support.database import Database
from tests.support.exposed import exposed
from tests.support.house import House

GROWTH = 60
"""Rows that the change log grows by between two kills."""
MEASURE_EVERY = 20
"""Of so many starts, one is left alone until its first delivery, to measure that."""
SETTLED = 120.0
"""Seconds that the last start may take to deliver all that is left."""
FIRST_ID = 10_000


@dataclass
class Account:
    """What a victim went through."""

    kills: int = 0
    lost: int = 0
    unrecorded: int = 0
    recoveries: list[float] = field(default_factory=list)
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen: int = 0

    @property
    def repeated(self) -> int:
        return sum(count - 1 for count in self.sent.values())

    def read(self, fake: FakeSynerise) -> None:
        """Counts what has arrived since the last call."""
        for request in fake.requests(since=self.seen, path="/v4/clients/batch"):
            for profile in json.loads(request.body or b"[]"):
                self.sent[profile["email"], profile["firstName"]] += 1
        self.seen = fake.stats()["requests"] - fake.stats()["open"]

    def line(self) -> str:
        worst = max(self.recoveries, default=0.0)
        middle = statistics.median(self.recoveries) if self.recoveries else 0.0
        return (
            f"kills {self.kills}, lost {self.lost}, repeated {self.repeated}"
            f" (not recorded {self.unrecorded}), recovery {middle:.2f} s, worst {worst:.2f} s"
        )


async def torture_child(kills: int, chance: random.Random) -> Account:
    """Kills the child that often."""
    account = Account()
    with tempfile.TemporaryDirectory(prefix="synqd-torture-") as directory:
        home = Path(directory)
        async with served() as fake, forked(home, fake.url) as child:
            head = Head(home / "head")
            for number in range(kills):
                head.set(head.get() + GROWTH)
                began, seen = time.monotonic(), fake.stats()["finished"]
                await child.start()
                if number % MEASURE_EVERY == 0:
                    await fake.wait(requests=seen + 1, path=None)
                    await arrived(fake, account, began)
                await asyncio.sleep(chance.uniform(0, 0.12))
                await child.kill()
                account.kills += 1
                account.unrecorded += await exposed(home / "queue.db", fake, account.seen)
                account.read(fake)
                progress("child", account)
            await child.start()
            wanted = {
                f"customer{one}@example.com": str(value_at(one % ENTITIES, head.get()))
                for one in range(1, min(ENTITIES, head.get()) + 1)
            }
            account.lost = await missing(fake, lambda: wanted, lambda one: one["email"])
            await child.kill()
            account.read(fake)
    return account


async def arrived(fake: FakeSynerise, account: Account, began: float) -> None:
    """Waits for the first delivery of this start."""
    before = fake.stats()["stored"].get("profile", 0)
    await fake.wait(items=before + 1, kind="profile", timeout_s=60)
    account.recoveries.append(time.monotonic() - began)


async def missing(
    fake: FakeSynerise, wanted: Callable[[], dict[str, str]], key: Callable[[dict[str, str]], str]
) -> int:
    """Waits until all has arrived; returns how many items have not when the time is over."""

    def stored() -> dict[str, str]:
        return {str(key(one)): one["firstName"] for one in fake.profiles()}

    try:
        await fake.wait(until=lambda: stored().items() >= wanted().items(), timeout_s=SETTLED)
        await fake.wait(idle_s=1.0)
    except TimeoutError:
        have = stored()
        return sum(have.get(one) != value for one, value in wanted().items())
    return 0


@asynccontextmanager
async def served() -> AsyncIterator[FakeSynerise]:
    keys = [
        ApiKey(key=key, workspace_id=number, workspace_name=name)
        for number, (name, key) in enumerate(KEYS.items(), start=1)
    ]
    async with FakeSynerise(FakeSettings(api_keys=keys, journal_size=5000, latency_ms=5)) as fake:
        yield fake


async def torture_daemon(kills: int, chance: random.Random) -> Account:
    """Kills the whole daemon that often."""
    account = Account()
    with tempfile.TemporaryDirectory(prefix="synqd-torture-") as directory:
        home = Path(directory)
        (home / "house").mkdir()
        with MariaDB(home / "db") as server:
            server.create_database("shop")
            create_shop(server, "shop")
            shop = Database(server, "shop")
            await shop.sql(
                "INSERT INTO customer_entity (entity_id, website_id, store_id, email, firstname, lastname)"
                f" SELECT {FIRST_ID} + seq, 1, 1, CONCAT('customer', seq, '@many.example'), 'v0', 'Many'"
                f" FROM seq_1_to_{ENTITIES}"
            )
            async with served() as fake:
                house = House(home / "house", shop, fake, ("home", "trade"), tuple(KEYS.values()))
                await house.command("changelog", "install")
                await kill_daemon(house, fake, kills, chance, account)
    return account


async def kill_daemon(
    house: House, fake: FakeSynerise, kills: int, chance: random.Random, account: Account
) -> None:
    async with house.daemon:
        pass
    stop, last = asyncio.Event(), dict[str, str]()
    writer = asyncio.create_task(change(house.database, chance, stop, last))
    for number in range(kills):
        began = time.monotonic()
        before = fake.stats()["stored"].get("profile", 0)
        await house.daemon.start()
        if number % MEASURE_EVERY == 0:
            await fake.wait(items=before + 1, kind="profile", timeout_s=60)
            account.recoveries.append(time.monotonic() - began)
        await asyncio.sleep(chance.uniform(0, 0.5))
        await house.daemon.kill()
        account.kills += 1
        account.unrecorded += await exposed(house.home / "state" / "queue.db", fake, account.seen)
        account.read(fake)
        progress("daemon", account)
    stop.set()
    await writer
    async with house.daemon:
        account.lost = await missing(fake, lambda: last, lambda one: one["customId"])
    account.read(fake)


async def change(
    database: Database, chance: random.Random, stop: asyncio.Event, last: dict[str, str]
) -> None:
    """Goes on changing customers; ``last`` holds the last value of each."""
    number = 0
    async with database.connect() as connection, connection.cursor() as cursor:
        while not stop.is_set():
            number += 1
            customer = FIRST_ID + chance.randint(1, ENTITIES)
            update = "UPDATE customer_entity SET firstname = %s WHERE entity_id = %s"
            await cursor.execute(update, (f"v{number}", customer))
            last[str(customer)] = f"v{number}"
            await asyncio.sleep(0.01)


def progress(victim: str, account: Account) -> None:
    if account.kills % 100 == 0 or (victim == "daemon" and account.kills % 10 == 0):
        print(f"{victim}: {account.line()}", flush=True)


async def main(kills: int, daemon_kills: int, seed: int) -> int:
    print(f"seed {seed}")
    began = time.monotonic()
    child = await torture_child(kills, random.Random(seed))
    print(f"child: {child.line()}")
    daemon = await torture_daemon(daemon_kills, random.Random(seed)) if daemon_kills else Account()
    print(f"daemon: {daemon.line()}")
    both = Account(
        child.kills + daemon.kills,
        child.lost + daemon.lost,
        child.unrecorded + daemon.unrecorded,
        child.recoveries + daemon.recoveries,
        child.sent + daemon.sent,
    )
    print(f"{both.line()}, in {(time.monotonic() - began) / 60:.1f} minutes")
    fine = not both.lost and all(one.repeated <= one.unrecorded for one in (child, daemon))
    return 0 if fine else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=10_000, help="of the child (10000)")
    parser.add_argument("--daemon-kills", type=int, default=300, help="of the whole daemon (300)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    sys.exit(asyncio.run(main(given.kills, given.daemon_kills, given.seed)))
