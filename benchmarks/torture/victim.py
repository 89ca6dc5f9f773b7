"""The child: the real queue and drainer over a pretended shop, forked to be killed."""

import asyncio
import logging
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.torture.edits import Row, Shop
from benchmarks.torture.mapping import STORE, stand_ins
from synqd.models.change import Cursor
from synqd.models.item import Wish
from synqd.models.names import Key
from synqd.queue import DeadFilter
from synqd.runtime.clock import SystemClock
from tests.support.bench import Bench, opened

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = 200
LOG = "torture_cl"
HASTE = 10.0
"""So many times as fast does the child's time go: else most of its lives would be pauses."""
START, RETRY = "start", "retry"
"""Words to the process that forks; with the second one the child also tries all dead letters again."""


class HastyClock(SystemClock):
    """Goes faster than the machine's, from a moment that parent and children share."""

    def __init__(self, founded: float) -> None:
        self._founded = founded

    def now(self) -> float:
        return self._founded + (time.time() - self._founded) * HASTE

    def monotonic(self) -> float:
        return time.monotonic() * HASTE

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / HASTE)


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


@dataclass(frozen=True)
class Place:
    """Where the child works, and what it and its parent agree upon; ``founded``: seconds since the epoch."""

    home: Path
    url: str
    seed: int
    founded: float

    @property
    def file(self) -> Path:
        return self.home / "queue.db"

    def head(self) -> Head:
        return Head(self.home / "head")


async def deliver(place: Place, shop: Shop, *, retry: bool) -> None:
    """A poller over the pretended change log, and the drainer; until it is killed."""
    head = place.head()
    entities = stand_ins(shop, head.get, place.founded)
    limits = {f"{model}": {"max_items_per_request": 10} for model in entities}
    async with opened(place.file, place.url, HastyClock(place.founded), entities, **limits) as bench:
        if retry:
            await bench.queue.dead.retry(DeadFilter())
        await asyncio.gather(poll(bench, place, shop, head), drain(bench))


async def poll(bench: Bench, place: Place, shop: Shop, head: Head) -> None:
    while True:
        cursor = await bench.queue.capture.cursor(LOG) or Cursor(LOG, 0)
        last = min(head.get(), cursor.high + PAGE)
        if last > cursor.high:
            shop.advance(last)
            wishes = wished(list(shop.rows(cursor.high, last)), int(place.founded) * 1000)
            await bench.queue.outbox.intake(wishes, [Cursor(LOG, last)])
            bench.woken.set()
        else:
            await asyncio.sleep(0.005)


def wished(rows: list[Row], founded: int) -> list[Wish]:
    """A wish for each thing, as the poller makes them: of several old keys the last one counts."""
    wishes: dict[Key, Wish] = {}
    for model, entity_id, old_key, deleted_at in rows:
        key = Key(model, STORE, entity_id)
        wish = wishes.get(key) or Wish(key, quiet=9.0)
        if old_key is not None:
            wish = wish._replace(hint=old_key)
        if deleted_at is not None:
            wish = wish._replace(deleted_at=founded + deleted_at)
        wishes[key] = wish
    return list(wishes.values())


async def drain(bench: Bench) -> None:
    while True:
        bench.woken.clear()
        rest = await bench.drainer.tick()
        if rest:
            try:
                async with asyncio.timeout(rest / HASTE):
                    await bench.woken.wait()
            except TimeoutError:
                continue
        await asyncio.sleep(0)


def zygote(place: Place) -> None:
    """Forks a child at ``start`` and kills it at ``kill``; one line in, one line out."""
    shop, head = Shop(place.seed), place.head()
    for line in sys.stdin:
        word = line.strip()
        if word in (START, RETRY):
            shop.advance(head.get())
            pid = os.fork()
            if pid == 0:
                asyncio.run(deliver(place, shop, retry=word == RETRY))
                os._exit(1)
            print(pid, flush=True)
        else:
            os.kill(pid, signal.SIGKILL)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


@dataclass
class Child:
    """The forked victim."""

    zygote: asyncio.subprocess.Process

    async def start(self, *, retry: bool = False) -> None:
        await self._ask(RETRY if retry else START)

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


@asynccontextmanager
async def forked(place: Place) -> AsyncIterator[Child]:
    arguments = (str(place.home), place.url, str(place.seed), repr(place.founded))
    command = [sys.executable, "-m", "benchmarks.torture.victim", *arguments]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=ROOT)
    try:
        yield Child(process)
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # that things go wrong is what it is about
    zygote(Place(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
