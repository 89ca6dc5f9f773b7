"""SIGKILL at random moments, thousands of times: nothing may be lost, and only what was in flight repeated.

Two victims. A child with the real queue and drainer, forked from a process that has everything imported, so
that it can be killed several times a second; and the whole daemon over a MariaDB of its own. Both deliver to
the fake Synerise in this process while a change log goes on growing.

The last line says: kills, lost items, repeated items (and what was in flight when killed, which bounds them),
and the time from a start to the first delivery, median and worst.
"""

import argparse
import asyncio
import json
import mmap
import os
import random
import signal
import sqlite3
import statistics
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from synqd.clock import SystemClock
from synqd.demo.fake_synerise import FakeSynerise
from synqd.demo.fake_synerise.settings import ApiKey
from synqd.demo.fake_synerise.settings import Settings as FakeSettings
from synqd.demo.mariadb import MariaDB
from synqd.demo.shop import create_shop
from synqd.models.change import Cursor
from synqd.models.item import Leased, Wish
from synqd.models.names import Key, Model
from synqd.models.wire import Parcel, Skip
from tests.support.bench import KEYS, Bench, opened, parcel, wire
from tests.support.database import Database
from tests.support.house import House

ROOT = Path(__file__).resolve().parent.parent
ENTITIES = 400
"""Change n of the log is of entity ``n % ENTITIES`` and gives it the value n."""
PAGE = 200
LOG = "torture_cl"
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
    in_flight: int = 0
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
            f" (in flight {self.in_flight}), recovery {middle:.2f} s, worst {worst:.2f} s"
        )


def in_flight(path: Path) -> int:
    """Items that were leased when the process was killed."""
    # Read-only, so that the write-ahead log stays for the next start to recover.
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT COUNT(*) FROM outbox WHERE lease_token IS NOT NULL").fetchone()[0])


def value_at(entity: int, head: int) -> int:
    """What an entity holds when the change log ends at ``head``."""
    return head - (head - entity) % ENTITIES


# The child


class Head:
    """The end of the change log, in memory that parent and children share."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            if path.stat().st_size < 8:
                file.write(bytes(8))
                file.flush()
            self._memory = mmap.mmap(file.fileno(), 8)

    def get(self) -> int:
        return int(struct.unpack("<q", self._memory[:8])[0])

    def set(self, value: int) -> None:
        self._memory[:8] = struct.pack("<q", value)


async def deliver(home: Path, url: str) -> None:
    """A poller over the pretended change log, and the drainer; until it is killed."""
    head = Head(home / "head")
    async with opened(home / "queue.db", url, SystemClock(), customer={"max_items_per_request": 20}) as bench:
        rows = bench.rows[Model.CUSTOMER]

        def make(item: Leased) -> Parcel | Skip:
            return parcel(wire(item.key, str(value_at(item.key.entity_id % ENTITIES, head.get()))))

        rows.make = make
        await asyncio.gather(poll(bench, head), drain(bench))


async def poll(bench: Bench, head: Head) -> None:
    while True:
        cursor = await bench.queue.cursor(LOG) or Cursor(LOG, 0)
        last = min(head.get(), cursor.high + PAGE)
        if last > cursor.high:
            ids = {number % ENTITIES or ENTITIES for number in range(cursor.high + 1, last + 1)}
            wishes = [Wish(Key(Model.CUSTOMER, 1, one), quiet=9.0) for one in sorted(ids)]
            await bench.queue.intake(wishes, [Cursor(LOG, last)])
            bench.woken.set()
        else:
            await asyncio.sleep(0.005)


async def drain(bench: Bench) -> None:
    while True:
        bench.woken.clear()
        rest = await bench.drainer.tick()
        if rest:
            try:
                async with asyncio.timeout(rest):
                    await bench.woken.wait()
            except TimeoutError:
                continue
        await asyncio.sleep(0)


def zygote(home: Path, url: str) -> None:
    """Forks a child at ``start`` and kills it at ``kill``; one line in, one line out."""
    for line in sys.stdin:
        if line.strip() == "start":
            pid = os.fork()
            if pid == 0:
                asyncio.run(deliver(home, url))
                os._exit(1)
            print(pid, flush=True)
        else:
            os.kill(pid, signal.SIGKILL)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


@dataclass
class Child:
    """The forked victim."""

    home: Path
    url: str
    zygote: asyncio.subprocess.Process

    async def start(self) -> None:
        await self._ask("start")

    async def kill(self) -> None:
        status = int(await self._ask("kill"))
        if status != -signal.SIGKILL:
            sys.exit(f"the child ended by itself, status {status}")

    async def _ask(self, word: str) -> str:
        assert self.zygote.stdin
        assert self.zygote.stdout
        self.zygote.stdin.write(f"{word}\n".encode())
        answer = await self.zygote.stdout.readline()
        if not answer:
            sys.exit("the process that forks the children has ended; see above")
        return answer.decode()


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
                account.in_flight += in_flight(home / "queue.db") if (home / "queue.db").exists() else 0
                account.read(fake)
                progress("child", account)
            await child.start()
            wanted = {
                f"customer{one}@example.com": str(value_at(one % ENTITIES, head.get()))
                for one in range(1, ENTITIES + 1)
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


@asynccontextmanager
async def forked(home: Path, url: str) -> AsyncIterator[Child]:
    command = [sys.executable, "-m", "benchmarks.torture", "--zygote", str(home), url]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
    try:
        yield Child(home, url, process)
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


# The daemon


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
        account.in_flight += in_flight(house.home / "state" / "queue.db")
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
        child.in_flight + daemon.in_flight,
        child.recoveries + daemon.recoveries,
        child.sent + daemon.sent,
    )
    print(f"{both.line()}, in {(time.monotonic() - began) / 60:.1f} minutes")
    fine = not both.lost and all(one.repeated <= one.in_flight for one in (child, daemon))
    return 0 if fine else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=10_000, help="of the child (10000)")
    parser.add_argument("--daemon-kills", type=int, default=300, help="of the whole daemon (300)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--zygote", nargs=2, metavar=("HOME", "URL"), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    if given.zygote:
        zygote(Path(given.zygote[0]), given.zygote[1])
    else:
        sys.exit(asyncio.run(main(given.kills, given.daemon_kills, given.seed)))
